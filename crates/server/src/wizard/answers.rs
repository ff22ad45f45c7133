//! What becomes of answers: checked as a whole, then carried out.
//!
//! Nothing is changed before everything was found right; what then stands in the way (somebody else was faster) is told
//! as any other fault, and the same answers may be handed in again: what they have done already is done once.
use super::{
    RIGHTS,
    asked::{Asked, Asking},
    may, place,
    signing::AtMachine,
};
use crate::{
    House, consenting, options,
    ordering::{self, Ends},
    recognise,
    refusal::{Answer, Refusal},
};
use axum::http::StatusCode;
use serde_json::Value;
use socle_db::{
    Conn, Scope, machines,
    machines::{Machine, State},
    people, runs, units, wizard,
};
use socle_domain::{
    TargetId, UnitId,
    answers::{Answers, is_seat},
    keys::Enrolment,
    order::LossPolicy,
    sign::Signed,
    target::is_host_name,
};
use socle_texts::{Fault, Result};
use socle_wire::{
    api::{LiveEvent, StartRun},
    wizard::{AskQuestions, Finish, Finished, Questions},
};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong, by field: `name`, `seat`, `master`, `option.NAME`.
pub(crate) type Wrong = BTreeMap<String, Fault>;

/// What a machine shall be.
pub(crate) struct Wish<'a> {
    pub machine: &'a Machine,
    pub name: &'a str,
    pub seat: Option<&'a str>,
    pub options: &'a BTreeMap<String, Value>,
    /// The secrets among the answers.
    pub secrets: &'a BTreeMap<String, String>,
}

/// What is taken in a room already.
pub(crate) struct Taken {
    names: BTreeSet<String>,
    seats: BTreeMap<TargetId, String>,
}

impl Taken {
    /// In a unit.
    pub async fn of(conn: &mut Conn, unit: UnitId) -> Result<Taken> {
        let scope = Scope::of(unit);
        Ok(Taken { names: machines::names(conn, scope, unit).await?, seats: wizard::seats(conn, scope, unit).await? })
    }
    /// Notes what a machine of the same form takes.
    pub fn takes(&mut self, wish: &Wish<'_>) {
        self.names.insert(wish.name.to_string());
        if let Some(seat) = wish.seat {
            self.seats.insert(wish.machine.id, seat.to_string());
        }
    }
}

/// Whether name and seat can be given.
pub(crate) fn check_place(wish: &Wish<'_>, unit: UnitId, taken: &Taken) -> Wrong {
    let mut wrong = Wrong::new();
    let own = wish.machine.name.as_deref().filter(|_| wish.machine.state == State::Known);
    match own {
        Some(own) if own != wish.name => {
            wrong.insert("name".into(), Fault::new("server-already-known").with("name", own));
        }
        _ if !is_host_name(wish.name) => {
            wrong.insert("name".into(), Fault::new("server-name-wrong").with("name", wish.name));
        }
        _ if taken.names.contains(wish.name) && (own.is_none() || wish.machine.unit != unit) => {
            wrong.insert("name".into(), Fault::new("db-name-taken").with("name", wish.name));
        }
        _ => {}
    }
    if let Some(seat) = wish.seat {
        let other = taken.seats.iter().any(|(machine, taken)| taken == seat && *machine != wish.machine.id);
        if !is_seat(seat) {
            wrong.insert("seat".into(), Fault::new("server-seat-wrong"));
        } else if other {
            wrong.insert("seat".into(), Fault::new("db-seat-taken").with("seat", seat));
        }
    }
    wrong
}

/// Whether what was asked was answered, and nothing else.
pub(crate) fn check_options(wish: &Wish<'_>, asked: &[Asked]) -> Wrong {
    let field = |option: &str| format!("option.{option}");
    let mut wrong = Wrong::new();
    for one in asked {
        let name = &one.question.name;
        let verdict = match (one.question.input.is_secret(), wish.options.get(name), wish.secrets.get(name)) {
            (true, None, Some(plain)) => one
                .question
                .input
                .check(&plain.as_str().into())
                .and_then(|()| socle_domain::option::check_secret(name, plain)),
            (false, Some(value), None) => one
                .question
                .input
                .check(value)
                .and_then(|()| one.spec.check_value(value))
                .and_then(|()| one.resolved.reach.check(name, value)),
            (_, None, None) => Err(Fault::new("wire-answer-missing")),
            _ => Err(Fault::new("wire-answer-kind")),
        };
        if let Err(fault) = verdict {
            wrong.insert(field(name), fault);
        }
    }
    let is_asked = |name: &&String| !asked.iter().any(|a| a.question.name == **name);
    for name in wish.options.keys().chain(wish.secrets.keys()).filter(is_asked) {
        wrong.insert(field(name), Fault::new("server-option-not-asked").with("option", name));
    }
    wrong
}

