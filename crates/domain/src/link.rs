//! Dated links between people, machines and units: somebody has several machines, a machine several people.
use crate::{LinkId, PersonId, TargetId, Timestamp, UnitId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// The person works on the machine.
    Uses,
    /// The person answers for the machine, or for the unit's machines where none is named.
    Responsible,
    /// The person or the machine has a place in the unit.
    Seat,
}

impl LinkKind {
    /// Every kind.
    pub const ALL: [LinkKind; 3] = [LinkKind::Uses, LinkKind::Responsible, LinkKind::Seat];

    /// The word of the wire, of lists and of the database.
    pub fn word(self) -> &'static str {
        match self {
            LinkKind::Uses => "uses",
            LinkKind::Responsible => "responsible",
            LinkKind::Seat => "seat",
        }
    }
}
impl std::str::FromStr for LinkKind {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        Self::ALL.into_iter().find(|k| k.word() == word).ok_or_else(|| format!("no kind of link {word:?}"))
    }
}

/// A link. Its end is a date; it is never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its identifier.
    pub id: LinkId,
    /// The unit where it holds.
    pub unit: UnitId,
    /// What it says.
    pub kind: LinkKind,
    /// Of whom, if of somebody.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// With which machine, if with one.
    #[serde(default)]
    pub machine: Option<TargetId>,
    /// From when it holds.
    pub from: Timestamp,
    /// Until when; none: nobody has said.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Who said so: the account or the token.
    pub by: String,
}

impl Link {
    /// Whether it held at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether it says something.
    ///
    /// # Errors
    /// `domain-link-wrong` with `field`.
    pub fn check(&self) -> Result<()> {
        let wrong = |field: &str| Err(Fault::new("domain-link-wrong").with("field", field));
        match self.kind {
            LinkKind::Uses if self.person.is_none() => wrong("person"),
            LinkKind::Uses if self.machine.is_none() => wrong("machine"),
            LinkKind::Responsible if self.person.is_none() => wrong("person"),
            LinkKind::Seat if self.person.is_none() && self.machine.is_none() => wrong("person"),
            _ if self.until.is_some_and(|until| until <= self.from) => wrong("until"),
            _ => Ok(()),
        }
    }
}
