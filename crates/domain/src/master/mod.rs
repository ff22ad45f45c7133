//! A master: everything that makes a base, signed by the content key.
mod diff;
mod stage;

pub use diff::{Change, DiffLine, MasterDiff, Side, diff};
pub use stage::{Stage, Version};

use crate::{Digest, Timestamp, UnitId, latitude::Reach, option::OptionSpec, sequence::Sequence, sign::Statement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// A master, immutable once signed. Its sequence stands in it as text: the very text that people read and review.
///
/// A draft is the same, not signed yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Master {
    /// Its name: lower-case letters, digits, hyphens and dots.
    pub name: String,
    /// Its version, for people; what counts is the digest.
    pub version: String,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The sequence's text: its options and its steps.
    pub sequence: String,
    /// The images that the sequence names, each by the root of its manifest.
    pub images: BTreeMap<String, Digest>,
    /// Default values of its options: of those that the text declares (instead of the text's own default), and of others.
    pub options: BTreeMap<String, Value>,
    /// When it was signed.
    pub at: Timestamp,
    /// Which generation of its name it is. Who has seen a generation refuses an older one: an old signed master with a
    /// known weakness can't be brought back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u64,
    /// The packages that it brings, by the digest of their content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, Digest>,
    /// The drivers that it brings, by the digest of their content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drivers: BTreeMap<String, Digest>,
}
impl Statement for Master {
    const CONTEXT: &'static str = "socle-master-v1";
}

pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

const MAX_NAME_BYTES: usize = 64;
const MAX_PARTS: usize = 1_000;

impl Default for Master {
    /// A master of the centre that holds nothing: what each author fills in.
    fn default() -> Self {
        Master {
            name: String::new(),
            version: String::new(),
            unit: UnitId::ROOT,
            sequence: String::new(),
            images: BTreeMap::new(),
            options: BTreeMap::new(),
            at: Timestamp::UNIX_EPOCH,
            generation: 0,
            packages: BTreeMap::new(),
            drivers: BTreeMap::new(),
        }
    }
}

impl Master {
    /// Its options: those that its text declares, with the master's own defaults, then those that it only gives a value.
    ///
    /// # Errors
    /// Those of [`crate::sequence::parse`]; `domain-option-wrong` (with `option`) where a default of the master is not
    /// what the text declares.
    pub fn specs(&self) -> Result<Vec<OptionSpec>> {
        self.specs_of(&crate::sequence::parse(&self.sequence)?)
    }

    /// [`Master::specs`], where the sequence has been read already.
    pub fn specs_of(&self, sequence: &Sequence) -> Result<Vec<OptionSpec>> {
        let mut specs = sequence.options.clone();
        for spec in &mut specs {
            let Some(value) = self.options.get(&spec.name) else { continue };
            spec.default = Some(value.clone());
            spec.check().map_err(|why| Fault::new("domain-option-wrong").with("option", &spec.name).because(why))?;
        }
        let declared = |name: &String| sequence.options.iter().any(|o| o.name == *name);
        let others = self.options.iter().filter(|(name, _)| !declared(name));
        specs.extend(others.map(|(name, value)| OptionSpec::undeclared(name, value)));
        Ok(specs)
    }

    /// Checks values of options that somebody else than the content key has chosen: only options that the master has, of
    /// their kind, within the latitude that the master itself states, and no line of their own in a script or a file.
    ///
    /// What units stated between the master and the machine only the server knows; this is what the content key alone
    /// answers for.
    ///
    /// # Errors
    /// `domain-option-wrong` (with `option`); those of [`Master::specs`].
    pub fn check_options(&self, options: &BTreeMap<String, Value>) -> Result<()> {
        let specs = self.specs()?;
        for (name, value) in options {
            let wrong = |why: String| Fault::new("domain-option-wrong").with("option", name).because(why);
            let spec = specs.iter().find(|s| s.name == *name);
            let spec = spec.ok_or_else(|| wrong("the master has no such option".into()))?;
            if spec.default.as_ref() == Some(value) {
                continue;
            }
            let reach = Reach::default().narrowed(&spec.latitude);
            if reach.fixed {
                return Err(wrong("the master leaves no choice".into()));
            }
            spec.check_value(value)
                .and_then(|()| reach.check(name, value))
                .map_err(|fault| wrong(fault.to_string()))?;
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

    /// Whether a draft can be signed and published: all of it, and names that fit an address, a command and a page.
    ///
    /// # Errors
    /// `domain-master-wrong` (with `field`); those of [`Master::sequence`] and [`Master::specs`].
    pub fn check(&self) -> Result<Sequence> {
        let wrong = |field: &str| Fault::new("domain-master-wrong").with("field", field);
        let name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if !(1..=MAX_NAME_BYTES).contains(&self.name.len()) || !self.name.bytes().all(name) {
            return Err(wrong("name"));
        }
        let version = |b: u8| b.is_ascii_alphanumeric() || b"-._+~".contains(&b);
        if !(1..=MAX_NAME_BYTES).contains(&self.version.len()) || !self.version.bytes().all(version) {
            return Err(wrong("version"));
        }
        for (field, parts) in [("images", &self.images), ("packages", &self.packages), ("drivers", &self.drivers)] {
            let fits =
                |name: &String| (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control);
            if parts.len() > MAX_PARTS || !parts.keys().all(fits) {
                return Err(wrong(field));
            }
        }
        let sequence = self.sequence()?;
        self.specs_of(&sequence)?;
        Ok(sequence)
    }
}
