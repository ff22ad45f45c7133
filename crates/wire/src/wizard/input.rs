//! What can be answered to a question, and how what a person types becomes an answer.
//!
//! The machine, the console and the server use the same code; what the machine found right the server reads again.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socle_domain::{
    latitude::Reach,
    option::{self, Kind, OptionSpec, Pattern, check_network},
    sequence::Title,
};
use socle_texts::{Fault, Result};

/// The longest answer, in characters.
pub const MAX_ANSWER_CHARS: u32 = 1_000;
/// The most values to choose among.
pub const MAX_CHOICES: usize = 500;
const MAX_TEXTS: u32 = 100;

/// What can be answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Input {
    /// Yes or no.
    Boolean {},
    /// A whole number.
    Integer {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        least: Option<i64>,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<i64>,
    },
    /// A line of text.
    Text {
        /// Regular expressions, each of which the whole text matches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        patterns: Vec<String>,
        /// How long it may be, in characters.
        max_chars: u32,
        /// Whether nothing at all is an answer too.
        optional: bool,
    },
    /// A secret: never shown, never kept in clear, never in a journal.
    Secret {
        /// How long it may be, in characters.
        max_chars: u32,
    },
    /// One of several values.
    Choice {
        /// The values.
        of: Vec<Choice>,
    },
    /// Any number of several values.
    List {
        /// The values.
        of: Vec<Choice>,
    },
    /// Any number of texts, one after the other.
    Texts {
        /// Regular expressions, all of which each text matches.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        patterns: Vec<String>,
        /// How many at most.
        most: u32,
    },
    /// A day.
    Date {
        /// The first that may be answered, `2026-09-01`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<String>,
        /// The last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<String>,
    },
    /// How a machine reaches the network: `dhcp`, or `10.1.2.3/24 via 10.1.2.1 dns 10.1.2.1,10.1.2.2`.
    Network {},
}

/// A value that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// The value.
    pub value: Value,
    /// What to call it; none: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Title>,
}

