//! Writes a simulated organisation into a database: its units, and its machines as ones that were enrolled long ago, each
//! with the server's signed word for its own key.
use crate::{
    Done, During,
    figures::say,
    fleet::{BEGAN_MS, Fleet},
};
use socle_db::{
    Db, Scope,
    machines::{self, Machine, State},
    units,
};
use socle_domain::{
    DecisionId, Timestamp, UnitId,
    keys::Enrolment,
    sign::{Signed, Signer},
    unit::{Change, UnitDecision, UnitKind},
};
use socle_trust::{KeyPair, secret};
use std::time::Instant;

/// Machines in one transaction.
const AT_ONCE: u32 = 500;

/// When the simulated organisation began.
pub fn began() -> Timestamp {
    Timestamp::from_millisecond(BEGAN_MS as i64).unwrap_or_default()
}

/// Founds the units.
pub async fn organisation(fleet: &Fleet, db: &Db) -> Done {
    let mut decisions = Vec::new();
    let mut found = |unit: UnitId, parent: UnitId, name: String, kind: UnitKind| {
        let id = DecisionId::new(BEGAN_MS, unit.0.as_bytes()[6..].try_into().unwrap_or_default());
        let what = Change::Founded { unit, parent, name, kind };
        decisions.push(UnitDecision { id, at: began(), decided: began(), by: "simulated".into(), what });
    };
    found(fleet.federation(), UnitId::ROOT, "Simulated federation".into(), UnitKind::Centre);
    for body in 0..fleet.bodies {
        found(fleet.body(body), fleet.federation(), format!("Simulated body {body:03}"), UnitKind::Body);
    }
    for site in 0..fleet.bodies * fleet.sites {
        let body = fleet.body(site / fleet.sites);
        found(fleet.site(site), body, format!("Site {}", site % fleet.sites + 1), UnitKind::Site);
    }
    for room in 0..fleet.bodies * fleet.sites * fleet.rooms {
        let site = fleet.site(room / fleet.rooms);
        found(fleet.room(room), site, format!("Room {}", room % fleet.rooms + 1), UnitKind::Room);
    }
    let mut tx = db.write().await.during("founding units")?;
    units::decide(&mut tx, Scope::ROOT, &decisions, began()).await.during("founding units")?;
    tx.commit().await.during("founding units")
}

/// A machine as it stands in the database.
pub fn machine(fleet: &Fleet, n: u32, server: &KeyPair) -> Machine {
    let (key, unit, at) = (fleet.key(n).public(), fleet.room(fleet.room_of(n)), began());
    let enrolment = Enrolment { target: fleet.target(n), unit, machine: key, at, by: "list".into() };
    Machine {
        id: fleet.target(n),
        unit,
        key,
        name: Some(fleet.name(n)),
        state: State::Known,
        since: at,
        by: Some("list".into()),
        enrolment: Some(Signed::new(&enrolment, server)),
        code: secret::code(&key),
        hints: fleet.hints(n),
        facts: fleet.facts(n),
        last_seen: at,
        address: Some(fleet.address(n).to_string()),
        place: "installed".into(),
    }
}

/// Enrols the machines.
pub async fn machines(fleet: &Fleet, db: &Db, server: &KeyPair, start: Instant) -> Done {
    let mut n = 0;
    while n < fleet.machines {
        let mut tx = db.write().await.during("enrolling")?;
        let end = (n + AT_ONCE).min(fleet.machines);
        for one in n..end {
            machines::add(&mut tx, Scope::ROOT, &machine(fleet, one, server)).await.during("enrolling")?;
        }
        tx.commit().await.during("enrolling")?;
        if end / 20_000 != n / 20_000 {
            say(start, format!("{end} simulated machines are enrolled"));
        }
        n = end;
    }
    Ok(())
}
