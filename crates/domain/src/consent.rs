//! The second person: an act that one person alone should not do waits until another who may do it himself says yes.
//!
//! It is asked for what reaches more machines than the centre allows one person, for what may lose data, for what
//! reaches production, and for what would weaken this very protection; and only where somebody else could say yes:
//! otherwise nobody could act at all, so the act goes on and is marked as done alone.
//!
//! What waits is the act itself, typed and complete, and not a permission: what is carried out after the yes is what was
//! read. Who asked and who says yes must both hold the right at the moment of the yes.
use crate::{
    AccountId, ConsentId, Digest, RunId, TargetId, Timestamp, UnitId,
    order::{BootFrom, LossPolicy},
    role::Right,
    sign::PublicKey,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::{collections::BTreeMap, str::FromStr, time::Duration};

/// How many machines one person may act on without another, until the centre says otherwise.
pub const DEFAULT_ABOVE: u32 = 20;
/// How long an act waits.
pub const WAITS: Duration = Duration::from_secs(72 * 3600);
/// Machines on which a person has acted count together for this long: twenty-one single acts are as many as one of
/// twenty-one.
pub const COUNTED_TOGETHER: Duration = Duration::from_secs(3600);
/// The longest reason of a refusal, in bytes.
pub const MAX_REASON_BYTES: usize = 500;
/// The most machines of one act.
pub const MAX_MACHINES: usize = 5_000;

/// An act that may have to wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deed {
    /// Start runs of one master on machines.
    StartRuns {
        /// The machines.
        targets: Vec<TargetId>,
        /// The master.
        master: Digest,
        /// Options' values that replace those that would hold.
        #[serde(default)]
        options: BTreeMap<String, Value>,
        /// What may be destroyed without asking.
        #[serde(default)]
        loss: LossPolicy,
    },
    /// Have a machine start the boot environment once: whoever works at it is interrupted.
    BootOnce {
        /// The machine.
        target: TargetId,
        /// From where.
        from: BootFrom,
    },
    /// Stop a run.
    CancelRun {
        /// The run.
        run: RunId,
    },
    /// Refuse a machine.
    RefuseMachine {
        /// The machine.
        target: TargetId,
    },
    /// Move a machine to another unit.
    MoveMachine {
        /// The machine.
        target: TargetId,
        /// Its unit from then on.
        unit: UnitId,
    },
    /// Let a waiting run lose what it has counted.
    AllowLoss {
        /// The run.
        run: RunId,
        /// The census that may be lost.
        census: Digest,
        /// Why.
        reason: String,
    },
    /// Make a version of a master the one of production.
    Publish {
        /// The master, signed, by digest.
        master: Digest,
    },
    /// Let a known machine go on under another key and another security chip: those of a machine that waits.
    ReplaceIdentity {
        /// The machine whose record goes on.
        target: TargetId,
        /// The machine that waits.
        stranger: TargetId,
        /// Its key, as it was read.
        key: PublicKey,
    },
    /// Let one person act on more machines than before.
    RaiseLimit {
        /// More machines than these ask for a second person.
        above: u32,
    },
}

/// Why a second person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// More machines than one person may act on, those of the last hour counted together.
    Many {
        /// How many.
        machines: u64,
        /// How many one person may act on.
        above: u32,
    },
    /// Data may be lost.
    Loss,
    /// It reaches production.
    Production,
    /// Who a machine is changes hands.
    Identity,
    /// It would weaken the second person's protection.
    Protection,
}

