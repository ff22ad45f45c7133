//! `socle rule …`
use super::{
    client::Client,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::RuleWhat};
use socle_domain::{UnitId, recognise::AcceptRule};
use socle_texts::Result;

/// Carries out a command about rules.
pub fn act(what: &RuleWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        RuleWhat::Add { name, when, pattern } => {
            let rule = AcceptRule {
                name: name.clone(),
                unit: UnitId::ROOT,
                when: when.clone(),
                name_pattern: pattern.clone(),
            };
            let rule: AcceptRule = client.post("/api/v1/accept-rules", &rule)?;
            answer(&rule, voice, |_| words(voice, "socle-rule-added", &[("rule", name.into())]))
        }
        RuleWhat::List => {
            let all: Vec<AcceptRule> = client.get("/api/v1/accept-rules")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["rule", "pattern", "condition"])];
                lines.extend(all.iter().map(|r| vec![r.name.clone(), r.name_pattern.clone(), r.when.clone()]));
                columns(&lines)
            })
        }
        RuleWhat::Remove { name } => {
            client.delete(&format!("/api/v1/accept-rules/{name}"))?;
            answer(&(), voice, |_| words(voice, "socle-rule-removed", &[("rule", name.into())]))
        }
    }
}
