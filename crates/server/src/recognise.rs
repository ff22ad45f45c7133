//! Recognising machines: by a person, from the list of those announced, or by a rule.
use crate::{
    House, idempotency,
    refusal::{Answer, Refusal},
    views, webhooks,
};
use axum::http::StatusCode;
use socle_db::{
    Conn, Scope, announced, audit, consents, machines,
    machines::{Machine, State},
    networks, rules, sessions, tpms,
};
use socle_domain::{
    TargetId, UnitId, consent, consent::Consent, keys::Enrolment, recognise::name_from, sequence::Condition,
    sign::Signed, target::is_host_name,
};
use socle_texts::{Fault, Result};
use socle_wire::api::{LiveEvent, ReplaceIdentity};
use std::{collections::BTreeSet, net::IpAddr};

/// Who puts a machine that waits into another queue.
const BY_NETWORK: &str = "network";

/// The queue of an unknown machine that speaks from this address: of the unit whose network it is, else the centre's.
pub(crate) async fn queue_at(conn: &mut Conn, address: IpAddr) -> Result<UnitId> {
    Ok(networks::unit_at(conn, address).await?.unwrap_or(UnitId::ROOT))
}

/// Puts a machine that waits where it waits now: it may have been carried elsewhere, or its network entered since. Where a
/// person has put it into a unit's queue it stays as long as it speaks from the same address.
pub(crate) async fn queue(house: &House, conn: &mut Conn, machine: &mut Machine, address: IpAddr) -> Result<()> {
    let stays = machine.unit != UnitId::ROOT && machine.address.as_deref() == Some(address.to_string().as_str());
    if machine.state != State::ToRecognise || stays {
        return Ok(());
    }
    let unit = queue_at(conn, address).await?;
    if unit != machine.unit {
        machines::move_to(conn, Scope::ROOT, machine, unit, None, BY_NETWORK, house.now()).await?;
        machine.unit = unit;
    }
    Ok(())
}

/// The place and the name that a machine gets.
pub(crate) struct Seat<'a> {
    /// Its unit from now on.
    pub unit: UnitId,
    /// Its name.
    pub name: &'a str,
}

/// Recognises a machine under a name, in a unit: the server signs who it is.
pub(crate) async fn accept(
    house: &House,
    conn: &mut Conn,
    scope: Scope,
    machine: &mut Machine,
    seat: Seat<'_>,
    by: &str,
) -> Result<()> {
    let Seat { unit, name } = seat;
    if !is_host_name(name) {
        return Err(Fault::new("server-name-wrong").with("name", name));
    }
    let now = house.now();
    let enrolment = Enrolment { target: machine.id, unit, machine: machine.key, at: now, by: by.into() };
    let enrolment = Signed::new(&enrolment, &house.keys.server);
    let decision = machines::Decision {
        unit: Some(unit),
        state: State::Known,
        name: Some(name),
        by,
        enrolment: Some(&enrolment),
        at: now,
    };
    machines::decide(conn, scope, machine.id, decision).await?;
    machine.unit = unit;
    machine.state = State::Known;
    machine.name = Some(name.to_string());
    machine.by = Some(by.to_string());
    machine.since = now;
    machine.enrolment = Some(enrolment);
    webhooks::about_machine(house, conn, "machine.recognised", machine).await
}