/// Refuses a room outside of where he signed in, closed, or where he may nothing any more.
pub(crate) async fn check_room(conn: &mut Conn, at: &AtMachine, unit: UnitId) -> Answer<()> {
    let unknown = || Refusal::unknown("unit");
    let scope = Scope::of(at.session.unit);
    let found = units::by_id(conn, scope, unit).await?.filter(|u| u.is_open()).ok_or_else(unknown)?;
    match may(conn, at.session.person, found.id).await? {
        true => Ok(()),
        false => Err(unknown()),
    }
}

/// What a master asks here, once name, seat and master can stand.
pub(crate) async fn questions(house: &House, at: &AtMachine, ask: &AskQuestions) -> Answer<Questions> {
    let mut conn = house.db.read().await?;
    check_room(&mut conn, at, ask.unit).await?;
    let (none, no_secret) = (BTreeMap::new(), BTreeMap::new());
    let wish =
        Wish { machine: &at.machine, name: &ask.name, seat: ask.seat.as_deref(), options: &none, secrets: &no_secret };
    let mut wrong = check_place(&wish, ask.unit, &Taken::of(&mut conn, ask.unit).await?);
    let opened = place::offered_one(house, &mut conn, ask.unit, ask.master).await?;
    if opened.is_none() {
        wrong.insert("master".into(), Fault::new("server-master-not-offered"));
    }
    let Some(opened) = opened.filter(|_| wrong.is_empty()) else { return Ok(Questions::Wrong { fields: wrong }) };
    let asking = Asking::of(&mut conn, ask.unit).await?;
    let asked = asking.asked(&mut conn, &at.machine, &ask.name, &opened).await?;
    Ok(Questions::Asked { questions: asked.into_iter().map(|a| a.question).collect() })
}

/// Takes the answers of a conversation.
///
/// # Errors
/// `server-answers-wrong` where they are not this machine's, of this conversation; `server-run-open`; those of starting
/// a run.
pub(crate) async fn finish(house: &House, at: &AtMachine, finish: Finish) -> Answer<Finished> {
    let given = finish.answers.digest();
    if let Some((before, told)) = &at.session.finished {
        // The answer to it was lost on the way.
        return match *before == given {
            true => serde_json::from_str(told).map_err(|e| crate::views::broken(e).into()),
            false => Err(Refusal::conflict(Fault::new("server-answers-wrong").because("others were taken before"))),
        };
    }
    let answers = own(at, &finish.answers)?;
    let mut conn = house.db.read().await?;
    check_room(&mut conn, at, answers.unit).await?;
    if runs::open_of(&mut conn, Scope::ROOT, at.machine.id).await?.is_some() {
        return Err(Refusal::conflict(Fault::new("server-run-open")));
    }
    let wish = Wish {
        machine: &at.machine,
        name: &answers.name,
        seat: answers.seat.as_deref(),
        options: &answers.options,
        secrets: &finish.secrets,
    };
    let mut wrong = check_place(&wish, answers.unit, &Taken::of(&mut conn, answers.unit).await?);
    match place::offered_one(house, &mut conn, answers.unit, answers.master).await? {
        None => {
            wrong.insert("master".into(), Fault::new("server-master-not-offered"));
        }
        Some(opened) => {
            let asking = Asking::of(&mut conn, answers.unit).await?;
            let asked = asking.asked(&mut conn, &at.machine, &answers.name, &opened).await?;
            wrong.extend(check_options(&wish, &asked));
        }
    }
    drop(conn);
    if !wrong.is_empty() {
        return Ok(Finished::Wrong { fields: wrong });
    }
    carry_out(house, at, answers, finish).await
}

