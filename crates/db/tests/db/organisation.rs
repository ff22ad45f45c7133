//! The organisation in the database: its tree, who and what is in it, and how it is found.
use crate::{
    isolation::{self, decision, unit},
    made::{self, later, now, target},
};
use socle_db::{Db, Scope, announced, facts, links, machines, machines::place, persons, search, units};
use socle_domain::{
    LinkId, PersonId, UnitId,
    link::{Link, LinkKind},
    person::{Origin, Person},
    recognise::Announced,
    unit::{Change, UnitKind},
};
use uuid::Uuid;

const ROOT: Scope = Scope::ROOT;

fn founded(n: usize, parent: usize, name: &str, second: i64) -> socle_domain::unit::UnitDecision {
    let what = Change::Founded { unit: unit(n), parent: unit(parent), name: name.into(), kind: UnitKind::Site };
    decision(n, second, what)
}
fn somebody(n: u128, unit: UnitId, name: &str) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(n)),
        unit,
        name: name.into(),
        login: Some(format!("login{n}")),
        mail: None,
        origin: Origin::Hand,
        since: now(),
        until: None,
    }
}
async fn two_bodies(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let all =
        [founded(1, 0, "Ain", 0), founded(2, 0, "Loire", 0), founded(11, 1, "Bourg", 0), founded(21, 2, "Roanne", 0)];
    units::decide(&mut tx, ROOT, &all, later(1)).await.unwrap();
    tx.commit().await.unwrap();
}
async fn names(db: &Db, scope: Scope) -> Vec<String> {
    let mut conn = db.read().await.unwrap();
    units::list(&mut conn, scope).await.unwrap().into_iter().map(|u| u.name).collect()
}

pub async fn no_body_reads_anothers_rows(db: &Db) {
    isolation::check(db, 1, 12).await;
}

