//! Waking a machine, and waiting for its own word: that packets were sent says nothing of it.
use crate::{
    House,
    refusal::{Answer, Refusal},
};
use socle_boot::{Interface, Mac, wake};
use socle_db::{Scope, audit, machines};
use socle_domain::TargetId;
use socle_texts::Fault;
use socle_wire::boot_once::{Wake, WakeView};
use std::time::Duration;

const MAX_WAIT_SECONDS: u32 = 240;
/// Between two looks whether it has spoken.
const LOOK: Duration = Duration::from_millis(500);
/// UDP may be lost, and a switch may still be waking the port itself: it is said again after so long.
const AGAIN: Duration = Duration::from_secs(10);
const MAX_MACS: usize = 8;

/// The interface by which machines are woken: that of the boot services, else the one that holds the machine's address.
fn interface(house: &House, address: Option<&str>) -> Answer<Interface> {
    if let Some(name) = &house.config.boot.interface {
        return Ok(Interface::find(name)?);
    }
    let address = address.and_then(|a| a.parse().ok());
    let found = Interface::all()?.into_iter().find(|i| address.is_some_and(|a| i.holds(a)) && !i.address.is_loopback());
    found.ok_or_else(|| Refusal::conflict(Fault::new("server-wake-no-interface")))
}

/// Wakes a machine of the scope and waits for its word.
///
/// # Errors
/// 404; 409 `server-wake-no-card` where none of its cards' addresses is known, `server-wake-no-interface`; `boot-wake-not-sent`.
pub(crate) async fn wake_and_wait(house: &House, scope: Scope, id: TargetId, wish: Wake) -> Answer<WakeView> {
    let found = machines::by_id(&mut *house.db.read().await?, scope, id).await?;
    let machine = found.ok_or_else(|| Refusal::unknown("machine"))?;
    let macs: Vec<Mac> = machine.hints.macs.iter().filter_map(|m| m.parse().ok()).take(MAX_MACS).collect();
    if macs.is_empty() {
        return Err(Refusal::conflict(Fault::new("server-wake-no-card")));
    }
    let by = interface(house, machine.address.as_deref())?;
    audit::about("machine", &id.to_string(), machine.unit);
    let before = house.presence.heard(id);
    let begin = tokio::time::Instant::now();
    let limit = Duration::from_secs(u64::from(wish.wait_seconds.min(MAX_WAIT_SECONDS)));
    let mut sent = None;
    let spoke = loop {
        if sent.is_none_or(|at: tokio::time::Instant| at.elapsed() >= AGAIN) {
            for mac in &macs {
                wake::wake(&by, *mac, None).await?;
            }
            sent = Some(tokio::time::Instant::now());
        }
        if house.presence.heard(id) > before {
            break true;
        }
        if begin.elapsed() >= limit || house.live.is_stopping() {
            break false;
        }
        tokio::time::sleep(LOOK.min(limit)).await;
    };
    let now = machines::by_id(&mut *house.db.read().await?, scope, id).await?;
    Ok(WakeView {
        sent_to: macs.iter().map(Mac::to_string).collect(),
        interface: by.name,
        spoke_from: now.filter(|_| spoke).map(|m| m.place),
        after_seconds: spoke.then(|| begin.elapsed().as_secs()),
    })
}
