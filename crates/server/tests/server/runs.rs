//! Orders, journals, proofs.
use crate::{
    fake::{Journal, Machine},
    house::House,
    postgresql,
};
use socle_domain::{
    Digest,
    census::{Census, Level, Part},
    journal::Event,
    order::Act,
    proof,
    sequence::RebootInto,
    sign::Signer,
};
use socle_texts::Fault;
use socle_wire::{
    agent::{Known, Where},
    api::{MachineView, RunView},
};

struct Begun {
    house: House,
    machine: Machine,
    view: MachineView,
    known: Known,
}

fn recognised() -> Begun {
    recognised_by(House::new())
}

fn recognised_by(house: House) -> Begun {
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let known = machine.known();
    Begun { house, machine, view, known }
}

impl Begun {
    fn journal(&self, order: usize) -> Journal {
        let orders = self.machine.orders(0, 0).unwrap().orders;
        let content = self.house.content().public();
        Journal::begin(&orders[order], &self.known, &self.machine.key, &content, self.house.now())
    }
}

/// The whole way: ordered, begun, restarted into the installed system, reported, proved with the public key alone.
#[test]
fn a_run_goes_its_whole_way_and_is_proved() {
    whole_way(recognised());
}

#[test]
fn a_run_goes_its_whole_way_on_postgresql() {
    let cluster = postgresql::Cluster::start();
    let mut config = socle_server::Config::default();
    config.database.url = Some(cluster.database("socle"));
    whole_way(recognised_by(House::with(config)));
}

fn whole_way(mut b: Begun) {
    let run = b.house.start(&b.view, b.house.master());
    assert_eq!(b.house.state(&run), "ordered");
    assert!(b.house.script("52:54:00:00:00:01").contains("sanboot"), "no environment is installed here");
    assert!(!b.machine.orders(0, 0).unwrap().go_local);
    let now = b.house.now();
    let mut journal = b.journal(0);
    assert_eq!(b.machine.push(run.id, &journal.entries).unwrap(), 2);
    assert_eq!(b.machine.orders(0, 0).unwrap().orders, [], "the order is acknowledged");
    journal.step(now, "look");
    journal.write(now, Some("restart"), Event::StepStarted { attempt: 1 });
    journal.write(now, Some("restart"), Event::Rebooting { into: RebootInto::Installed });
    assert_eq!(b.machine.push(run.id, journal.from(2)).unwrap(), 6);
    assert!(b.machine.orders(0, 0).unwrap().go_local, "the boot environment has nothing left to do");
    b.machine.place = Where::Installed;
    assert_eq!(b.machine.known().run, Some(run.id));
    assert!(!b.machine.orders(0, 0).unwrap().go_local);
    journal.write(now, Some("restart"), Event::StepCompleted { facts: Default::default() });
    journal.step(now, "tell");
    journal.write(now, None, Event::RunCompleted {});
    // Everything again from the start, as a machine does that has missed an acknowledgement.
    assert_eq!(b.machine.push(run.id, &journal.entries).unwrap(), 10);
    assert_eq!(b.house.state(&run), "completed");
    assert_eq!(b.machine.tail(run.id).unwrap().entries, journal.entries);
    let bytes = b.house.bytes(&format!("/api/v1/runs/{}/proof", run.id));
    let verdict = proof::verify(&bytes, &b.house.content().public()).unwrap();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    assert_eq!(verdict.entries, 10);
    let house = b.house.again();
    assert_eq!(house.bytes(&format!("/api/v1/runs/{}/proof", run.id)), bytes, "a restart changes nothing");
}

#[test]
fn a_journal_that_does_not_fit_is_refused() {
    let b = recognised();
    let run = b.house.start(&b.view, b.house.master());
    let mut journal = b.journal(0);
    journal.step(b.house.now(), "look");
    let refused = |entries: &[_]| b.machine.push(run.id, entries).unwrap_err().code();
    assert_eq!(refused(journal.from(1)), "domain-journal-broken");
    b.machine.push(run.id, &journal.entries[..2]).unwrap();
    assert_eq!(refused(journal.from(3)), "domain-journal-broken", "an entry is missing between");
    // Another content under a number that is held, chained and signed as it should be.
    let mut other = b.journal_from(&run);
    other.write(b.house.now(), Some("look"), Event::StepStarted { attempt: 9 });
    assert_eq!(refused(&other.entries[1..]), "db-entry-differs");
    // A signature of somebody else.
    let stranger = Machine::new(&b.house.agents(), b.house.pin, 9);
    let mut writer = socle_domain::journal::Writer::new(journal.chain, &stranger.key);
    let entry = writer.write(b.house.now(), None, Event::RunCompleted {});
    assert_eq!(refused(&[entry]), "domain-signature-wrong");
    assert_eq!(b.machine.push(run.id, journal.from(2)).unwrap(), 4);
    assert_eq!(b.house.run(&run).entries, 4);
}