pub async fn a_decision_holds_when_its_moment_comes(db: &Db) {
    two_bodies(db).await;
    assert_eq!(names(db, ROOT).await, ["Ain", "Bourg", "Centre", "Loire", "Roanne"]);
    let loire = Scope::of(unit(2));
    let mut tx = db.write().await.unwrap();
    let merge = decision(50, 100, Change::Merged { unit: unit(2), into: unit(1) });
    units::decide(&mut tx, ROOT, &[merge], later(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(db, loire).await, ["Loire", "Roanne"], "it is for later");
    let mut conn = db.read().await.unwrap();
    assert!(!units::is_due(&mut conn, later(99)).await.unwrap());
    assert!(units::is_due(&mut conn, later(100)).await.unwrap());
    drop(conn);
    let mut tx = db.write().await.unwrap();
    assert!(units::apply_due(&mut tx, later(100)).await.unwrap());
    assert!(!units::apply_due(&mut tx, later(101)).await.unwrap(), "once");
    tx.commit().await.unwrap();
    assert_eq!(names(db, loire).await, ["Loire"], "its sites are the heir's");
    assert_eq!(names(db, Scope::of(unit(1))).await, ["Ain", "Bourg", "Loire", "Roanne"]);
    let mut conn = db.read().await.unwrap();
    let before = units::tree(&mut conn, loire, later(99)).await.unwrap();
    assert_eq!(before.path(unit(21)), "Loire / Roanne", "the past answers as it was");
    assert!(before.get(unit(1)).is_none(), "and shows nothing of another body");
    let ended = units::by_id(&mut conn, ROOT, unit(2)).await.unwrap().unwrap();
    assert!(!ended.is_open());
    let said = units::decided(&mut conn, ROOT, unit(2)).await.unwrap();
    assert_eq!(said.iter().map(|d| d.what.word()).collect::<Vec<_>>(), ["founded", "founded", "merged"]);
}

pub async fn nothing_new_goes_into_a_closed_unit(db: &Db) {
    two_bodies(db).await;
    let mut tx = db.write().await.unwrap();
    let mut machine = made::machine(1);
    machine.unit = unit(21);
    machines::add(&mut tx, ROOT, &machine).await.unwrap();
    let close = decision(50, 1, Change::Closed { unit: unit(21) });
    units::decide(&mut tx, ROOT, &[close], later(2)).await.unwrap();
    // What lies in it stays usable, and is seen from the heir.
    let loire = Scope::of(unit(2));
    assert!(machines::by_id(&mut tx, loire, target(1)).await.unwrap().is_some());
    machines::seen(&mut tx, loire, &machine).await.unwrap();
    let mut other = made::machine(2);
    other.unit = unit(21);
    assert!(machines::add(&mut tx, ROOT, &other).await.unwrap_err().is("db-unit-closed"));
    let late = Announced { name: "x".into(), unit: unit(21), mac: None, serial: None, uuid: None };
    assert!(announced::put(&mut tx, ROOT, &late).await.unwrap_err().is("db-unit-closed"));
    assert!(persons::add(&mut tx, ROOT, &somebody(1, unit(21), "X")).await.unwrap_err().is("db-unit-closed"));
    machines::move_to(&mut tx, loire, &machine, unit(2), None, "admin", later(3)).await.unwrap();
    assert_eq!(machines::by_id(&mut tx, loire, target(1)).await.unwrap().unwrap().unit, unit(2));
}

pub async fn a_body_decides_below_itself_only(db: &Db) {
    two_bodies(db).await;
    let ain = Scope::of(unit(1));
    let ask = async |what: Change| {
        let mut tx = db.write().await.unwrap();
        let refused = units::decide(&mut tx, ain, &[decision(70, 5, what)], later(6)).await;
        refused.map_err(|f| f.code.to_string())
    };
    let outside = Err("db-unit-outside".to_string());
    assert_eq!(ask(Change::Renamed { unit: unit(1), name: "Ain et Jura".into() }).await, Ok(()));
    assert_eq!(ask(Change::Closed { unit: unit(11) }).await, Ok(()));
    assert_eq!(ask(Change::Renamed { unit: unit(21), name: "x".into() }).await, outside);
    assert_eq!(ask(Change::Moved { unit: unit(11), parent: unit(2) }).await, outside);
    assert_eq!(ask(Change::Moved { unit: unit(21), parent: unit(1) }).await, outside);
    assert_eq!(ask(Change::Merged { unit: unit(11), into: unit(2) }).await, outside);
    let parts = ["a", "b"].iter().zip(80..).map(|(name, n)| socle_domain::unit::Part {
        unit: unit(n),
        name: name.to_string(),
        takes: vec![],
    });
    assert_eq!(ask(Change::Split { unit: unit(1), into: parts.collect() }).await, outside);
    let above = Change::Founded { unit: unit(90), parent: unit(0), name: "x".into(), kind: UnitKind::Body };
    assert_eq!(ask(above).await, outside);
    // A moment at which a unit was still below it gives no hold on what is now another's.
    let mut tx = db.write().await.unwrap();
    let gone = decision(60, 2, Change::Moved { unit: unit(11), parent: unit(2) });
    units::decide(&mut tx, ROOT, &[gone], later(3)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let early = decision(61, 1, Change::Renamed { unit: unit(11), name: "taken back".into() });
    assert!(units::decide(&mut tx, ain, &[early], later(6)).await.unwrap_err().is("db-unit-outside"));
}

pub async fn a_machine_moves_and_its_past_stays(db: &Db) {
    two_bodies(db).await;
    let mut tx = db.write().await.unwrap();
    for (n, place) in [(1, 11), (2, 21)] {
        let mut machine = made::machine(n);
        (machine.unit, machine.name) = (unit(place), Some("poste-01".into()));
        machines::add(&mut tx, ROOT, &machine).await.unwrap();
    }
    let machine = machines::by_id(&mut tx, ROOT, target(1)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let taken = machines::move_to(&mut tx, ROOT, &machine, unit(21), None, "admin", later(9)).await;
    assert!(taken.unwrap_err().is("db-name-taken"), "a name is given once in a unit");
    drop(tx);
    let mut tx = db.write().await.unwrap();
    machines::move_to(&mut tx, ROOT, &machine, unit(2), None, "admin", later(9)).await.unwrap();
    let (ain, loire) = (Scope::of(unit(1)), Scope::of(unit(2)));
    assert!(machines::by_id(&mut tx, ain, target(1)).await.unwrap().is_none());
    assert_eq!(search::find(&mut tx, ain, "poste-01", None, 9).await.unwrap(), []);
    assert_eq!(search::find(&mut tx, loire, "poste-01", None, 9).await.unwrap().len(), 2);
    let stays = place::of_machine(&mut tx, ROOT, target(1)).await.unwrap();
    let known: Vec<_> = stays.iter().map(|s| (s.unit, s.from, s.until)).collect();
    assert_eq!(known, [(unit(11), now(), Some(later(9))), (unit(2), later(9), None)]);
    assert_eq!(place::left(&mut tx, ain, unit(11)).await.unwrap().len(), 1, "its old unit remembers it");
    assert_eq!(place::of_machine(&mut tx, ain, target(1)).await.unwrap().len(), 1, "and nothing of where it went");
}

pub async fn people_and_links_are_dated(db: &Db) {
    two_bodies(db).await;
    let mut tx = db.write().await.unwrap();
    let mut machine = made::machine(1);
    machine.unit = unit(11);
    machines::add(&mut tx, ROOT, &machine).await.unwrap();
    let (anne, paul) = (somebody(1, unit(11), "Anne Dupré"), somebody(2, unit(1), "Paul Durand"));
    persons::add(&mut tx, ROOT, &anne).await.unwrap();
    persons::add(&mut tx, ROOT, &paul).await.unwrap();
    for (n, person) in [(1, &anne), (2, &paul)] {
        let link = Link {
            id: LinkId(Uuid::from_u128(n)),
            unit: unit(11),
            kind: LinkKind::Uses,
            person: Some(person.id),
            machine: Some(target(1)),
            from: now(),
            until: None,
            by: "admin".into(),
        };
        links::add(&mut tx, ROOT, &link).await.unwrap();
    }
    assert!(links::end(&mut tx, ROOT, LinkId(Uuid::from_u128(1)), later(60)).await.unwrap());
    assert!(!links::end(&mut tx, ROOT, LinkId(Uuid::from_u128(1)), later(70)).await.unwrap(), "it has ended");
    let all = links::of_machine(&mut tx, ROOT, target(1)).await.unwrap();
    assert_eq!(all.iter().filter(|l| l.holds(later(59))).count(), 2);
    assert_eq!(all.iter().filter(|l| l.holds(later(60))).count(), 1);
    let gone = Person { until: Some(later(30)), unit: unit(1), ..anne.clone() };
    persons::change(&mut tx, ROOT, &gone).await.unwrap();
    let page = async |conn: &mut socle_db::Conn, at| {
        let all = persons::page(conn, ROOT, at, &Default::default(), 10).await.unwrap();
        all.into_iter().map(|p| p.name).collect::<Vec<_>>()
    };
    assert_eq!(page(&mut tx, Some(later(31))).await, ["Paul Durand"]);
    assert_eq!(page(&mut tx, None).await, ["Anne Dupré", "Paul Durand"]);
    let after = persons::After { name: anne.name.clone(), id: anne.id.to_string() };
    assert_eq!(persons::page(&mut tx, ROOT, None, &after, 10).await.unwrap(), [paul.clone()]);
    let twin = Person { id: PersonId(Uuid::from_u128(9)), ..paul };
    assert!(persons::add(&mut tx, ROOT, &twin).await.unwrap_err().is("db-login-taken"));
}

pub async fn facts_say_who_and_since_when(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let mut machine = made::machine(1);
    machines::add(&mut tx, ROOT, &machine).await.unwrap();
    facts::say(&mut tx, ROOT, target(1), "wall_socket", Some(&"B12".into()), "anne", later(5)).await.unwrap();
    machine.facts.set("memory_bytes", 8_u64);
    machine.facts.set("firmware", "uefi");
    machine.last_seen = later(10);
    machines::seen(&mut tx, ROOT, &machine).await.unwrap();
    machines::seen(&mut tx, ROOT, &machine).await.unwrap();
    facts::say(&mut tx, ROOT, target(1), "wall_socket", None, "anne", later(20)).await.unwrap();
    let holding = facts::of_machine(&mut tx, ROOT, target(1), false).await.unwrap();
    let told: Vec<_> = holding.iter().map(|f| (f.name.as_str(), f.who.as_str(), f.since)).collect();
    assert_eq!(told, [("firmware", "machine", later(10)), ("memory_bytes", "machine", later(10))]);
    let all = facts::of_machine(&mut tx, ROOT, target(1), true).await.unwrap();
    assert_eq!(all.len(), 4, "what held before is kept: {all:?}");
    let socket = all.iter().find(|f| f.name == "wall_socket").unwrap();
    assert_eq!((socket.since, socket.until), (later(5), Some(later(20))));
    let wrong = facts::say(&mut tx, ROOT, target(1), "a b", Some(&1.into()), "anne", now()).await;
    assert!(wrong.unwrap_err().is("db-fact-wrong"));
}

pub async fn things_are_found_by_what_is_remembered(db: &Db) {
    two_bodies(db).await;
    let mut tx = db.write().await.unwrap();
    for n in 1..=3 {
        let mut machine = made::machine(n);
        (machine.unit, machine.name) = (unit(11), Some(format!("salle-b-poste-{n:02}")));
        machines::add(&mut tx, ROOT, &machine).await.unwrap();
    }
    persons::add(&mut tx, ROOT, &somebody(7, unit(21), "Éloïse d'Œuvre")).await.unwrap();
    let mut found = async |query: &str, expect: &[(&str, usize)]| {
        let all = search::find(&mut tx, ROOT, query, None, 100).await.unwrap();
        let mut counted = std::collections::BTreeMap::new();
        for one in &all {
            *counted.entry(one.kind.word()).or_insert(0) += 1;
        }
        assert_eq!(counted.into_iter().collect::<Vec<_>>(), expect, "{query}");
    };
    found("salle-b-poste-02", &[("machine", 1)]).await;
    found("poste-02", &[("machine", 1)]).await;
    found("SALLE B", &[("machine", 3)]).await;
    found("serie-3", &[("machine", 1)]).await;
    found("52:54:00:00:00:01", &[("machine", 1)]).await;
    found("5254000000", &[("machine", 3)]).await;
    found("eloise oeuvre", &[("person", 1)]).await;
    found("login7", &[("person", 1)]).await;
    found("roa", &[("unit", 1)]).await;
    found("eloise poste", &[]).await;
    found("%", &[]).await;
    found("nothing-like-it", &[]).await;
    found("", &[]).await;
    let only = search::find(&mut tx, Scope::of(unit(21)), "poste", None, 100).await.unwrap();
    assert_eq!(only, [], "another site's machines");
}
