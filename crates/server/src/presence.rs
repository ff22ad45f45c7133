//! Who is there: what a hundred thousand machines say each minute is kept in memory, and written back little by little.
//!
//! * The sessions of machines, so that a heartbeat costs no look into the database.
//! * When each machine last spoke. It goes to the database in batches; after a power cut the last minutes of it are lost,
//!   as nothing else may be: no result is kept here.
//! * Which machines may have work: more than truly have, never fewer. What it says is looked up before it is told.
//! * What each machine said of itself last, by digest: the same again is not written again.
//!
//! INVARIANT: all of it can be forgotten at any moment; the database alone says what stands.
use crate::{House, access::machine_of, refusal::Answer};
use axum::http::HeaderMap;
use socle_db::{presence, runs};
use socle_domain::{Digest, TargetId, Timestamp, UnitId};
use socle_texts::Result;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How often what was heard is written back.
const WRITE_BACK: Duration = Duration::from_secs(2);
/// How many machines in one go: a fleet of 100,000 is gone through in some minutes, and nobody waits long behind it.
const WRITE_BACK_MACHINES: usize = 1_000;
/// Heartbeats of a machine at peace come so far apart, at least.
const HEARTBEAT_SECONDS: u32 = 60;
/// The same for a machine with a run open that it may not be able to go on with.
const BUSY_HEARTBEAT_SECONDS: u32 = 15;
const CHECK_IN_SECONDS: u32 = 15 * 60;
/// All heartbeats together: a larger fleet is asked to speak less often.
const HEARTBEATS_PER_SECOND: u32 = 2_000;

/// A machine that has shown its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub machine: TargetId,
    pub unit: UnitId,
    expires: Timestamp,
}

/// What is held of all machines.
#[derive(Default)]
pub(crate) struct Presence(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// By the digest of their bearer.
    peers: HashMap<Digest, Peer>,
    bearer_of: HashMap<TargetId, Digest>,
    /// Grows when a session ends, and when each machine's last did: what was read before that is not to be believed after.
    ended: u64,
    ended_of: HashMap<TargetId, u64>,
    heard: HashMap<TargetId, Heard>,
    to_write: VecDeque<TargetId>,
    /// Machines that may have work, each with the moment's number at which somebody gave it some.
    busy: HashMap<TargetId, u64>,
    given: u64,
    /// Machines to which an order to start the boot environment may wait, or that may be on their way to it.
    starting: HashMap<TargetId, u64>,
    said: HashMap<TargetId, Digest>,
}

#[derive(Clone, Copy)]
struct Heard {
    at: Timestamp,
    waits: bool,
}

impl Presence {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A machine has spoken.
    pub fn spoke(&self, machine: TargetId, now: Timestamp) {
        let mut held = self.held();
        let heard = held.heard.entry(machine).or_insert(Heard { at: now, waits: false });
        heard.at = heard.at.max(now);
        if !heard.waits {
            heard.waits = true;
            held.to_write.push_back(machine);
        }
    }
    /// When a machine last spoke, as far as it is remembered here.
    pub fn heard(&self, machine: TargetId) -> Option<Timestamp> {
        self.held().heard.get(&machine).map(|heard| heard.at)
    }
    /// Those that have waited longest to be written, and when they last spoke.
    fn to_write(&self, limit: usize) -> Vec<(TargetId, Timestamp)> {
        let mut guard = self.held();
        let held = &mut *guard;
        let count = held.to_write.len().min(limit);
        let some: Vec<TargetId> = held.to_write.drain(..count).collect();
        let moment = |id: TargetId| {
            let heard = held.heard.get_mut(&id)?;
            heard.waits = false;
            Some((id, heard.at))
        };
        some.into_iter().filter_map(moment).collect()
    }

    /// Somebody gave this machine work.
    pub fn has_work(&self, machine: TargetId) {
        let mut held = self.held();
        held.given += 1;
        let given = held.given;
        held.busy.insert(machine, given);
    }
    fn may_have_work(&self, machine: TargetId) -> Option<u64> {
        self.held().busy.get(&machine).copied()
    }
    /// It was looked up: there is none, unless somebody has given it some since.
    fn has_none(&self, machine: TargetId, given: u64) {
        let mut held = self.held();
        if held.busy.get(&machine) == Some(&given) {
            held.busy.remove(&machine);
        }
    }

