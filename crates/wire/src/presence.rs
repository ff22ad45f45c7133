//! The quiet conversation of an installed system: that the machine lives, and from time to time what it is.
//!
//! ```text
//! with `Authorization: Bearer SESSION`, as everywhere in `agent`:
//! POST /agent/v1/presence/heartbeat  Heartbeat -> Pace      (costs the server no look into its database)
//! POST /agent/v1/presence/check-in   CheckIn   -> Pace      (kept only where something has changed)
//! ```
//! The server ends the connection after each of these: a fleet that says one word a minute holds no line in between, and
//! comes back with a resumed TLS session. While a run goes on the machine asks for orders instead, and waits there: the
//! answer's [`Pace`] says when to change from one to the other.
use serde::{Deserialize, Serialize};
use socle_domain::{facts::Facts, recognise::Hints};
use std::{ops::RangeInclusive, time::Duration};

/// Every path of this conversation begins so.
pub const PATHS: &str = "/agent/v1/presence/";

/// The machine lives.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Heartbeat {}

/// The machine lives, and this is what it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckIn {
    /// The agent's version.
    pub agent: String,
    /// What it says of itself: never a proof.
    pub hints: Hints,
    /// What is known of it.
    pub facts: Facts,
}

/// How the server wishes to be spoken to. Each time is one to spread around (a tenth either way), so that machines that
/// were switched on together do not come together for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Until the next heartbeat.
    pub heartbeat_seconds: u32,
    /// Until the next check-in.
    pub check_in_seconds: u32,
    /// A run of this machine is open: orders are to be asked for.
    pub work: bool,
    /// An order for the installed system itself may wait: orders are to be asked for, once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub start: bool,
}

/// A pace is believed within these: a server that errs can neither silence a machine nor make it shout.
const HEARTBEAT_SECONDS: RangeInclusive<u32> = 5..=3_600;
const CHECK_IN_SECONDS: RangeInclusive<u32> = 60..=86_400;
/// Where the server did not answer, the next word comes after about so long; twice as long each time, up to the last.
const FIRST_SILENCE: Duration = Duration::from_secs(15);
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// How a machine keeps the pace. Time and chance are given: it is only arithmetic.
///
/// Each pause is spread by a tenth either way, so that a school whose power came back is not heard in one second for
/// ever; where the server is silent the next word comes later, and spread wider.
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    pace: Pace,
    silences: u32,
    since_check_in: Duration,
}

/// What is said next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// That the machine lives.
    Heartbeat,
    /// What it is.
    CheckIn,
}

impl Default for Rhythm {
    fn default() -> Self {
        let pace = Pace { heartbeat_seconds: 60, check_in_seconds: 900, work: false, start: false };
        // A system that has just started says first what it is.
        Rhythm { pace, silences: 0, since_check_in: Duration::MAX }
    }
}

impl Rhythm {
    /// What is said next.
    pub fn next_word(&self) -> Next {
        let due = Duration::from_secs(u64::from(self.pace.check_in_seconds));
        if self.since_check_in >= due { Next::CheckIn } else { Next::Heartbeat }
    }
    /// The server has answered.
    pub fn answered(&mut self, said: Next, pace: Pace) {
        self.pace = Pace {
            heartbeat_seconds: pace.heartbeat_seconds.clamp(*HEARTBEAT_SECONDS.start(), *HEARTBEAT_SECONDS.end()),
            check_in_seconds: pace.check_in_seconds.clamp(*CHECK_IN_SECONDS.start(), *CHECK_IN_SECONDS.end()),
            work: pace.work,
            start: pace.start,
        };
        self.silences = 0;
        if said == Next::CheckIn {
            self.since_check_in = Duration::ZERO;
        }
    }
    /// The server has not answered.
    pub fn silent(&mut self) {
        self.silences = self.silences.saturating_add(1);
    }
    /// How long to wait now; `share` is chance between 0 and 1.
    pub fn pause(&self, share: f64) -> Duration {
        match self.silences {
            0 => Duration::from_secs(u64::from(self.pace.heartbeat_seconds)).mul_f64(0.9 + share * 0.2),
            n => {
                let wide = FIRST_SILENCE.saturating_mul(1 << (n - 1).min(10)).min(LONGEST_SILENCE);
                wide.mul_f64(0.25 + share * 0.75)
            }
        }
    }
    /// Time has passed.
    pub fn passed(&mut self, time: Duration) {
        self.since_check_in = self.since_check_in.saturating_add(time);
    }
}
