//! Recognising machines: by a person, from the list of those announced, or by a rule.
use crate::{
    House,
    refusal::{Answer, Refusal},
    webhooks,
};
use socle_db::{
    Conn, Scope, announced, audit, machines,
    machines::{Machine, State},
    rules, sessions,
};
use socle_domain::{
    UnitId, keys::Enrolment, recognise::name_from, sequence::Condition, sign::Signed, target::is_host_name,
};
use socle_texts::{Fault, Result};
use socle_wire::api::LiveEvent;
use std::collections::BTreeSet;

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
    accept(house, &mut tx, scope, &mut machine, seat, "person").await?;
    audit::about("machine", &id.to_string(), machine.unit);
    tx.commit().await?;
    house.live.tell_at(machine.unit, LiveEvent::Machine { id });
    Ok(())
}

/// A person refuses a machine. One that is known loses its session too.
pub(crate) async fn refuse(house: &House, scope: Scope, id: socle_domain::TargetId) -> Answer<()> {
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
