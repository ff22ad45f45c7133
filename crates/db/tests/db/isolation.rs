//! No query of one body returns another's rows: random trees, one of everything in each unit, every public way to read
//! asked from every unit.
mod others;

use crate::made::{self, Key, later, now};
use socle_db::{
    Conn, Db, Offered, Scope, announced, boot_events, directories, facts, images, journal, links, listing, machines,
    masters, networks, orders, people, persons, rules, runs, search, units,
};
use socle_domain::{
    DecisionId, Digest, LinkId, PersonId, RunId, TargetId, UnitId,
    link::{Link, LinkKind},
    person::{Origin, Person},
    recognise::{AcceptRule, Announced},
    sign::{Signed, Signer},
    unit::{Change, Part, Tree, UnitDecision, UnitKind, accept},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Numbers that look drawn: the same from the same seed.
pub struct Dice(u64);
impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

pub fn unit(n: usize) -> UnitId {
    if n == 0 { UnitId::ROOT } else { UnitId(Uuid::from_u128(0xa000 + n as u128)) }
}
fn target(n: usize) -> TargetId {
    TargetId(Uuid::from_u128(0xb000 + n as u128))
}
fn run(n: usize) -> RunId {
    RunId(Uuid::from_u128(0xc000 + n as u128))
}
fn person(n: usize) -> PersonId {
    PersonId(Uuid::from_u128(0xd000 + n as u128))
}
fn account(n: usize) -> Uuid {
    Uuid::from_u128(0xe000 + n as u128)
}
fn link(n: usize) -> LinkId {
    LinkId(Uuid::from_u128(0xf000 + n as u128))
}

pub fn decision(n: usize, second: i64, what: Change) -> UnitDecision {
    let id = DecisionId(Uuid::from_u128(0x9000 + n as u128));
    UnitDecision { id, at: later(second), decided: later(second), by: "admin".into(), what }
}

/// `count` units below the centre, each below one that was founded before.
pub fn founding(dice: &mut Dice, count: usize) -> Vec<UnitDecision> {
    let found = |n: usize| {
        let parent = unit(dice.below(n));
        decision(n, 0, Change::Founded { unit: unit(n), parent, name: format!("unité {n}"), kind: UnitKind::Body })
    };
    (1..=count).map(found).collect()
}

/// Reorganisations that make sense, at random.
fn reorganised(dice: &mut Dice, count: usize, old: &[UnitDecision]) -> Vec<UnitDecision> {
    let mut all = old.to_vec();
    for step in 0..count * 2 {
        let (a, b) = (unit(1 + dice.below(count)), unit(dice.below(count + 1)));
        let fresh = 500 + step * 2;
        let part = |n: usize| Part { unit: unit(n), name: format!("part {n}"), takes: vec![] };
        let what = match dice.below(5) {
            0 => Change::Moved { unit: a, parent: b },
            1 | 2 => Change::Merged { unit: a, into: b },
            3 => Change::Split { unit: a, into: vec![part(fresh), part(fresh + 1)] },
            _ => Change::Closed { unit: a },
        };
        let new = decision(1_000 + step, 10, what);
        if accept(&all, std::slice::from_ref(&new)).is_ok() {
            all.push(new);
        }
    }
    all.split_off(old.len())
}

fn sequence_master(n: usize) -> (Signed<socle_domain::master::Master>, socle_domain::master::Master) {
    let (_, mut master) = made::master(&n.to_string());
    master.unit = unit(n);
    (Signed::new(&master, &Key::new(200)), master)
}

/// One of everything, of the unit `n`.
async fn fill(db: &Db, n: usize) {
    let (own, key) = (unit(n), Key::new(n as u8));
    let root = Scope::ROOT;
    let mut tx = db.write().await.unwrap();
    let mut machine = made::machine(n as u8);
    (machine.id, machine.unit, machine.key) = (target(n), own, key.public());
    machine.name = Some(format!("poste-{n}"));
    machines::add(&mut tx, root, &machine).await.unwrap();
    facts::say(&mut tx, root, target(n), "wall_socket", Some(&n.into()), "admin", now()).await.unwrap();
    let one = Announced { name: "neuf".into(), unit: own, mac: Some(format!("mac-{n}")), serial: None, uuid: None };
    announced::put(&mut tx, root, &one).await.unwrap();
    let network = format!("10.{n}.0.0/16").parse().unwrap();
    let wished = BTreeMap::from([(own, BTreeSet::from([network]))]);
    networks::set(&mut tx, root, &wished, "admin", now()).await.unwrap();
    let rule = AcceptRule { name: "règle".into(), unit: own, when: "true".into(), name_pattern: "p-{n}".into() };
    rules::put(&mut tx, root, &rule).await.unwrap();
    let (signed, master) = sequence_master(n);
    masters::add(&mut tx, root, &signed, &master, now()).await.unwrap();
    let image = images::Image {
        image: Digest::of(&[n as u8]),
        unit: own,
        name: "ref".into(),
        disk_bytes: 1,
        used_bytes: 1,
        captured: now(),
        release: None,
    };
    images::put(&mut tx, root, &image).await.unwrap();
    let mut row = made::run(n as u8, target(n), signed.digest());
    (row.id, row.unit) = (run(n), own);
    runs::add(&mut tx, root, &row).await.unwrap();
    let (signed, order) = made::cancel(run(n), target(n), 1);
    orders::add(&mut tx, root, &signed, &order).await.unwrap();
    for (i, entry) in made::entries(n as u8, target(n), 2, "x").iter().enumerate() {
        journal::add(&mut tx, root, run(n), i as u64 + 1, entry, now()).await.unwrap();
    }
    let administrator = people::Administrator { id: account(n), unit: own, name: format!("admin-{n}"), password: None };
    people::add(&mut tx, root, &administrator, now()).await.unwrap();
    let somebody = Person {
        id: person(n),
        unit: own,
        name: format!("Personne {n}"),
        login: Some(format!("p{n}")),
        mail: None,
        origin: Origin::Directory { source: "annuaire".into(), entry: n.to_string() },
        since: now(),
        until: None,
    };
    persons::add(&mut tx, root, &somebody).await.unwrap();
    let tie = Link {
        id: link(n),
        unit: own,
        kind: LinkKind::Uses,
        person: Some(person(n)),
        machine: Some(target(n)),
        from: now(),
        until: None,
        by: "admin".into(),
    };
    links::add(&mut tx, root, &tie).await.unwrap();
    let event = boot_events::BootEvent { at: now(), who: n.to_string(), service: "tftp".into(), what: "x".into() };
    boot_events::add(&mut tx, Scope::of(own), &event).await.unwrap();
    let directory = directories::Directory {
        id: format!("annuaire~{n}"),
        unit: own,
        name: "annuaire".into(),
        config: serde_json::json!({}),
        cursor: None,
        read: None,
    };
    directories::put(&mut tx, root, &directory).await.unwrap();
    let gone = directories::Departure {
        id: format!("gone-{n}"),
        unit: own,
        directory: directory.id,
        person: person(n),
        seen: now(),
        decided: None,
    };
    assert!(directories::propose(&mut tx, root, &gone).await.unwrap());
    tx.commit().await.unwrap();
    others::fill(db, n).await;
}

/// What was read, by the function that read it: each row as the number of the unit whose it is.
#[derive(Default)]
struct Read(BTreeMap<&'static str, Vec<usize>>);
impl Read {
    fn took(&mut self, name: &'static str, units: impl IntoIterator<Item = usize>) {
        self.0.entry(name).or_default().extend(units);
    }
    fn one(&mut self, name: &'static str, n: usize, found: bool) {
        self.took(name, found.then_some(n));
    }
}
fn number(unit: UnitId) -> usize {
    if unit == UnitId::ROOT { 0 } else { (unit.0.as_u128() - 0xa000) as usize }
}
fn of_target(id: TargetId) -> usize {
    (id.0.as_u128() - 0xb000) as usize
}

/// Everything that one scope can read, by keys that it may well have guessed.
async fn everything(db: &Db, scope: Scope, count: usize) -> Read {
    let mut read = Read::default();
    let mut conn = db.read().await.unwrap();
    let conn = &mut *conn;
    read.took("announced::awaited", announced::awaited(conn, scope).await.unwrap().iter().map(|a| number(a.unit)));
    read.took("rules::list", rules::list(conn, scope).await.unwrap().iter().map(|r| number(r.unit)));
    read.took("networks::list", networks::list(conn, scope).await.unwrap().iter().map(|n| number(n.unit)));
    let events = boot_events::newest(conn, scope, 1_000).await.unwrap();
    read.took("boot_events::newest", events.iter().map(|e| e.who.parse().unwrap()));
    let events = listing::boot_events(conn, scope, None, 1_000).await.unwrap();
    read.took("listing::boot_events", events.iter().map(|(_, e)| e.who.parse().unwrap()));
    let all = machines::list(conn, scope, None, 1_000).await.unwrap();
    read.took("machines::list", all.iter().map(|m| number(m.unit)));
    let all = listing::machines(conn, scope, &Default::default(), None, 1_000).await.unwrap();
    read.took("listing::machines", all.iter().map(|m| number(m.unit)));
    let labels = machines::labels(conn, scope).await.unwrap();
    read.took("machines::labels", labels.iter().map(|m| number(m.unit)));
    let counted = machines::counts(conn, scope).await.unwrap().values().sum::<u64>() as usize;
    assert_eq!(counted, all.len(), "machines::counts counts what machines::list does not show");
    let (waiting, _) = machines::waiting(conn, scope, "10.0.0.7").await.unwrap();
    assert_eq!(waiting as usize, all.len());
    let all = runs::list(conn, scope, None, 1_000).await.unwrap();
    read.took("runs::list", all.iter().map(|r| number(r.unit)));
    let all = listing::runs(conn, scope, &Default::default(), None, 1_000).await.unwrap();
    read.took("listing::runs", all.iter().map(|r| number(r.unit)));
    let counted = runs::counts(conn, scope).await.unwrap().values().sum::<u64>() as usize;
    assert_eq!(counted, all.len(), "runs::counts counts what runs::list does not show");
    read.took("runs::last_of_each", runs::last_of_each(conn, scope).await.unwrap().keys().map(|t| of_target(*t)));
    let targets: Vec<TargetId> = (1..=count).map(target).collect();
    let last = listing::last_runs(conn, scope, &targets).await.unwrap();
    read.took("listing::last_runs", last.keys().map(|t| of_target(*t)));
    read.took("links::page", links::page(conn, scope, "", 1_000).await.unwrap().iter().map(|l| number(l.unit)));
    let after = persons::After::default();
    let all = persons::page(conn, scope, None, &after, 1_000).await.unwrap();
    read.took("persons::page", all.iter().map(|p| number(p.unit)));
    let all = persons::of_directory(conn, scope, "annuaire").await.unwrap();
    read.took("persons::of_directory", all.iter().map(|p| number(p.unit)));
    read.took("directories::list", directories::list(conn, scope).await.unwrap().iter().map(|d| number(d.unit)));
    let called = directories::by_name(conn, scope, "annuaire").await.unwrap();
    read.took("directories::by_name", called.iter().map(|d| number(d.unit)));
    read.took("directories::waiting", directories::waiting(conn, scope).await.unwrap().iter().map(|d| number(d.unit)));
    read.took("units::list", units::list(conn, scope).await.unwrap().iter().map(|u| number(u.id)));
    read.took("units::held", units::held(conn, scope, later(20)).await.unwrap().keys().map(|u| number(*u)));
    for word in ["poste", "Personne", "unité", "525400", "série"] {
        let found = search::find(conn, scope, word, None, 100).await.unwrap();
        read.took("search::find", found.iter().map(|f| number(f.unit)));
    }
    if let Some(first) = people::first(conn, scope).await.unwrap() {
        read.took("people::first", [number(first.unit)]);
    }
    for n in 1..=count {
        let key = Key::new(n as u8).public();
        read.one("machines::by_id", n, machines::by_id(conn, scope, target(n)).await.unwrap().is_some());
        read.one("machines::by_key", n, machines::by_key(conn, scope, &key).await.unwrap().is_some());
        let mac = format!("52:54:00:00:00:{n:02x}");
        let all = machines::by_hints(conn, scope, Some(&mac), None).await.unwrap();
        read.took("machines::by_hints", all.iter().map(|m| number(m.unit)));
        let all = machines::with_code(conn, scope, &format!("{n:06}")).await.unwrap();
        read.took("machines::with_code", all.iter().map(|m| number(m.unit)));
        let names = machines::names(conn, scope, unit(n)).await.unwrap();
        read.one("machines::names", n, !names.is_empty());
        let named = machines::by_name(conn, scope, unit(n), &format!("poste-{n}")).await.unwrap();
        read.one("machines::by_name", n, named.is_some());
        let own = machines::of_unit(conn, scope, unit(n), "", 10).await.unwrap();
        read.took("machines::of_unit", own.iter().map(|m| number(m.unit)));
        let own = networks::of_unit(conn, scope, unit(n)).await.unwrap();
        read.one("networks::of_unit", n, !own.is_empty());
        let stays = machines::place::of_machine(conn, scope, target(n)).await.unwrap();
        read.took("machines::place::of_machine", stays.iter().map(|s| number(s.unit)));
        let stays = machines::place::left(conn, scope, unit(n)).await.unwrap();
        read.took("machines::place::left", stays.iter().map(|s| number(s.unit)));
        read.one("facts::of_machine", n, !facts::of_machine(conn, scope, target(n), true).await.unwrap().is_empty());
        read.one("runs::by_id", n, runs::by_id(conn, scope, run(n)).await.unwrap().is_some());
        read.one("runs::open_of", n, runs::open_of(conn, scope, target(n)).await.unwrap().is_some());
        read.one("runs::open_all_of", n, !runs::open_all_of(conn, scope, target(n)).await.unwrap().is_empty());
        read.one("runs::list of one", n, !runs::list(conn, scope, Some(target(n)), 10).await.unwrap().is_empty());
        read.one("runs::last_of", n, runs::last_of(conn, scope, target(n)).await.unwrap().is_some());
        read.one("journal::of_run", n, !journal::of_run(conn, scope, run(n)).await.unwrap().is_empty());
        read.one("journal::page", n, !journal::page(conn, scope, run(n), 0, 10).await.unwrap().is_empty());
        read.one("journal::at", n, journal::at(conn, scope, run(n), 1).await.unwrap().is_some());
        read.one("orders::of_run", n, !orders::of_run(conn, scope, run(n)).await.unwrap().is_empty());
        read.one("people::by_id", n, people::by_id(conn, scope, account(n)).await.unwrap().is_some());
        read.one("persons::by_id", n, persons::by_id(conn, scope, person(n)).await.unwrap().is_some());
        let all = persons::of_unit(conn, scope, unit(n), 10).await.unwrap();
        read.took("persons::of_unit", all.iter().map(|p| number(p.unit)));
        read.one("links::by_id", n, links::by_id(conn, scope, link(n)).await.unwrap().is_some());
        read.one("links::of_machine", n, !links::of_machine(conn, scope, target(n)).await.unwrap().is_empty());
        read.one("links::of_person", n, !links::of_person(conn, scope, person(n)).await.unwrap().is_empty());
        read.one("links::of_unit", n, !links::of_unit(conn, scope, unit(n)).await.unwrap().is_empty());
        read.one("units::by_id", n, units::by_id(conn, scope, unit(n)).await.unwrap().is_some());
        let line = units::line(conn, scope, unit(n)).await.unwrap();
        read.took("units::line", line.iter().map(|u| number(u.id)));
        read.one("units::decided", n, !units::decided(conn, scope, unit(n)).await.unwrap().is_empty());
    }
    others::everything(conn, scope, count, &mut read).await;
    read
}

/// What may be read from here though it stands above: masters, images and rules that are offered.
async fn offers(db: &Db, scope: Scope, count: usize) -> Read {
    let mut read = Read::default();
    let mut conn = db.read().await.unwrap();
    let conn = &mut *conn;
    let by_digest: BTreeMap<Digest, usize> = (1..=count).map(|n| (sequence_master(n).0.digest(), n)).collect();
    let all = masters::list(conn, scope).await.unwrap();
    read.took("masters::list", all.iter().map(|m| by_digest[&m.digest()]));
    let all = listing::masters(conn, scope, None, 1_000).await.unwrap();
    read.took("listing::masters", all.iter().map(|(_, m)| by_digest[&m.signed.digest()]));
    read.took("images::list", images::list(conn, scope).await.unwrap().iter().map(|i| number(i.unit)));
    for n in 1..=count {
        let digest = sequence_master(n).0.digest();
        read.one("masters::by_digest", n, masters::by_digest(conn, scope, digest).await.unwrap().is_some());
        let image = Digest::of(&[n as u8]);
        read.one("images::by_digest", n, images::by_digest(conn, scope, image).await.unwrap().is_some());
    }
    others::offers(conn, scope, count, &mut read).await;
    read
}

pub async fn check(db: &Db, seed: u64, count: usize) {
    let mut dice = Dice::new(seed);
    let old = founding(&mut dice, count);
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, Scope::ROOT, &old, later(1)).await.unwrap();
    tx.commit().await.unwrap();
    for n in 1..=count {
        fill(db, n).await;
    }
    let new = reorganised(&mut dice, count, &old);
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, Scope::ROOT, &new, later(11)).await.unwrap();
    tx.commit().await.unwrap();
    let all: Vec<UnitDecision> = old.into_iter().chain(new).collect();
    let tree = Tree::at(&all, later(11)).unwrap();
    for n in 0..=count {
        let scope = Scope::of(unit(n));
        let own: BTreeSet<usize> = tree.subtree(unit(n)).into_iter().map(number).collect();
        let above: BTreeSet<usize> = tree.line(unit(n)).map(|u| number(u.id)).collect();
        let filled: BTreeSet<usize> = own.iter().copied().filter(|n| (1..=count).contains(n)).collect();
        for (name, units) in everything(db, scope, count).await.0 {
            let units: BTreeSet<usize> = units.into_iter().collect();
            assert!(units.is_subset(&own), "seed {seed}: {name} told unit {n} of {:?}", units.difference(&own));
            // What is its own it sees, too: a query that answers nothing isolates well and serves nobody.
            let partial = [
                "people::first",
                "machines::place::left",
                "units::line",
                "units::list",
                "units::held",
                "grants::open_units",
            ];
            assert!(
                partial.contains(&name) || units == filled,
                "seed {seed}: {name} kept from unit {n} what is its own"
            );
        }
        let seen: BTreeSet<usize> = own.union(&above).copied().collect();
        for (name, units) in offers(db, scope, count).await.0 {
            let units: BTreeSet<usize> = units.into_iter().collect();
            let wanted: BTreeSet<usize> = seen.iter().copied().filter(|n| (1..=count).contains(n)).collect();
            assert_eq!(units, wanted, "seed {seed}: {name}, asked from unit {n}");
        }
        let offered = Offered::to(unit(n));
        let mut conn = db.read().await.unwrap();
        let rules = rules::offered(&mut conn, offered).await.unwrap();
        let images = images::offered(&mut conn, offered).await.unwrap();
        let wanted: BTreeSet<usize> = above.iter().copied().filter(|n| (1..=count).contains(n)).collect();
        assert_eq!(rules.iter().map(|r| number(r.unit)).collect::<BTreeSet<_>>(), wanted, "rules::offered to {n}");
        assert_eq!(images.iter().map(|i| number(i.unit)).collect::<BTreeSet<_>>(), wanted, "images::offered to {n}");
        assert_eq!(masters::offered(&mut conn, offered).await.unwrap().len(), wanted.len(), "masters::offered to {n}");
        drop(conn);
        others::comes_down(db, n, &above.iter().copied().filter(|n| (1..=count).contains(n)).collect()).await;
        nothing_is_written_outside(db, scope, &own, count).await;
    }
}

