//! What a value of an option is.
use super::{Pattern, check_network, referenced_secret};
use crate::sequence::Title;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::BTreeSet;

/// Longest value, in bytes of its JSON form.
pub const MAX_VALUE_BYTES: usize = 4_096;
/// Longest value that is a list.
pub const MAX_LIST_BYTES: usize = 16_384;
const MAX_CHOICES: usize = 200;
const MAX_PACKAGE_NAME_BYTES: usize = 100;

/// The kinds; in the text the word is `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// Yes or no.
    Boolean {},
    /// A whole number.
    Integer {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// The greatest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// A text of one line.
    Text {
        /// What the whole text must match.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<Pattern>,
    },
    /// One of some texts.
    Choice {
        /// Which.
        choices: Vec<Choice>,
    },
    /// Some texts.
    List {
        /// What each must match.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pattern: Option<Pattern>,
        /// Among which each must be, where that is said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
    },
    /// A text that nobody sees: sealed where it rests, given only to the machine that needs it.
    Secret {},
    /// Names of packages.
    PackageSet {
        /// Among which each must be, where that is said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        among: Vec<String>,
    },
    /// A day: `2026-11-22`.
    Date {},
    /// How a machine reaches the network: `{ method = "dhcp" }`, or `static` with `address`, `gateway`, `dns`.
    NetworkProfile {},
    /// A tree of values, of a master that gives a default and declares nothing. No text declares it.
    Tree {},
}

/// One of some texts, with what a form calls it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Choice {
    /// The text alone.
    Plain(String),
    /// The text, and its name in both languages.
    Labelled(LabelledChoice),
}

/// A choice with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelledChoice {
    /// The value.
    pub value: String,
    /// What a form calls it.
    pub label: Title,
}

impl Choice {
    /// The value.
    pub fn value(&self) -> &str {
        match self {
            Choice::Plain(value) => value,
            Choice::Labelled(choice) => &choice.value,
        }
    }
    /// What a form calls it, where that is said.
    pub fn label(&self) -> Option<&Title> {
        match self {
            Choice::Plain(_) => None,
            Choice::Labelled(choice) => Some(&choice.label),
        }
    }
}

