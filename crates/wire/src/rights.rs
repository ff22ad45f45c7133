//! Rights, the second person and the audit trail, as people's programs speak of them: `/api/v1/…`.
//!
//! ```text
//! GET    /api/v1/rights                              -> MyRights             what I may do, and where
//! GET    /api/v1/grants                              -> Page of GrantView
//! POST   /api/v1/grants              GiveRole        -> 201 GrantView
//! DELETE /api/v1/grants/{person}/{role}/{unit}
//! POST   /api/v1/runs/batch          StartRuns       -> 202 ApprovalView    at once, or after a second person's yes
//! GET    /api/v1/approvals?state=                    -> Page of ApprovalView
//! GET    /api/v1/approvals/{id}                      -> ApprovalView
//! POST   /api/v1/approvals/{id}/approve              -> ApprovalView
//! POST   /api/v1/approvals/{id}/refuse  Refuse       -> ApprovalView
//! GET    /api/v1/second-person                       -> SecondPerson
//! PUT    /api/v1/second-person       SecondPerson    -> SecondPerson, or 202 ApprovalView
//! GET    /api/v1/audit?act=&who=…                    -> Page of AuditView
//! GET    /api/v1/audit/export?after=                 -> the file that `socle verify` checks
//! POST   /api/v1/audit/forget        Forget          -> Forgotten
//! ```
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{
    AccountId, ConsentId, Digest, RunId, TargetId, Timestamp, UnitId,
    audit::Outcome,
    consent::{Deed, State, Why},
    order::LossPolicy,
    role::{Right, Role},
};
use socle_texts::Fault;
use std::collections::BTreeMap;

/// A role that somebody holds at a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GrantView {
    /// Whose it is.
    pub person: AccountId,
    /// The name of that account; none where it is gone.
    pub person_name: Option<String>,
    /// The role.
    pub role: Role,
    /// Where: there and below.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: String,
    /// Since when.
    pub at: Timestamp,
}

/// Give a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveRole {
    /// To whom: an account, by its identifier or its name.
    pub person: String,
    /// Which.
    pub role: Role,
    /// Where; none: the place that the request is about.
    #[serde(default)]
    pub unit: Option<UnitId>,
}

/// What somebody may do at a unit, and at those below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RightsAt {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: String,
    /// His roles there.
    pub roles: Vec<Role>,
    /// What they let him do; where a token is used, what it leaves of that.
    pub rights: Vec<Right>,
}

/// What one may do oneself, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MyRights {
    /// The account.
    pub id: AccountId,
    /// Its name, or the token's.
    pub name: String,
    /// By unit, the topmost first.
    pub at: Vec<RightsAt>,
}

/// Start runs of one master on many machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRuns {
    /// The machines, each once.
    pub targets: Vec<TargetId>,
    /// The master, by digest.
    pub master: Digest,
    /// Options' values for all of them.
    #[serde(default)]
    pub options: BTreeMap<String, serde_json::Value>,
    /// What may be destroyed without asking.
    #[serde(default)]
    pub loss: LossPolicy,
}

/// What became of one machine of many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemView {
    /// The machine.
    pub target: TargetId,
    /// Its run, where one was started.
    pub run: Option<RunId>,
    /// Why none was.
    pub fault: Option<Fault>,
}

/// An act that waits for a second person, or has waited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalView {
    /// Its identifier.
    pub id: ConsentId,
    /// The unit within which it acts.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: String,
    /// What is to be done.
    pub deed: Deed,
    /// How many machines it reaches.
    pub machines: u64,
    /// Why another person is asked; none: nobody had to be.
    pub why: Option<Why>,
    /// Whether it was done without the second person that it should have had: nobody else could have said yes.
    pub alone: bool,
    /// The rights that this person must hold.
    pub rights: Vec<Right>,
    /// Who asked.
    pub asked_by: AccountId,
    /// The name of that account; none where it is gone.
    pub asked_by_name: Option<String>,
    /// When.
    pub asked: Timestamp,
    /// Until when somebody may say yes.
    pub expires: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// The name of that account.
    pub decided_by_name: Option<String>,
    /// When.
    pub decided: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Why it could not be carried out.
    pub fault: Option<Fault>,
    /// What became of its machines so far.
    pub items: Vec<ItemView>,
}

/// Say no to an act, or take it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// When a second person is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondPerson {
    /// For acts on more machines than these.
    pub above: u32,
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditView {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Whose affair it was.
    pub unit: UnitId,
    /// What was done: a word.
    pub act: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Who: an account's identifier, or `host`, `server`, `nobody`; none where the name was deleted.
    pub who: Option<String>,
    /// His name at that time.
    pub who_name: Option<String>,
    /// About what: `KIND:TEXT`.
    pub subject: Option<String>,
}

/// Delete the names of somebody from beside the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forget {
    /// Whose: the account's identifier.
    pub person: AccountId,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// Entries that nobody can attribute any more.
    pub entries: u64,
}
