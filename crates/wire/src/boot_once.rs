//! Starting a machine's boot environment from afar, once; and waking a machine that sleeps.
//!
//! ```text
//! between people's programs and the server:
//! POST /api/v1/machines/{id}/boot-once  OrderBootOnce -> BootOnceView
//! GET  /api/v1/machines/{id}/boot-once                -> [BootOnceView]   (the newest first)
//! POST /api/v1/machines/{id}/wake       Wake          -> WakeView         (answers when the machine has spoken)
//! between an agent and the server, with its session:
//! GET  /agent/v1/environment/{file}                   -> bytes            (release.json, manifest.json, what that names)
//! POST /agent/v1/boot-once/{number}     BootOnceReport -> 204
//! ```
//! The order itself is one among the others ([`socle_domain::order::Act::BootOnce`]): signed, numbered, expiring. It is told
//! to an installed system only; [`Pace`](crate::presence::Pace) says that one waits.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{Timestamp, order::BootFrom};
use socle_texts::Fault;

/// Have a machine start the boot environment, once.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct OrderBootOnce {
    /// From where.
    #[serde(default)]
    pub from: BootFrom,
}

/// What became of such an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BootOnceView {
    /// The order's number.
    pub number: u64,
    /// From where.
    pub from: BootFrom,
    /// When it was given.
    pub ordered: Timestamp,
    /// After this the machine does not take it any more.
    pub expires: Timestamp,
    /// `ordered`, `armed` (the machine told its firmware and restarts), `came`, `did-not-come` (its own system started again:
    /// the firmware did not do what it was told), `refused` (the machine can't, and says why), `expired`, `withdrawn`.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// Why not.
    pub fault: Option<Fault>,
}

/// What a machine made of the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "it", rename_all = "kebab-case")]
pub enum BootOnceReport {
    /// Its firmware was told, and it was read back; the machine restarts.
    Armed {
        /// The firmware's entry.
        entry: u16,
    },
    /// It can't.
    Refused {
        /// Why.
        fault: Fault,
    },
}

/// Wake a machine, and wait for its first word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wake {
    /// How long to wait for it, at most 240 seconds.
    #[serde(default = "usual_wait")]
    pub wait_seconds: u32,
}
fn usual_wait() -> u32 {
    120
}
impl Default for Wake {
    fn default() -> Self {
        Wake { wait_seconds: usual_wait() }
    }
}

/// What came of it. That packets were sent says nothing of the machine; its own word does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WakeView {
    /// The cards' addresses to which packets were sent.
    pub sent_to: Vec<String>,
    /// By which interface of the server.
    pub interface: String,
    /// From where the machine then spoke, `boot` or `installed`; none where it was silent for the whole time.
    pub spoke_from: Option<String>,
    /// After how many seconds.
    pub after_seconds: Option<u64>,
}
