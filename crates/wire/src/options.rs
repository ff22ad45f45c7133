//! Options, rules and the way of masters, between people's programs and the server: `/api/v1`.
//!
//! ```text
//! GET    /api/v1/units/{id}/options            -> [OptionView]   ?master=DIGEST   (as the unit sees them)
//! GET    /api/v1/units/{id}/options/{option}   -> OptionView
//! PUT    /api/v1/units/{id}/options/{option}   DecideOption -> OptionView
//! DELETE /api/v1/units/{id}/options/{option}   -> 204            (what the unit decided: value and latitude)
//! GET    /api/v1/machines/{id}/options         -> [OptionView]   ?master=DIGEST   (the explanation of each value)
//! GET    /api/v1/machines/{id}/options/{option} -> OptionView
//! PUT · DELETE likewise
//! GET    /api/v1/rules                         -> [RuleView]
//! POST   /api/v1/rules                         WriteRule    -> RuleView
//! POST   /api/v1/rules/try                     TryRule      -> TriedRule           (changes nothing)
//! GET · PUT · DELETE /api/v1/rules/{id}
//! GET    /api/v1/masters/{digest}              -> MasterShown
//! POST   /api/v1/masters/{digest}/move         MoveMaster   -> MasterMoved
//! POST   /api/v1/masters/{digest}/rollback     -> MasterMoved   (production is again what it was before this one)
//! GET    /api/v1/masters/{digest}/diff?to=     -> MasterDiff    (`to`: a digest, or a draft's identifier)
//! GET · PUT /api/v1/masters/{digest}/pilots    Pilots
//! GET    /api/v1/drafts · POST WriteDraft      -> DraftView
//! GET · PUT · DELETE /api/v1/drafts/{id}       (GET: what `socle sign master` signs)
//! GET · PUT /api/v1/units/{id}/masters         TakenMasters     (which masters the unit and those below may take)
//! ```
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_domain::{
    Digest, DraftId, RuleId, TargetId, Timestamp, UnitId,
    latitude::Latitude,
    master::{Master, Stage},
    option::OptionSpec,
    resolve::{Resolved, Setting},
    rule::Rule,
};
use std::collections::BTreeMap;

use crate::api::MasterView;

/// Machines named in one try of a rule.
pub const MAX_TRIED_NAMED: usize = 200;

/// A master, by name and version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MasterName {
    /// Its digest.
    pub digest: Digest,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An option as a unit or a machine sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OptionView {
    /// Its declaration.
    pub spec: OptionSpec,
    /// Which master declares it so: the one that was asked about, else the newest that is offered here.
    pub master: MasterName,
    /// Its value and where it came from; whether it is asked at the machine; what may be chosen here.
    pub resolved: Resolved,
    /// What was decided at this very place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Setting>,
    /// The names of the units from the centre down to here.
    pub units: Vec<UnitName>,
    /// Rules that nobody could decide for this machine: they set nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<UndecidedRule>,
}

/// A unit by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitName {
    /// Which.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
}

/// A rule that could not be decided for a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UndecidedRule {
    /// Its name.
    pub rule: String,
    /// Whose it is.
    pub unit: UnitId,
    /// Why, in the engine's own words.
    pub why: String,
}

/// Decide about an option. What is left out is taken back: `{}` decides nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideOption {
    /// The value. Not for a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The value of a secret, in clear: it is sealed at once and never told again. Left out, a secret stays what it is
    /// as long as `keep` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Of a secret: leave the value that is there.
    #[serde(default)]
    pub keep: bool,
    /// What is left to those below. Only a unit says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrows: Option<Latitude>,
}

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteRule {
    /// Whose it is; none: the place of whoever writes it.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// Its name.
    pub name: String,
    /// Of two rules of one unit the one with the lower order decides.
    #[serde(default = "hundred")]
    pub order: u32,
    /// A CEL condition over `facts` and `target`.
    pub when: String,
    /// What it sets.
    pub sets: BTreeMap<String, Value>,
}
fn hundred() -> u32 {
    100
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleView {
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// The name of its unit.
    pub unit_name: String,
}

/// Try a rule: which machines does it match, and what would change?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TryRule {
    /// The rule that this one would replace; none: it is new.
    #[serde(default)]
    pub instead_of: Option<RuleId>,
    /// As it would be written.
    #[serde(flatten)]
    pub rule: WriteRule,
}

/// What a rule would do. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedRule {
    /// How many machines were looked at.
    pub looked_at: u64,
    /// How many there are: more than were looked at where time ran out.
    pub of: u64,
    /// How many it matches.
    pub matches: u64,
    /// For how many nobody can say.
    pub undecided: u64,
    /// Why not, for the first of them.
    pub why_undecided: Option<String>,
    /// How many machines would have another value somewhere.
    pub would_change: u64,
    /// The first of the machines that it matches, and what would change for them.
    pub machines: Vec<TriedMachine>,
}

/// A machine that a rule matches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedMachine {
    /// Which.
    pub id: TargetId,
    /// Its name.
    pub name: String,
    /// What would change; nothing where something nearer decides, or where the value is the same.
    pub changes: Vec<TriedChange>,
}

/// What would change for an option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedChange {
    /// The option.
    pub option: String,
    /// Its value now.
    pub before: Option<Value>,
    /// Its value then.
    pub after: Option<Value>,
}

/// A master, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MasterShown {
    /// As a list shows it.
    pub view: MasterView,
    /// What the content key signed.
    pub master: Master,
    /// How it came to its stage, the first move first.
    pub moves: Vec<StageMove>,
}

/// A move from stage to stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageMove {
    /// To which stage.
    pub stage: Stage,
    /// Who moved it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Move a version to another stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveMaster {
    /// To which.
    pub to: Stage,
}

/// The units that try a master's pilots, besides its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pilots {
    /// Units below the master's own.
    pub units: Vec<UnitId>,
}

/// Which masters a unit and those below it may take.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenMasters {
    /// Their names; none: all that is left to it.
    #[serde(default)]
    pub names: Option<Vec<String>>,
}

/// What a unit may take, and who says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakenMastersView {
    /// What the unit itself says.
    pub names: Option<Vec<String>>,
    /// What the units above it say.
    pub above: Vec<TakenAbove>,
    /// The masters that it is offered.
    pub offered: Vec<MasterName>,
}

/// What a unit above says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakenAbove {
    /// Which unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: String,
    /// The names that it leaves.
    pub names: Vec<String>,
}

/// A master as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteDraft {
    /// Its unit; none: the place of whoever writes it.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its text: options and steps.
    pub sequence: String,
    /// The images that the text names.
    #[serde(default)]
    pub images: BTreeMap<String, Digest>,
    /// Default values of its options.
    #[serde(default)]
    pub options: BTreeMap<String, Value>,
    /// Its packages.
    #[serde(default)]
    pub packages: BTreeMap<String, Digest>,
    /// Its drivers.
    #[serde(default)]
    pub drivers: BTreeMap<String, Digest>,
    /// Its generation; none: one more than the highest that was seen of its name.
    #[serde(default)]
    pub generation: Option<u64>,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DraftView {
    /// Which.
    pub id: DraftId,
    /// What it is so far: what would be signed.
    pub master: Master,
    /// Who wrote it last.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why it can't be signed as it is; none: it can.
    pub fault: Option<socle_texts::Fault>,
}
