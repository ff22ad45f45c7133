//! The form of a whole room: what the wizard asks at each machine, answered for all of them before anything starts.
//!
//! The answers are kept as decisions about each machine, so that they are what holds there, can be explained, and stand
//! for as long as nobody decides otherwise.
use super::{
    RIGHTS,
    answers::{self, Seat, Taken, Wish, Wrong},
    asked::Asking,
    place,
};
use crate::{
    House,
    access::Person,
    consenting, options, ordering,
    refusal::{Answer, Refusal},
};
use serde_json::Value;
use socle_db::{
    Conn, Scope, machines,
    machines::{Machine, State},
    runs, settings, units, wizard,
};
use socle_domain::{
    Digest, TargetId, UnitId,
    consent::Deed,
    resolve::{Setting, Source},
};
use socle_texts::Fault;
use socle_wire::{
    api::StartRun,
    wizard::{Room, RoomMachine, RoomStarted, StartMachine, StartRoom},
};
use std::collections::{BTreeMap, BTreeSet};

/// Machines of one form.
const MAX_MACHINES: usize = 200;
/// Machines that wait to be recognised and are offered with those of a room.
const MAX_WAITING: u32 = 500;

/// Refuses a unit where he may not install machines.
async fn check_unit(conn: &mut Conn, person: &Person, unit: UnitId) -> Answer<String> {
    for right in RIGHTS {
        person.must(conn, right, unit).await?;
    }
    let found = units::by_id(conn, Scope::of(unit), unit).await?.filter(|u| u.is_open());
    found.map(|u| u.name).ok_or_else(|| Refusal::unknown("unit"))
}

/// The machines that a room's form is about: its own, and those that wait to be recognised in it or on the way to it.
async fn machines_of(conn: &mut Conn, person: &Person, unit: UnitId) -> Answer<Vec<Machine>> {
    let known = machines::list(conn, Scope::of(unit), Some(State::Known), MAX_MACHINES as u32).await?;
    let mut all: Vec<Machine> = known.into_iter().filter(|m| m.unit == unit).collect();
    // A machine that has just shown itself waits at the top: whoever may recognise it there may place it here.
    let waiting = machines::list(conn, person.scope, Some(State::ToRecognise), MAX_WAITING).await?;
    all.extend(waiting);
    all.truncate(MAX_MACHINES);
    Ok(all)
}

/// The form.
///
/// # Errors
/// 404 or 403 where he may not install machines there; `server-master-not-offered`.
pub(crate) async fn form(house: &House, person: &Person, unit: UnitId, master: Option<Digest>) -> Answer<Room> {
    let mut conn = house.db.read().await?;
    let name = check_unit(&mut conn, person, unit).await?;
    let offered = options::offered(house, &mut conn, unit).await?;
    let masters = offered.iter().map(|m| m.view.digest).collect();
    let opened = match master {
        None => None,
        Some(digest) => {
            let found = offered.into_iter().find(|m| m.view.digest == digest);
            Some(found.ok_or_else(|| Refusal::wrong(Fault::new("server-master-not-offered")))?)
        }
    };
    let asking = Asking::of(&mut conn, unit).await?;
    let scope = Scope::of(unit);
    let mut names = machines::names(&mut conn, scope, unit).await?;
    let seats = wizard::seats(&mut conn, scope, unit).await?;
    let mut taken: BTreeSet<String> = seats.values().cloned().collect();
    let mut questions = Vec::new();
    let mut lines = Vec::new();
    for machine in machines_of(&mut conn, person, unit).await? {
        let proposed = || place::next_name(&name, &names, 0).unwrap_or_default();
        let own = machine.name.clone().filter(|_| machine.state == State::Known);
        let known = own.is_some();
        let shown = own.unwrap_or_else(proposed);
        names.insert(shown.clone());
        let seat = seats.get(&machine.id).cloned().or_else(|| place::next_seat(&taken, 0));
        taken.extend(seat.clone());
        let mut asked = BTreeMap::new();
        if let Some(opened) = &opened {
            for one in asking.asked(&mut conn, &machine, &shown, opened).await? {
                asked.insert(one.question.name.clone(), one.question.default.clone());
                if !questions.iter().any(|q: &socle_wire::wizard::Question| q.name == one.question.name) {
                    questions.push(one.question);
                }
            }
        }
        let busy = runs::open_of(&mut conn, Scope::ROOT, machine.id).await?.is_some();
        lines.push(RoomMachine { id: machine.id, name: shown, known, code: machine.code, seat, busy, asked });
    }
    Ok(Room { unit, name, masters, master, questions, machines: lines })
}

