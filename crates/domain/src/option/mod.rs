//! Options: the parameters of a master. One declaration feeds the console's form, the command line, the machine's
//! wizard, the API and the reference page.
//!
//! An option has a *kind* (what a value of it is), a default, labels and help in both languages, and a
//! [`Latitude`]: how far those below the master may choose. Values are JSON.
//!
//! A secret has no default, because a signed master is no secret; where its value stands in an order, a setting or a
//! journal, only a reference to it stands ([`secret_reference`]).
mod kind;
mod network;
mod pattern;

pub use kind::{Choice, Kind, LabelledChoice, MAX_LIST_BYTES, MAX_VALUE_BYTES};
pub(crate) use kind::{out_of, plain};
pub use network::check_network;
pub use pattern::Pattern;

use crate::{latitude::Latitude, sequence::Title};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};

/// Options of one master, at most.
pub const MAX_OPTIONS: usize = 200;
const MAX_NAME_BYTES: usize = 64;
const MAX_LABEL_BYTES: usize = 200;
const MAX_HELP_BYTES: usize = 2_000;

/// The declaration of an option: `[[option]]` in a master's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OptionSpec {
    /// Its name: a lower-case letter, then lower-case letters, digits, `_` and `-`; at most 64.
    pub name: String,
    /// The value where nobody has decided another. None: somebody must decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What a form calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Title>,
    /// What a form says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Title>,
    /// How far those below the master may choose.
    #[serde(default)]
    pub latitude: Latitude,
    /// What a value of it is.
    #[serde(flatten)]
    pub kind: Kind,
}

impl OptionSpec {
    /// The declaration of an option that a master only gives a default value: of the kind of that value, and free.
    pub fn undeclared(name: &str, default: &Value) -> OptionSpec {
        OptionSpec {
            name: name.into(),
            default: Some(default.clone()),
            label: None,
            help: None,
            latitude: Latitude::Free,
            kind: Kind::of(default),
        }
    }

    /// Whether the declaration can be meant; the error says why it can't, in the designer's words.
    pub fn check(&self) -> std::result::Result<(), String> {
        let name = self.name.as_str();
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if !begins || !letters || name.len() > MAX_NAME_BYTES {
            return Err("name: a lower-case letter, then at most 63 lower-case letters, digits, _ and -".into());
        }
        for (what, title, limit) in [("label", &self.label, MAX_LABEL_BYTES), ("help", &self.help, MAX_HELP_BYTES)] {
            let Some(title) = title else { continue };
            if [&title.fr, &title.en].iter().any(|t| t.trim().is_empty() || t.len() > limit) {
                return Err(format!("{what}: both languages, at most {limit} bytes each"));
            }
        }
        self.kind.check_declaration()?;
        self.latitude.check_declaration(&self.kind)?;
        match &self.default {
            Some(_) if self.kind.is_secret() => {
                Err("default: a signed master is no secret, so a secret has none".into())
            }
            Some(value) => self.check_value(value).map_err(|fault| format!("default: {fault}")),
            None if self.latitude == Latitude::Fixed => Err("latitude: fixed, and there is no default".into()),
            None => Ok(()),
        }
    }

    /// Whether a value is of the option's kind.
    ///
    /// # Errors
    /// `domain-option-kind`, `domain-option-range`, `domain-option-pattern`, `domain-option-not-offered`,
    /// `domain-option-too-long`, `domain-option-control`, `domain-option-network`, `domain-option-twice` (each with
    /// `option`).
    pub fn check_value(&self, value: &Value) -> Result<()> {
        self.kind.check(&self.name, value)?;
        // What declares nothing is held by what stands there: a number stays a number.
        let alike = |own: &Value| std::mem::discriminant(own) == std::mem::discriminant(value);
        match &self.default {
            Some(own) if matches!(self.kind, Kind::Tree {}) && !alike(own) => {
                Err(Fault::new("domain-option-kind").with("option", &self.name).with("kind", self.kind.word()))
            }
            _ => Ok(()),
        }
    }
}

/// What stands for a secret's value wherever it is not delivered: `{"secret": REFERENCE}`.
pub fn secret_reference(reference: &str) -> Value {
    serde_json::json!({ "secret": reference })
}

/// The reference in a value that stands for a secret.
pub fn referenced_secret(value: &Value) -> Option<&str> {
    let tree = value.as_object().filter(|tree| tree.len() == 1)?;
    tree.get("secret")?.as_str()
}

/// Checks the plain text of a secret before it is sealed.
///
/// # Errors
/// `domain-option-too-long`, `domain-option-control`.
pub fn check_secret(option: &str, plain: &str) -> Result<()> {
    if plain.is_empty() || plain.len() > MAX_VALUE_BYTES {
        return Err(Fault::new("domain-option-too-long").with("option", option).with("limit", MAX_VALUE_BYTES));
    }
    if plain.chars().any(char::is_control) {
        return Err(Fault::new("domain-option-control").with("option", option));
    }
    Ok(())
}
