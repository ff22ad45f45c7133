//! What a campaign moves.
use crate::{TargetId, UnitId};
use serde::{Deserialize, Serialize};

/// The kinds of target. Runs, censuses, journals and proofs never ask which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A workstation, laptop, thin client or site server.
    Machine,
    /// A folder that moves from one place to another.
    Folder,
    /// A mailbox that moves from one server to another.
    Mailbox,
}

impl TargetKind {
    /// The word of the wire and of the database.
    pub fn word(self) -> &'static str {
        match self {
            TargetKind::Machine => "machine",
            TargetKind::Folder => "folder",
            TargetKind::Mailbox => "mailbox",
        }
    }
}

/// A target: what it is, whose it is, how people call it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its identifier.
    pub id: TargetId,
    /// What kind of thing it is.
    pub kind: TargetKind,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// Its name: for a machine, its host name.
    pub name: String,
}

/// Whether `name` can be a host name: 1 to 63 letters, digits and inner hyphens (RFC 1123 section 2.1), lower case.
pub fn is_host_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}
