//! Between an agent and the server. The agent begins every conversation.
//!
//! ```text
//! POST /agent/v1/challenge                      -> Challenge
//! POST /agent/v1/hello          Hello           -> Welcome       (with what its TPM says, where it has one: `tpm`)
//! with `Authorization: Bearer SESSION` from here on:
//! GET  /agent/v1/orders?wait=SECONDS&after=N    -> Orders        (waits until there is one, at most 30 s)
//! GET  /agent/v1/runs/{run}/journal?after=N     -> JournalTail   (a page; the next begins after its last entry)
//! POST /agent/v1/runs/{run}/journal  JournalPush -> JournalAck
//! POST /agent/v1/runs/{run}/progress Progress   -> 204           (live only, may be lost)
//! GET  /agent/v1/runs/{run}/secrets             -> Secrets       (of an open run of this very machine)
//! GET  /agent/v1/images/{image}/manifest        -> bytes
//! GET  /agent/v1/pages/{digest}                 -> bytes
//! POST /agent/v1/locate         Locate          -> Located
//! GET  /agent/v1/packs/{pack}   with Range      -> bytes (206)
//! POST /agent/v1/packs/check    CheckPacks      -> 204           (the server re-reads them; a problem names the damage)
//! during a run that captures, and only then:
//! POST /agent/v1/capture/{run}/has       Has    -> HasAnswer
//! PUT  /agent/v1/capture/{run}/packs/{pack}     bytes -> 204     (checked whole before it is kept)
//! PUT  /agent/v1/capture/{run}/pages/{digest}   bytes -> 204
//! PUT  /agent/v1/capture/{run}/manifest         bytes -> Captured
//! ```
use crate::tpm::Evidence;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{
    Digest, RunId, TargetId,
    facts::Facts,
    journal::{Event, SignedEntry},
    keys::{Delegation, Enrolment, TimeAnswer},
    order::Order,
    recognise::Hints,
    sign::{PublicKey, Signature, Signed},
};
use std::{collections::BTreeMap, fmt};

/// The version of this conversation.
pub const VERSION: u32 = 1;
/// What a machine signs to prove its key; the body is `nonce || public key`, 64 bytes.
pub const HELLO_CONTEXT: &str = "socle-hello-v1";

/// A question only the holder of a key can answer. Valid for one minute, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    /// 32 bytes of chance.
    pub nonce: Digest,
}

/// First words of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`] of the sender.
    pub version: u32,
    /// The nonce of the challenge.
    pub nonce: Digest,
    /// The key that the machine made at first contact.
    pub key: PublicKey,
    /// Proof that it holds the private half: over [`HELLO_CONTEXT`] and [`hello_bytes`].
    pub signature: Signature,
    /// What it says of itself: never a proof.
    pub hints: Hints,
    /// What is known of it.
    pub facts: Facts,
    /// Where it speaks from.
    pub place: Where,
    /// The agent's version.
    pub agent: String,
    /// What its security chip says, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpm: Option<Evidence>,
}

/// The bytes that a machine signs in its [`Hello`].
pub fn hello_bytes(nonce: &Digest, key: &PublicKey) -> Vec<u8> {
    [nonce.0, key.0].concat()
}

/// Where an agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// In the boot environment.
    Boot,
    /// In an installed system.
    Installed,
}

/// The server's answer to [`Hello`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "you-are", rename_all = "kebab-case")]
pub enum Welcome {
    /// Nobody has recognised this machine yet: it waits, shows `code`, and asks again after `again_seconds`.
    Unknown {
        /// Six digits that a technician can compare with the console's queue.
        code: String,
        /// When to ask again.
        again_seconds: u32,
    },
    /// A person refused this machine: it goes back to its own disk.
    Refused {},
    /// It showed an attestation key that the server doesn't know: it shall prove that it lives in its TPM, and say hello
    /// again. Only who shows one is told so.
    Attest {},
    /// A machine that is known.
    Known(Box<Known>),
}

/// What a known machine is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Which target it is.
    pub target: TargetId,
    /// Its name.
    pub name: String,
    /// The bearer of this session: 32 bytes of chance in hexadecimal, kept by the server as a digest only.
    pub session: String,
    /// The content key's word for the server's key.
    pub delegation: Signed<Delegation>,
    /// The server's word for this machine.
    pub enrolment: Signed<Enrolment>,
    /// The server's present, signed with the nonce.
    pub time: Signed<TimeAnswer>,
    /// The run that goes on, if there is one.
    pub run: Option<RunId>,
}

/// Orders that the agent has not acknowledged in a journal yet, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Orders {
    /// The orders.
    pub orders: Vec<Signed<Order>>,
    /// Whether the machine has nothing to do here and shall start its own disk.
    pub go_local: bool,
}