    /// Somebody ordered this machine to start the boot environment.
    pub fn has_start(&self, machine: TargetId) {
        let mut held = self.held();
        held.given += 1;
        let given = held.given;
        held.starting.insert(machine, given);
    }
    /// Whether such an order may be open.
    pub fn may_have_start(&self, machine: TargetId) -> Option<u64> {
        self.held().starting.get(&machine).copied()
    }
    /// It was looked up: there is none, unless somebody has given one since.
    pub fn has_no_start(&self, machine: TargetId, given: u64) {
        let mut held = self.held();
        if held.starting.get(&machine) == Some(&given) {
            held.starting.remove(&machine);
        }
    }

    /// A session of this machine has ended, or there is a new one.
    pub fn forget(&self, machine: TargetId) {
        let mut held = self.held();
        held.ended += 1;
        let ended = held.ended;
        held.ended_of.insert(machine, ended);
        held.said.remove(&machine);
        if let Some(bearer) = held.bearer_of.remove(&machine) {
            held.peers.remove(&bearer);
        }
    }
    fn peer(&self, bearer: &Digest, now: Timestamp) -> Option<Peer> {
        self.held().peers.get(bearer).copied().filter(|p| p.expires > now)
    }
    fn ended(&self) -> u64 {
        self.held().ended
    }
    /// Remembers a session that was read from the database, unless the machine's has ended meanwhile.
    fn remember(&self, bearer: Digest, peer: Peer, read_at: u64) {
        let mut held = self.held();
        if held.ended_of.get(&peer.machine).is_some_and(|ended| *ended > read_at) {
            return;
        }
        if let Some(old) = held.bearer_of.insert(peer.machine, bearer) {
            held.peers.remove(&old);
        }
        held.peers.insert(bearer, peer);
    }

    /// Whether a machine says what it said before.
    pub fn says_the_same(&self, machine: TargetId, what: Digest) -> bool {
        self.held().said.get(&machine) == Some(&what)
    }
    /// What a machine has said, and what is kept of it.
    pub fn said(&self, machine: TargetId, what: Digest) {
        self.held().said.insert(machine, what);
    }

    /// How often a machine shall speak.
    pub fn pace(&self, work: bool) -> socle_wire::presence::Pace {
        let fleet = u32::try_from(self.held().peers.len()).unwrap_or(u32::MAX);
        let least = if work { BUSY_HEARTBEAT_SECONDS } else { HEARTBEAT_SECONDS };
        let heartbeat_seconds = least.max(fleet / HEARTBEATS_PER_SECOND);
        socle_wire::presence::Pace {
            heartbeat_seconds,
            check_in_seconds: CHECK_IN_SECONDS.max(heartbeat_seconds),
            work,
            start: false,
        }
    }
}

/// The machine of a request of this conversation: from memory, or from the database the first time.
pub(crate) async fn peer(house: &House, headers: &HeaderMap) -> Answer<Peer> {
    let bearer = crate::access::bearer_digest(headers)?;
    if let Some(peer) = house.presence.peer(&bearer, house.now()) {
        return Ok(peer);
    }
    let read_at = house.presence.ended();
    let (machine, expires) = machine_of(house, bearer).await?;
    let peer = Peer { machine: machine.id, unit: machine.unit, expires };
    house.presence.remember(bearer, peer, read_at);
    Ok(peer)
}

/// Whether a run of this machine is open.
pub(crate) async fn work(house: &House, peer: Peer) -> Result<bool> {
    let Some(given) = house.presence.may_have_work(peer.machine) else { return Ok(false) };
    let mut conn = house.db.read().await?;
    let open = runs::open_of(&mut conn, socle_db::Scope::of(peer.unit), peer.machine).await?.is_some();
    if !open {
        house.presence.has_none(peer.machine, given);
    }
    Ok(open)
}