/// The answers, if they are this machine's own, of this very conversation.
fn own(at: &AtMachine, signed: &Signed<Answers>) -> Answer<Answers> {
    let wrong = |why: &str| Refusal::wrong(Fault::new("server-answers-wrong").because(why));
    let answers = signed.open(&at.machine.key)?;
    if (answers.session, answers.target, answers.machine) != (at.bearer, at.machine.id, at.machine.key) {
        return Err(wrong("they are of another conversation"));
    }
    if answers.who != at.session.who {
        return Err(wrong("they are of another person"));
    }
    Ok(answers)
}

async fn carry_out(house: &House, at: &AtMachine, answers: Answers, finish: Finish) -> Answer<Finished> {
    let scope = Scope::of(at.session.unit);
    // Before the machine is known under a name: what is asked here is counted only with the run, below.
    let mut tried = house.db.write().await?;
    consenting::count_alone(house, &mut tried, at.session.person, answers.unit, &RIGHTS, 1).await?;
    drop(tried);
    settle(house, &at.machine, Seat { unit: answers.unit, name: &answers.name, seat: answers.seat.as_deref() }).await?;
    let wish = StartRun {
        target: at.machine.id,
        master: answers.master,
        options: answers.options,
        loss: LossPolicy::NothingOnly,
    };
    let told = ordering::Told {
        answers: Some(finish.answers),
        secrets: finish.secrets,
        ends: Some(Ends { bearer: at.bearer, person: at.session.person }),
    };
    let row = ordering::start_told(house, scope, wish, told).await?;
    Ok(Finished::Done { name: row.target_name, run: Some(row.id) })
}

/// The references that stand for secrets, once they are sealed.
pub(crate) async fn sealed(house: &House, secrets: &BTreeMap<String, String>) -> Answer<BTreeMap<String, Value>> {
    let mut references = BTreeMap::new();
    if secrets.is_empty() {
        return Ok(references);
    }
    let mut tx = house.db.write().await?;
    for (option, plain) in secrets {
        references.insert(option.clone(), options::keep_secret(house, &mut tx, option, plain).await?);
    }
    tx.commit().await?;
    Ok(references)
}

/// Where a machine shall be, and under which name.
pub(crate) struct Seat<'a> {
    pub unit: UnitId,
    pub name: &'a str,
    pub seat: Option<&'a str>,
}

/// Makes a machine known under its name in its room, or moves one that is known there; gives it its seat.
pub(crate) async fn settle(house: &House, machine: &Machine, seat: Seat<'_>) -> Answer<()> {
    let mut tx = house.db.write().await?;
    let scope = Scope::ROOT;
    let mut machine = machines::by_id(&mut tx, scope, machine.id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    match machine.state {
        State::Refused => return Err(Refusal::unknown("machine")),
        State::ToRecognise => {
            let at = recognise::Seat { unit: seat.unit, name: seat.name };
            recognise::accept(house, &mut tx, scope, &mut machine, at, "person").await?;
        }
        State::Known if machine.name.as_deref() != Some(seat.name) => {
            let name = machine.name.unwrap_or_default();
            return Err(Refusal::conflict(Fault::new("server-already-known").with("name", name)));
        }
        State::Known if machine.unit != seat.unit => {
            let (key, at, by) = (machine.key, house.now(), "person".to_string());
            let enrolment = Enrolment { target: machine.id, unit: seat.unit, machine: key, at, by: by.clone() };
            let signed = Signed::new(&enrolment, &house.keys.server);
            machines::move_to(&mut tx, scope, &machine, seat.unit, Some(&signed), &by, at).await?;
        }
        State::Known => {}
    }
    wizard::take_seat(&mut tx, scope, seat.unit, machine.id, seat.seat).await?;
    socle_db::audit::about("machine", &machine.id.to_string(), seat.unit);
    tx.commit().await?;
    house.live.tell_at(machine.unit, LiveEvent::Machine { id: machine.id });
    Ok(())
}

/// The name of a person for the audit trail.
pub(crate) async fn name_of(house: &House, person: socle_domain::AccountId) -> Answer<String> {
    let found = people::by_account(&mut *house.db.read().await?, person).await?;
    found.map(|a| a.name).ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, Fault::new("server-unauthenticated")))
}
