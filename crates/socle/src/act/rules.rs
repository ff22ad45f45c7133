//! `socle rule …`
use super::{
    client::Client,
    masters::options,
    say::{answer, columns, head, words},
};
use crate::{
    image::Voice,
    shape::{RuleWhat, Written},
};
use serde_json::Value;
use socle_domain::{UnitId, recognise::AcceptRule};
use socle_texts::{Fault, Result};
use socle_wire::options::{RuleView, TriedRule, TryRule, WriteRule};

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
        RuleWhat::Set { rule } => {
            let (wish, before) = (written(rule)?, found(client, &rule.name, rule.unit)?);
            let view: RuleView = match before {
                Some(before) => client.put(&format!("/api/v1/rules/{}", before.rule.id), &wish)?,
                None => client.post("/api/v1/rules", &wish)?,
            };
            answer(&view, voice, |v| {
                words(voice, "socle-rule-kept", &[("rule", (&v.rule.name).into()), ("unit", (&v.unit_name).into())])
            })
        }
        RuleWhat::Try { rule } => {
            let before = found(client, &rule.name, rule.unit)?;
            let wish = TryRule { instead_of: before.map(|b| b.rule.id), rule: written(rule)? };
            let tried: TriedRule = client.post("/api/v1/rules/try", &wish)?;
            answer(&tried, voice, |t| told(t, voice))
        }
        RuleWhat::List => {
            let all: Vec<AcceptRule> = client.all("/api/v1/accept-rules")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["rule", "pattern", "condition"])];
                lines.extend(all.iter().map(|r| vec![r.name.clone(), r.name_pattern.clone(), r.when.clone()]));
                columns(&lines)
            })
        }
        RuleWhat::Options => {
            let all: Vec<RuleView> = client.all("/api/v1/rules")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["unit", "order", "rule", "condition", "sets"])];
                lines.extend(all.iter().map(|v| {
                    let sets = v.rule.sets.iter().map(|(o, value)| format!("{o}={}", plain(Some(value))));
                    let sets = sets.collect::<Vec<_>>().join(" ");
                    let rule = &v.rule;
                    vec![v.unit_name.clone(), rule.order.to_string(), rule.name.clone(), rule.when.clone(), sets]
                }));
                columns(&lines)
            })
        }
        RuleWhat::Remove { name } => {
            client.delete(&format!("/api/v1/accept-rules/{name}"))?;
            answer(&(), voice, |_| words(voice, "socle-rule-removed", &[("rule", name.into())]))
        }
        RuleWhat::Drop { name, unit } => {
            let one = found(client, name, *unit)?.ok_or_else(|| Fault::new("socle-rule-unknown").with("rule", name))?;
            client.delete(&format!("/api/v1/rules/{}", one.rule.id))?;
            answer(&(), voice, |_| words(voice, "socle-rule-removed", &[("rule", name.into())]))
        }
    }
}

fn written(rule: &Written) -> Result<WriteRule> {
    Ok(WriteRule {
        unit: Some(rule.unit.unwrap_or(UnitId::ROOT)),
        name: rule.name.clone(),
        order: rule.order,
        when: rule.when.clone(),
        sets: options(&rule.set)?,
    })
}

/// The rule of that name at a unit, if there is one.
fn found(client: &Client, name: &str, unit: Option<UnitId>) -> Result<Option<RuleView>> {
    let all: Vec<RuleView> = client.all("/api/v1/rules")?;
    let unit = unit.unwrap_or(UnitId::ROOT);
    Ok(all.into_iter().find(|v| v.rule.name == name && v.rule.unit == unit))
}

fn plain(value: Option<&Value>) -> String {
    value.map_or_else(|| "–".into(), |v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
}

fn told(tried: &TriedRule, voice: Voice) -> String {
    let values = [
        ("looked", tried.looked_at.into()),
        ("of", tried.of.into()),
        ("matches", tried.matches.into()),
        ("change", tried.would_change.into()),
        ("undecided", tried.undecided.into()),
    ];
    let mut lines = vec![words(voice, "socle-rule-tried", &values)];
    if let Some(why) = &tried.why_undecided {
        lines.push(words(voice, "socle-rule-undecided", &[("why", why.into())]));
    }
    let mut rows = vec![head(voice, &["name", "option", "before", "after"])];
    for machine in &tried.machines {
        match machine.changes.is_empty() {
            true => rows.push(vec![machine.name.clone(), "–".into()]),
            false => rows.extend(machine.changes.iter().map(|c| {
                vec![machine.name.clone(), c.option.clone(), plain(c.before.as_ref()), plain(c.after.as_ref())]
            })),
        }
    }
    if rows.len() > 1 {
        lines.push(columns(&rows));
    }
    lines.join("\n")
}
