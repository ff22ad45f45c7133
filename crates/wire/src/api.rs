//! Between people's programs (the `socle` command, the lab, other tools) and the server: `/api/v1/…`.
//!
//! ```text
//! GET  /api/v1/machines                        -> [MachineView]        ?state=to-recognise|known|refused
//! GET  /api/v1/machines/{id}                   -> MachineView
//! POST /api/v1/machines/{id}/accept  Accept    -> MachineView
//! POST /api/v1/machines/{id}/refuse            -> MachineView
//! POST /api/v1/machines/{id}/replace-identity ReplaceIdentity -> MachineView
//! POST /api/v1/announced    AnnouncedList (CSV as text) -> AnnouncedResult
//! GET  /api/v1/accept-rules · POST Rule        · DELETE /api/v1/accept-rules/{name}
//! GET  /api/v1/masters                         -> [MasterView]
//! POST /api/v1/masters      Signed<Master>     -> MasterView           (refused unless the content key signed it)
//! GET  /api/v1/images                          -> [ImageView]
//! POST /api/v1/images/releases  Signed<ImageRelease> -> ImageView
//! POST /api/v1/runs         StartRun           -> RunView
//! GET  /api/v1/runs · /api/v1/runs/{id}        -> RunView              ?machine=ID
//! POST /api/v1/runs/{id}/cancel · /retry       -> RunView
//! POST /api/v1/runs/{id}/allow-loss AllowLoss  -> RunView
//! GET  /api/v1/runs/{id}/journal               -> JournalView
//! GET  /api/v1/runs/{id}/proof                 -> the proof file, byte for byte
//! GET  /api/v1/boot-events                     -> [BootEventView]
//! GET  /api/v1/events                          -> text/event-stream of LiveEvent
//! GET  /api/v1/status                          -> ServerStatus
//! ```
//! Authorisation: `Authorization: Bearer TOKEN` (from `socle token`, for programs) or the session cookie (pages).
use crate::agent::Progress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId, facts::Facts, journal::Entry, master::Stage, order::LossPolicy,
    recognise::Hints, run::Run, sign::PublicKey,
};
use std::collections::BTreeMap;

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineView {
    /// The target.
    pub id: TargetId,
    /// Its unit.
    pub unit: UnitId,
    /// Its name; none before it is recognised.
    pub name: Option<String>,
    /// `to-recognise`, `known` or `refused`.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// Who or what recognised it: `person`, `rule:NAME`, `list`.
    pub by: Option<String>,
    /// Its key.
    pub key: PublicKey,
    /// Six digits, also shown on its screen.
    pub code: String,
    /// What it says of itself.
    pub hints: Hints,
    /// What is known of it.
    pub facts: Facts,
    /// When it last spoke.
    pub last_seen: Timestamp,
    /// From which address.
    pub address: Option<String>,
    /// `boot` or `installed`.
    pub place: String,
    /// Its current or last run.
    pub run: Option<RunId>,
}

/// Recognise a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Accept {
    /// The name it shall have: a host name.
    pub name: String,
    /// Its unit; none: the root.
    #[serde(default)]
    pub unit: Option<UnitId>,
}

/// A known machine comes back with another key, for its board or its security chip (TPM) was replaced, or the chip cleared:
/// its record goes on under the key of the machine that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplaceIdentity {
    /// The machine that waits to be recognised.
    pub stranger: TargetId,
    /// Its key, as it was read by who decides.
    pub key: PublicKey,
}

/// The result of announcing machines by CSV (header `name,mac,serial,uuid`): all lines or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnnouncedResult {
    /// How many machines are announced by this list.
    pub announced: u32,
}

/// A master on the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MasterView {
    /// Its digest.
    pub digest: Digest,
    /// Its unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The images it holds.
    pub images: BTreeMap<String, Digest>,
    /// When it was signed.
    pub at: Timestamp,
    /// Steps of its sequence.
    pub steps: u32,
    /// Where it stands on its way.
    pub stage: Stage,
    /// Which generation of its name it is.
    pub generation: u64,
}

/// An image on the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageView {
    /// The root of its manifest.
    pub image: Digest,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: UnitId,
    /// Whether the content key has signed it.
    pub signed: bool,
    /// Size of the disk it was made from.
    pub disk_bytes: u64,
    /// Bytes in use on it.
    pub used_bytes: u64,
    /// When it was captured.
    pub at: Timestamp,
}

/// Start a run on a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartRun {
    /// The machine.
    pub target: TargetId,
    /// The master, by digest.
    pub master: Digest,
    /// Options' values that replace the master's defaults.
    #[serde(default)]
    pub options: BTreeMap<String, serde_json::Value>,
    /// What may be destroyed without asking.
    #[serde(default)]
    pub loss: LossPolicy,
}

/// Let a waiting run lose what it has counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllowLoss {
    /// The census, by digest: what was read is what is allowed.
    pub census: Digest,
    /// Why.
    pub reason: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunView {
    /// The run.
    pub id: RunId,
    /// Its target.
    pub target: TargetId,
    /// The target's name.
    pub target_name: String,
    /// Its unit.
    pub unit: UnitId,
    /// Its master, by name and version.
    pub master: String,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// What its journal says.
    pub state: Run,
    /// Entries the server holds.
    pub entries: u64,
    /// How far the current step is, if the machine said so within the last half minute.
    pub progress: Option<Progress>,
    /// When the machine last spoke.
    pub last_seen: Timestamp,
    /// Digest of the census that waits for a person, if one does.
    pub waiting_census: Option<Digest>,
}

/// A journal as people and programs read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JournalView {
    /// The entries, signatures left out.
    pub entries: Vec<Entry>,
}

/// What the boot services answered, or why they kept silent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BootEventView {
    /// When.
    pub at: Timestamp,
    /// Who asked: a MAC address, or an IP address.
    pub who: String,
    /// `dhcp`, `proxydhcp`, `tftp`, `http`.
    pub service: String,
    /// What was asked and answered.
    pub what: String,
}

/// The server's own state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerStatus {
    /// Its version.
    pub version: String,
    /// The content public key it trusts.
    pub content_key: PublicKey,
    /// Its own signing key.
    pub server_key: PublicKey,
    /// Whether the content private key lies in its data folder (it should not, in production).
    pub content_key_here: bool,
    /// Machines by state.
    pub machines: BTreeMap<String, u64>,
    /// Runs by state.
    pub runs: BTreeMap<String, u64>,
    /// Peak resident memory of the server.
    pub memory_bytes: u64,
    /// Since when it runs.
    pub since: Timestamp,
}

/// One live event: what changed, so that a page or a program asks again for that and for nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LiveEvent {
    /// A machine has appeared or changed.
    Machine {
        /// Which.
        id: TargetId,
    },
    /// A run has a new entry.
    Run {
        /// Which.
        id: RunId,
        /// Its state.
        state: String,
    },
    /// A run's step goes on.
    Progress {
        /// Which run.
        id: RunId,
        /// How far.
        progress: Progress,
    },
    /// A boot service answered, or kept silent.
    Boot(BootEventView),
    /// An image was captured or signed.
    Image {
        /// Which.
        image: Digest,
    },
}
