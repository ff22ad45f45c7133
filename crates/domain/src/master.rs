//! A master: everything that makes a base, signed by the content key.
use crate::{Digest, Timestamp, UnitId, sequence::Sequence, sign::Statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// A master, immutable once signed. Its sequence stands in it as text: the very text that people read and review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Master {
    /// Its name: lower-case letters, digits, hyphens and dots.
    pub name: String,
    /// Its version, for people; what counts is the digest.
    pub version: String,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The sequence's text.
    pub sequence: String,
    /// The images that the sequence names, each by the root of its manifest.
    pub images: BTreeMap<String, Digest>,
    /// Default values of its options.
    pub options: BTreeMap<String, Value>,
    /// When it was signed.
    pub at: Timestamp,
}
impl Statement for Master {
    const CONTEXT: &'static str = "socle-master-v1";
}

/// Longest value of an option, in bytes of its JSON form.
const MAX_OPTION_BYTES: usize = 4096;

impl Master {
    /// Checks values of options that somebody else than the content key has chosen: only options that the master has,
    /// of the kind that it gives them, and no line of their own in a script or a file.
    ///
    /// # Errors
    /// `domain-option-wrong` (with `option`).
    pub fn check_options(&self, options: &BTreeMap<String, Value>) -> Result<()> {
        for (name, value) in options {
            let wrong = |why: &str| Fault::new("domain-option-wrong").with("option", name).because(why);
            let own = self.options.get(name).ok_or_else(|| wrong("the master has no such option"))?;
            if own == value {
                continue;
            }
            if std::mem::discriminant(own) != std::mem::discriminant(value) {
                return Err(wrong("it is of another kind than the master's own value"));
            }
            let text = value.to_string();
            if text.len() > MAX_OPTION_BYTES {
                return Err(wrong("it is too long"));
            }
            if holds_control(value) {
                return Err(wrong("it holds a line end or another control character"));
            }
        }
        Ok(())
    }

    /// The sequence, checked against the images that the master holds.
    ///
    /// # Errors
    /// Those of [`crate::sequence::parse`]; `domain-master-image-missing` where a step names an image it does not hold.
    pub fn sequence(&self) -> Result<Sequence> {
        let sequence = crate::sequence::parse(&self.sequence)?;
        for step in &sequence.steps {
            if let Some(image) = step.action.image()
                && !self.images.contains_key(image)
            {
                return Err(Fault::new("domain-master-image-missing")
                    .with("master", &self.name)
                    .with("step", &step.id)
                    .with("image", image));
            }
        }
        Ok(sequence)
    }
}

/// Whether a text in the value, or a name of one, holds a control character.
fn holds_control(value: &Value) -> bool {
    let has = |text: &str| text.chars().any(char::is_control);
    match value {
        Value::String(text) => has(text),
        Value::Array(all) => all.iter().any(holds_control),
        Value::Object(all) => all.iter().any(|(name, value)| has(name) || holds_control(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