impl Deed {
    /// The rights that it needs, at its unit.
    pub fn rights(&self) -> Vec<Right> {
        match self {
            Deed::StartRuns { loss: LossPolicy::NothingOnly, .. } => vec![Right::Operate],
            Deed::BootOnce { .. } | Deed::CancelRun { .. } => vec![Right::Operate],
            Deed::RefuseMachine { .. } => vec![Right::Recognise],
            Deed::MoveMachine { .. } => vec![Right::Organise],
            Deed::StartRuns { loss: LossPolicy::Expendable, .. } => vec![Right::Operate, Right::AllowLoss],
            Deed::AllowLoss { .. } => vec![Right::AllowLoss],
            Deed::Publish { .. } => vec![Right::Masters],
            Deed::ReplaceIdentity { .. } => vec![Right::Recognise],
            Deed::RaiseLimit { .. } => vec![Right::Server],
        }
    }
    /// How many machines it reaches.
    pub fn machines(&self) -> u64 {
        match self {
            Deed::StartRuns { targets, .. } => targets.len() as u64,
            Deed::BootOnce { .. } | Deed::CancelRun { .. } => 1,
            Deed::RefuseMachine { .. } | Deed::MoveMachine { .. } => 1,
            Deed::AllowLoss { .. } | Deed::ReplaceIdentity { .. } => 1,
            Deed::Publish { .. } | Deed::RaiseLimit { .. } => 0,
        }
    }
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Deed::StartRuns { .. } => "start-runs",
            Deed::BootOnce { .. } => "boot-once",
            Deed::CancelRun { .. } => "cancel-run",
            Deed::RefuseMachine { .. } => "refuse-machine",
            Deed::MoveMachine { .. } => "move-machine",
            Deed::AllowLoss { .. } => "allow-loss",
            Deed::Publish { .. } => "publish",
            Deed::ReplaceIdentity { .. } => "replace-identity",
            Deed::RaiseLimit { .. } => "raise-limit",
        }
    }
    /// Why a second person is asked, if one is. `recent`: the machines on which the person has acted within
    /// [`COUNTED_TOGETHER`]; `above`: what the centre allows now.
    pub fn asks(&self, recent: u64, above: u32) -> Option<Why> {
        let machines = recent.saturating_add(self.machines());
        match self {
            Deed::StartRuns { loss: LossPolicy::Expendable, .. } | Deed::AllowLoss { .. } => Some(Why::Loss),
            Deed::StartRuns { .. }
            | Deed::BootOnce { .. }
            | Deed::CancelRun { .. }
            | Deed::RefuseMachine { .. }
            | Deed::MoveMachine { .. } => (machines > u64::from(above)).then_some(Why::Many { machines, above }),
            Deed::Publish { .. } => Some(Why::Production),
            Deed::ReplaceIdentity { .. } => Some(Why::Identity),
            Deed::RaiseLimit { above: wished } => (*wished > above).then_some(Why::Protection),
        }
    }
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It waits for a second person.
    Waiting,
    /// A second person said yes; the server carries it out.
    Approved,
    /// A second person said no, or who asked took it back.
    Refused,
    /// Nobody said anything in time.
    Expired,
    /// It was carried out.
    Done,
    /// It could not be carried out, or not wholly.
    Failed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 6] =
        [State::Waiting, State::Approved, State::Refused, State::Expired, State::Done, State::Failed];
    /// The word of the wire and of the database.
    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Expired => "expired",
            State::Done => "done",
            State::Failed => "failed",
        }
    }
}
impl FromStr for State {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        State::ALL.into_iter().find(|s| s.word() == word).ok_or_else(|| format!("no state {word:?}"))
    }
}

/// An act that waits, or has waited.
#[derive(Debug, Clone, PartialEq)]
pub struct Consent {
    /// Its identifier.
    pub id: ConsentId,
    /// The unit within which it acts.
    pub unit: UnitId,
    /// What is to be done.
    pub deed: Deed,
    /// Why another person is asked; none: nobody had to be.
    pub why: Option<Why>,
    /// Who asked.
    pub asked_by: AccountId,
    /// When.
    pub asked: Timestamp,
    /// After this nobody can say yes.
    pub expires: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided: Option<Timestamp>,
    /// Why it was refused, in the words of who refused.
    pub reason: Option<String>,
    /// Why it could not be carried out.
    pub fault: Option<Fault>,
}

impl Consent {
    /// Whether it was done without the second person that it should have had, because nobody else could have said yes.
    pub fn is_alone(&self) -> bool {
        self.why.is_some()
            && self.decided_by.is_none()
            && matches!(self.state, State::Approved | State::Done | State::Failed)
    }
    /// Checks that it can be decided by this person now.
    ///
    /// # Errors
    /// `domain-consent-over` where it does not wait any more; `domain-consent-expired`; `domain-consent-own` where who
    /// asked would say yes to himself.
    pub fn decide(&mut self, by: AccountId, yes: bool, reason: &str, now: Timestamp) -> Result<()> {
        if self.state != State::Waiting {
            return Err(Fault::new("domain-consent-over").with("state", self.state.word()));
        }
        if now >= self.expires {
            return Err(Fault::new("domain-consent-expired").with("at", self.expires.to_string()));
        }
        if yes && by == self.asked_by {
            return Err(Fault::new("domain-consent-own"));
        }
        if reason.len() > MAX_REASON_BYTES {
            return Err(Fault::new("domain-consent-reason").with("limit", MAX_REASON_BYTES));
        }
        self.state = if yes { State::Approved } else { State::Refused };
        (self.decided_by, self.decided) = (Some(by), Some(now));
        self.reason = Some(reason.trim()).filter(|r| !r.is_empty()).map(str::to_string);
        Ok(())
    }
}
