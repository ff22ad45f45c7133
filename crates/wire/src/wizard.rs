//! The wizard: a technician signs in where a machine stands, says what it shall be, and is asked what its master leaves
//! to be asked there. The console asks the same questions for a whole room.
//!
//! ```text
//! POST /agent/v1/challenge                       -> Challenge   (as before a hello; the machine has said hello already)
//! POST /agent/v1/wizard/sign-in    SignIn        -> SignedIn    (403: the proof is worth nothing; 429: too many tries)
//! with `Authorization: Bearer SESSION` of SignedIn from here on:
//! POST /agent/v1/wizard/place      AskPlace      -> Place
//! POST /agent/v1/wizard/questions  AskQuestions  -> Questions
//! POST /agent/v1/wizard/finish     Finish        -> Finished    (once: the session is over after `done`)
//! POST /agent/v1/wizard/leave                    -> 204         (nothing was changed)
//! ```
//! Before `SignedIn` the server says nothing about its units, names, masters or options.
//!
//! The console's side, `/api/v1`:
//!
//! ```text
//! POST   /api/v1/wizard/codes      MakeCodes     -> MadeCodes   (the only time that they are shown)
//! GET    /api/v1/wizard/codes                    -> [CodeView]  (his own that still open something)
//! DELETE /api/v1/wizard/codes                    -> 204         (all of his)
//! GET    /api/v1/wizard/room?unit=&master=       -> Room
//! POST   /api/v1/wizard/room       StartRoom     -> RoomStarted (all machines or none)
//! ```
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    answers::Answers,
    order::LossPolicy,
    sequence::Title,
    sign::{PublicKey, Signature, Signed},
};
use socle_texts::Fault;
use std::collections::BTreeMap;

mod input;
pub use input::{Choice, Input, MAX_ANSWER_CHARS, MAX_CHOICES};

/// What a machine signs when somebody signs in at it; the body is [`sign_in_bytes`].
pub const SIGN_IN_CONTEXT: &str = "socle-wizard-v1";
/// Digits of a code from the console.
pub const CODE_DIGITS: usize = 8;
/// Digits of a second factor (RFC 6238 as everybody's telephone does it).
pub const SECOND_FACTOR_DIGITS: usize = 6;
/// The longest name that somebody signs in with, in characters.
pub const MAX_PERSON_CHARS: usize = 64;
/// Rooms, masters, names and questions in one answer.
pub const MAX_LISTED: usize = 1_000;
/// Codes made at once: a classroom and some to spare.
pub const MAX_CODES_AT_ONCE: u32 = 40;

/// Somebody signs in at a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignIn {
    /// [`crate::agent::VERSION`] of the sender.
    pub version: u32,
    /// The nonce of the challenge.
    pub nonce: Digest,
    /// The machine's key.
    pub key: PublicKey,
    /// Proof that it holds the private half and that it says just this: over [`SIGN_IN_CONTEXT`] and [`sign_in_bytes`].
    pub signature: Signature,
    /// What the person shows.
    pub proof: Proof,
}

/// What a person shows to sign in at a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Proof {
    /// A code that the console made for him: short-lived, for one machine, for one unit.
    Code {
        /// [`CODE_DIGITS`] digits.
        code: String,
    },
    /// His second factor.
    SecondFactor {
        /// The name he signs in with.
        name: String,
        /// [`SECOND_FACTOR_DIGITS`] digits.
        code: String,
    },
}

impl Proof {
    /// The word of tables and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Proof::Code { .. } => "code",
            Proof::SecondFactor { .. } => "second-factor",
        }
    }
}

/// The bytes that a machine signs in a [`SignIn`]: nonce, key, and the digest of the proof's JSON.
pub fn sign_in_bytes(nonce: &Digest, key: &PublicKey, proof: &Proof) -> Vec<u8> {
    let shown = Digest::of(&serde_json::to_vec(proof).unwrap_or_default());
    [nonce.0, key.0, shown.0].concat()
}

/// Who signed in may go on; what he may choose among.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The bearer of this conversation, for this machine alone: 32 bytes of chance in hexadecimal.
    pub session: String,
    /// How long it lasts, in seconds.
    pub seconds: u32,
    /// The target that this machine is.
    pub target: TargetId,
    /// Who signed in: a salted digest, for [`Answers::who`].
    pub who: Digest,
    /// The server's present.
    pub now: Timestamp,
    /// The name that the machine has, if it is known already.
    pub name: Option<String>,
    /// Its room, where it has one.
    pub unit: Option<UnitId>,
    /// The rooms in which he may place it; at least one.
    pub rooms: Vec<RoomChoice>,
}

/// A room that may be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomChoice {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// The names of the units above it, the highest first; those above the place where he signed in are left out.
    pub path: Vec<String>,
}

/// What can be chosen in this room?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskPlace {
    /// The room.
    pub unit: UnitId,
}

