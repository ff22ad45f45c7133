//! Before a destructive step: what it destroys is counted, and somebody has allowed it.
use crate::steps::Work;
use socle_domain::{
    census::{Census, Level},
    journal::Event,
    order::{Act, LossPolicy},
    target::TargetKind,
};
use socle_texts::{Fault, Result};
use std::{thread::sleep, time::Duration};

/// Waits until what `count` finds may be lost, by itself or by an order. `begun`: this run has already begun to write
/// there with that permission.
///
/// # Errors
/// `agent-cancelled` where an order stops the run meanwhile; those of `count` and of the journal.
pub fn settle(work: &mut Work<'_, '_>, begun: bool, count: &mut dyn FnMut() -> Result<Census>) -> Result<()> {
    if begun && work.journal.run.loss_allowed.is_some() {
        return Ok(());
    }
    let census = counted(work, count)?;
    if work.journal.run.loss_allowed == Some(census.digest()) {
        return Ok(());
    }
    write_census(work, &census)?;
    let expendable = work.journal.spec.loss == LossPolicy::Expendable;
    // A folder that moves loses nothing: its source goes only once it has arrived.
    let moves = work.journal.spec.target.kind == TargetKind::Folder;
    if census.holds_nothing() || expendable || moves {
        return allow(work, &census);
    }
    wait(work, &census)?;
    loop {
        if work.ears.is_cancelled() {
            return Err(Fault::new("agent-cancelled"));
        }
        let Some((order, signed)) = work.ears.next() else {
            sleep(Duration::from_millis(200));
            continue;
        };
        let allowed = match &order.act {
            Act::AllowLoss { census, .. } => *census,
            _ => {
                work.journal.take_order(work.world, order.number, &signed, Vec::new())?;
                continue;
            }
        };
        let now = counted(work, count)?;
        if now.digest() == allowed {
            work.world.screen.calm();
            let event = Event::LossAllowed { census: allowed, order: Some(order.number) };
            let then = vec![(Some(work.step.id.as_str()), event)];
            return work.journal.take_order(work.world, order.number, &signed, then);
        }
        work.journal.take_order(work.world, order.number, &signed, Vec::new())?;
        // What was read is not what is there: it is counted and shown again.
        write_census(work, &now)?;
        wait(work, &now)?;
    }
}

fn counted(work: &Work<'_, '_>, count: &mut dyn FnMut() -> Result<Census>) -> Result<Census> {
    let mut census = count()?;
    if work.journal.spec.loss == LossPolicy::Expendable {
        let holds = |kind: &str| !matches!(kind, "empty" | "socle");
        census.parts.iter_mut().filter(|p| holds(&p.kind)).for_each(|p| p.level = Level::Expendable);
    }
    Ok(census)
}

fn write_census(work: &mut Work<'_, '_>, census: &Census) -> Result<()> {
    if work.journal.run.census_before.as_ref() == Some(census) {
        return Ok(());
    }
    work.write(Event::CensusBefore { census: census.clone() })
}

fn allow(work: &mut Work<'_, '_>, census: &Census) -> Result<()> {
    work.world.screen.calm();
    work.write(Event::LossAllowed { census: census.digest(), order: None })
}

fn wait(work: &mut Work<'_, '_>, census: &Census) -> Result<()> {
    let parts = census.parts.iter().filter(|p| !matches!(p.kind.as_str(), "empty" | "socle")).count();
    let fault = Fault::new("agent-loss-unsettled")
        .with("parts", parts)
        .with("items", census.items())
        .with("bytes", census.bytes());
    work.world.screen.trouble(&fault);
    work.write(Event::Waiting { fault })
}
