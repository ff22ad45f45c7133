//! The second person: asking, deciding, carrying out.
//!
//! An act that one person alone should not do ([`Deed::asks`]) is kept as it is, and waits. When another person who
//! holds the same rights says yes, the server does it: the yes stands in the database before anything is done, and what
//! is done is noted target by target in the transaction that does it, so that a server that is killed in between goes
//! on where it was and does nothing twice.
mod carry_out;

pub(crate) use carry_out::{resume, wake};

use crate::{
    House,
    access::Person,
    idempotency,
    refusal::{Answer, Refusal},
};
use axum::http::StatusCode;
use socle_db::{Conn, Scope, audit, consents, grants, machines, people, runs, units};
use socle_domain::{
    AccountId, ConsentId, RunId, UnitId,
    audit::Outcome,
    consent::{COUNTED_TOGETHER, Consent, Deed, MAX_MACHINES, State, WAITS, Why},
    role::{Grant, Right, holds},
    run::Status,
};
use socle_texts::Fault;
use socle_trust::chance;
use socle_wire::rights::{ApprovalView, ItemView};
use std::sync::Arc;

/// Asks for a second person where the act needs one and somebody else could be it. None: it may be done now; where it
/// is done without the second person that it should have, the audit trail says so.
///
/// # Errors
/// 403 or 404 where the person lacks a right that the act needs; `server-too-many-machines`.
pub(crate) async fn ask(house: &House, person: &Person, deed: Deed) -> Answer<Option<Consent>> {
    let mut tx = house.db.write().await?;
    let (why, asked) = judge(house, &mut tx, person, &deed).await?;
    if asked {
        return keep(house, tx, person, deed, why, State::Waiting).await.map(Some);
    }
    if why.is_some() {
        audit::outcome(Outcome::Alone);
    }
    if deed.machines() > 0 {
        // Counted before it is done: two that come at once do not both stay below. It is no act of its own.
        audit::unnoticed(tx.commit()).await?;
    }
    Ok(None)
}

/// Takes an act that the server carries out itself, at once or after a second person's yes.
///
/// # Errors
/// As [`ask`].
pub(crate) async fn take(house: &Arc<House>, person: &Person, deed: Deed) -> Answer<Consent> {
    let mut tx = house.db.write().await?;
    let (why, asked) = judge(house, &mut tx, person, &deed).await?;
    let state = if asked { State::Waiting } else { State::Approved };
    let one = keep(house, tx, person, deed, why, state).await?;
    if !asked {
        wake(house);
    }
    Ok(one)
}

/// Why the act should have a second person, and whether one is asked: only where somebody else could say yes.
async fn judge(house: &House, conn: &mut Conn, person: &Person, deed: &Deed) -> Answer<(Option<Why>, bool)> {
    if deed.machines() > MAX_MACHINES as u64 {
        return Err(Refusal::wrong(Fault::new("server-too-many-machines").with("limit", MAX_MACHINES)));
    }
    let (unit, now) = (person.scope.unit(), house.now());
    if let Deed::StartRuns { master, options, .. } = deed {
        // What waits stands in the database as it was asked for.
        crate::options::refuse_secrets(house, conn, person.scope, *master, options).await?;
    }
    for right in deed.rights() {
        person.must(conn, right, unit).await?;
    }
    is_there(conn, person.scope, deed).await?;
    if let Deed::CancelRun { run } = deed
        && not_begun(conn, person.scope, *run).await?
    {
        return Ok((None, false));
    }
    let recent = consents::acted_since(conn, person.id, now - COUNTED_TOGETHER).await?;
    let why = deed.asks(recent, consents::above(conn).await?);
    let asked = why.is_some() && somebody_else(conn, person.id, &deed.rights(), unit).await?;
    if !asked && deed.machines() > 0 {
        consents::acted(conn, person.id, deed.machines(), now).await?;
    }
    Ok((why, asked))
}

/// An order that no machine has taken up is taken back by whoever may, at any time: no machine is touched, and the brake of a
/// wave that goes wrong must not wait for a second person.
async fn not_begun(conn: &mut Conn, scope: Scope, run: RunId) -> Answer<bool> {
    let run = runs::by_id(conn, scope, run).await?.ok_or_else(|| Refusal::unknown("run"))?;
    Ok(run.state.status == Status::Ordered)
}