/// One machine that was found right.
struct Right {
    machine: Machine,
    wish: StartMachine,
    /// Its answers; of a secret the reference.
    options: BTreeMap<String, Value>,
}

/// Starts a room: all machines or none.
///
/// # Errors
/// As [`form`]; `server-room-empty`; those of asking a second person and of starting runs.
pub(crate) async fn start(house: &House, person: &Person, wish: StartRoom) -> Answer<RoomStarted> {
    if wish.machines.is_empty() || wish.machines.len() > MAX_MACHINES {
        return Err(Refusal::wrong(Fault::new("server-room-empty").with("limit", MAX_MACHINES)));
    }
    let (unit, master, loss) = (wish.unit, wish.master, wish.loss);
    let mut right = match check(house, person, wish).await? {
        Ok(right) => right,
        Err(machines) => return Ok(RoomStarted::Wrong { machines }),
    };
    for one in &mut right {
        let seat = Seat { unit, name: &one.wish.name, seat: one.wish.seat.as_deref() };
        answers::settle(house, &one.machine, seat).await?;
        one.options = answers::sealed(house, &one.wish.secrets).await?;
        one.options.extend(one.wish.options.clone());
        decide(house, person, unit, one).await?;
    }
    let targets: Vec<TargetId> = right.iter().map(|one| one.machine.id).collect();
    let place = Person { scope: Scope::of(unit), ..person.clone() };
    let deed = Deed::StartRuns { targets, master, options: BTreeMap::new(), loss };
    if let Some(waits) = consenting::ask(house, &place, deed).await? {
        return Ok(RoomStarted::Waits { approval: format!("/approvals/{}", waits.id) });
    }
    let mut runs = Vec::new();
    for one in right {
        // A secret is not said again: what was decided for the machine holds.
        let start = StartRun { target: one.machine.id, master, options: one.wish.options, loss };
        runs.push(ordering::start(house, Scope::of(unit), start).await?.id);
    }
    Ok(RoomStarted::Started { runs })
}

type Checked = Result<Vec<Right>, BTreeMap<TargetId, Wrong>>;

async fn check(house: &House, person: &Person, wish: StartRoom) -> Answer<Checked> {
    let mut conn = house.db.read().await?;
    check_unit(&mut conn, person, wish.unit).await?;
    let opened = place::offered_one(house, &mut conn, wish.unit, wish.master).await?;
    let opened = opened.ok_or_else(|| Refusal::wrong(Fault::new("server-master-not-offered")))?;
    let there: BTreeMap<TargetId, Machine> =
        machines_of(&mut conn, person, wish.unit).await?.into_iter().map(|m| (m.id, m)).collect();
    let asking = Asking::of(&mut conn, wish.unit).await?;
    let mut taken = Taken::of(&mut conn, wish.unit).await?;
    let (mut right, mut wrong): (Vec<Right>, BTreeMap<TargetId, Wrong>) = (Vec::new(), BTreeMap::new());
    for line in wish.machines {
        let machine = there.get(&line.id).cloned().ok_or_else(|| Refusal::unknown("machine"))?;
        let found = Wish {
            machine: &machine,
            name: &line.name,
            seat: line.seat.as_deref(),
            options: &line.options,
            secrets: &line.secrets,
        };
        let mut faults = answers::check_place(&found, wish.unit, &taken);
        let asked = asking.asked(&mut conn, &machine, &line.name, &opened).await?;
        faults.extend(answers::check_options(&found, &asked));
        if runs::open_of(&mut conn, Scope::ROOT, machine.id).await?.is_some() {
            faults.insert("name".into(), Fault::new("server-run-open"));
        }
        if right.iter().any(|one: &Right| one.machine.id == machine.id) {
            faults.insert("name".into(), Fault::new("server-machine-twice"));
        }
        taken.takes(&found);
        match faults.is_empty() {
            true => right.push(Right { machine, wish: line, options: BTreeMap::new() }),
            false => drop(wrong.insert(machine.id, faults)),
        }
    }
    Ok(if wrong.is_empty() { Ok(right) } else { Err(wrong) })
}

/// Keeps the answers as what is decided for the machine.
async fn decide(house: &House, person: &Person, unit: UnitId, one: &Right) -> Answer<()> {
    if one.options.is_empty() {
        return Ok(());
    }
    let mut tx = house.db.write().await?;
    for (option, value) in &one.options {
        let setting = Setting {
            source: Source::Machine { machine: one.machine.id },
            option: option.clone(),
            value: Some(value.clone()),
            narrows: None,
            by: person.id.to_string(),
            at: house.now(),
        };
        settings::put_for_machine(&mut tx, Scope::of(unit), one.machine.id, &setting).await?;
    }
    Ok(tx.commit().await?)
}
