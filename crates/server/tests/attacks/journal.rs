//! A27: a journal that somebody has changed in the database is found: by the server, and by anybody with a public key.
use crate::{
    fake::{Journal, Machine},
    house::House,
};
use socle_domain::{
    journal::Event,
    proof::{self, ProofFile},
    sign::Signer,
};
use socle_wire::api::RunView;
use std::{fs, path::Path};

/// Replaces bytes wherever they stand in the database of a server that is stopped; how often it was done.
pub fn replace_in_database(data: &Path, from: &[u8], to: &[u8]) -> usize {
    assert_eq!(from.len(), to.len(), "a page keeps its shape");
    let path = data.join("socle.db");
    let mut bytes = fs::read(&path).unwrap();
    let places: Vec<usize> =
        (0..bytes.len().saturating_sub(from.len())).filter(|i| bytes[*i..].starts_with(from)).collect();
    places.iter().for_each(|at| bytes[*at..at + to.len()].copy_from_slice(to));
    fs::write(&path, bytes).unwrap();
    places.len()
}

fn finished() -> (House, RunView) {
    let house = House::on_sqlite();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let known = machine.known();
    let run = house.start(&view, house.master());
    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &machine.key, &house.content().public(), house.now());
    for step in ["look", "restart", "tell"] {
        journal.step(house.now(), step);
    }
    journal.write(house.now(), None, Event::RunCompleted {});
    machine.push(run.id, &journal.entries).unwrap();
    (house, run)
}

fn proof_path(run: &RunView) -> String {
    format!("/api/v1/runs/{}/proof", run.id)
}

#[test]
fn a27_an_entry_changed_in_the_database_is_found() {
    let (house, run) = finished();
    let content = house.content().public();
    assert!(proof::verify(&house.bytes(&proof_path(&run)), &content).unwrap().is_complete());
    let house = house.again_after(|data| {
        let changed = replace_in_database(data, br#"\"event\":\"run-completed\""#, br#"\"event\":\"run-cancelled\""#);
        assert!(changed > 0);
    });
    let journal = house.http().get(house.url("console", &format!("/api/v1/runs/{}/journal", run.id)));
    let status = journal.bearer_auth(&house.token).send().unwrap().status();
    assert!(!status.is_success(), "the server shows an entry that nobody signed");
    let proof = house.http().get(house.url("console", &proof_path(&run))).bearer_auth(&house.token).send().unwrap();
    let bytes = proof.bytes().unwrap();
    assert!(proof::verify(&bytes, &content).is_err(), "the proof hides it");
}

/// Entries and orders left out, moved or exchanged for others that the same keys have signed.
#[test]
fn a27_what_is_missing_or_exchanged_in_a_proof_is_found() {
    let (house, run) = finished();
    let content = house.content().public();
    let whole: ProofFile = serde_json::from_slice(&house.bytes(&proof_path(&run))).unwrap();
    let verdict = |change: &dyn Fn(&mut ProofFile)| {
        let mut file = whole.clone();
        change(&mut file);
        proof::verify(&file.to_bytes(), &content).is_ok_and(|v| v.is_complete())
    };
    assert!(verdict(&|_| {}));
    for n in 0..whole.entries.len() {
        assert!(!verdict(&|f| drop(f.entries.remove(n))), "without entry {n}");
    }
    assert!(!verdict(&|f| f.entries.swap(2, 3)));
    assert!(!verdict(&|f| f.orders.clear()));
    // Another order of the same number, signed by the server: it is not the one that the machine acknowledged.
    let server = socle_trust::KeyPair::load(&house.data().join("server.key")).unwrap();
    assert!(!verdict(&|f| {
        let mut order = f.orders[0].open(&server.public()).unwrap();
        order.expires = house.now();
        f.orders[0] = socle_domain::sign::Signed::new(&order, &server);
    }));
}

/// A run that says that it is completed with steps that nobody did is not a complete proof.
#[test]
fn a27_completed_is_not_enough_said() {
    let house = House::on_sqlite();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let known = machine.known();
    let run = house.start(&view, house.master());
    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &machine.key, &house.content().public(), house.now());
    journal.step(house.now(), "look");
    journal.write(house.now(), None, Event::RunCompleted {});
    machine.push(run.id, &journal.entries).unwrap();
    let verdict = proof::verify(&house.bytes(&proof_path(&run)), &house.content().public()).unwrap();
    let gaps: Vec<&str> = verdict.gaps.iter().map(|g| g.code.as_ref()).collect();
    assert_eq!(gaps, ["domain-gap-step-not-done"; 2]);
}

/// A machine whose refusal is decided later keeps what it has proved.
#[test]
fn a27_refusing_a_machine_takes_no_proof_away() {
    let (house, run) = finished();
    let before = house.bytes(&proof_path(&run));
    let _: serde_json::Value = house.post(&format!("/api/v1/machines/{}/refuse", run.target), &());
    assert_eq!(house.bytes(&proof_path(&run)), before);
}

/// A journal begins on an order that starts its run, and on nothing else.
#[test]
fn a27_a_journal_begins_on_its_order() {
    let house = House::on_sqlite();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let known = machine.known();
    let master = house.master();
    let run = house.start(&view, master);
    for head in [master, socle_domain::Digest::of(b"no order")] {
        let chain = socle_domain::journal::Chain::new(run.id, known.target, machine.key.public(), head);
        let mut writer = socle_domain::journal::Writer::new(chain, &machine.key);
        let event = Event::RunStarted { agent: "test".into(), facts: socle_domain::Digest::of(b"") };
        let entry = writer.write(house.now(), None, event);
        assert_eq!(machine.push(run.id, &[entry]).unwrap_err().code(), "domain-journal-broken");
    }
}
