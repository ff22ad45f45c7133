//! The agent in an installed system: it goes on with the journal that the boot environment began.
use crate::{
    clock::ServerClock,
    config::{self, Config},
    facts,
    http::Http,
    key::MachineKey,
    memories,
    network::link::Card,
    run::{End, Engine, Journal, Server, World},
    screen::Screen,
    session::Session,
    tpm::Tpm,
};
use socle_disk::devices;
use socle_domain::{Timestamp, journal::Kept};
use socle_texts::{Fault, Result};
use socle_wire::agent::{Welcome, Where};
use std::{path::Path, thread::sleep, time::Duration};

const PAUSE: Duration = Duration::from_secs(5);
/// A system that starts may wait this long for its network; the service then tries again.
const TRIES: u32 = 60;

/// Does what the run leaves to the installed system, if one is under way. Says whether there was one.
pub fn report(config_path: &Path) -> Result<bool> {
    let config = Config::read(config_path)?;
    let screen = Screen::silent(config.lang);
    let disks = || devices::list();
    let Some(keep) = memories::find(&disks()?, &screen) else { return Ok(false) };
    let told = keep.remembered()?;
    let (Some(run), Some(kept)) = (told.run(), keep.key()) else { return Ok(false) };
    let tpm = Tpm::find(Where::Installed);
    let key = MachineKey::open(kept, tpm.as_ref())?;
    let http = Http::new(&config.server, config.pin)?;
    let clock = ServerClock::at(Timestamp::UNIX_EPOCH);
    let cards = Card::all(None);
    let facts = facts::gather(&cards);
    let (content_key, place) = (config.content_key, Where::Installed);
    let hints = facts::hints(&cards);
    let session = Session {
        http: &http,
        key: &key,
        content_key,
        place,
        hints,
        facts: facts.clone(),
        clock: &clock,
        screen: &screen,
        tpm: tpm.as_ref(),
    };
    if is_over(&told) && keep.acknowledged() >= told.entries.len() as u64 {
        return Ok(false);
    }
    let known = introduced(&session)?;
    let world = World {
        server: &session,
        clock: &clock,
        key: &key,
        content_key,
        lowest: config.lowest.clone(),
        delegation: known.delegation.clone(),
        screen: &screen,
        place,
        facts,
        disks: &disks,
        // The system has started from its disk.
        disk_patience: Duration::ZERO,
        kept: Kept::Partition,
        installed: None,
        scratch: "/run/socle".into(),
        order_seen: &|_| {},
    };
    let tail = session.tail(run)?;
    let mut journal = Journal::resume(&world, &tail, Some(keep))?;
    if journal.run.status.is_over() {
        journal.hand_over(&world, true)?;
        return Ok(false);
    }
    let mut engine = Engine::new(&world, journal);
    Ok(engine.run()? == End::Completed)
}

/// A conversation with the server, in the name of the machine whose disk this is; nothing where Socle did not install it.
pub fn with_session<T>(config_path: &Path, speak: impl FnOnce(&Session<'_>) -> Result<T>) -> Result<Option<T>> {
    let config = Config::read(config_path)?;
    let screen = Screen::silent(config.lang);
    let keep = memories::find(&devices::list()?, &screen);
    let Some(kept) = keep.as_ref().and_then(|k| k.key()) else { return Ok(None) };
    // The memory is for the run's own agent: it is not held while the machine is at peace.
    drop(keep);
    let tpm = Tpm::find(Where::Installed);
    let key = MachineKey::open(kept, tpm.as_ref())?;
    let http = Http::new(&config.server, config.pin)?;
    let clock = ServerClock::at(Timestamp::UNIX_EPOCH);
    let cards = Card::all(None);
    let session = Session {
        http: &http,
        key: &key,
        content_key: config.content_key,
        place: Where::Installed,
        hints: facts::hints(&cards),
        facts: facts::gather(&cards),
        clock: &clock,
        screen: &screen,
        tpm: tpm.as_ref(),
    };
    speak(&session).map(Some)
}

/// Whether the last entry ends the run.
fn is_over(told: &crate::run::Remembered) -> bool {
    use socle_domain::journal::{Entry, Event};
    let last = told.entries.last().and_then(|e| serde_json::from_str::<Entry>(&e.body).ok());
    last.is_some_and(|e| matches!(e.what, Event::RunCompleted {} | Event::RunCancelled {}))
}

fn introduced(session: &Session<'_>) -> Result<Box<socle_wire::agent::Known>> {
    let mut last = Fault::new("agent-not-known-any-more");
    for _ in 0..TRIES {
        match session.introduce() {
            Ok(Welcome::Known(known)) => return Ok(known),
            Ok(_) => return Err(Fault::new("agent-not-known-any-more")),
            Err(fault) if fault.retry => last = fault,
            Err(fault) => return Err(fault),
        }
        sleep(PAUSE);
    }
    Err(last)
}

/// Where the configuration of an installed system stands.
pub fn config_path() -> &'static Path {
    Path::new(config::INSTALLED)
}