/// Whoever holds one unit writes nothing for another.
async fn nothing_is_written_outside(db: &Db, scope: Scope, own: &BTreeSet<usize>, count: usize) {
    let Some(other) = (1..=count).find(|n| !own.contains(n)) else { return };
    let mut tx = db.write().await.unwrap();
    let mut machine = made::machine(250);
    machine.unit = unit(other);
    let refused = machines::add(&mut tx, scope, &machine).await.unwrap_err();
    assert!(refused.is("db-unit-outside"), "{refused}");
    let rule = AcceptRule { name: "n".into(), unit: unit(other), when: "true".into(), name_pattern: "p".into() };
    assert!(rules::put(&mut tx, scope, &rule).await.unwrap_err().is("db-unit-outside"));
    let one = Announced { name: "n".into(), unit: unit(other), mac: None, serial: None, uuid: None };
    assert!(announced::put(&mut tx, scope, &one).await.unwrap_err().is("db-unit-outside"));
    let wished = BTreeMap::from([(unit(other), BTreeSet::new())]);
    assert!(networks::set(&mut tx, scope, &wished, "me", now()).await.unwrap_err().is("db-unit-outside"));
    let (signed, mut master) = sequence_master(other);
    master.version = "other".into();
    assert!(masters::add(&mut tx, scope, &signed, &master, now()).await.unwrap_err().is("db-unit-outside"));
    let (signed, order) = made::cancel(run(other), target(other), 9);
    assert!(orders::add(&mut tx, scope, &signed, &order).await.unwrap_err().is("db-unit-outside"));
    let entry = &made::entries(other as u8, target(other), 3, "x")[2];
    assert!(journal::add(&mut tx, scope, run(other), 3, entry, now()).await.unwrap_err().is("db-unit-outside"));
    assert!(machines::seen(&mut tx, scope, &machine).await.unwrap_err().is("db-machine-unknown"));
    assert!(!links::end(&mut tx, scope, link(other), later(5)).await.unwrap());
    let said = facts::say(&mut tx, scope, target(other), "x", Some(&1.into()), "me", now()).await;
    assert!(said.unwrap_err().is("db-machine-unknown"));
    let close = decision(9_999, 20, Change::Renamed { unit: unit(other), name: "stolen".into() });
    let renamed = units::decide(&mut tx, scope, &[close], later(21)).await.unwrap_err();
    assert!(renamed.is("db-unit-outside"), "{renamed}");
    machines::spoke(&mut tx, scope, target(other), later(99)).await.unwrap();
    people::set_password(&mut tx, scope, account(other), "stolen").await.unwrap();
    assert_eq!(directories::decide(&mut tx, scope, &format!("gone-{other}"), true, "me", now()).await.unwrap(), None);
    assert!(!directories::withdraw(&mut tx, scope, person(other)).await.unwrap());
    assert!(search::find(&mut tx, scope, "stolen", None, 10).await.unwrap().is_empty());
    let theirs = machines::by_id(&mut tx, Scope::ROOT, target(other)).await.unwrap().unwrap();
    assert_eq!(theirs.last_seen, now(), "another body's machine was written to");
    let them = people::by_id(&mut tx, Scope::ROOT, account(other)).await.unwrap().unwrap();
    assert_eq!(them.password, None, "another body's password was written");
    drop(tx);
    others::nothing_is_written_outside(db, scope, other).await;
}

