//! `socle audit …`: who did what.
use super::{
    client::{Client, escaped},
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::AuditWhat};
use socle_server::data::write;
use socle_texts::{Result, says};
use socle_wire::rights::{AuditView, Forget, Forgotten};

/// Carries out a command about the audit trail.
pub fn act(what: &AuditWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        AuditWhat::List { act, outcome, who, subject, since, until } => {
            let moment = |at: &Option<socle_domain::Timestamp>| at.map(|at| at.to_string());
            let wishes = [
                ("act", act.clone()),
                ("outcome", outcome.map(|o| o.word().to_string())),
                ("who", who.clone()),
                ("subject", subject.clone()),
                ("since", moment(since)),
                ("until", moment(until)),
            ];
            let given = wishes.iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(value.as_ref()?))));
            let query = given.collect::<Vec<_>>().join("&");
            let all: Vec<AuditView> = client.all(&format!("/api/v1/audit?{query}"))?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["number", "at", "who", "act", "outcome", "about"])];
                lines.extend(all.iter().map(|e| line(e, voice)));
                columns(&lines)
            })
        }
        AuditWhat::Export { out, after } => {
            let after = after.map(|n| format!("?after={n}")).unwrap_or_default();
            let bytes = client.bytes(&format!("/api/v1/audit/export{after}"))?;
            write(out, &bytes)?;
            let said = serde_json::json!({ "file": out, "bytes": bytes.len() });
            answer(&said, voice, |_| words(voice, "socle-audit-written", &[("path", out.into())]))
        }
        AuditWhat::Forget { person } => {
            let gone: Forgotten = client.post("/api/v1/audit/forget", &Forget { person: *person })?;
            answer(&gone, voice, |gone| words(voice, "socle-audit-forgotten", &[("n", gone.entries.into())]))
        }
    }
}

fn line(entry: &AuditView, voice: Voice) -> Vec<String> {
    let say = |key: String, otherwise: &str| says(voice.lang, &key, &[]).unwrap_or_else(|| otherwise.to_string());
    let who = match (entry.who.as_deref(), entry.who_name.as_deref()) {
        (Some(word @ ("host" | "server" | "nobody")), _) => say(format!("console-who-{word}"), word),
        (_, Some(name)) => name.to_string(),
        _ => say("console-who-forgotten".into(), "–"),
    };
    vec![
        entry.number.to_string(),
        entry.at.to_string(),
        who,
        say(format!("console-act-{}", entry.act), &entry.act),
        say(format!("console-outcome-{}", entry.outcome.word()), entry.outcome.word()),
        entry.subject.clone().unwrap_or_default(),
    ]
}
