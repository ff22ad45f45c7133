//! What may be decided about the organisation.
use crate::{Timestamp, UnitId, id::DecisionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of node a unit is. It says how people call it; any kind may stand below any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// What the others stand below.
    Centre,
    /// An autonomous body: a fund, a council, a school.
    Body,
    /// A place of a body.
    Site,
    /// A room of a site.
    Room,
}

impl UnitKind {
    /// Every kind, from the widest.
    pub const ALL: [UnitKind; 4] = [UnitKind::Centre, UnitKind::Body, UnitKind::Site, UnitKind::Room];

    /// The word of the wire, of lists and of the database.
    pub fn word(self) -> &'static str {
        match self {
            UnitKind::Centre => "centre",
            UnitKind::Body => "body",
            UnitKind::Site => "site",
            UnitKind::Room => "room",
        }
    }
}
impl std::str::FromStr for UnitKind {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|k| k.word() == word).ok_or_else(|| format!("no kind of unit {word:?}"))
    }
}

/// What a unit is split into: a new unit beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The new unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Which of the units directly below the split one it takes. What no part takes goes to the first part.
    #[serde(default)]
    pub takes: Vec<UnitId>,
}

/// One change of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "change", deny_unknown_fields)]
pub enum Change {
    /// A unit begins.
    Founded {
        /// The new unit.
        unit: UnitId,
        /// The one it stands below.
        parent: UnitId,
        /// Its name.
        name: String,
        /// What it is.
        kind: UnitKind,
    },
    /// It has another name from then on.
    Renamed {
        /// Which.
        unit: UnitId,
        /// The name.
        name: String,
    },
    /// It stands elsewhere from then on, with all that is below it.
    Moved {
        /// Which.
        unit: UnitId,
        /// The one it stands below.
        parent: UnitId,
    },
    /// It becomes part of another and ends.
    Merged {
        /// Which ends.
        unit: UnitId,
        /// Its heir.
        into: UnitId,
    },
    /// It becomes several and ends.
    Split {
        /// Which ends.
        unit: UnitId,
        /// What it becomes; the first is its heir.
        into: Vec<Part>,
    },
    /// It ends.
    Closed {
        /// Which.
        unit: UnitId,
    },
}

impl Change {
    /// The unit that it is about.
    pub fn unit(&self) -> UnitId {
        match self {
            Change::Founded { unit, .. }
            | Change::Renamed { unit, .. }
            | Change::Moved { unit, .. }
            | Change::Merged { unit, .. }
            | Change::Split { unit, .. }
            | Change::Closed { unit } => *unit,
        }
    }

    /// Every unit that it names: the one it is about, then the others.
    pub fn units(&self) -> Vec<UnitId> {
        let mut named = vec![self.unit()];
        match self {
            Change::Founded { parent, .. } | Change::Moved { parent, .. } => named.push(*parent),
            Change::Merged { into, .. } => named.push(*into),
            Change::Split { into, .. } => {
                named.extend(into.iter().flat_map(|part| std::iter::once(part.unit).chain(part.takes.iter().copied())));
            }
            Change::Renamed { .. } | Change::Closed { .. } => {}
        }
        named
    }

    /// The word of the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Change::Founded { .. } => "founded",
            Change::Renamed { .. } => "renamed",
            Change::Moved { .. } => "moved",
            Change::Merged { .. } => "merged",
            Change::Split { .. } => "split",
            Change::Closed { .. } => "closed",
        }
    }
}

/// A dated decision about the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitDecision {
    /// Its identifier.
    pub id: DecisionId,
    /// From when it holds.
    pub at: Timestamp,
    /// When it was entered.
    pub decided: Timestamp,
    /// Who entered it: the account or the token.
    pub by: String,
    /// What it says.
    pub what: Change,
}
