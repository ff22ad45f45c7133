//! The stages of a master's version.
use crate::UnitId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a version stands on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Being written: not signed, nobody can install it.
    Draft,
    /// Signed: for its own unit, and for the units that try it.
    Pilot,
    /// What units are offered. At most one version of a name is.
    Production,
    /// Offered to nobody any more; runs that began with it go on.
    Retired,
}

impl Stage {
    /// The word of the tables, the wire and the texts.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Pilot => "pilot",
            Stage::Production => "production",
            Stage::Retired => "retired",
        }
    }
    /// Whether a signed version may go from this stage to another. A draft leaves its stage by being signed, and nothing
    /// signed becomes a draft again; what was retired may come back: that is a rollback.
    pub fn may_become(self, to: Stage) -> bool {
        use Stage::{Draft, Pilot, Production, Retired};
        match (self, to) {
            (Draft, _) | (_, Draft) => false,
            (Pilot, Production | Retired) | (Production, Retired) | (Retired, Production | Pilot) => true,
            (Pilot, Pilot) | (Production, Production | Pilot) | (Retired, Retired) => false,
        }
    }
}
impl std::str::FromStr for Stage {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        [Stage::Draft, Stage::Pilot, Stage::Production, Stage::Retired]
            .into_iter()
            .find(|s| s.word() == word)
            .ok_or_else(|| format!("no stage {word:?}"))
    }
}

/// A published version, as far as it matters for who may take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The unit that it belongs to.
    pub unit: UnitId,
    /// Its master's name.
    pub name: String,
    /// Where it stands.
    pub stage: Stage,
}

impl Version {
    /// Whether it may be taken by a unit whose way from the centre down is `path`. `pilots` are the units that try this
    /// master's pilots; `allowed` is, of each unit of the way that says so, which masters it leaves to itself and those
    /// below: all of them must name it, so that nobody can widen what is left to him.
    pub fn is_offered(&self, path: &[UnitId], pilots: &[UnitId], allowed: &BTreeMap<UnitId, Vec<String>>) -> bool {
        let tried_by = |unit: &UnitId| *unit == self.unit && path.last() == Some(unit) || pilots.contains(unit);
        let on_stage = match self.stage {
            Stage::Production => true,
            Stage::Pilot => path.iter().any(tried_by),
            Stage::Draft | Stage::Retired => false,
        };
        let lists = path.iter().filter_map(|unit| allowed.get(unit));
        on_stage && path.contains(&self.unit) && lists.into_iter().all(|names| names.contains(&self.name))
    }
}