/// Counts machines on which a person acts where the act can't wait: at the machine itself, or in the middle of a list. Where
/// it needs a second person it is refused, and done where a second person can be asked.
///
/// # Errors
/// `server-second-person-needed`.
pub(crate) async fn count_alone(
    house: &House,
    conn: &mut Conn,
    person: AccountId,
    unit: UnitId,
    rights: &[Right],
    machines: u64,
) -> Answer<()> {
    let now = house.now();
    let machines_together = consents::acted_since(conn, person, now - COUNTED_TOGETHER).await?.saturating_add(machines);
    let above = consents::above(conn).await?;
    if machines > 0 && machines_together > u64::from(above) {
        if somebody_else(conn, person, rights, unit).await? {
            let fault =
                Fault::new("server-second-person-needed").with("machines", machines_together).with("above", above);
            return Err(Refusal::conflict(fault));
        }
        audit::outcome(Outcome::Alone);
    }
    if machines > 0 {
        consents::acted(conn, person, machines, now).await?;
    }
    Ok(())
}

/// What the act is about belongs to the scope: what does not is as if it were not there, before anybody is asked.
async fn is_there(conn: &mut Conn, scope: Scope, deed: &Deed) -> Answer<()> {
    match deed {
        Deed::StartRuns { targets, .. } => {
            for target in targets {
                machines::by_id(conn, scope, *target).await?.ok_or_else(|| Refusal::unknown("machine"))?;
            }
        }
        Deed::BootOnce { target, .. } | Deed::RefuseMachine { target } => {
            machines::by_id(conn, scope, *target).await?.ok_or_else(|| Refusal::unknown("machine"))?;
        }
        Deed::MoveMachine { target, unit } => {
            machines::by_id(conn, scope, *target).await?.ok_or_else(|| Refusal::unknown("machine"))?;
            units::by_id(conn, scope, *unit).await?.ok_or_else(|| Refusal::unknown("unit"))?;
        }
        Deed::AllowLoss { run, .. } | Deed::CancelRun { run } => {
            runs::by_id(conn, scope, *run).await?.ok_or_else(|| Refusal::unknown("run"))?;
        }
        Deed::ReplaceIdentity { target, stranger, .. } => {
            for machine in [target, stranger] {
                machines::by_id(conn, scope, *machine).await?.ok_or_else(|| Refusal::unknown("machine"))?;
            }
        }
        Deed::Publish { .. } | Deed::RaiseLimit { .. } => {}
    }
    Ok(())
}

async fn keep(
    house: &House,
    mut tx: socle_db::Write,
    person: &Person,
    deed: Deed,
    why: Option<Why>,
    state: State,
) -> Answer<Consent> {
    let now = house.now();
    let one = Consent {
        id: ConsentId::new(now.as_millisecond().max(0) as u64, chance::bytes()?),
        unit: person.scope.unit(),
        deed,
        why,
        asked_by: person.id,
        asked: now,
        expires: now + WAITS,
        state,
        decided_by: None,
        decided: None,
        reason: None,
        fault: None,
    };
    consents::add(&mut tx, person.scope, &one).await?;
    audit::about("approval", &one.id.to_string(), one.unit);
    match (state, why) {
        (State::Waiting, _) => audit::outcome(Outcome::Asked),
        (_, Some(_)) => audit::outcome(Outcome::Alone),
        (_, None) => {}
    }
    let told = view(&mut tx, one.clone()).await?;
    let place = format!("/api/v1/approvals/{}", one.id);
    idempotency::will_answer_at(house, StatusCode::ACCEPTED, &told, Some(&place))?;
    tx.commit().await?;
    Ok(one)
}

