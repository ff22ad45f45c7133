//! Orders: what the server tells an agent. Signed, numbered, expiring, and for one target only.
use crate::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    answers::{self, Answers},
    keys::{Delegation, server_key},
    master::Master,
    sign::{PublicKey, Signed, Statement},
    target::{Target, TargetKind, is_host_name},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// What the server tells one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The target it is for.
    pub target: TargetId,
    /// The key of the machine that carries it out.
    pub machine: PublicKey,
    /// Orders of one target are numbered upwards; an agent refuses a number it has seen.
    pub number: u64,
    /// When it was given.
    pub issued: Timestamp,
    /// After this it is void.
    pub expires: Timestamp,
    /// What to do.
    pub act: Act,
}
impl Statement for Order {
    const CONTEXT: &'static str = "socle-order-v1";
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Go through a sequence.
    Run(Box<RunSpec>),
    /// Let this run lose what it would lose: a person has read the list and accepts it.
    AllowLoss {
        /// The run that waits.
        run: RunId,
        /// What may be lost: the census it waits with, by digest. What is there now must be that and nothing else.
        census: Digest,
        /// Why, in the words of who decided (never a person's name).
        reason: String,
    },
    /// Try the failed step again.
    Retry {
        /// The run that failed.
        run: RunId,
    },
    /// Stop at the next safe place.
    Cancel {
        /// The run to stop.
        run: RunId,
    },
    /// Start the boot environment, once, and its own system again afterwards: about no run.
    BootOnce {
        /// From where.
        from: BootFrom,
    },
}

/// From where a machine starts the boot environment without anybody at its keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BootFrom {
    /// From its own disk: the environment, as the content key signed it, is put there first.
    #[default]
    OwnDisk,
    /// From the network, by the firmware's own entry for it.
    Network,
}

impl BootFrom {
    /// The word of the wire and of the database.
    pub fn word(self) -> &'static str {
        match self {
            BootFrom::OwnDisk => "own-disk",
            BootFrom::Network => "network",
        }
    }
}
impl std::str::FromStr for BootFrom {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        let all = [BootFrom::OwnDisk, BootFrom::Network];
        all.into_iter().find(|f| f.word() == word).ok_or_else(|| format!("no way to start {word:?}"))
    }
}

impl Act {
    /// The run that is meant, if it is about one.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Act::Run(spec) => Some(spec.run),
            Act::AllowLoss { run, .. } | Act::Retry { run } | Act::Cancel { run } => Some(*run),
            Act::BootOnce { .. } => None,
        }
    }
}

/// A run, resolved and frozen: nothing that changes later on the server changes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The run.
    pub run: RunId,
    /// What goes through it.
    pub target: Target,
    /// The unit for which it is done.
    pub unit: UnitId,
    /// The master, as the content key signed it.
    pub master: Signed<Master>,
    /// The options' values for this target.
    pub options: BTreeMap<String, Value>,
    /// What may be destroyed without asking.
    pub loss: LossPolicy,
    /// What was answered at the machine, signed by it; none where the run was ordered elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Signed<Answers>>,
}

/// What a destructive step may destroy. The agent asks itself; the server can't hurry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LossPolicy {
    /// Only what holds nothing: an empty disk, or one that holds only what Socle itself wrote there (an unfinished run).
    #[default]
    NothingOnly,
    /// Anything: the content is expendable by a policy known beforehand (a pupil's machine). It is still counted.
    Expendable,
}

/// Reads an order, and refuses one that is not for this machine, not from this server, played again or too late.
///
/// # Errors
/// `domain-signature-wrong`, `domain-order-not-ours`, `domain-order-replayed`, `domain-order-expired`,
/// `domain-option-wrong`, `domain-answers-differ`.
pub fn accept(
    order: &Signed<Order>,
    content: &PublicKey,
    delegation: &Signed<Delegation>,
    target: TargetId,
    machine: &PublicKey,
    last_number: u64,
    now: Timestamp,
) -> Result<Order> {
    let read = order.open(&server_key(content, delegation)?)?;
    if read.target != target || read.machine != *machine {
        return Err(Fault::new("domain-order-not-ours").with("number", read.number));
    }
    if read.number <= last_number {
        return Err(Fault::new("domain-order-replayed").with("number", read.number).with("last", last_number));
    }
    if now > read.expires {
        return Err(Fault::new("domain-order-expired")
            .with("number", read.number)
            .with("at", read.expires.to_string()));
    }
    if let Act::Run(spec) = &read.act {
        if spec.target.id != target {
            return Err(Fault::new("domain-order-not-ours").with("number", read.number));
        }
        if spec.target.kind == TargetKind::Machine && !is_host_name(&spec.target.name) {
            let why = "the target's name is no host name";
            return Err(Fault::new("domain-order-not-ours").with("number", read.number).because(why));
        }
        let master = spec.master.open(content)?;
        master.sequence()?;
        // The name and the options reach scripts and files, and the server's key alone speaks for them.
        master.check_options(&spec.options)?;
        // What was typed here is what is done here, whatever the server has made of it since.
        answers::of_run(spec, machine)?;
    }
    Ok(read)
}
