//! Latitude: how far those below may choose.
//!
//! A latitude binds *those below who states it*, never those above: the centre's own value is the centre's. What holds
//! for somebody is everything that was stated above him, together ([`Reach`]): so nobody can widen anything, whatever he
//! states.
use crate::option::{Kind, Pattern};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::cmp::Ordering;

const MAX_ONE_OF: usize = 200;

/// How far those below may choose. In a text: `latitude = "free"`, `latitude = { one-of = ["a", "b"] }`,
/// `latitude = { range = { min = 1, max = 9 } }`, `latitude = { pattern = "[a-z]+" }`, `latitude = { asked = "free" }`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Latitude {
    /// Not at all.
    Fixed,
    /// Among these values; of a list: each of its items.
    OneOf(Vec<Value>),
    /// From one value to another, both included: numbers and days.
    Range {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Value>,
        /// The greatest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Value>,
    },
    /// What matches whole; of a list: each of its items.
    Pattern(Pattern),
    /// Any value of the option's kind.
    #[default]
    Free,
    /// Within this, and the person at the machine is asked.
    Asked(Box<Latitude>),
}

impl Latitude {
    /// The word of the texts.
    pub fn word(&self) -> &'static str {
        match self {
            Latitude::Fixed => "fixed",
            Latitude::OneOf(_) => "one-of",
            Latitude::Range { .. } => "range",
            Latitude::Pattern(_) => "pattern",
            Latitude::Free => "free",
            Latitude::Asked(_) => "asked",
        }
    }

    /// Whether the latitude can be meant for an option of this kind; the error says why it can't.
    pub fn check_declaration(&self, kind: &Kind) -> std::result::Result<(), String> {
        match self {
            Latitude::Fixed | Latitude::Free => Ok(()),
            Latitude::Asked(within) => match **within {
                Latitude::Fixed | Latitude::Asked(_) => {
                    Err("latitude: asked within free, one-of, range or pattern".into())
                }
                ref within => within.check_declaration(kind),
            },
            _ if kind.is_secret() || matches!(kind, Kind::Tree {}) => {
                Err("latitude: a secret, or a tree, is fixed, free or asked".into())
            }
            Latitude::OneOf(values) => {
                if values.is_empty() || values.len() > MAX_ONE_OF {
                    return Err(format!("latitude: one-of has 1 to {MAX_ONE_OF} values"));
                }
                let whole = |v: &Value| if kind.is_list() { Value::Array(vec![v.clone()]) } else { v.clone() };
                let wrong = values.iter().find_map(|v| kind.check("", &whole(v)).err());
                wrong.map_or(Ok(()), |fault| Err(format!("latitude: {fault}")))
            }
            Latitude::Range { min, max } => {
                if !matches!(kind, Kind::Integer { .. } | Kind::Date {}) {
                    return Err("latitude: a range is for integers and dates".into());
                }
                if min.is_none() && max.is_none() {
                    return Err("latitude: a range has a min or a max".into());
                }
                let wrong = [min, max].into_iter().flatten().find_map(|v| kind.check("", v).err());
                if let Some(fault) = wrong {
                    return Err(format!("latitude: {fault}"));
                }
                match (min, max) {
                    (Some(min), Some(max)) if compare(min, max) == Some(Ordering::Greater) => {
                        Err("latitude: min is above max".into())
                    }
                    _ => Ok(()),
                }
            }
            Latitude::Pattern(_) => match kind {
                Kind::Text { .. } | Kind::List { .. } | Kind::PackageSet { .. } => Ok(()),
                _ => Err("latitude: a pattern is for texts and lists".into()),
            },
        }
    }
}

/// Everything that was stated above somebody, together: his latitude.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// Whether he may not choose at all.
    #[serde(default)]
    pub fixed: bool,
    /// Among which values, where that is said; of a list: each of its items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<Value>>,
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// What it must match, each of them; of a list: each of its items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Pattern>,
    /// Whether the person at the machine is asked.
    #[serde(default)]
    pub asked: bool,
}

impl Reach {
    /// The reach of those below who narrows this one. It is never wider.
    pub fn narrowed(mut self, latitude: &Latitude) -> Reach {
        match latitude {
            Latitude::Fixed => self.fixed = true,
            Latitude::Free => {}
            Latitude::OneOf(values) => {
                let kept = |v: &&Value| self.one_of.as_ref().is_none_or(|own| own.contains(v));
                self.one_of = Some(values.iter().filter(kept).cloned().collect());
            }
            Latitude::Range { min, max } => {
                self.min = tighter(self.min, min, Ordering::Greater);
                self.max = tighter(self.max, max, Ordering::Less);
            }
            Latitude::Pattern(pattern) => {
                if !self.patterns.contains(pattern) {
                    self.patterns.push(pattern.clone());
                }
            }
            Latitude::Asked(within) => {
                self = self.narrowed(within);
                self.asked = true;
            }
        }
        self
    }

    /// Whether the person at the machine is asked, and may answer.
    pub fn is_asked(&self) -> bool {
        self.asked && !self.fixed
    }

    /// Whether no value at all is within it, as far as that can be told without trying all texts.
    pub fn is_empty(&self) -> bool {
        let crossed = match (&self.min, &self.max) {
            (Some(min), Some(max)) => compare(min, max) == Some(Ordering::Greater),
            _ => false,
        };
        crossed || self.one_of.as_ref().is_some_and(|values| values.iter().all(|v| self.check_item("", v).is_err()))
    }

    /// Whether a value of the right kind is within it, but for [`Reach::fixed`]: what that leaves open is for whoever
    /// knows the value that was fixed.
    ///
    /// # Errors
    /// `domain-option-not-offered`, `domain-option-range`, `domain-option-pattern`.
    pub fn check(&self, option: &str, value: &Value) -> Result<()> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.check_item(option, item)),
            value => self.check_item(option, value),
        }
    }

    fn check_item(&self, option: &str, value: &Value) -> Result<()> {
        if self.one_of.as_ref().is_some_and(|own| !own.contains(value)) {
            let said = crate::option::plain(value);
            return Err(Fault::new("domain-option-not-offered").with("option", option).with("value", said));
        }
        let above = |limit: &Value| compare(value, limit).is_some_and(Ordering::is_ge);
        let below = |limit: &Value| compare(value, limit).is_some_and(Ordering::is_le);
        if !self.min.as_ref().is_none_or(above) || !self.max.as_ref().is_none_or(below) {
            return Err(crate::option::out_of(option, self.min.as_ref(), self.max.as_ref()));
        }
        let text = value.as_str().unwrap_or_default();
        match self.patterns.iter().find(|p| !p.matches(text)) {
            Some(p) => Err(Fault::new("domain-option-pattern").with("option", option).with("pattern", p.as_str())),
            None => Ok(()),
        }
    }
}

/// Of two limits the one that leaves less.
fn tighter(own: Option<Value>, other: &Option<Value>, wins: Ordering) -> Option<Value> {
    match (own, other) {
        (Some(own), Some(other)) if compare(other, &own) == Some(wins) => Some(other.clone()),
        (Some(own), _) => Some(own),
        (None, other) => other.clone(),
    }
}

/// Numbers by size, days by date; anything else can't be compared.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_i64()?.partial_cmp(&b.as_i64()?),
        // `YYYY-MM-DD`: as texts they stand in the order of time.
        (Value::String(a), Value::String(b)) => a.partial_cmp(b),
        _ => None,
    }
}
