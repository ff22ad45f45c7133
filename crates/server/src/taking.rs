//! Taking journal entries: checked against the chain, made durable, folded; only then acknowledged.
use crate::{
    House,
    refusal::{Answer, Refusal},
    webhooks,
};
use socle_db::{
    Conn, Scope, journal,
    machines::Machine,
    masters, orders, runs,
    runs::{RunRow, StartsInto},
};
use socle_domain::{
    RunId, TargetId,
    journal::{Chain, Entry, Event, SignedEntry},
    run::Run,
    sequence::{RebootInto, Sequence},
};
use socle_texts::Fault;
use socle_wire::{
    agent::{MAX_ENTRY_BYTES, has_room},
    api::LiveEvent,
};
use std::sync::Arc;

/// Entries in one message.
pub(crate) const MAX_ENTRIES_AT_ONCE: usize = 500;

/// Takes entries of a machine's journal; the number of the last that is held.
///
/// INVARIANT: all of it stands in one transaction, whose commit comes before the answer: what is acknowledged is held.
/// Other machines' entries may stand in the same one ([`socle_db::together`]).
pub(crate) async fn take(house: &Arc<House>, machine: &Machine, run: RunId, entries: Vec<SignedEntry>) -> Answer<u64> {
    let (keeper, scope, target) = (house.clone(), Scope::ROOT, machine.id);
    let taken = house
        .together
        .write(move |conn| Box::pin(async move { take_all(&keeper, conn, scope, target, run, &entries).await }));
    let (before, row) = taken.await?;
    house.presence.spoke(machine.id, house.now());
    if before != (row.entries, row.state.status.word()) {
        if before.1 != row.state.status.word() {
            tracing::info!(%run, from = before.1, to = row.state.status.word(), entries = row.entries, "run changed");
        }
        if row.state.status.word() != "running" {
            house.clear_progress(run);
        }
        house.live.tell_at(row.unit, LiveEvent::Run { id: run, state: row.state.status.word().into() });
        house.presence.has_work(machine.id);
        house.live.wake(machine.id);
    }
    Ok(row.entries)
}

/// Where the run stood before, and where it stands now.
async fn take_all(
    house: &House,
    conn: &mut Conn,
    scope: Scope,
    target: TargetId,
    run: RunId,
    entries: &[SignedEntry],
) -> Answer<((u64, &'static str), RunRow)> {
    let row = runs::by_id(conn, scope, run).await?.filter(|r| r.target == target);
    let mut row = row.ok_or_else(|| Refusal::unknown("run"))?;
    let sequence = match house.sequences.get(row.master) {
        Some(sequence) => sequence,
        None => {
            let signed = masters::by_digest(conn, scope, row.master).await?;
            house.sequences.open(house, &signed.ok_or_else(|| Refusal::unknown("master"))?)?
        }
    };
    let before = (row.entries, row.state.status.word());
    for entry in entries {
        take_one(house, conn, scope, &mut row, &sequence, entry).await?;
    }
    row.last_seen = house.now();
    runs::stands(conn, scope, &row).await?;
    if before.1 != row.state.status.word() {
        webhooks::run_changed(house, conn, &row).await?;
    }
    Ok((before, row))
}

async fn take_one(
    house: &House,
    conn: &mut Conn,
    scope: Scope,
    row: &mut RunRow,
    sequence: &Sequence,
    entry: &SignedEntry,
) -> Answer<()> {
    let read: Entry = entry.open(&row.machine)?;
    if read.run != row.id || read.target != row.target {
        return Err(Fault::new("domain-journal-broken")
            .with("number", read.number)
            .because("it belongs to another run")
            .into());
    }
    if read.number <= row.entries {
        journal::add(conn, scope, row.id, read.number, entry, house.now()).await?;
        return Ok(());
    }
    if row.entries > 0 && row.state.status.is_over() {
        // A proof ends with its run: an entry after the end would make it contradict itself.
        return Err(Refusal::conflict(Fault::new("server-run-over").with("state", row.state.status.word())));
    }
    let bytes = entry.body.len() as u64;
    if !has_room(row.entries, row.journal_bytes, bytes, &read.what) {
        let fault = Fault::new("server-journal-full").with("entries", row.entries);
        return Err(Refusal::conflict(fault.with("bytes", row.journal_bytes)));
    }
    if entry.body.len() > MAX_ENTRY_BYTES {
        let fault = Fault::new("server-entry-too-long").with("number", read.number).with("bytes", bytes);
        return Err(Refusal::conflict(fault.with("limit", MAX_ENTRY_BYTES)));
    }
    let mut chain =
        Chain { run: row.id, target: row.target, machine: row.machine, number: row.entries, head: row.head };
    if row.entries == 0 {
        // The order may have been given again since the machine took it: any order that starts this run will do.
        if !orders::starts(conn, scope, row.id, read.previous).await? {
            let why = "it does not follow from an order that starts this run";
            return Err(Fault::new("domain-journal-broken").with("number", read.number).because(why).into());
        }
        chain.head = read.previous;
        // A run that was cancelled before anybody knew that it had begun: what its machine did is what counts.
        row.state = Run::new(sequence);
    }
    let read = chain.take(entry)?;
    journal::add(conn, scope, row.id, read.number, entry, house.now()).await?;
    row.state.take(&read, sequence);
    row.starts_into = starts_into(&read, sequence, row.starts_into);
    (row.entries, row.head) = (chain.number, chain.head);
    row.journal_bytes += bytes;
    Ok(())
}

/// Into what the machine starts next, after this entry.
fn starts_into(entry: &Entry, sequence: &Sequence, now: StartsInto) -> StartsInto {
    let step = || sequence.steps.iter().find(|s| Some(&s.id) == entry.step.as_ref());
    match &entry.what {
        Event::Rebooting { into: RebootInto::Installed } => StartsInto::Installed,
        Event::Rebooting { into: RebootInto::Boot | RebootInto::Off } => StartsInto::Boot,
        Event::StepStarted { .. } => match step().is_some_and(|s| s.action.runs_installed()) {
            true => StartsInto::Installed,
            false => StartsInto::Boot,
        },
        _ => now,
    }
}