/// Entries in one journal: what a proof may hold.
pub const MAX_JOURNAL_ENTRIES: u64 = 100_000;
/// Bytes of all bodies in one journal.
pub const MAX_JOURNAL_BYTES: u64 = 64 << 20;
/// Of these, so many are kept for what ends a run: a journal that is full can still be cancelled.
const LAST_ENTRIES: u64 = 1_000;
const LAST_BYTES: u64 = 4 << 20;

/// Whether a journal that holds so many entries and bytes has room for an entry of so many bytes. The agent asks before
/// it writes, the server before it takes: both say the same.
pub fn has_room(entries: u64, bytes: u64, entry_bytes: u64, what: &Event) -> bool {
    let is_last = matches!(
        what,
        Event::OrderReceived { .. }
            | Event::RunCancelled {}
            | Event::RunFailed { .. }
            | Event::RunResumed { .. }
            | Event::StepFailed { .. }
    );
    let (kept_entries, kept_bytes) = if is_last { (0, 0) } else { (LAST_ENTRIES, LAST_BYTES) };
    entries < MAX_JOURNAL_ENTRIES - kept_entries && bytes + entry_bytes <= MAX_JOURNAL_BYTES - kept_bytes
}

/// Bytes of one entry's body.
pub const MAX_ENTRY_BYTES: usize = 1 << 20;
/// Entries in one page of a journal.
pub const MAX_PAGE_ENTRIES: u32 = 1_000;
/// Bytes of bodies in one page, unless one entry alone is longer. As a JSON text in another it at worst doubles.
pub const MAX_PAGE_BYTES: usize = 1 << 20;

/// What the server holds of a run's journal: a page of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalTail {
    /// Entries that were acknowledged, from the one after `after`; at most [`MAX_PAGE_ENTRIES`].
    pub entries: Vec<SignedEntry>,
    /// On the first page the orders about this run, oldest first: the one on which its machine began, and those after.
    pub orders: Vec<Signed<Order>>,
    /// Whether there are more entries than these.
    #[serde(default)]
    pub more: bool,
}

/// Entries for the server, in order. Sending an entry twice is harmless.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalPush {
    /// The entries; at most 500 at once.
    pub entries: Vec<SignedEntry>,
}

/// What the server has made durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalAck {
    /// Number of the last entry that it holds, all before it included.
    pub through: u64,
}

/// How far a step is. Live only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// The step.
    pub step: String,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all; 0 where unknown.
    pub total_bytes: u64,
    /// Speed over the last seconds.
    pub bytes_per_second: u64,
    /// Seconds left; none where unknown.
    #[serde(default)]
    pub seconds_left: Option<u64>,
    /// Peak resident memory of the agent.
    #[serde(default)]
    pub memory_bytes: u64,
}

/// Where are these chunks?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Locate {
    /// Chunks; at most 2000 at once.
    pub chunks: Vec<Digest>,
}

/// Where chunks are: in the order of the question. What is found there is believed only after its digest was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Located {
    /// A place for each chunk; none where the repository has it not.
    pub places: Vec<Option<PlaceOfChunk>>,
}

/// Where a chunk is: in a frame of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOfChunk {
    /// The pack.
    pub pack: Digest,
    /// Offset of the frame in the pack, in bytes.
    pub frame_offset: u64,
    /// Length of the frame in the pack, in bytes.
    pub frame_bytes: u32,
    /// Length of the frame's plain content.
    pub plain_bytes: u32,
    /// Offset of the chunk in the plain content.
    pub chunk_offset: u32,
    /// Length of the chunk.
    pub chunk_bytes: u32,
}

/// Are these packs still what their names say? Asked before a disk is touched, so that damage at rest is met while
/// nothing is lost. A server that lies is caught at each chunk all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckPacks {
    /// Packs; at most 1000 at once.
    pub packs: Vec<Digest>,
}

/// Which of these chunks does the repository have?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Has {
    /// Chunks; at most 4000 at once.
    pub chunks: Vec<Digest>,
}

/// One answer per chunk, in the order of the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HasAnswer {
    /// Whether it is there.
    pub has: Vec<bool>,
}

/// The image was captured, as a draft: nobody can install it before the content key has signed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Captured {
    /// The root of its manifest.
    pub image: Digest,
}

/// The secrets among the options of a run, by the option's name: for this machine, for this run, over this line only. An
/// order holds references in their places; no journal, no log and no address ever holds one.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Secrets {
    /// The plain values.
    pub values: BTreeMap<String, String>,
}
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.values.len())
    }
}