/// A person recognises a machine; in the unit where it waits where he names none.
pub(crate) async fn accept_by_person(
    house: &House,
    scope: Scope,
    id: socle_domain::TargetId,
    unit: Option<UnitId>,
    name: &str,
) -> Answer<()> {
    let mut tx = house.db.write().await?;
    let mut machine = machines::by_id(&mut tx, scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    if machine.state == State::Known {
        return Err(Refusal::conflict(
            Fault::new("server-already-known").with("name", machine.name.unwrap_or_default()),
        ));
    }
    let seat = Seat { unit: unit.unwrap_or(machine.unit), name };
    give_name_up(house, &mut tx, scope, &machine, &seat).await?;
    accept(house, &mut tx, scope, &mut machine, seat, "person").await?;
    audit::about("machine", &id.to_string(), machine.unit);
    will_show(house, &mut tx, scope, id).await?;
    tx.commit().await?;
    house.live.tell_at(machine.unit, LiveEvent::Machine { id });
    Ok(())
}

/// A BIOS machine without a disk of ours has nowhere to keep its key: a power cut makes it a stranger that says the same
/// of itself. Where a person says that it is the one of that name, the record of before, whose key is gone, gives the name
/// up. Hints alone never do that; nor does a record whose key was kept, or that has a run under way.
async fn give_name_up(house: &House, conn: &mut Conn, scope: Scope, machine: &Machine, seat: &Seat<'_>) -> Result<()> {
    let Some(before) = machines::by_name(conn, scope, seat.unit, seat.name).await? else { return Ok(()) };
    let lost = before.facts.get("key_kept").is_some_and(|kept| kept == "memory");
    let same_uuid = before.hints.uuid.is_some() && before.hints.uuid == machine.hints.uuid;
    let same = same_uuid || before.hints.macs.iter().any(|mac| machine.hints.macs.contains(mac));
    let idle = socle_db::runs::open_of(conn, scope, before.id).await?.is_none();
    if before.id == machine.id || !(lost && same && idle) {
        return Ok(());
    }
    let decision = machines::Decision {
        unit: None,
        state: State::Refused,
        name: None,
        by: "person",
        enrolment: None,
        at: house.now(),
    };
    machines::decide(conn, scope, before.id, decision).await?;
    sessions::close_of(conn, scope, sessions::Kind::Machine, &before.id.to_string()).await?;
    webhooks::about_machine(house, conn, "machine.refused", &before).await?;
    house.presence.forget(before.id);
    Ok(())
}

/// A known machine goes on under the key, and the security chip, of one that waits: a person says that they are the same
/// machine, whose board or chip was replaced. Where that was approved, it is done from the same transaction on.
///
/// # Errors
/// 404 where one of them is not of the scope; 409 `server-not-recognised` where the first is not known,
/// `server-already-known` where the second does not wait, `server-changed-key` where it has another key than the one that
/// was read, `server-run-open` where a run of the first is open: its journal is signed with the key that is gone.
pub(crate) async fn replace_identity(
    house: &House,
    scope: Scope,
    target: TargetId,
    wish: &ReplaceIdentity,
    approved: Option<&Consent>,
) -> Answer<()> {
    let mut tx = house.db.write().await?;
    let unknown = || Refusal::unknown("machine");
    let known = machines::by_id(&mut tx, scope, target).await?.ok_or_else(unknown)?;
    let stranger = machines::by_id(&mut tx, scope, wish.stranger).await?.ok_or_else(unknown)?;
    let conflict = |code: &'static str| Err(Refusal::conflict(Fault::new(code)));
    if known.state != State::Known {
        return conflict("server-not-recognised");
    }
    if stranger.state != State::ToRecognise {
        let name = stranger.name.unwrap_or_default();
        return Err(Refusal::conflict(Fault::new("server-already-known").with("name", name)));
    }
    if stranger.key != wish.key {
        return conflict("server-changed-key");
    }
    if socle_db::runs::open_of(&mut tx, Scope::ROOT, target).await?.is_some() {
        return conflict("server-run-open");
    }
    let now = house.now();
    let by = "person".to_string();
    let enrolment = Enrolment { target, unit: known.unit, machine: stranger.key, at: now, by };
    let enrolment = Signed::new(&enrolment, &house.keys.server);
    tpms::succeed(&mut tx, &known, &stranger, &enrolment, now).await?;
    for id in [target, stranger.id] {
        sessions::close_of(&mut tx, Scope::ROOT, sessions::Kind::Machine, &id.to_string()).await?;
    }
    if let Some(approved) = approved {
        consents::stands(&mut tx, scope, &Consent { state: consent::State::Done, ..approved.clone() }).await?;
    }
    audit::about("machine", &target.to_string(), known.unit);
    tx.commit().await?;
    for id in [target, stranger.id] {
        house.presence.forget(id);
        house.live.tell_at(known.unit, LiveEvent::Machine { id });
    }
    tracing::info!(machine = %target, key = stranger.key.short(), "a machine goes on under another key");
    Ok(())
}

/// A request about a machine will be answered by what the machine is then.
async fn will_show(house: &House, conn: &mut Conn, scope: Scope, id: socle_domain::TargetId) -> Result<()> {
    if idempotency::is_keyed()
        && let Some(view) = views::one_machine(conn, scope, id).await?
    {
        idempotency::will_answer(house, StatusCode::OK, &view)?;
    }
    Ok(())
}

/// A person refuses a machine. One that is known loses its session too. Where that was approved, it is done from the same
/// transaction on.
pub(crate) async fn refuse(house: &House, scope: Scope, id: TargetId, approved: Option<&Consent>) -> Answer<()> {
    let mut tx = house.db.write().await?;
    let machine = machines::by_id(&mut tx, scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    audit::about("machine", &id.to_string(), machine.unit);
    if socle_db::runs::open_of(&mut tx, scope, id).await?.is_some() {
        return Err(Refusal::conflict(Fault::new("server-run-open")));
    }
    let decision = machines::Decision {
        unit: None,
        state: State::Refused,
        name: None,
        by: "person",
        enrolment: None,
        at: house.now(),
    };
    machines::decide(&mut tx, scope, id, decision).await?;
    sessions::close_of(&mut tx, scope, sessions::Kind::Machine, &id.to_string()).await?;
    webhooks::about_machine(house, &mut tx, "machine.refused", &machine).await?;
    if let Some(approved) = approved {
        consents::stands(&mut tx, scope, &Consent { state: consent::State::Done, ..approved.clone() }).await?;
    }
    will_show(house, &mut tx, scope, id).await?;
    tx.commit().await?;
    house.presence.forget(id);
    house.live.tell_at(machine.unit, LiveEvent::Machine { id });
    Ok(())
}

/// Recognises a machine without a person, if the list or a rule says so.
pub(crate) async fn by_itself(house: &House, conn: &mut Conn, scope: Scope, machine: &mut Machine) -> Result<()> {
    let list = announced::awaited(conn, scope).await?;
    let mut lines = Vec::new();
    for one in list.iter().filter(|one| one.matches(&machine.hints)) {
        if !machines::names(conn, scope, one.unit).await?.contains(&one.name) {
            lines.push(one);
        }
    }
    match lines[..] {
        [] => {}
        [one] => {
            accept(house, conn, scope, machine, Seat { unit: one.unit, name: &one.name }, "list").await?;
            return announced::came(conn, one.unit, &one.name, machine.id).await;
        }
        // Two lines that name one machine: nobody can say which is meant, so a person does.
        _ => return Ok(()),
    }
    let facts = serde_json::to_value(&machine.facts).unwrap_or_default();
    for rule in rules::list(conn, scope).await? {
        match Condition::new(&rule.when).and_then(|c| c.holds(&[("facts", &facts)])) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(why) => {
                tracing::warn!(rule = rule.name, why, "a rule could not be decided");
                continue;
            }
        }
        // A name that is announced is kept for the machine it was announced for.
        let taken = machines::names(conn, scope, rule.unit).await?;
        let awaited = list.iter().filter(|one| one.unit == rule.unit).map(|one| one.name.as_str());
        let awaited: BTreeSet<&str> = awaited.collect();
        let is_taken = |name: &str| taken.contains(name) || awaited.contains(name);
        if let Some(name) = name_from(&rule.name_pattern, &machine.hints, &is_taken) {
            let seat = Seat { unit: rule.unit, name: &name };
            return accept(house, conn, scope, machine, seat, &format!("rule:{}", rule.name)).await;
        }
        tracing::warn!(rule = rule.name, "a rule has no name left to give");
    }
    Ok(())
}
