//! What a fleet asks of the server each minute, and what it must not cost.
use crate::{
    fake::{Journal, Machine, Said},
    house::House,
};
use rustls::{ClientConnection, HandshakeKind, StreamOwned, pki_types::ServerName};
use socle_domain::{journal::Event, sign::Signer};
use socle_trust::tls;
use socle_wire::{
    agent::{JournalTail, MAX_ENTRY_BYTES, MAX_PAGE_ENTRIES, Where},
    api::MachineView,
    presence::{CheckIn, Heartbeat, PATHS, Pace},
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

fn known(house: &House) -> (Machine, MachineView) {
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    machine.place = Where::Installed;
    machine.known();
    (machine, view)
}

fn heartbeat(machine: &Machine) -> Said<Pace> {
    machine.post(&format!("{PATHS}heartbeat"), &Heartbeat {})
}

fn check_in(machine: &Machine) -> Said<Pace> {
    let message = CheckIn { agent: "test".into(), hints: machine.hints.clone(), facts: machine.facts.clone() };
    machine.post(&format!("{PATHS}check-in"), &message)
}

/// Bytes that were written since the database was opened or last put in order.
fn written(house: &House) -> u64 {
    std::fs::metadata(house.data().join("socle.db-wal")).map_or(0, |m| m.len())
}

/// Looks until it is so, for a few seconds.
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn view(house: &House, view: &MachineView) -> MachineView {
    house.get(&format!("/api/v1/machines/{}", view.id))
}

#[test]
fn a_heartbeat_is_kept_in_memory_and_written_back_later() {
    let house = House::new();
    let (machine, seen) = known(&house);
    assert_eq!(
        heartbeat(&machine).unwrap(),
        Pace { heartbeat_seconds: 60, check_in_seconds: 900, work: false, start: false }
    );
    house.later(61);
    heartbeat(&machine).unwrap();
    soon("the last word is written back", || view(&house, &seen).last_seen == house.now());
    let before = written(&house);
    for _ in 0..300 {
        heartbeat(&machine).unwrap();
    }
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(written(&house), before, "three hundred heartbeats of one moment write nothing");
}

#[test]
fn what_was_heard_is_written_when_the_server_stops() {
    let house = House::new();
    let (machine, seen) = known(&house);
    house.later(500);
    heartbeat(&machine).unwrap();
    let now = house.now();
    let house = house.again();
    assert_eq!(view(&house, &seen).last_seen, now);
    // A session that was opened before the restart holds, and is read from the database once.
    let mut again = Machine::new(&house.agents(), house.pin, 1);
    again.session = machine.session.clone();
    heartbeat(&again).unwrap();
}

#[test]
fn a_check_in_is_kept_where_something_has_changed() {
    let house = House::new();
    let (mut machine, seen) = known(&house);
    check_in(&machine).unwrap();
    machine.facts.set("memory_bytes", 8_u64 << 30);
    check_in(&machine).unwrap();
    let facts = view(&house, &seen).facts;
    assert_eq!(facts.get("memory_bytes"), Some(&(8_u64 << 30).into()));
    std::thread::sleep(Duration::from_millis(2_500));
    let before = written(&house);
    for _ in 0..100 {
        check_in(&machine).unwrap();
    }
    assert_eq!(written(&house), before, "the same again is not written again");
    machine.facts.set("story", "x".repeat(200 << 10));
    assert_eq!(check_in(&machine).unwrap_err().code(), "server-hello-wrong");
    assert_eq!(view(&house, &seen).facts, facts);
}

#[test]
fn a_heartbeat_says_that_there_is_work() {
    let house = House::new();
    let (machine, seen) = known(&house);
    assert!(!heartbeat(&machine).unwrap().work);
    let run = house.start(&seen, house.master());
    assert_eq!(
        heartbeat(&machine).unwrap(),
        Pace { heartbeat_seconds: 15, check_in_seconds: 900, work: true, start: false }
    );
    house.post::<serde_json::Value>(&format!("/api/v1/runs/{}/cancel", run.id), &serde_json::json!({}));
    assert!(!heartbeat(&machine).unwrap().work, "a run that is over is no work");
    let run = house.start(&seen, house.master());
    let house = house.again();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.known();
    assert!(heartbeat(&machine).unwrap().work, "a server that starts knows who has work");
    assert_eq!(machine.known().run, Some(run.id));
}

#[test]
fn a_session_that_has_ended_is_not_remembered() {
    let house = House::new();
    let (mut machine, seen) = known(&house);
    heartbeat(&machine).unwrap();
    let old = machine.session.clone();
    machine.known();
    heartbeat(&machine).unwrap();
    let new = std::mem::replace(&mut machine.session, old);
    assert_eq!(heartbeat(&machine).unwrap_err().code(), "server-unauthenticated", "there is a newer one");
    machine.session = new;
    heartbeat(&machine).unwrap();
    house.later(24 * 3600 + 1);
    assert_eq!(heartbeat(&machine).unwrap_err().code(), "server-unauthenticated", "a day is over");
    machine.known();
    heartbeat(&machine).unwrap();
    house.post::<serde_json::Value>(&format!("/api/v1/machines/{}/refuse", seen.id), &serde_json::json!({}));
    assert_eq!(heartbeat(&machine).unwrap_err().code(), "server-unauthenticated", "a person said no");
    machine.session = None;
    assert_eq!(heartbeat(&machine).unwrap_err().code(), "server-unauthenticated");
}

/// A run that goes on, with so many entries of some length.
fn long_journal(
    house: &House,
    machine: &mut Machine,
    seen: &MachineView,
    entries: usize,
) -> (socle_domain::RunId, Journal) {
    let run = house.start(seen, house.master());
    let known = machine.known();
    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &machine.key, &house.content().public(), house.now());
    let facts = BTreeMap::from([("what".to_string(), "w".repeat(600))]);
    while journal.entries.len() < entries {
        journal.write(house.now(), Some("look"), Event::StepCompleted { facts: facts.clone() });
    }
    (run.id, journal)
}