impl Kind {
    /// The kind that a value has by itself.
    pub fn of(value: &Value) -> Kind {
        match value {
            Value::Bool(_) => Kind::Boolean {},
            Value::Number(n) if n.is_i64() => Kind::Integer { min: None, max: None },
            Value::String(_) => Kind::Text { pattern: None },
            Value::Array(all) if all.iter().all(Value::is_string) => Kind::List { pattern: None, choices: vec![] },
            _ => Kind::Tree {},
        }
    }
    /// The word of the text and of the forms.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Boolean {} => "boolean",
            Kind::Integer { .. } => "integer",
            Kind::Text { .. } => "text",
            Kind::Choice { .. } => "choice",
            Kind::List { .. } => "list",
            Kind::Secret {} => "secret",
            Kind::PackageSet { .. } => "package-set",
            Kind::Date {} => "date",
            Kind::NetworkProfile {} => "network-profile",
            Kind::Tree {} => "tree",
        }
    }
    /// Whether only references to its values may be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self, Kind::Secret {})
    }
    /// Whether a value of it is a list, so that a latitude speaks of its items.
    pub fn is_list(&self) -> bool {
        matches!(self, Kind::List { .. } | Kind::PackageSet { .. })
    }

    /// Whether the kind itself can be meant.
    pub(super) fn check_declaration(&self) -> std::result::Result<(), String> {
        let several = |choices: &[Choice]| {
            let unique: BTreeSet<&str> = choices.iter().map(Choice::value).collect();
            unique.len() == choices.len() && choices.len() <= MAX_CHOICES && !unique.contains("")
        };
        match self {
            Kind::Integer { min: Some(min), max: Some(max) } if min > max => Err("min is above max".into()),
            Kind::Choice { choices } if choices.is_empty() || !several(choices) => {
                Err(format!("choices: 1 to {MAX_CHOICES} that differ"))
            }
            Kind::List { choices, .. } if !several(choices) => {
                Err(format!("choices: at most {MAX_CHOICES} that differ"))
            }
            Kind::PackageSet { among } => match among.iter().find(|n| !is_package_name(n)) {
                Some(name) => Err(format!("among: no name of a package: {name}")),
                None => Ok(()),
            },
            Kind::Tree {} => Err("kind: a tree is not declared".into()),
            _ => Ok(()),
        }
    }

    /// Whether a value is of this kind. A secret is the reference that stands for it.
    pub(crate) fn check(&self, option: &str, value: &Value) -> Result<()> {
        let fault = |code: &'static str| Fault::new(code).with("option", option);
        let other = || Fault::new("domain-option-kind").with("option", option).with("kind", self.word());
        let limit = if self.is_list() { MAX_LIST_BYTES } else { MAX_VALUE_BYTES };
        if value.to_string().len() > limit {
            return Err(fault("domain-option-too-long").with("limit", limit));
        }
        if holds_control(value) {
            return Err(fault("domain-option-control"));
        }
        match self {
            Kind::Boolean {} => value.as_bool().map(drop).ok_or_else(other),
            Kind::Integer { min, max } => {
                let number = value.as_i64().ok_or_else(other)?;
                match min.is_none_or(|m| number >= m) && max.is_none_or(|m| number <= m) {
                    true => Ok(()),
                    false => Err(out_of(option, min.map(Value::from).as_ref(), max.map(Value::from).as_ref())),
                }
            }
            Kind::Text { pattern } => check_text(option, value.as_str().ok_or_else(other)?, pattern.as_ref()),
            Kind::Choice { choices } => among(option, value.as_str().ok_or_else(other)?, choices),
            Kind::List { pattern, choices } => {
                for item in value.as_array().ok_or_else(other)? {
                    let item = item.as_str().ok_or_else(other)?;
                    check_text(option, item, pattern.as_ref())?;
                    if !choices.is_empty() {
                        among(option, item, choices)?;
                    }
                }
                Ok(())
            }
            Kind::Secret {} => referenced_secret(value).map(drop).ok_or_else(other),
            Kind::PackageSet { among } => {
                let mut seen = BTreeSet::new();
                for item in value.as_array().ok_or_else(other)? {
                    let name = item.as_str().filter(|n| is_package_name(n)).ok_or_else(other)?;
                    if !among.is_empty() && among.iter().all(|n| n != name) {
                        return Err(fault("domain-option-not-offered").with("value", name));
                    }
                    if !seen.insert(name) {
                        return Err(fault("domain-option-twice").with("value", name));
                    }
                }
                Ok(())
            }
            Kind::Date {} => value.as_str().filter(|d| is_day(d)).map(drop).ok_or_else(other),
            Kind::NetworkProfile {} => check_network(value).map_err(|why| fault("domain-option-network").because(why)),
            Kind::Tree {} => Ok(()),
        }
    }
}

/// A value below or above what is allowed.
pub(crate) fn out_of(option: &str, min: Option<&Value>, max: Option<&Value>) -> Fault {
    let said = |v: Option<&Value>| v.map_or_else(|| "…".to_string(), plain);
    Fault::new("domain-option-range").with("option", option).with("min", said(min)).with("max", said(max))
}

fn check_text(option: &str, text: &str, pattern: Option<&Pattern>) -> Result<()> {
    match pattern {
        Some(pattern) if !pattern.matches(text) => {
            Err(Fault::new("domain-option-pattern").with("option", option).with("pattern", pattern.as_str()))
        }
        _ => Ok(()),
    }
}

fn among(option: &str, value: &str, choices: &[Choice]) -> Result<()> {
    match choices.iter().any(|c| c.value() == value) {
        true => Ok(()),
        false => Err(Fault::new("domain-option-not-offered").with("option", option).with("value", value)),
    }
}

/// `2026-11-22`, and a day that there is.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.as_bytes()[4] == b'-' && text.parse::<jiff::civil::Date>().is_ok()
}

/// A name of a package (Debian policy 5.6.7, and upper-case letters for other worlds).
fn is_package_name(name: &str) -> bool {
    (1..=MAX_PACKAGE_NAME_BYTES).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._:".contains(&b))
}

/// A value as a person reads it: a text is itself, anything else its JSON.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// Whether a text in the value, or a name of one, holds a control character: it would be a line of its own in a script
/// or a file.
fn holds_control(value: &Value) -> bool {
    let has = |text: &str| text.chars().any(char::is_control);
    match value {
        Value::String(text) => has(text),
        Value::Array(all) => all.iter().any(holds_control),
        Value::Object(all) => all.iter().any(|(name, value)| has(name) || holds_control(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