/// What can be chosen in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// A free name that fits the others of the room.
    pub name: Option<String>,
    /// A free seat that fits the others.
    pub seat: Option<String>,
    /// The masters offered there.
    pub masters: Vec<MasterChoice>,
}

/// A master that may be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MasterChoice {
    /// Its digest.
    pub master: Digest,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does.
    pub title: Title,
    /// Whether its sequence destroys what the disk holds.
    pub destroys: bool,
}

/// What does this master ask on this machine, in this room?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskQuestions {
    /// The room.
    pub unit: UnitId,
    /// The master.
    pub master: Digest,
    /// The name that the machine shall have.
    pub name: String,
    /// Its seat, if one was given.
    pub seat: Option<String>,
}

/// What is asked, or what stands in the way of asking it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Questions {
    /// These; there may be none.
    Asked {
        /// In the order in which the master declares them.
        questions: Vec<Question>,
    },
    /// Name or seat are not free, or not fit: by field (`name`, `seat`, `master`).
    Wrong {
        /// Why, by field.
        fields: BTreeMap<String, Fault>,
    },
}

/// One option that is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The option's name.
    pub name: String,
    /// What to call it.
    pub label: Title,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Title>,
    /// What can be answered.
    pub input: Input,
    /// What holds where nothing else is answered. Never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// The answers, all at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// As the machine signed them.
    pub answers: Signed<Answers>,
    /// The secrets among them, by option.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

/// What became of the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Finished {
    /// The machine is known under its name, and its run is ordered.
    Done {
        /// Its name.
        name: String,
        /// The run; none where it waits for the approval of a second person.
        run: Option<RunId>,
    },
    /// Nothing was changed: these answers can't stand, by field (`name`, `seat`, `master`, `option.NAME`).
    Wrong {
        /// Why, by field.
        fields: BTreeMap<String, Fault>,
    },
}

/// Make codes with which the caller signs in at machines of a unit, one code for each machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MakeCodes {
    /// The unit, and those below it; none: the caller's own place.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// How many, from 1 to 40.
    #[serde(default = "one")]
    pub count: u32,
    /// How long they open something, in minutes; from 1 to 240.
    #[serde(default = "half_an_hour")]
    pub minutes: u32,
}
fn one() -> u32 {
    1
}
fn half_an_hour() -> u32 {
    30
}

/// Codes, shown this once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MadeCodes {
    /// Eight digits each.
    pub codes: Vec<String>,
    /// For which unit.
    pub unit: UnitId,
    /// Until when.
    pub expires: Timestamp,
}

/// A code that still opens something; its digits are known to nobody but who wrote them down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CodeView {
    /// For which unit.
    pub unit: UnitId,
    /// When it was made.
    pub made: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

/// The form of a whole room: its machines, and what the chosen master asks on each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// The room.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// The masters offered there, by digest.
    pub masters: Vec<Digest>,
    /// The one that was chosen.
    pub master: Option<Digest>,
    /// Every question that the master asks on at least one of the machines.
    pub questions: Vec<Question>,
    /// The machines.
    pub machines: Vec<RoomMachine>,
}

/// A machine of a room's form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoomMachine {
    /// Which.
    pub id: TargetId,
    /// Its name, or the one proposed.
    pub name: String,
    /// Whether it is known already: then it keeps its name.
    pub known: bool,
    /// The six digits of its screen.
    pub code: String,
    /// Its seat, or the one proposed.
    pub seat: Option<String>,
    /// Whether a run is under way on it: then it takes no part.
    pub busy: bool,
    /// The questions asked on this machine, each with what holds there.
    pub asked: BTreeMap<String, Option<Value>>,
}

/// Start a room: every machine with its name, seat and answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartRoom {
    /// The room.
    pub unit: UnitId,
    /// The master, by digest.
    pub master: Digest,
    /// The machines that take part; at most 200.
    pub machines: Vec<StartMachine>,
    /// What may be destroyed without asking.
    #[serde(default)]
    pub loss: LossPolicy,
}

/// One machine of a room that starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartMachine {
    /// Which.
    pub id: TargetId,
    /// Its name.
    pub name: String,
    /// Its seat.
    #[serde(default)]
    pub seat: Option<String>,
    /// The answers, by option.
    #[serde(default)]
    pub options: BTreeMap<String, Value>,
    /// The secrets among the answers, by option.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

/// What became of a room's form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum RoomStarted {
    /// Every machine has its run.
    Started {
        /// The runs, in the order of the machines.
        runs: Vec<RunId>,
    },
    /// More machines than one person may start: another one approves first.
    Waits {
        /// Where the approval is found.
        approval: String,
    },
    /// Nothing was changed: by machine, then by field (`name`, `seat`, `option.NAME`).
    Wrong {
        /// Why.
        machines: BTreeMap<TargetId, BTreeMap<String, Fault>>,
    },
}