impl Begun {
    /// Another beginning of the same run on the same order.
    fn journal_from(&self, run: &RunView) -> Journal {
        let order = self.machine.tail(run.id).unwrap().orders.remove(0);
        let content = self.house.content().public();
        let mut journal = Journal::begin(&order, &self.known, &self.machine.key, &content, self.house.now());
        journal.chain.number = 1;
        journal.chain.head = journal.entries[0].digest();
        journal.entries.truncate(1);
        journal
    }
}

#[test]
fn a_machine_writes_only_its_own_journal() {
    let mut b = recognised();
    let run = b.house.start(&b.view, b.house.master());
    let journal = b.journal(0);
    let mut other = Machine::new(&b.house.agents(), b.house.pin, 2);
    other.hello().unwrap();
    b.house.accept("poste-02");
    other.known();
    assert_eq!(other.push(run.id, &journal.entries).unwrap_err().code(), "server-unknown");
    assert_eq!(other.tail(run.id).unwrap_err().code(), "server-unknown");
    assert_eq!(other.orders(0, 0).unwrap().orders, []);
    assert_eq!(b.machine.known().run, Some(run.id));
}

/// An order that nobody took is given again before it expires, under a new number; a journal may begin on either.
#[test]
fn an_order_is_given_again_while_nobody_takes_it() {
    let b = recognised();
    let run = b.house.start(&b.view, b.house.master());
    let old = b.journal(0);
    let first = b.machine.orders(0, 0).unwrap().orders;
    assert_eq!(b.machine.orders(0, 0).unwrap().orders, first, "while it holds, it is the same");
    b.house.later(24 * 3600 - 300);
    let mut machine = b.machine;
    machine.known();
    let second = machine.orders(0, 0).unwrap().orders;
    assert_eq!(second.len(), 1);
    assert_ne!(first, second);
    let number = |o: &socle_domain::sign::Signed<socle_domain::order::Order>| {
        serde_json::from_str::<serde_json::Value>(&o.body).unwrap()["number"].as_u64()
    };
    assert_eq!((number(&first[0]), number(&second[0])), (Some(1), Some(2)));
    assert_eq!(machine.orders(1, 0).unwrap().orders, second, "after the first comes the second");
    // The machine had taken the first, and could only tell it now.
    assert_eq!(machine.push(run.id, &old.entries).unwrap(), 2);
    let bytes = b.house.bytes(&format!("/api/v1/runs/{}/proof", run.id));
    let verdict = proof::verify(&bytes, &b.house.content().public()).unwrap();
    assert_eq!(verdict.entries, 2);
}

#[test]
fn a_waiting_machine_is_told_at_once() {
    let b = recognised();
    let master = b.house.master();
    // A machine of which an earlier run waits stays in the boot environment; an ordered one is told of its order.
    let run = b.house.start(&b.view, master);
    let mut journal = b.journal(0);
    journal.write(b.house.now(), None, Event::RunFailed { fault: Fault::new("disk-too-small") });
    b.machine.push(run.id, &journal.entries).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let begin = std::time::Instant::now();
            (b.machine.orders(1, 20).unwrap(), begin.elapsed())
        });
        std::thread::sleep(std::time::Duration::from_millis(500));
        let _: RunView = b.house.post(&format!("/api/v1/runs/{}/retry", run.id), &());
        let (told, took) = waiting.join().unwrap();
        assert_eq!(told.orders.len(), 1);
        assert!(took.as_secs() < 10, "{took:?}");
    });
}

#[test]
fn cancel_and_retry() {
    let b = recognised();
    let act = |run: &RunView, what: &str| format!("/api/v1/runs/{}/{what}", run.id);
    let run = b.house.start(&b.view, b.house.master());
    let wish = b.house.wish(&b.view, b.house.master());
    assert_eq!(b.house.refused("/api/v1/runs", &wish), (409, "server-run-open".into()));
    assert_eq!(b.house.refused(&act(&run, "retry"), &()), (409, "server-run-not-failed".into()));
    // Before the machine has begun, it is over at once.
    let taken = b.journal(0);
    let _: RunView = b.house.post(&act(&run, "cancel"), &());
    assert_eq!(b.house.state(&run), "cancelled");
    assert!(b.machine.orders(0, 0).unwrap().go_local);
    assert_eq!(b.house.refused(&act(&run, "cancel"), &()), (409, "server-run-over".into()));
    // But the machine had begun and nobody knew: what it did counts, and the order to stop reaches it.
    b.machine.push(run.id, &taken.entries).unwrap();
    assert_eq!(b.house.state(&run), "running");
    let orders = b.machine.orders(0, 0).unwrap().orders;
    assert_eq!(orders.len(), 1);
    let mut journal = taken;
    journal.write(b.house.now(), None, Event::OrderReceived { number: 2, order: orders[0].digest() });
    journal.write(b.house.now(), None, Event::RunCancelled {});
    b.machine.push(run.id, journal.from(2)).unwrap();
    assert_eq!(b.house.state(&run), "cancelled");
    assert!(b.machine.orders(0, 0).unwrap().go_local);
    b.house.start(&b.view, b.house.master());
}

