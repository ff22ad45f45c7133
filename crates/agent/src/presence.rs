//! A machine at peace: after its report the service stays, says each minute that the machine lives and from time to time
//! what it is, and takes up a run when the server says that one is open.
//!
//! The server sets the pace, [`Rhythm`] keeps it.
use crate::{VERSION, boot_once, facts, http::Patience, installed, network::link::Card, session::Session};
use socle_domain::{facts::Facts, recognise::Hints};
use socle_texts::{Result, tell};
use socle_trust::chance;
use socle_wire::presence::{CheckIn, Heartbeat, Next, PATHS, Pace, Rhythm};
use std::{path::Path, thread::sleep, time::Instant};

impl Session<'_> {
    /// Says that the machine lives.
    pub fn heartbeat(&self) -> Result<Pace> {
        self.call(|http| http.post(&format!("{PATHS}heartbeat"), &Heartbeat {}, Patience::Once))
    }
    /// Says what the machine is now.
    pub fn check_in(&self, hints: Hints, facts: Facts) -> Result<Pace> {
        let message = CheckIn { agent: VERSION.into(), hints, facts };
        self.call(|http| http.post(&format!("{PATHS}check-in"), &message, Patience::Once))
    }
}

/// Reports, then stays for as long as the machine runs. Returns at once where this machine was not installed by Socle.
pub fn stay(config_path: &Path) -> Result<()> {
    installed::report(config_path)?;
    let mut rhythm = Rhythm::default();
    let mut told = None;
    installed::with_session(config_path, |session| -> Result<()> {
        loop {
            let begin = Instant::now();
            let said = rhythm.next_word();
            match say(session, said) {
                Ok(pace) => {
                    rhythm.answered(said, pace);
                    told = None;
                    if pace.start {
                        boot_once::obey(session)?;
                    }
                    if pace.work {
                        // What an installed system has to do for a run; nothing where only the boot environment can.
                        installed::report(config_path)?;
                    }
                }
                Err(fault) => {
                    rhythm.silent();
                    // Once, into the service's journal: not every minute of a long cut.
                    if told.as_ref() != Some(&fault.code) {
                        eprintln!("{}", tell(session.screen.lang(), &fault));
                        told = Some(fault.code);
                    }
                }
            }
            let share = f64::from(chance::bytes().map_or(1 << 15, u16::from_le_bytes)) / f64::from(u16::MAX);
            sleep(rhythm.pause(share));
            rhythm.passed(begin.elapsed());
        }
    })
    .map(drop)
}

fn say(session: &Session<'_>, what: Next) -> Result<Pace> {
    match what {
        Next::Heartbeat => session.heartbeat(),
        Next::CheckIn => {
            let cards = Card::all(None);
            session.check_in(facts::hints(&cards), facts::gather(&cards))
        }
    }
}