impl Input {
    /// What can be answered for an option of this kind within this reach; nothing where nobody can be asked.
    pub fn of(spec: &OptionSpec, reach: &Reach) -> Option<Input> {
        if reach.fixed {
            return None;
        }
        let plain = |value: &Value| Choice { value: value.clone(), label: None };
        let among = reach.one_of.as_ref().map(|values| values.iter().map(plain).collect::<Vec<_>>());
        let named = |choices: &[option::Choice]| {
            let choice = |c: &option::Choice| Choice { value: c.value().into(), label: c.label().cloned() };
            let offered = |c: &Choice| reach.check(&spec.name, &c.value).is_ok();
            choices.iter().map(choice).filter(offered).collect::<Vec<_>>()
        };
        let patterns = |own: &Option<Pattern>| {
            let all = own.iter().chain(&reach.patterns);
            all.map(|p| p.as_str().to_string()).collect::<Vec<_>>()
        };
        let day = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_string);
        let max_chars = MAX_ANSWER_CHARS;
        Some(match &spec.kind {
            Kind::Boolean {} => Input::Boolean {},
            Kind::Choice { choices } => Input::Choice { of: named(choices) },
            Kind::List { choices, .. } if !choices.is_empty() => Input::List { of: named(choices) },
            Kind::List { pattern, .. } => match among {
                Some(of) => Input::List { of },
                None => Input::Texts { patterns: patterns(pattern), most: MAX_TEXTS },
            },
            Kind::PackageSet { among: own } => {
                let own: Vec<option::Choice> = own.iter().cloned().map(option::Choice::Plain).collect();
                match (own.is_empty(), among) {
                    (false, _) => Input::List { of: named(&own) },
                    (true, Some(of)) => Input::List { of },
                    (true, None) => Input::Texts { patterns: patterns(&None), most: MAX_TEXTS },
                }
            }
            Kind::Integer { .. } | Kind::Text { .. } | Kind::Date {} if among.is_some() => {
                Input::Choice { of: among.unwrap_or_default() }
            }
            Kind::Integer { min, max } => {
                let bound = |value: &Option<Value>| value.as_ref().and_then(Value::as_i64);
                let least = [*min, bound(&reach.min)].into_iter().flatten().max();
                Input::Integer { least, most: [*max, bound(&reach.max)].into_iter().flatten().min() }
            }
            Kind::Text { pattern } => {
                let patterns = patterns(pattern);
                let optional = spec.default == Some("".into()) || (!patterns.is_empty() && fits(&patterns, "").is_ok());
                Input::Text { patterns, max_chars, optional }
            }
            Kind::Secret {} => Input::Secret { max_chars },
            Kind::Date {} => Input::Date { first: day(&reach.min), last: day(&reach.max) },
            Kind::NetworkProfile {} => Input::Network {},
            Kind::Tree {} => return None,
        })
    }

    /// Reads what was typed. Of a choice the value's own text is typed; several are parted by commas.
    ///
    /// # Errors
    /// Those of [`check`](Self::check); `wire-answer-no-number`, `wire-answer-no-date`, `wire-answer-no-boolean`.
    pub fn read(&self, typed: &str) -> Result<Value> {
        let trimmed = typed.trim();
        let value = match self {
            Input::Boolean {} => match trimmed {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(Fault::new("wire-answer-no-boolean")),
            },
            Input::Integer { .. } if trimmed.is_empty() => return Err(missing()),
            Input::Integer { .. } => {
                let number: i64 = trimmed.parse().map_err(|_| Fault::new("wire-answer-no-number"))?;
                number.into()
            }
            // A secret may begin or end with a space.
            Input::Secret { .. } => typed.into(),
            Input::Text { .. } => trimmed.into(),
            Input::Choice { of } => one_of(of, trimmed)?,
            Input::List { of } => parts(trimmed).map(|part| one_of(of, part)).collect::<Result<Vec<_>>>()?.into(),
            Input::Texts { .. } => parts(trimmed).map(Value::from).collect::<Vec<_>>().into(),
            Input::Network {} => network(trimmed)?,
            Input::Date { .. } if trimmed.is_empty() => return Err(missing()),
            Input::Date { .. } => day(trimmed).ok_or_else(|| Fault::new("wire-answer-no-date"))?.to_string().into(),
        };
        self.check(&value)?;
        Ok(value)
    }

    /// Checks an answer.
    ///
    /// # Errors
    /// `wire-answer-missing`, `wire-answer-pattern`, `wire-answer-twice`, `wire-answer-no-network`, `wire-answer-kind`, `wire-answer-too-long`, `wire-answer-control`, `wire-answer-range`,
    /// `wire-answer-no-choice`, `wire-answer-no-date`, `wire-answer-days`, `wire-answer-too-many`.
    pub fn check(&self, value: &Value) -> Result<()> {
        match (self, value) {
            (Input::Boolean {}, Value::Bool(_)) => Ok(()),
            (Input::Integer { least, most }, Value::Number(number)) => {
                let number = number.as_i64().ok_or_else(|| Fault::new("wire-answer-no-number"))?;
                let fits = least.is_none_or(|l| number >= l) && most.is_none_or(|m| number <= m);
                fits.then_some(()).ok_or_else(|| range(*least, *most))
            }
            (Input::Text { max_chars, optional, patterns }, Value::String(text)) => match text.is_empty() {
                true if *optional => Ok(()),
                true => Err(missing()),
                false => line(text, *max_chars).and_then(|()| fits(patterns, text)),
            },
            (Input::Secret { max_chars }, Value::String(text)) => match text.is_empty() {
                true => Err(missing()),
                false => line(text, *max_chars),
            },
            (Input::Choice { of }, value) => is_of(of, value),
            (Input::List { of }, Value::Array(values)) => values.iter().enumerate().try_for_each(|(index, value)| {
                is_of(of, value)?;
                if values[..index].contains(value) { Err(Fault::new("wire-answer-twice")) } else { Ok(()) }
            }),
            (Input::Texts { most, patterns }, Value::Array(values)) => {
                if values.len() > *most as usize {
                    return Err(Fault::new("wire-answer-too-many").with("most", *most));
                }
                values.iter().try_for_each(|value| {
                    let text = value.as_str().ok_or_else(|| Fault::new("wire-answer-kind"))?;
                    line(text, MAX_ANSWER_CHARS).and_then(|()| fits(patterns, text))
                })
            }
            (Input::Network {}, value) => {
                check_network(value).map_err(|why| Fault::new("wire-answer-no-network").because(why))
            }
            (Input::Date { first, last }, Value::String(text)) => {
                let date = text.parse::<jiff::civil::Date>().map_err(|_| Fault::new("wire-answer-no-date"))?;
                let bound = |text: &Option<String>| text.as_deref().and_then(day);
                let (first, last) = (bound(first), bound(last));
                let fits = first.is_none_or(|f| date >= f) && last.is_none_or(|l| date <= l);
                let said = |d: Option<jiff::civil::Date>| d.map_or("…".to_string(), |d| d.to_string());
                fits.then_some(())
                    .ok_or_else(|| Fault::new("wire-answer-days").with("first", said(first)).with("last", said(last)))
            }
            _ => Err(Fault::new("wire-answer-kind")),
        }
    }

    /// What a person would type to answer this.
    pub fn shown(&self, value: &Value) -> String {
        match value {
            Value::Array(values) => values.iter().map(as_text).collect::<Vec<_>>().join(", "),
            Value::Object(_) if *self == Input::Network {} => network_shown(value),
            other => as_text(other),
        }
    }

    /// Whether its answers are secrets.
    pub fn is_secret(&self) -> bool {
        matches!(self, Input::Secret { .. })
    }
}

