//! A machine is ordered to start the boot environment once; what became of it is told by what speaks next.
//!
//! The order goes to the installed system, with the machine's next word. It tells its firmware and restarts. Then either the
//! boot environment introduces itself, or the installed system does: in that case the firmware has not done what it was
//! told, and that is said. Nothing is ever ordered again by itself.
use crate::{
    House, idempotency,
    refusal::{Answer, Refusal},
};
use axum::http::StatusCode;
use socle_db::{
    Conn, Scope, audit, boot_once,
    boot_once::{Ordered, State},
    consents, machines,
    machines::{Machine, State as Recognised},
    orders,
};
use socle_domain::{
    TargetId,
    consent::{self, Consent},
    order::{Act, BootFrom, Order},
    sign::Signed,
};
use socle_texts::{Fault, Result};
use socle_wire::{
    agent::Where,
    api::LiveEvent,
    boot_once::{BootOnceReport, BootOnceView},
};
use std::time::Duration;

/// An order that is not taken within this is void: nobody wants his machine restarted by what was wished yesterday.
const VALID: Duration = Duration::from_secs(3600);
/// An installed system that speaks so soon after it was armed is the one that is still going down.
const GOES_DOWN_SECONDS: i64 = 10;
/// Orders that are shown of one machine.
pub(crate) const SHOWN: u32 = 20;

pub(crate) fn view(one: Ordered) -> BootOnceView {
    let Ordered { number, from, ordered, expires, state, since, fault, .. } = one;
    BootOnceView { number, from, ordered, expires, state: state.word().into(), since, fault }
}

/// Orders it; where that was approved, it is done from the same transaction on.
///
/// # Errors
/// 404; 409 `server-not-recognised`, `server-boot-once-no-agent` where no installed system of it has ever spoken,
/// `server-environment-missing`, `server-environment-altered`.
pub(crate) async fn give(
    house: &House,
    scope: Scope,
    id: TargetId,
    from: BootFrom,
    approved: Option<&Consent>,
) -> Answer<BootOnceView> {
    if from == BootFrom::OwnDisk {
        // An environment that is missing or altered is found now rather than by the machine.
        let environment = house.environment.clone();
        crate::house::blocking(move || environment.files().map(drop)).await.map_err(Refusal::conflict)?;
    }
    let mut tx = house.db.write().await?;
    let machine = machines::by_id(&mut tx, scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    if machine.state != Recognised::Known {
        return Err(Refusal::conflict(Fault::new("server-not-recognised")));
    }
    if machine.place != "installed" {
        let name = machine.name.unwrap_or_default();
        return Err(Refusal::conflict(Fault::new("server-boot-once-no-agent").with("name", name)));
    }
    let now = house.now();
    let number = orders::next_number(&mut tx, id).await?;
    let act = Act::BootOnce { from };
    let order = Order { target: id, machine: machine.key, number, issued: now, expires: now + VALID, act };
    let one = Ordered {
        machine: id,
        number,
        unit: machine.unit,
        from,
        signed: Signed::new(&order, &house.keys.server),
        ordered: now,
        expires: order.expires,
        state: State::Ordered,
        since: now,
        fault: None,
    };
    boot_once::give(&mut tx, &one).await?;
    if let Some(approved) = approved {
        consents::stands(&mut tx, scope, &Consent { state: consent::State::Done, ..approved.clone() }).await?;
    }
    let view = view(one);
    idempotency::will_answer(house, StatusCode::OK, &view)?;
    audit::about("machine", &id.to_string(), machine.unit);
    tx.commit().await?;
    house.presence.has_start(id);
    house.live.wake(id);
    house.live.tell_at(machine.unit, LiveEvent::Machine { id });
    Ok(view)
}

/// The orders that wait for an installed system; those whose time is over are settled.
pub(crate) async fn pending(house: &House, machine: &Machine) -> Result<Vec<(u64, Signed<Order>)>> {
    if house.presence.may_have_start(machine.id).is_none() {
        return Ok(vec![]);
    }
    let open = boot_once::open_of(&mut *house.db.read().await?, machine.id).await?;
    let now = house.now();
    let (waits, over): (Vec<Ordered>, Vec<Ordered>) =
        open.into_iter().filter(|one| one.state == State::Ordered).partition(|one| one.expires > now);
    for one in over {
        let fault = Fault::new("server-boot-once-expired");
        settle(house, machine, one.number, State::Expired, Some(&fault)).await?;
    }
    Ok(waits.into_iter().map(|one| (one.number, one.signed)).collect())
}

async fn settle(house: &House, machine: &Machine, number: u64, state: State, fault: Option<&Fault>) -> Result<()> {
    let mut tx = house.db.write().await?;
    boot_once::stands(&mut tx, machine.id, number, state, fault, house.now()).await?;
    tx.commit().await?;
    house.live.tell_at(machine.unit, LiveEvent::Machine { id: machine.id });
    Ok(())
}

/// What the machine has made of it.
pub(crate) async fn told(house: &House, machine: &Machine, number: u64, report: BootOnceReport) -> Answer<()> {
    let open = boot_once::open_of(&mut *house.db.read().await?, machine.id).await?;
    // Told twice is told once.
    if !open.iter().any(|one| one.number == number && one.state == State::Ordered) {
        return Ok(());
    }
    match report {
        BootOnceReport::Armed { entry } => {
            tracing::info!(machine = %machine.id, entry, "a machine starts the boot environment once");
            settle(house, machine, number, State::Armed, None).await?;
        }
        BootOnceReport::Refused { fault } => settle(house, machine, number, State::Refused, Some(&fault)).await?,
    }
    Ok(())
}

/// A machine introduces itself: whether it came, or its firmware has not done what it was told.
pub(crate) async fn heard(house: &House, conn: &mut Conn, machine: &Machine, place: Where) -> Result<()> {
    let Some(given) = house.presence.may_have_start(machine.id) else { return Ok(()) };
    let (open, now) = (boot_once::open_of(conn, machine.id).await?, house.now());
    let mut left = 0;
    for one in open {
        let age_seconds = now.duration_since(one.since).as_secs();
        match (one.state, place) {
            (State::Armed, Where::Boot) => {
                boot_once::stands(conn, machine.id, one.number, State::Came, None, now).await?;
            }
            (State::Armed, Where::Installed) if age_seconds >= GOES_DOWN_SECONDS => {
                let fault = Fault::new("server-boot-once-not-honoured");
                boot_once::stands(conn, machine.id, one.number, State::DidNotCome, Some(&fault), now).await?;
            }
            // It came by another way: the order has no purpose any more.
            (State::Ordered, Where::Boot) => {
                boot_once::stands(conn, machine.id, one.number, State::Came, None, now).await?;
            }
            _ => left += 1,
        }
    }
    if left == 0 {
        house.presence.has_no_start(machine.id, given);
    }
    Ok(())
}

/// Whether a machine that asks for what to start has been ordered to come by the network.
pub(crate) async fn comes_by_network(conn: &mut Conn, machine: TargetId) -> Result<bool> {
    Ok(boot_once::open_of(conn, machine).await?.iter().any(|one| one.from == BootFrom::Network))
}
