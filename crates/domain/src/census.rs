//! A census: what a target holds, before something is done to it and after.
//!
//! It never holds a name of a person, a file or a message: counts, bytes, and salted digests.
use crate::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How closely it was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Each item by its digest.
    Full,
    /// Items and bytes were counted.
    Counted,
    /// Counted as far as it could be read, and a policy said beforehand that this content may go.
    Expendable,
    /// It could not be read (a dead or encrypted disk): a person decides.
    Unreadable,
}

/// One part of the target: a partition, a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which one: `disk`, `partition 2`, `folder`. Never a name that a person gave.
    pub part: String,
    /// What it is: `ext4`, `vfat`, `ntfs`, `socle`, `empty`, `unknown`, `folder`…
    pub kind: String,
    /// How closely it was looked.
    pub level: Level,
    /// Items: files and folders for a filesystem or a folder. Zero where they can't be counted.
    pub items: u64,
    /// Bytes in use.
    pub bytes: u64,
    /// Salted digest over all items, where the level is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// A census of the whole target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Census {
    /// Its parts. Empty: the target holds nothing at all.
    pub parts: Vec<Part>,
}

impl Census {
    /// Whether nothing would be lost: no part that holds something which is not Socle's own.
    pub fn holds_nothing(&self) -> bool {
        self.parts.iter().all(|p| matches!(p.kind.as_str(), "empty" | "socle"))
    }
    /// Items in all parts.
    pub fn items(&self) -> u64 {
        self.parts.iter().map(|p| p.items).sum()
    }
    /// Bytes in all parts.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|p| p.bytes).sum()
    }
    /// By what an order refers to this census.
    pub fn digest(&self) -> Digest {
        Digest::of(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}