/// A value as text, without the quotes of JSON.
pub(crate) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn missing() -> Fault {
    Fault::new("wire-answer-missing")
}

fn range(least: Option<i64>, most: Option<i64>) -> Fault {
    let said = |n: Option<i64>| n.map_or("…".to_string(), |n| n.to_string());
    Fault::new("wire-answer-range").with("least", said(least)).with("most", said(most))
}

fn line(text: &str, max_chars: u32) -> Result<()> {
    let most = max_chars.min(MAX_ANSWER_CHARS);
    if text.chars().count() > most as usize {
        return Err(Fault::new("wire-answer-too-long").with("most", most));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new("wire-answer-control"));
    }
    Ok(())
}

fn fits(patterns: &[String], text: &str) -> Result<()> {
    let matches = |pattern: &&String| !Pattern::new(pattern).is_ok_and(|p| p.matches(text));
    match patterns.iter().find(matches) {
        Some(pattern) => Err(Fault::new("wire-answer-pattern").with("pattern", pattern)),
        None => Ok(()),
    }
}

/// A network profile as it is typed on one line.
fn network(typed: &str) -> Result<Value> {
    let wrong = || Fault::new("wire-answer-no-network");
    let mut words = typed.split_whitespace();
    let first = words.next().ok_or_else(missing)?;
    if first.eq_ignore_ascii_case("dhcp") {
        return words.next().map_or_else(|| Ok(json!({ "method": "dhcp" })), |_| Err(wrong()));
    }
    let mut profile = json!({ "method": "static", "address": first });
    while let (Some(what), Some(value)) = (words.next(), words.next()) {
        match what.to_ascii_lowercase().as_str() {
            "via" => profile["gateway"] = value.into(),
            "dns" => profile["dns"] = value.split(',').filter(|v| !v.is_empty()).collect::<Vec<_>>().into(),
            _ => return Err(wrong()),
        }
    }
    Ok(profile)
}

fn network_shown(value: &Value) -> String {
    let text = |name: &str| value[name].as_str().map(str::to_string);
    let Some(address) = text("address") else { return text("method").unwrap_or_default() };
    let via = text("gateway").map(|g| format!(" via {g}")).unwrap_or_default();
    let dns: Vec<&str> = value["dns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let dns = if dns.is_empty() { String::new() } else { format!(" dns {}", dns.join(",")) };
    format!("{address}{via}{dns}")
}

fn parts(typed: &str) -> impl Iterator<Item = &str> {
    typed.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn one_of(of: &[Choice], typed: &str) -> Result<Value> {
    let found = of.iter().find(|choice| as_text(&choice.value) == typed);
    found.map(|choice| choice.value.clone()).ok_or_else(|| match typed.is_empty() {
        true => missing(),
        false => Fault::new("wire-answer-no-choice"),
    })
}

fn is_of(of: &[Choice], value: &Value) -> Result<()> {
    of.iter().any(|choice| choice.value == *value).then_some(()).ok_or_else(|| Fault::new("wire-answer-no-choice"))
}

/// A day: `2026-09-01`, or as it is said in French, `01/09/2026`.
fn day(typed: &str) -> Option<jiff::civil::Date> {
    let parts: Vec<&str> = typed.split('/').collect();
    match parts[..] {
        [day, month, year] if year.len() == 4 => {
            jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
        }
        [_] => typed.parse().ok(),
        _ => None,
    }
}