#[test]
fn a_long_journal_comes_in_pages() {
    let house = House::new();
    let (mut machine, seen) = known(&house);
    let (run, journal) = long_journal(&house, &mut machine, &seen, 6_000);
    for some in journal.entries.chunks(500) {
        machine.push(run, some).unwrap();
    }
    let bytes: usize = journal.entries.iter().map(|e| serde_json::to_vec(e).unwrap().len()).sum();
    assert!(bytes > socle_wire::MAX_MESSAGE_BYTES, "{bytes} bytes would fit into one message");
    let page =
        |after: usize| -> JournalTail { machine.get(&format!("/agent/v1/runs/{run}/journal?after={after}")).unwrap() };
    let mut read = page(0);
    assert_eq!(read.orders.len(), 1);
    while read.more {
        let next = page(read.entries.len());
        assert!(!next.entries.is_empty() && next.entries.len() <= MAX_PAGE_ENTRIES as usize);
        assert!(serde_json::to_vec(&next).unwrap().len() < socle_wire::MAX_MESSAGE_BYTES);
        assert!(next.orders.is_empty(), "orders come once");
        read.entries.extend(next.entries);
        read.more = next.more;
    }
    assert_eq!(read.entries, journal.entries);
    assert_eq!(page(6_000), JournalTail { entries: vec![], orders: vec![], more: false });
    assert_eq!(page(usize::MAX >> 1), JournalTail { entries: vec![], orders: vec![], more: false });
}

#[test]
fn an_entry_has_a_length_that_is_taken() {
    let house = House::new();
    let (mut machine, seen) = known(&house);
    let (run, mut journal) = long_journal(&house, &mut machine, &seen, 2);
    machine.push(run, &journal.entries).unwrap();
    let facts = BTreeMap::from([("what".to_string(), "w".repeat(MAX_ENTRY_BYTES))]);
    let before = journal.chain;
    journal.write(house.now(), Some("look"), Event::StepCompleted { facts });
    assert_eq!(machine.push(run, journal.from(2)).unwrap_err().code(), "server-entry-too-long");
    assert_eq!(machine.tail(run).unwrap().entries.len(), 2);
    journal.entries.truncate(2);
    journal.chain = before;
    journal.step(house.now(), "look");
    assert_eq!(machine.push(run, journal.from(2)).unwrap(), 4, "the run goes on");
}

/// One exchange over TLS as a machine makes it; how the handshake was made.
fn handshake(house: &House, config: &Arc<rustls::ClientConfig>) -> HandshakeKind {
    let address = house.agents().trim_start_matches("https://").to_string();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let line = ClientConnection::new(config.clone(), name).unwrap();
    let mut line = StreamOwned::new(line, TcpStream::connect(address).unwrap());
    line.write_all(b"GET /agent/v1/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = line.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&answer));
    line.conn.handshake_kind().unwrap()
}

#[test]
fn a_machine_comes_back_with_its_ticket() {
    let house = House::new();
    // As many machines as the server would not remember by itself.
    let others: Vec<_> = (0..300).map(|_| Arc::new(tls::pinned_client(house.pin).unwrap())).collect();
    let mine = Arc::new(tls::pinned_client(house.pin).unwrap());
    assert_eq!(handshake(&house, &mine), HandshakeKind::Full);
    for other in &others {
        assert_eq!(handshake(&house, other), HandshakeKind::Full);
    }
    for _ in 0..3 {
        assert_eq!(handshake(&house, &mine), HandshakeKind::Resumed);
    }
    let house = house.again();
    assert_eq!(handshake(&house, &mine), HandshakeKind::Full, "no key of tickets is kept");
    assert_eq!(handshake(&house, &mine), HandshakeKind::Resumed);
}

/// A flood of those who ask for boot files does not delay who waits for an acknowledgement, and is bounded.
#[test]
fn a_flood_of_boot_events_is_gathered() {
    let house = House::new();
    let (mut machine, seen) = known(&house);
    let (run, mut journal) = long_journal(&house, &mut machine, &seen, 2);
    machine.push(run, &journal.entries).unwrap();
    std::thread::sleep(Duration::from_millis(2_500));
    let before = written(&house);
    std::thread::scope(|threads| {
        let floods: Vec<_> =
            // From a thousand senders: one alone is not kept so often.
            (0..4)
                .map(|place| {
                    let house = &house;
                    threads.spawn(move || {
                        (0..250).for_each(|n| drop(house.script(&format!("02:00:00:00:{place:02x}:{n:02x}"))))
                    })
                })
                .collect();
        while floods.iter().any(|flood| !flood.is_finished()) {
            journal.step(house.now(), "look");
            let from = journal.entries.len() - 2;
            assert_eq!(machine.push(run, journal.from(from)).unwrap() as usize, journal.entries.len());
        }
    });
    let told = || house.get::<serde_json::Value>("/api/v1/boot-events?limit=1000");
    soon("the events are kept", || told()["items"].as_array().is_some_and(|all| all.len() >= 1_000));
    // One transaction writes at least two pages of 4 KiB; a thousand of them eight mebibytes.
    assert!(written(&house) - before < 6 << 20, "{} bytes were written", written(&house) - before);
}
