//! The organisation: its tree, its people, its lists and its directories. The API and the pages both come here.
pub(crate) mod csv_text;
pub(crate) mod departures;
pub(crate) mod directory;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod networks;

use crate::{
    House,
    access::Person as Caller,
    refusal::{Answer, Refusal},
    views,
};
use socle_db::{Conn, Scope, consents, machines, persons, search, sessions, units};
use socle_domain::{
    DecisionId, LinkId, PersonId, TargetId, Timestamp, UnitId,
    consent::{self, Consent},
    keys::Enrolment,
    person::{Origin, Person},
    sign::Signed,
    unit::{Change, Part, Tree, UnitDecision},
};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use socle_wire::{
    api::{LiveEvent, MachineView},
    organisation::{Decide, DecisionView, FoundView, Held, UnitView, Wished, WritePerson},
};
use std::collections::BTreeMap;

/// How far ahead or back a decision may be dated, in days.
const MAX_DAYS: i64 = 366 * 100;

/// A new identifier of the present.
pub(crate) fn new_id(now: Timestamp) -> Result<(u64, [u8; 10])> {
    Ok((u64::try_from(now.as_millisecond()).unwrap_or(0), chance::bytes()?))
}
pub(crate) fn new_unit(now: Timestamp) -> Result<UnitId> {
    new_id(now).map(|(at, random)| UnitId::new(at, random))
}
pub(crate) fn new_person(now: Timestamp) -> Result<PersonId> {
    new_id(now).map(|(at, random)| PersonId::new(at, random))
}
pub(crate) fn new_link(now: Timestamp) -> Result<LinkId> {
    new_id(now).map(|(at, random)| LinkId::new(at, random))
}
fn new_decision(now: Timestamp) -> Result<DecisionId> {
    new_id(now).map(|(at, random)| DecisionId::new(at, random))
}

/// The decision of a change that holds from `at` on.
pub(crate) fn decision(now: Timestamp, at: Timestamp, by: &str, what: Change) -> Result<UnitDecision> {
    Ok(UnitDecision { id: new_decision(now)?, at, decided: now, by: by.into(), what })
}

/// Enters a decision.
pub(crate) async fn decide(house: &House, caller: &Caller, wish: Decide) -> Answer<DecisionView> {
    let now = house.now();
    let at = wish.at.unwrap_or(now);
    if at.duration_since(now).as_hours().abs() > MAX_DAYS * 24 {
        return Err(Refusal::wrong(Fault::new("server-moment-wrong")));
    }
    let one = decision(now, at, &caller.name, change(now, wish.what)?)?;
    let view = decision_view(one.clone());
    let mut tx = house.db.write().await?;
    units::decide(&mut tx, caller.scope, std::slice::from_ref(&one), now).await?;
    crate::idempotency::will_answer(house, axum::http::StatusCode::CREATED, &view)?;
    tx.commit().await?;
    Ok(view)
}

fn change(now: Timestamp, wish: Wished) -> Result<Change> {
    Ok(match wish {
        Wished::Found { parent, name, kind } => Change::Founded { unit: new_unit(now)?, parent, name, kind },
        Wished::Rename { unit, name } => Change::Renamed { unit, name },
        Wished::Move { unit, parent } => Change::Moved { unit, parent },
        Wished::Merge { unit, into } => Change::Merged { unit, into },
        Wished::Close { unit } => Change::Closed { unit },
        Wished::Split { unit, into } => {
            let part = |p: socle_wire::organisation::WishedPart| {
                Ok(Part { unit: new_unit(now)?, name: p.name, takes: p.takes })
            };
            Change::Split { unit, into: into.into_iter().map(part).collect::<Result<_>>()? }
        }
    })
}

/// A decision as it is told.
pub(crate) fn decision_view(one: UnitDecision) -> DecisionView {
    DecisionView { id: one.id, at: one.at, decided: one.decided, by: one.by, what: one.what }
}

/// The tree as a scope sees it, with what each unit holds at present. The units that stand above are not among them.
pub(crate) async fn unit_views(
    conn: &mut Conn,
    scope: Scope,
    moment: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<UnitView>> {
    let tree = units::tree(conn, scope, moment.unwrap_or(now)).await?;
    let own = units::held(conn, scope, now).await?;
    let mut all: BTreeMap<UnitId, Held> = BTreeMap::new();
    for (unit, held) in &own {
        for above in tree.line(*unit).map(|u| u.id) {
            let sum = all.entry(above).or_default();
            sum.machines += held.known;
            sum.waiting += held.waiting;
            sum.people += held.people;
        }
    }
    let of = |unit: UnitId| {
        own.get(&unit).map_or_else(Held::default, |held| Held {
            machines: held.known,
            waiting: held.waiting,
            people: held.people,
        })
    };
    let mut views: Vec<UnitView> = tree
        .subtree(scope.unit())
        .into_iter()
        .filter_map(|id| tree.get(id))
        .map(|unit| UnitView {
            id: unit.id,
            parent: unit.parent,
            name: unit.name.clone(),
            path: tree.path(unit.id),
            kind: unit.kind,
            depth: tree.line(unit.id).count() as u32 - 1,
            since: unit.since,
            ended: unit.ended.as_ref().map(|(at, _)| *at),
            how: unit.ended.as_ref().map(|(_, how)| how.clone()),
            own: of(unit.id),
            all: all.get(&unit.id).copied().unwrap_or_default(),
        })
        .collect();
    views.sort_by_key(|view| order(&tree, view.id));
    Ok(views)
}

/// A tree is read from the top, each branch to its end, names in their order.
fn order(tree: &Tree, unit: UnitId) -> Vec<(bool, String, UnitId)> {
    let mut line: Vec<_> = tree.line(unit).map(|u| (!u.is_open(), u.name.to_lowercase(), u.id)).collect();
    line.reverse();
    line
}

/// Adds somebody.
pub(crate) async fn add_person(house: &House, caller: &Caller, wish: WritePerson) -> Answer<Person> {
    let now = house.now();
    let one = Person {
        id: new_person(now)?,
        unit: wish.unit.unwrap_or(caller.scope.unit()),
        name: wish.name,
        login: filled(wish.login),
        mail: filled(wish.mail),
        origin: Origin::Hand,
        since: wish.since.unwrap_or(now),
        until: wish.until,
    };
    let mut tx = house.db.write().await?;
    persons::add(&mut tx, caller.scope, &one).await?;
    crate::idempotency::will_answer(house, axum::http::StatusCode::CREATED, &one)?;
    tx.commit().await?;
    Ok(one)
}

/// Changes what is known of somebody.
pub(crate) async fn change_person(house: &House, caller: &Caller, id: PersonId, wish: WritePerson) -> Answer<Person> {
    let mut tx = house.db.write().await?;
    let old = persons::by_id(&mut tx, caller.scope, id).await?.ok_or_else(|| Refusal::unknown("person"))?;
    let one = Person {
        unit: wish.unit.unwrap_or(old.unit),
        name: wish.name,
        login: filled(wish.login),
        mail: filled(wish.mail),
        since: wish.since.unwrap_or(old.since),
        until: wish.until,
        ..old
    };
    persons::change(&mut tx, caller.scope, &one).await?;
    tx.commit().await?;
    Ok(one)
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_string()).filter(|t| !t.is_empty())
}