/// Whether anybody else holds these rights there and can sign in to say yes.
async fn somebody_else(conn: &mut Conn, person: AccountId, rights: &[Right], unit: UnitId) -> Answer<bool> {
    let path = grants::path(conn, unit).await?;
    let Some(first) = rights.first() else { return Ok(false) };
    for other in grants::holders(conn, *first, unit).await? {
        if other == person || !people::can_sign_in(conn, other).await? {
            continue;
        }
        let held = granted(conn, other).await?;
        if rights.iter().all(|right| holds(&held, *right, &path)) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn granted(conn: &mut Conn, person: AccountId) -> Answer<Vec<Grant>> {
    Ok(grants::of(conn, person).await?.into_iter().map(|placed| placed.grant).collect())
}

/// A second person says yes or no; or who asked takes it back.
///
/// # Errors
/// 404 where it is not his to see; 403 where he lacks a right of the act; `server-asker-lost-right` where who asked
/// would not be allowed any more; those of [`Consent::decide`].
pub(crate) async fn decide(
    house: &Arc<House>,
    person: &Person,
    id: ConsentId,
    yes: bool,
    reason: &str,
) -> Answer<Consent> {
    let mut tx = house.db.write().await?;
    let found = consents::by_id(&mut tx, person.scope, id).await?;
    let mut one = found.ok_or_else(|| Refusal::unknown("approval"))?;
    if yes || person.id != one.asked_by {
        for right in one.deed.rights() {
            person.must(&mut tx, right, one.unit).await?;
        }
    }
    if yes {
        let (held, path) = (granted(&mut tx, one.asked_by).await?, grants::path(&mut tx, one.unit).await?);
        if !one.deed.rights().iter().all(|right| holds(&held, *right, &path)) {
            return Err(Refusal::conflict(Fault::new("server-asker-lost-right")));
        }
    }
    one.decide(person.id, yes, reason, house.now()).map_err(|fault| match fault.code.as_ref() {
        "domain-consent-own" => Refusal::new(StatusCode::FORBIDDEN, fault),
        "domain-consent-reason" => Refusal::wrong(fault),
        _ => Refusal::conflict(fault),
    })?;
    consents::stands(&mut tx, person.scope, &one).await?;
    audit::about("approval", &id.to_string(), one.unit);
    audit::outcome(if yes { Outcome::Approved } else { Outcome::Refused });
    if idempotency::is_keyed() {
        idempotency::will_answer(house, StatusCode::OK, &view(&mut tx, one.clone()).await?)?;
    }
    tx.commit().await?;
    if yes {
        wake(house);
    }
    Ok(one)
}

/// An act as it is told, with the names that are known.
pub(crate) async fn view(conn: &mut Conn, one: Consent) -> Answer<ApprovalView> {
    let items = consents::items(conn, one.id).await?.into_iter().map(|(target, item)| match item {
        consents::Item::Started(run) => ItemView { target, run: Some(run), fault: None },
        consents::Item::Failed(fault) => ItemView { target, run: None, fault: Some(fault) },
    });
    let items = items.collect();
    let asked_by_name = people::by_account(conn, one.asked_by).await?.map(|a| a.name);
    let decided_by_name = match one.decided_by {
        Some(id) => people::by_account(conn, id).await?.map(|a| a.name),
        None => None,
    };
    Ok(ApprovalView {
        id: one.id,
        unit: one.unit,
        unit_name: grants::unit_name(conn, one.unit).await?.unwrap_or_default(),
        alone: one.is_alone(),
        machines: one.deed.machines(),
        rights: one.deed.rights(),
        deed: one.deed,
        why: one.why,
        asked_by: one.asked_by,
        asked_by_name,
        asked: one.asked,
        expires: one.expires,
        state: one.state,
        decided_by: one.decided_by,
        decided_by_name,
        decided: one.decided,
        reason: one.reason,
        fault: one.fault,
        items,
    })
}

/// How many acts wait within a scope for somebody else than this person.
pub(crate) async fn waiting_for(conn: &mut Conn, person: &Person, scope: Scope) -> Answer<u64> {
    let waiting = consents::list(conn, scope, Some(State::Waiting), 1_000).await?;
    let mut count = 0;
    for one in waiting.iter().filter(|one| one.asked_by != person.id) {
        let path = grants::path(conn, one.unit).await?;
        count += u64::from(one.deed.rights().iter().all(|right| person.holds(*right, &path)));
    }
    Ok(count)
}