/// Functions with a scope that the walk above does not ask: those that write (each refuses what is outside, or touches
/// nothing there), and those of other rooms' tables, whose own tests ask them from another unit.
const NOT_WALKED: &[&str] = &[
    // They write: `nothing_is_written_outside`, and the cases of their own files.
    "announced::put",
    "announced::put_many",
    "boot_events::add",
    "boot_events::add_all",
    "directories::decide",
    "directories::propose",
    "directories::put",
    "directories::was_read",
    "directories::withdraw",
    "facts::say",
    "images::put",
    "journal::add",
    "links::add",
    "links::add_many",
    "links::end",
    "machines::add",
    "machines::decide",
    "machines::forget_silent",
    "machines::move_to",
    "machines::seen",
    "machines::spoke",
    "masters::add",
    "networks::set",
    "orders::add",
    "people::add",
    "people::set_password",
    "persons::add",
    "persons::add_many",
    "persons::change",
    "rules::put",
    "rules::remove",
    "runs::add",
    "runs::stands",
    "sessions::close_of",
    "sessions::open",
    "tokens::add",
    "units::decide",
    // They answer less than what is walked: a flag, or the names of one unit that is asked for.
    "networks::check",
    "orders::starts",
    "persons::with_login",
    "units::tree",
];

/// Whoever adds a function with a scope adds it to the walk, or says why not.
#[test]
fn every_function_with_a_scope_is_walked_or_named() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let walk = ["isolation.rs", "isolation/others.rs"];
    let walk = walk.map(|file| std::fs::read_to_string(root.join("tests/db").join(file)).expect("this file")).concat();
    let (mut found, mut forgotten) = (0, Vec::new());
    let mut folders = vec![(root.join("src"), String::new())];
    while let Some((folder, before)) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().trim_end_matches(".rs").to_string());
            if path.is_dir() {
                folders.push((path, format!("{before}{name}::")));
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file");
            for part in text.split("\npub async fn ").skip(1) {
                let Some((function, rest)) = part.split_once('(') else { continue };
                let Some((arguments, _)) = rest.split_once(") ->") else { continue };
                if !arguments.contains("Scope") && !arguments.contains("Offered") {
                    continue;
                }
                found += 1;
                let called = format!("{before}{name}::{}", function.trim());
                // A file of a room's may be known by the room's own name only: what it holds is told on there.
                let told_on = match before.is_empty() {
                    true => called.clone(),
                    false => format!("{before}{}", function.trim()),
                };
                let is = |n: &str| n == called || n == told_on || (n.ends_with("::") && called.starts_with(n));
                let named = NOT_WALKED.iter().any(|n| is(n));
                let walked = [&called, &told_on].iter().any(|name| walk.contains(&format!("{name}(")));
                if !named && !walked {
                    forgotten.push(called);
                }
            }
        }
    }
    assert!(found > 60, "the search has lost its way: {found} functions");
    assert!(forgotten.is_empty(), "not walked, and not said why: {forgotten:#?}");
}