#[test]
fn a_loss_is_allowed_as_it_was_counted() {
    let b = recognised();
    let run = b.house.start(&b.view, b.house.master());
    let now = b.house.now();
    let mut journal = b.journal(0);
    let part = Part {
        part: "partition 1".into(),
        kind: "ext4".into(),
        level: Level::Counted,
        items: 7,
        bytes: 9,
        digest: None,
    };
    let census = Census { parts: vec![part] };
    let allow = |digest: Digest, reason: &str| {
        (format!("/api/v1/runs/{}/allow-loss", run.id), serde_json::json!({ "census": digest, "reason": reason }))
    };
    let refused = |(path, message): (String, serde_json::Value)| b.house.refused(&path, &message).1;
    b.machine.push(run.id, &journal.entries).unwrap();
    assert_eq!(refused(allow(census.digest(), "new term")), "server-census-differs", "it does not wait");
    journal.write(now, Some("look"), Event::CensusBefore { census: census.clone() });
    journal.write(now, Some("look"), Event::Waiting { fault: Fault::new("domain-gap-no-entry") });
    b.machine.push(run.id, journal.from(2)).unwrap();
    assert_eq!(b.house.run(&run).waiting_census, Some(census.digest()));
    assert_eq!(refused(allow(Digest::of(b"other"), "new term")), "server-census-differs");
    assert_eq!(refused(allow(census.digest(), "  ")), "server-reason-wrong");
    let (path, message) = allow(census.digest(), "new term");
    let _: RunView = b.house.post(&path, &message);
    let orders = b.machine.orders(0, 0).unwrap().orders;
    let server = b.known.delegation.open(&b.house.content().public()).unwrap().server;
    let act = orders[0].open(&server).unwrap().act;
    assert_eq!(act, Act::AllowLoss { run: run.id, census: census.digest(), reason: "new term".into() });
}

#[test]
fn what_cannot_be_started_is_refused() {
    let b = recognised();
    let master = b.house.master();
    let refused = |wish: &serde_json::Value| b.house.refused("/api/v1/runs", wish);
    let wish = |target: &str, master: Digest| serde_json::json!({ "target": target, "master": master });
    let id = b.view.id.to_string();
    assert_eq!(refused(&wish(&id, Digest::of(b"none"))), (404, "server-unknown".into()));
    assert_eq!(refused(&wish("0190aaaa-0000-7000-8000-000000000009", master)), (404, "server-unknown".into()));
    let mut with_option = wish(&id, master);
    with_option["options"] = serde_json::json!({ "colour": "red" });
    assert_eq!(refused(&with_option), (422, "server-option-unknown".into()));
    let mut stranger = Machine::new(&b.house.agents(), b.house.pin, 2);
    stranger.hello().unwrap();
    let waiting = b.house.machines().into_iter().find(|m| m.state == "to-recognise").unwrap();
    assert_eq!(refused(&wish(&waiting.id.to_string(), master)), (409, "server-not-recognised".into()));
    with_option["options"] = serde_json::json!({ "size": 2 });
    let _: RunView = b.house.post("/api/v1/runs", &with_option);
}

#[test]
fn progress_is_live_and_never_kept() {
    let b = recognised();
    let run = b.house.start(&b.view, b.house.master());
    let journal = b.journal(0);
    b.machine.push(run.id, &journal.entries).unwrap();
    let progress = serde_json::json!({ "step": "look", "done_bytes": 5, "total_bytes": 10, "bytes_per_second": 1 });
    let path = format!("/agent/v1/runs/{}/progress", run.id);
    let _ = b.machine.post::<serde_json::Value>(&path, &progress);
    assert_eq!(b.house.run(&run).progress.unwrap().done_bytes, 5);
    assert_eq!(b.house.run(&run).entries, 2);
    b.house.later(31);
    assert_eq!(b.house.run(&run).progress, None);
}

/// What a machine did stays proved, whatever is decided about it later.
#[test]
fn a_refused_machine_keeps_its_proofs() {
    let b = recognised();
    let run = b.house.start(&b.view, b.house.master());
    let mut journal = b.journal(0);
    journal.write(b.house.now(), None, Event::RunCancelled {});
    b.machine.push(run.id, &journal.entries).unwrap();
    let path = format!("/api/v1/runs/{}/proof", run.id);
    let before = b.house.bytes(&path);
    let _: MachineView = b.house.post(&format!("/api/v1/machines/{}/refuse", b.view.id), &());
    assert_eq!(b.house.bytes(&path), before);
}
