//! From what people decided, at a machine, by rules, at units, to the value in use; and the explanation of it.
//!
//! Who decides is looked for along: this one run, the machine, the rules that match its facts (those of the nearest unit
//! first, then by their order), its unit, the unit above, up to the centre, the master's default. The first decision
//! that stands within its latitude is used.
//!
//! **Latitude binds those below who states it.** The master binds everybody. A unit binds the units below it, their
//! rules, and the machines in it and below it; it binds neither itself nor what was decided above. So nobody can widen
//! anything, and no site can keep the centre from deciding.
//!
//! **A decision outside its latitude is a [`Conflict`].** It comes about when somebody above narrows later (or when a
//! newer master declares the option otherwise). It is kept, shown and *not used*: the next decision on the way up is.
//! When the narrowing is taken back it is used again.
//!
//! Under a *fixed* latitude the same value is no conflict: it is only one that decides nothing.
mod act;
mod case;

pub use act::{may_narrow, may_set};
pub use case::{Case, resolve};

use crate::{RuleId, TargetId, Timestamp, UnitId, latitude::Latitude, latitude::Reach, option::OptionSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::Fault;

/// Who decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// The master.
    Master {},
    /// A unit.
    Unit {
        /// Which.
        unit: UnitId,
    },
    /// A rule of a unit.
    Rule {
        /// Which.
        rule: RuleId,
        /// Its name.
        name: String,
        /// Whose it is.
        unit: UnitId,
        /// Of two rules of one unit the one with the lower order is asked first.
        order: u32,
    },
    /// A machine.
    Machine {
        /// Which.
        machine: TargetId,
    },
    /// Whoever started this one run, or answered at the machine.
    Start {},
}

/// What somebody decided about an option: a value, a latitude for those below, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Who decides.
    #[serde(flatten)]
    pub source: Source,
    /// The option's name.
    pub option: String,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What he leaves to those below. Only a unit says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrows: Option<Latitude>,
    /// Which person said it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A value that was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Who decides.
    #[serde(flatten)]
    pub source: Source,
    /// The value; of a secret: the reference to it.
    pub value: Value,
    /// Which person said it; none: the master did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A latitude that was stated, and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// Who states it: the master or a unit.
    #[serde(flatten)]
    pub source: Source,
    /// What he leaves to those below.
    pub latitude: Latitude,
    /// Which person said it; none: the master did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A decision that is not used, because it stands outside its latitude.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// The decision.
    pub decision: Decision,
    /// Outside of what it stands.
    pub bound: Bound,
    /// Why.
    pub why: Fault,
}

/// An option's value and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The option's name.
    pub option: String,
    /// The value in use; none: nobody has decided one.
    pub value: Option<Value>,
    /// Who decided it.
    pub decided: Option<Decision>,
    /// Within which latitudes he did, from the master down.
    pub within: Vec<Bound>,
    /// What he overrode, the nearest first.
    pub overridden: Vec<Decision>,
    /// What is not used, because it stands outside its latitude; the nearest first.
    pub conflicts: Vec<Conflict>,
    /// What the one for whom this was resolved may choose himself.
    pub reach: Reach,
    /// Who bounds him, from the master down.
    pub bounds: Vec<Bound>,
    /// Latitudes stated below whoever decided, which the value in use stands outside of: they bind only those further
    /// below, and whoever stated them may wish to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<Bound>,
    /// Whether the person at the machine is asked.
    pub asked: bool,
}

/// A master's declaration, and when it was made.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// The declaration.
    pub spec: &'a OptionSpec,
    /// When the master was signed.
    pub at: Timestamp,
}