/// Functions that ask no scope, and why none could be asked. What they return is never a list of a unit's own things.
const WITHOUT_SCOPE: &[(&str, &str)] = &[
    ("audit::end", "one chain for the whole organisation: a number and a digest"),
    ("audit::head", "where the server signed that the chain stood: numbers and digests"),
    ("audit::keep_head", "the same, written"),
    ("audit::check", "walks the whole chain and tells a number"),
    ("audit::forget_person", "somebody's names go, wherever they stand"),
    ("announced::came", "of one announcement that the server itself has just matched"),
    ("boot_once::give", "its machine was found within the scope; boot_once::of_machine reads it"),
    ("boot_once::open_of", "asked by the machine itself, whose key was proved"),
    ("boot_once::stands", "said by the machine itself, whose key was proved"),
    ("boot_once::with_open", "read when the server starts, told to nobody"),
    ("consents::expire", "the server's own loop"),
    ("consents::sweep", "the server's own loop"),
    ("consents::did", "its consent was found within the scope"),
    ("consents::items", "its consent was found within the scope"),
    ("consents::acted", "a person's own count"),
    ("consents::above", "the centre's one number"),
    ("consents::set_above", "the centre's one number"),
    ("factors::", "somebody's own second factors and who he is elsewhere: before he has a scope"),
    ("grants::of", "gives somebody his scope"),
    ("grants::path", "walked by others::comes_down"),
    ("grants::holders", "walked by others::comes_down"),
    ("grants::unit_name", "the name of a unit that the caller was shown already"),
    ("grants::count", "whether there are any: the first start"),
    ("grants::found", "the first administrator"),
    ("idempotency::", "found by a secret key of the caller's own"),
    ("networks::unit_at", "which unit a machine speaks from: before it has one"),
    ("orders::next_number", "a number of a target that was found within the scope"),
    ("people::by_account", "gives somebody his own account"),
    ("people::by_name", "whoever signs in has no scope yet"),
    ("people::can_sign_in", "whoever signs in has no scope yet"),
    ("people::add_link", "found by a secret of the caller's own"),
    ("people::use_link", "found by a secret of the caller's own"),
    ("people::sweep_links", "the server's own loop"),
    ("presence::", "machines that speak, by their own keys; the server's own loops"),
    ("sealed::", "sealed values, by the name of what was found within the scope"),
    ("sessions::", "somebody's own sessions, found by a secret or by his account"),
    ("settings::sweep_secrets", "the server's own loop"),
    ("stages::take_generation", "its unit was checked with the master that is written"),
    ("stages::highest", "its unit was checked with the master that is written"),
    ("stages::begin", "its master was added within the scope just before"),
    ("stages::production", "its master was found within the scope"),
    ("stages::before_production", "its master was found within the scope"),
    ("stages::pilots", "its master was found within the scope"),
    ("tokens::", "somebody's own tokens, or the host's, found by a secret or by his account"),
    ("tpms::", "its machine was found within the scope, or has proved its key"),
    ("units::apply_due", "the server's own loop"),
    ("units::is_due", "the server's own loop"),
    ("webhooks::deliveries::happened", "walked by others::comes_down"),
    ("webhooks::deliveries::deliveries", "its webhook was found within the scope; walked by others::comes_down"),
    ("webhooks::deliveries::delivery", "its webhook was found within the scope"),
    ("webhooks::deliveries::queue", "its webhook was found within the scope"),
    ("webhooks::deliveries::due", "the server's own loop"),
    ("webhooks::deliveries::settled", "the server's own loop"),
    ("webhooks::deliveries::sweep", "the server's own loop"),
    ("wizard::use_code", "gives whoever types it his scope"),
    ("wizard::codes_of", "somebody's own codes"),
    ("wizard::drop_codes", "somebody's own codes"),
    ("wizard::live_codes", "a count, to bound it"),
    ("wizard::find", "found by a secret of the machine's own"),
    ("wizard::finish", "found by a secret of the machine's own"),
    ("wizard::close", "found by a secret of the machine's own"),
    ("wizard::sweep", "the server's own loop"),
];

