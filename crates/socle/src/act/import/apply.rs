//! Writing an import through the API. It may be done again: what is there is replaced by the same.
//!
//! Options and rules speak of options that a master declares. So drafts come first; until one of them is signed and
//! offered to the unit, its options wait, and the same command writes them afterwards.
use super::super::client::Client;
use serde::Serialize;
use serde_json::{Value, json};
use socle_domain::{UnitId, latitude::Latitude, recognise::AcceptRule};
use socle_mdt::{Found, Import, Latitude as Found_, Rule, Secret};
use socle_texts::{Fault, Result};
use socle_wire::{
    api::AnnouncedResult,
    options::{DecideOption, DraftView, OptionView, RuleView, WriteDraft, WriteRule},
};
use std::{collections::BTreeMap, fmt::Write};

/// What became of one thing.
#[derive(Debug, Serialize)]
pub struct Applied {
    /// `draft`, `option`, `rule`, `machines`, `naming`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It stands.
    Done {},
    /// No master that the unit may take declares the option yet.
    Waits {},
    /// A person has to do it: a secret under a condition, for an option that no master declares as a secret.
    ByHand {},
    /// The server said no.
    Refused {
        /// Why.
        fault: Fault,
    },
}

fn outcome<T>(result: Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Done {},
        Err(fault) => Outcome::Refused { fault },
    }
}

/// Writes everything.
///
/// # Errors
/// Those of the first questions (no server, no right); what is refused afterwards is told thing by thing.
pub fn apply(import: &Import, unit: UnitId, client: &Client) -> Result<Vec<Applied>> {
    let at = |path: &str| format!("{path}?unit={unit}");
    let mut all = Vec::new();
    let mut add = |kind: &'static str, name: &str, outcome: Outcome| {
        all.push(Applied { kind, name: name.to_string(), outcome });
    };
    let drafts: Vec<DraftView> = client.all(&at("/api/v1/drafts"))?;
    for draft in &import.masters {
        let wish = WriteDraft {
            unit: Some(unit),
            name: draft.name.clone(),
            version: draft.version.clone(),
            sequence: draft.sequence.clone(),
            images: BTreeMap::new(),
            options: BTreeMap::new(),
            packages: BTreeMap::new(),
            drivers: BTreeMap::new(),
            generation: None,
        };
        let same =
            |d: &&DraftView| d.master.unit == unit && d.master.name == draft.name && d.master.version == draft.version;
        let result: Result<DraftView> = match drafts.iter().find(same) {
            Some(there) => client.put(&at(&format!("/api/v1/drafts/{}", there.id)), &wish),
            None => client.post(&at("/api/v1/drafts"), &wish),
        };
        add("draft", &draft.name, outcome(result));
    }
    if !import.announced.is_empty() {
        let result: Result<AnnouncedResult> = client.post_text(&at("/api/v1/announced"), announced(import));
        add("machines", &import.announced.len().to_string(), outcome(result));
    }
    for naming in &import.naming {
        let name = format!("mdt-{}", naming.name);
        let rule =
            AcceptRule { name: name.clone(), unit, when: naming.when.clone(), name_pattern: naming.pattern.clone() };
        add("naming", &name, outcome(client.post::<AcceptRule>(&at("/api/v1/accept-rules"), &rule)));
    }
    let known: Vec<OptionView> = client.all(&format!("/api/v1/units/{unit}/options"))?;
    let is_known = |name: &str| known.iter().any(|o| o.spec.name == name);
    for option in import.options.iter() {
        let Some(wish) = decision(import, option) else { continue };
        let path = format!("/api/v1/units/{unit}/options/{}", option.name);
        let became = match is_known(&option.name) {
            true => outcome(client.put::<OptionView>(&path, &wish)),
            false => Outcome::Waits {},
        };
        add("option", &option.name, became);
    }
    let rules: Vec<RuleView> = client.all(&at("/api/v1/rules"))?;
    for rule in &import.rules {
        let secrets = import.secrets.iter().filter(|s| s.rule.as_ref() == Some(&rule.name));
        // What no master declares as a secret the server would keep in clear: it is not sent.
        let (sealed, open): (Vec<&Secret>, Vec<&Secret>) =
            secrets.partition(|s| known.iter().all(|o| o.spec.name != s.option || o.spec.kind.is_secret()));
        let all_known = rule.sets.iter().all(|s| is_known(&s.option)) && sealed.iter().all(|s| is_known(&s.option));
        let mut became = Outcome::Done {};
        if !rule.sets.is_empty() || !sealed.is_empty() {
            became = match all_known {
                true => outcome(write_rule(rule, &sealed, unit, &rules, client)),
                false => Outcome::Waits {},
            };
            add("rule", &rule.name, became.clone());
        }
        for secret in sealed {
            add("secret", &format!("{} → {}", rule.name, secret.option), became.clone());
        }
        for secret in open {
            add("secret", &format!("{} → {}", rule.name, secret.option), Outcome::ByHand {});
        }
    }
    Ok(all)
}

/// What the unit decides about an option; nothing where the share gave neither a value nor a secret for all.
fn decision(import: &Import, option: &Found) -> Option<DecideOption> {
    let secret = import.secrets.iter().find(|s| s.option == option.name && s.rule.is_none());
    if option.value.is_none() && secret.is_none() {
        return None;
    }
    Some(DecideOption {
        value: option.value.as_ref().map(|v| json!(v)),
        secret: secret.map(|s| s.expose().to_string()),
        keep: false,
        narrows: (option.latitude == Found_::Fixed).then_some(Latitude::Fixed),
    })
}

/// A rule as the server keeps it: it seals the secrets among what is set.
fn write_rule(rule: &Rule, secrets: &[&Secret], unit: UnitId, there: &[RuleView], client: &Client) -> Result<RuleView> {
    let mut sets: BTreeMap<String, Value> = rule.sets.iter().map(|s| (s.option.clone(), json!(s.value))).collect();
    sets.extend(secrets.iter().map(|s| (s.option.clone(), json!(s.expose()))));
    let wish =
        WriteRule { unit: Some(unit), name: rule.name.clone(), order: rule.order, when: rule.when.clone(), sets };
    match there.iter().find(|r| r.rule.unit == unit && r.rule.name == rule.name) {
        Some(own) => client.put(&format!("/api/v1/rules/{}?unit={unit}", own.rule.id), &wish),
        None => client.post(&format!("/api/v1/rules?unit={unit}"), &wish),
    }
}

/// The list of machines, as `socle machine announce` takes it.
pub fn announced(import: &Import) -> String {
    let mut csv = String::from("name,mac,serial,uuid\n");
    for one in &import.announced {
        let field = |value: &Option<String>| {
            let value = value.as_deref().unwrap_or_default();
            match value.contains([',', '"', '\n']) {
                true => format!("\"{}\"", value.replace('"', "\"\"")),
                false => value.to_string(),
            }
        };
        let _ = writeln!(csv, "{},{},{},{}", one.name, field(&one.mac), field(&one.serial), field(&one.uuid));
    }
    csv
}
