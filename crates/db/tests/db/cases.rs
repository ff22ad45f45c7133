//! What a database must do, whichever it is.
use crate::made::{self, later, now, target};
use socle_db::{
    Db, Scope, announced, boot_events, images, journal, machines, masters, orders, people, rules, runs, sessions,
};
use socle_domain::{
    Digest, UnitId,
    keys::{Enrolment, ImageRelease},
    recognise::{AcceptRule, Announced},
    run::Status,
    sign::{Signed, Signer},
};
use std::collections::BTreeSet;
use uuid::Uuid;

const ROOT: Scope = Scope::ROOT;

/// Somebody says that a machine is `poste-01`.
fn named(enrolment: Option<&Signed<Enrolment>>, at: socle_domain::Timestamp) -> machines::Decision<'_> {
    machines::Decision { unit: None, state: machines::State::Known, name: Some("poste-01"), by: "list", enrolment, at }
}

/// A machine, its master and its run.
async fn with_run(db: &Db, n: u8) {
    let mut tx = db.write().await.unwrap();
    let (signed, master) = made::master(&n.to_string());
    machines::add(&mut tx, ROOT, &made::machine(n)).await.unwrap();
    masters::add(&mut tx, ROOT, &signed, &master, now()).await.unwrap();
    runs::add(&mut tx, ROOT, &made::run(n, target(n), signed.digest())).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn a_journal_only_grows(db: &Db) {
    with_run(db, 1).await;
    let run = made::run_id(1);
    let entries = made::entries(1, target(1), 3, "a");
    let mut tx = db.write().await.unwrap();
    for (i, entry) in entries.iter().enumerate() {
        let number = i as u64 + 1;
        assert_eq!(journal::add(&mut tx, ROOT, run, number, entry, now()).await.unwrap(), journal::Added::New);
        assert_eq!(journal::add(&mut tx, ROOT, run, number, entry, now()).await.unwrap(), journal::Added::Again);
    }
    let other = made::entries(1, target(1), 2, "b");
    let fault = journal::add(&mut tx, ROOT, run, 2, &other[1], now()).await.unwrap_err();
    assert!(fault.is("db-entry-differs"), "{fault}");
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    assert_eq!(journal::of_run(&mut conn, ROOT, run).await.unwrap(), entries);
    assert_eq!(journal::at(&mut conn, ROOT, run, 2).await.unwrap().as_ref(), Some(&entries[1]));
    assert_eq!(journal::at(&mut conn, ROOT, run, 4).await.unwrap(), None);
}

pub async fn a_machine_is_its_key(db: &Db) {
    let mut machine = made::machine(1);
    let mut tx = db.write().await.unwrap();
    machines::add(&mut tx, ROOT, &machine).await.unwrap();
    assert_eq!(machines::by_key(&mut tx, ROOT, &machine.key).await.unwrap(), Some(machine.clone()));
    assert_eq!(machines::by_key(&mut tx, ROOT, &made::Key::new(9).public()).await.unwrap(), None);
    let enrolment =
        Enrolment { target: machine.id, unit: UnitId::ROOT, machine: machine.key, at: now(), by: "list".into() };
    let enrolment = Signed::new(&enrolment, &made::Key::new(201));
    let known = machines::State::Known;
    machines::decide(&mut tx, ROOT, machine.id, named(Some(&enrolment), later(1))).await.unwrap();
    machine.hints.macs = vec!["52:54:00:aa:aa:aa".into()];
    machine.place = "installed".into();
    machine.last_seen = later(2);
    machines::seen(&mut tx, ROOT, &machine).await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    let read = machines::by_id(&mut conn, ROOT, machine.id).await.unwrap().unwrap();
    assert_eq!((read.state, read.name.as_deref(), read.by.as_deref()), (known, Some("poste-01"), Some("list")));
    assert_eq!((read.enrolment, read.since, read.last_seen), (Some(enrolment), later(1), later(2)));
    assert_eq!((read.hints, read.place.as_str()), (machine.hints, "installed"));
    assert_eq!(machines::counts(&mut conn, ROOT).await.unwrap().get("known"), Some(&1));
    drop(conn);
    let mut tx = db.write().await.unwrap();
    let mut silent = made::machine(2);
    silent.last_seen = now();
    machines::add(&mut tx, ROOT, &silent).await.unwrap();
    machines::forget_silent(&mut tx, ROOT, later(10)).await.unwrap();
    let left = machines::list(&mut tx, ROOT, None, 10).await.unwrap();
    assert_eq!(left.iter().map(|m| m.id).collect::<Vec<_>>(), [machine.id], "only strangers are forgotten");
}

pub async fn a_hint_finds_machines(db: &Db) {
    let mut tx = db.write().await.unwrap();
    for n in 1..=3 {
        machines::add(&mut tx, ROOT, &made::machine(n)).await.unwrap();
    }
    let found = async |tx: &mut socle_db::Conn, mac: Option<&str>, uuid: Option<&str>| -> usize {
        machines::by_hints(tx, ROOT, mac, uuid).await.unwrap().len()
    };
    assert_eq!(found(&mut tx, Some("52:54:00:00:00:01"), None).await, 1);
    assert_eq!(found(&mut tx, Some("52:54:00:00:00:01"), Some("00000000-0000-0000-0000-000000000002")).await, 2);
    assert_eq!(found(&mut tx, Some("02:00:00:00:00:ff"), None).await, 3, "a dock's address that several machines have");
    assert_eq!(found(&mut tx, Some("%"), None).await, 0);
    assert_eq!(found(&mut tx, None, None).await, 0);
}

pub async fn a_name_is_given_once(db: &Db) {
    let mut tx = db.write().await.unwrap();
    for n in 1..=3 {
        machines::add(&mut tx, ROOT, &made::machine(n)).await.unwrap();
    }
    machines::decide(&mut tx, ROOT, target(1), named(None, now())).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let again = machines::decide(&mut tx, ROOT, target(2), named(None, now())).await;
    assert!(again.unwrap_err().is("db-name-taken"));
    drop(tx);
    let mut conn = db.read().await.unwrap();
    assert_eq!(machines::names(&mut conn, ROOT, UnitId::ROOT).await.unwrap(), BTreeSet::from(["poste-01".to_string()]));
    let waiting = machines::list(&mut conn, ROOT, Some(machines::State::ToRecognise), 10).await.unwrap();
    assert_eq!(waiting.len(), 2);
}

pub async fn announced_machines_come_once(db: &Db) {
    let one = |name: &str, mac: &str| Announced {
        name: name.into(),
        unit: UnitId::ROOT,
        mac: Some(mac.into()),
        serial: None,
        uuid: None,
    };
    let mut tx = db.write().await.unwrap();
    machines::add(&mut tx, ROOT, &made::machine(1)).await.unwrap();
    announced::put(&mut tx, ROOT, &one("b", "52:54:00:00:00:01")).await.unwrap();
    announced::put(&mut tx, ROOT, &one("a", "52:54:00:00:00:02")).await.unwrap();
    announced::put(&mut tx, ROOT, &one("a", "52:54:00:00:00:03")).await.unwrap();
    let awaited = announced::awaited(&mut tx, ROOT).await.unwrap();
    assert_eq!(awaited, [one("a", "52:54:00:00:00:03"), one("b", "52:54:00:00:00:01")]);
    announced::came(&mut tx, UnitId::ROOT, "b", target(1)).await.unwrap();
    assert_eq!(announced::awaited(&mut tx, ROOT).await.unwrap().len(), 1);
}

pub async fn rules_are_tried_by_name(db: &Db) {
    let rule = |name: &str, when: &str| AcceptRule {
        name: name.into(),
        unit: UnitId::ROOT,
        when: when.into(),
        name_pattern: "salle-{nn}".into(),
    };
    let mut tx = db.write().await.unwrap();
    for (name, when) in [("20", "true"), ("10", "false"), ("10", "true")] {
        rules::put(&mut tx, ROOT, &rule(name, when)).await.unwrap();
    }
    assert_eq!(rules::list(&mut tx, ROOT).await.unwrap(), [rule("10", "true"), rule("20", "true")]);
    assert!(rules::remove(&mut tx, ROOT, "10").await.unwrap());
    assert!(!rules::remove(&mut tx, ROOT, "10").await.unwrap());
}

pub async fn a_master_never_changes(db: &Db) {
    let (signed, master) = made::master("1");
    let mut tx = db.write().await.unwrap();
    masters::add(&mut tx, ROOT, &signed, &master, now()).await.unwrap();
    masters::add(&mut tx, ROOT, &signed, &master, later(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let (_, mut other) = made::master("1");
    other.sequence.push('\n');
    let signed_other = Signed::new(&other, &made::Key::new(200));
    let fault = masters::add(&mut tx, ROOT, &signed_other, &other, now()).await.unwrap_err();
    assert!(fault.is("db-master-taken"), "{fault}");
    drop(tx);
    let mut conn = db.read().await.unwrap();
    assert_eq!(masters::by_digest(&mut conn, ROOT, signed.digest()).await.unwrap(), Some(signed.clone()));
    assert_eq!(masters::list(&mut conn, ROOT).await.unwrap(), [signed]);
}

pub async fn an_image_keeps_its_release(db: &Db) {
    let digest = Digest::of(b"image");
    let release = ImageRelease { name: "ref".into(), image: digest, at: now(), generation: 0 };
    let release = Signed::new(&release, &made::Key::new(200));
    let image = |release: Option<&Signed<ImageRelease>>| images::Image {
        image: digest,
        unit: UnitId::ROOT,
        name: "ref".into(),
        disk_bytes: 1 << 41,
        used_bytes: 1 << 33,
        captured: now(),
        release: release.cloned(),
    };
    let mut tx = db.write().await.unwrap();
    images::put(&mut tx, ROOT, &image(None)).await.unwrap();
    images::put(&mut tx, ROOT, &image(Some(&release))).await.unwrap();
    images::put(&mut tx, ROOT, &image(None)).await.unwrap();
    assert_eq!(images::by_digest(&mut tx, ROOT, digest).await.unwrap(), Some(image(Some(&release))));
    assert_eq!(images::list(&mut tx, ROOT).await.unwrap().len(), 1);
}

pub async fn orders_are_numbered_for_each_target(db: &Db) {
    with_run(db, 1).await;
    let run = made::run_id(1);
    let mut tx = db.write().await.unwrap();
    assert_eq!(orders::next_number(&mut tx, target(1)).await.unwrap(), 1);
    let (signed, order) = made::cancel(run, target(1), 1);
    orders::add(&mut tx, ROOT, &signed, &order).await.unwrap();
    assert_eq!(orders::next_number(&mut tx, target(1)).await.unwrap(), 2);
    assert_eq!(orders::next_number(&mut tx, target(2)).await.unwrap(), 1);
    assert!(!orders::starts(&mut tx, ROOT, run, signed.digest()).await.unwrap(), "a cancel starts no run");
    assert_eq!(orders::of_run(&mut tx, ROOT, run).await.unwrap(), std::slice::from_ref(&signed));
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    orders::add(&mut tx, ROOT, &signed, &order).await.expect_err("a number serves once");
}

pub async fn one_run_is_open_for_a_target(db: &Db) {
    with_run(db, 1).await;
    let mut tx = db.write().await.unwrap();
    let mut run = runs::open_of(&mut tx, ROOT, target(1)).await.unwrap().unwrap();
    assert_eq!(run, made::run(1, target(1), run.master));
    run.state.status = Status::Completed;
    run.entries = 12;
    run.starts_into = runs::StartsInto::Installed;
    runs::stands(&mut tx, ROOT, &run).await.unwrap();
    assert_eq!(runs::open_of(&mut tx, ROOT, target(1)).await.unwrap(), None);
    assert_eq!(runs::by_id(&mut tx, ROOT, run.id).await.unwrap(), Some(run.clone()));
    assert_eq!(runs::list(&mut tx, ROOT, Some(target(1)), 5).await.unwrap(), [run.clone()]);
    assert_eq!(runs::list(&mut tx, ROOT, Some(target(2)), 5).await.unwrap(), []);
    assert_eq!(runs::last_of_each(&mut tx, ROOT).await.unwrap().get(&target(1)), Some(&run.id));
    assert_eq!(runs::counts(&mut tx, ROOT).await.unwrap().get("completed"), Some(&1));
}

pub async fn a_session_ends(db: &Db) {
    let bearer = Digest::of(b"cookie");
    let (person, machine) = (sessions::Kind::Person, sessions::Kind::Machine);
    let mut tx = db.write().await.unwrap();
    sessions::open(&mut tx, ROOT, person, bearer, "someone", now(), later(60)).await.unwrap();
    let found = sessions::find(&mut tx, person, bearer, later(59)).await.unwrap().unwrap();
    assert_eq!((found.subject.as_str(), found.unit), ("someone", UnitId::ROOT));
    assert_eq!(sessions::find(&mut tx, machine, bearer, later(1)).await.unwrap(), None, "of another kind");
    assert_eq!(sessions::find(&mut tx, person, bearer, later(60)).await.unwrap(), None, "it has ended");
    sessions::close_of(&mut tx, ROOT, machine, "someone").await.unwrap();
    assert!(sessions::find(&mut tx, person, bearer, now()).await.unwrap().is_some());
    sessions::sweep(&mut tx, later(61)).await.unwrap();
    assert_eq!(sessions::find(&mut tx, person, bearer, now()).await.unwrap(), None);
    sessions::open(&mut tx, ROOT, person, bearer, "someone", now(), later(60)).await.unwrap();
    sessions::close(&mut tx, bearer).await.unwrap();
    assert_eq!(sessions::find(&mut tx, person, bearer, now()).await.unwrap(), None);
}

pub async fn a_link_serves_once(db: &Db) {
    let one =
        people::Administrator { id: Uuid::from_u128(7), unit: UnitId::ROOT, name: "admin".into(), password: None };
    let (link, late) = (Digest::of(b"link"), Digest::of(b"late"));
    let mut tx = db.write().await.unwrap();
    people::add(&mut tx, ROOT, &one, now()).await.unwrap();
    people::add_link(&mut tx, link, one.id, later(60)).await.unwrap();
    people::add_link(&mut tx, late, one.id, later(60)).await.unwrap();
    assert_eq!(people::use_link(&mut tx, link, later(1)).await.unwrap(), Some(one.clone()));
    assert_eq!(people::use_link(&mut tx, link, later(1)).await.unwrap(), None);
    assert_eq!(people::use_link(&mut tx, late, later(61)).await.unwrap(), None);
    people::set_password(&mut tx, ROOT, one.id, "kept").await.unwrap();
    let changed = people::Administrator { password: Some("kept".into()), ..one.clone() };
    assert_eq!(people::by_name(&mut tx, "admin").await.unwrap(), Some(changed.clone()));
    assert_eq!(people::by_id(&mut tx, ROOT, one.id).await.unwrap(), Some(changed.clone()));
    assert_eq!(people::first(&mut tx, ROOT).await.unwrap(), Some(changed));
}

pub async fn boot_events_are_bounded(db: &Db) {
    let event = |n: i64| boot_events::BootEvent {
        at: later(n),
        who: format!("52:54:00:00:00:{:02x}", n % 256),
        service: "tftp".into(),
        what: n.to_string(),
    };
    let mut tx = db.write().await.unwrap();
    for n in 1..=boot_events::KEPT + 5 {
        boot_events::add(&mut tx, ROOT, &event(n)).await.unwrap();
    }
    let kept = boot_events::newest(&mut tx, ROOT, 10_000).await.unwrap();
    assert_eq!(kept.len() as i64, boot_events::KEPT);
    assert_eq!(kept[0], event(boot_events::KEPT + 5));
}

pub async fn nothing_is_seen_from_another_unit(db: &Db) {
    with_run(db, 1).await;
    let other = Scope::of(UnitId(Uuid::from_u128(42)));
    let mut conn = db.read().await.unwrap();
    assert_eq!(machines::by_id(&mut conn, other, target(1)).await.unwrap(), None);
    assert_eq!(machines::by_hints(&mut conn, other, Some("52:54:00:00:00:01"), None).await.unwrap(), []);
    assert_eq!(machines::list(&mut conn, other, None, 10).await.unwrap(), []);
    assert_eq!(runs::by_id(&mut conn, other, made::run_id(1)).await.unwrap(), None);
    assert_eq!(runs::list(&mut conn, other, None, 10).await.unwrap(), []);
    assert_eq!(masters::list(&mut conn, other).await.unwrap(), []);
    assert_eq!(journal::of_run(&mut conn, other, made::run_id(1)).await.unwrap(), []);
    assert_eq!(orders::of_run(&mut conn, other, made::run_id(1)).await.unwrap(), []);
}

pub async fn a_transaction_without_commit_never_was(db: &Db) {
    let mut tx = db.write().await.unwrap();
    machines::add(&mut tx, ROOT, &made::machine(1)).await.unwrap();
    drop(tx);
    let mut conn = db.read().await.unwrap();
    assert_eq!(machines::by_id(&mut conn, ROOT, target(1)).await.unwrap(), None);
}

/// Several tasks at once give orders to one target: every number is given once.
pub async fn many_at_once_lose_nothing(db: &Db) {
    with_run(db, 1).await;
    let one = |db: Db| async move {
        for _ in 0..10 {
            let mut tx = db.write().await.unwrap();
            let number = orders::next_number(&mut tx, target(1)).await.unwrap();
            let (signed, order) = made::cancel(made::run_id(1), target(1), number);
            orders::add(&mut tx, ROOT, &signed, &order).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(one(db.clone()))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut conn = db.read().await.unwrap();
    assert_eq!(orders::of_run(&mut conn, ROOT, made::run_id(1)).await.unwrap().len(), 40);
}