/// Reads which machines have work, before anybody asks.
pub(crate) async fn load(house: &House) -> Result<()> {
    let open = presence::with_open_runs(&mut *house.db.read().await?).await?;
    open.into_iter().for_each(|target| house.presence.has_work(target));
    let starting = socle_db::boot_once::with_open(&mut *house.db.read().await?).await?;
    starting.into_iter().for_each(|target| house.presence.has_start(target));
    Ok(())
}

/// Writes back, little by little, as long as the server runs.
pub(crate) async fn keep(house: std::sync::Arc<House>) {
    loop {
        tokio::time::sleep(WRITE_BACK).await;
        if let Err(fault) = write_back(&house).await {
            tracing::warn!(%fault, "when machines last spoke could not be kept");
        }
    }
}

/// Writes the rest back: the server stops.
pub(crate) async fn keep_the_rest(house: &House) {
    loop {
        match write_back(house).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(fault) => {
                tracing::warn!(%fault, "when machines last spoke could not be kept");
                return;
            }
        }
    }
}

async fn write_back(house: &House) -> Result<usize> {
    let some = house.presence.to_write(WRITE_BACK_MACHINES);
    if some.is_empty() {
        return Ok(0);
    }
    let mut tx = house.db.write().await?;
    presence::spoke(&mut tx, &some).await?;
    tx.commit().await?;
    Ok(some.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap_or_default()
    }
    fn machine(n: u8) -> TargetId {
        TargetId::new(1, [n; 10])
    }
    fn peer_of(n: u8) -> Peer {
        Peer { machine: machine(n), unit: UnitId::ROOT, expires: at(100) }
    }

    #[test]
    fn each_machine_is_written_once_with_its_last_word() {
        let presence = Presence::default();
        for second in 0..50 {
            presence.spoke(machine(1), at(second));
            presence.spoke(machine(2), at(second));
        }
        presence.spoke(machine(2), at(3)); // a clock that goes back
        assert_eq!(presence.to_write(1), [(machine(1), at(49))]);
        presence.spoke(machine(1), at(60));
        assert_eq!(presence.to_write(9), [(machine(2), at(49)), (machine(1), at(60))]);
        assert_eq!(presence.to_write(9), []);
    }

    #[test]
    fn a_session_that_has_ended_is_not_remembered_by_who_read_it_before() {
        let presence = Presence::default();
        let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
        let read_at = presence.ended();
        presence.forget(machine(1)); // refused, or there is a new session
        presence.remember(old, peer_of(1), read_at);
        assert_eq!(presence.peer(&old, at(0)), None);
        presence.forget(machine(2)); // another's
        presence.remember(new, peer_of(1), presence.ended());
        assert_eq!(presence.peer(&new, at(99)), Some(peer_of(1)));
        assert_eq!(presence.peer(&new, at(100)), None, "its time is over");
        presence.forget(machine(1));
        assert_eq!(presence.peer(&new, at(0)), None);
    }

    #[test]
    fn work_that_is_given_while_one_looks_is_not_forgotten() {
        let presence = Presence::default();
        presence.has_work(machine(1));
        let given = presence.may_have_work(machine(1)).unwrap_or_default();
        presence.has_work(machine(1)); // given after the look into the database, before its result is noted
        presence.has_none(machine(1), given);
        assert!(presence.may_have_work(machine(1)).is_some());
        let given = presence.may_have_work(machine(1)).unwrap_or_default();
        presence.has_none(machine(1), given);
        assert_eq!(presence.may_have_work(machine(1)), None);
    }

    #[test]
    fn a_large_fleet_speaks_less_often() {
        let presence = Presence::default();
        assert_eq!(presence.pace(false).heartbeat_seconds, 60);
        assert_eq!(presence.pace(true).heartbeat_seconds, 15);
        for n in 0..200_000_u32 {
            let mut random = [0; 10];
            random[6..].copy_from_slice(&n.to_be_bytes()); // the first bytes carry the version and the variant
            let peer = Peer { machine: TargetId::new(1, random), ..peer_of(0) };
            presence.remember(Digest::of(&n.to_be_bytes()), peer, 0);
        }
        assert_eq!(presence.pace(false).heartbeat_seconds, 100);
    }
}