/// Whoever adds a function that asks no scope says why it needs none.
#[test]
fn every_function_without_a_scope_says_why() {
    let mut folders = vec![(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), String::new())];
    let (mut used, mut forgotten) = (BTreeSet::new(), Vec::new());
    while let Some((folder, before)) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().trim_end_matches(".rs").to_string());
            if path.is_dir() {
                folders.push((path, format!("{before}{name}::")));
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file");
            for part in text.split("\npub async fn ").skip(1) {
                let Some((function, rest)) = part.split_once('(') else { continue };
                let arguments = rest.split_once(") ->").map_or(rest, |(arguments, _)| arguments);
                let asks = ["Scope", "Offered"].iter().any(|word| arguments.contains(word));
                if asks || !arguments.contains("Conn") || before == "dump::" {
                    continue;
                }
                let called = format!("{before}{name}::{}", function.trim());
                match WITHOUT_SCOPE.iter().find(|(word, _)| called.starts_with(word)) {
                    Some((word, _)) => drop(used.insert(*word)),
                    None => forgotten.push(called),
                }
            }
        }
    }
    assert!(forgotten.is_empty(), "they ask no scope, and it is not said why: {forgotten:#?}");
    let unused: Vec<_> = WITHOUT_SCOPE.iter().map(|(word, _)| *word).filter(|word| !used.contains(word)).collect();
    assert!(unused.is_empty(), "there are none of these: {unused:?}");
}
