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

impl Master {
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
