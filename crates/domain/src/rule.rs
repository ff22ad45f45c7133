//! Rules: a condition on a machine's facts that sets options. A unit's rule speaks of the machines in it and below it.
use crate::{
    RuleId, Timestamp, UnitId,
    facts::Facts,
    resolve::{Setting, Source},
    sequence::{Condition, Seen},
    target::Target,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// Rules of one unit, at most.
pub const MAX_RULES: usize = 500;
const MAX_NAME_BYTES: usize = 64;
const MAX_CONDITION_BYTES: usize = 2_048;
const MAX_SETS: usize = 100;
/// Comprehensions in one condition: each goes through a list, and one inside another multiplies.
const MAX_COMPREHENSIONS: usize = 2;
const COMPREHENSIONS: [&str; 5] = [".all(", ".exists(", ".exists_one(", ".filter(", ".map("];

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Which.
    pub id: RuleId,
    /// Whose it is.
    pub unit: UnitId,
    /// Its name: shown as the reason of what it sets.
    pub name: String,
    /// Of two rules of one unit that set the same option, the one with the lower order does.
    pub order: u32,
    /// A CEL condition over `facts` and `target` (`id`, `kind`, `unit`, `name`).
    pub when: String,
    /// What it sets.
    pub sets: BTreeMap<String, Value>,
    /// Which person wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Rule {
    /// Whether the rule can be meant; its values are for whoever knows the options.
    ///
    /// # Errors
    /// `domain-rule-wrong` (with `rule`, `field`: `name`, `when` or `sets`).
    pub fn check(&self) -> Result<()> {
        let wrong = |field: &str, why: &str| {
            Fault::new("domain-rule-wrong").with("rule", &self.name).with("field", field).because(why)
        };
        if self.name.trim().is_empty() || self.name.len() > MAX_NAME_BYTES || self.name.chars().any(char::is_control) {
            return Err(wrong("name", "1 to 64 bytes"));
        }
        if self.sets.is_empty() || self.sets.len() > MAX_SETS {
            return Err(wrong("sets", "1 to 100 options"));
        }
        self.condition().map(drop).map_err(|why| wrong("when", &why))
    }

    /// The condition, read; the error is the parser's own words.
    pub fn condition(&self) -> std::result::Result<Condition, String> {
        read_condition(&self.when)
    }

    /// What it sets, as settings.
    pub fn settings(&self) -> impl Iterator<Item = Setting> {
        let source = Source::Rule { rule: self.id, name: self.name.clone(), unit: self.unit, order: self.order };
        self.sets.iter().map(move |(option, value)| Setting {
            source: source.clone(),
            option: option.clone(),
            value: Some(value.clone()),
            narrows: None,
            by: self.by.clone(),
            at: self.at,
        })
    }
}

/// Reads the condition of a rule: one that is decided for every machine of a fleet, so within measure.
pub fn read_condition(text: &str) -> std::result::Result<Condition, String> {
    if text.len() > MAX_CONDITION_BYTES {
        return Err(format!("longer than {MAX_CONDITION_BYTES} bytes"));
    }
    let comprehensions: usize = COMPREHENSIONS.iter().map(|word| text.matches(word).count()).sum();
    if comprehensions > MAX_COMPREHENSIONS {
        return Err(format!("more than {MAX_COMPREHENSIONS} of all, exists, exists_one, filter, map"));
    }
    Condition::new(text)
}

/// Whether a rule matches a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    Matches {},
    /// It does not.
    Not {},
    /// Nobody can say: a fact is not known, or is of another type. It sets nothing, and that is shown.
    Undecided {
        /// In the engine's own words.
        why: String,
    },
}

/// A machine as conditions see it. Made once, asked by many rules.
pub fn seen(facts: &Facts, target: &Target) -> std::result::Result<Seen, String> {
    let facts = Value::Object(facts.0.clone());
    let target = serde_json::to_value(target).map_err(|e| e.to_string())?;
    Seen::new(&[("facts", &facts), ("target", &target)])
}

/// Whether a condition holds for a machine.
pub fn decide(condition: &Condition, seen: &Seen) -> Verdict {
    match condition.holds_for(seen) {
        Ok(true) => Verdict::Matches {},
        Ok(false) => Verdict::Not {},
        Err(why) => Verdict::Undecided { why },
    }
}