/// Moves a machine to another unit, within a scope and in somebody's name. Its identity is signed anew; what it was doing must
/// be over. Where that was approved, it is done from the same transaction on.
pub(crate) async fn move_machine(
    house: &House,
    (scope, by): (Scope, &str),
    id: TargetId,
    unit: UnitId,
    approved: Option<&Consent>,
) -> Answer<MachineView> {
    let mut tx = house.db.write().await?;
    move_one(house, &mut tx, (scope, by), id, unit).await?;
    if let Some(approved) = approved {
        consents::stands(&mut tx, scope, &Consent { state: consent::State::Done, ..approved.clone() }).await?;
    }
    let view = views::one_machine(&mut tx, scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    crate::idempotency::will_answer(house, axum::http::StatusCode::OK, &view)?;
    tx.commit().await?;
    house.presence.forget(id);
    house.live.tell(LiveEvent::Machine { id });
    Ok(view)
}

pub(crate) async fn move_one(
    house: &House,
    conn: &mut Conn,
    (scope, name): (Scope, &str),
    id: TargetId,
    unit: UnitId,
) -> Answer<()> {
    let machine = machines::by_id(conn, scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    if socle_db::runs::open_of(conn, Scope::ROOT, id).await?.is_some() {
        return Err(Refusal::conflict(Fault::new("server-run-open")));
    }
    let now = house.now();
    let by = machine.by.clone().unwrap_or_default();
    let enrolment = Enrolment { target: machine.id, unit, machine: machine.key, at: now, by };
    let enrolment = machine.enrolment.is_some().then(|| Signed::new(&enrolment, &house.keys.server));
    machines::move_to(conn, scope, &machine, unit, enrolment.as_ref(), name, now).await?;
    sessions::close_of(conn, Scope::ROOT, sessions::Kind::Machine, &id.to_string()).await?;
    Ok(())
}

/// What the typed words find, each with what tells it from others.
pub(crate) async fn find(
    conn: &mut Conn,
    scope: Scope,
    query: &str,
    kind: Option<search::Kind>,
    limit: u32,
) -> Result<Vec<FoundView>> {
    let mut views = Vec::new();
    let mut paths: BTreeMap<UnitId, String> = BTreeMap::new();
    for one in search::find(conn, scope, query, kind, limit).await? {
        let (name, detail) = match one.kind {
            search::Kind::Machine => match machines::by_id(conn, scope, parsed(&one.id)?).await? {
                Some(m) => {
                    let hints = m.hints.serial.iter().chain(m.hints.macs.first()).cloned().collect::<Vec<_>>();
                    (m.name.unwrap_or(m.code), hints.join(" · "))
                }
                None => continue,
            },
            search::Kind::Person => match persons::by_id(conn, scope, parsed(&one.id)?).await? {
                Some(p) => (p.name, p.login.iter().chain(&p.mail).cloned().collect::<Vec<_>>().join(" · ")),
                None => continue,
            },
            search::Kind::Unit => match units::by_id(conn, scope, one.unit).await? {
                Some(unit) => (unit.name, unit.kind.word().to_string()),
                None => continue,
            },
        };
        if !paths.contains_key(&one.unit) {
            let line = units::line(conn, scope, one.unit).await?;
            let names: Vec<&str> = line.iter().rev().map(|u| u.name.as_str()).collect();
            paths.insert(one.unit, names.join(" / "));
        }
        let path = paths.get(&one.unit).cloned().unwrap_or_default();
        views.push(FoundView { kind: one.kind.word().into(), id: one.id, name, detail, unit: one.unit, path });
    }
    Ok(views)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T> {
    text.parse().map_err(|e: T::Err| Fault::new("server-broken").because(e))
}

/// Brings the tree to the present when the moment of a decision has come.
pub(crate) async fn keep_to_date(house: &House) -> Result<()> {
    let now = house.now();
    if !units::is_due(&mut *house.db.read().await?, now).await? {
        return Ok(());
    }
    let mut tx = house.db.write().await?;
    units::apply_due(&mut tx, now).await?;
    tx.commit().await
}
