//! A run's journal and progress, from its machine.
use crate::{
    House,
    refusal::{Answer, Message, Refusal},
    taking,
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use socle_db::{Conn, Scope, journal, machines::Machine, orders, runs, runs::RunRow};
use socle_domain::{
    RunId,
    journal::SignedEntry,
    order::{Act, Order},
    sign::{Signed, Signer},
};
use socle_texts::Fault;
use socle_wire::{
    agent::{JournalAck, JournalPush, JournalTail, MAX_PAGE_BYTES, MAX_PAGE_ENTRIES, Progress},
    api::LiveEvent,
};
use std::sync::Arc;

/// The run, if it is this machine's.
pub(crate) async fn own_run(conn: &mut Conn, machine: &Machine, run: RunId) -> Answer<RunRow> {
    // A run stays of the unit for which it was ordered, wherever its machine has moved since: what counts is whose it is.
    let row = runs::by_id(conn, Scope::ROOT, run).await?;
    row.filter(|r| r.target == machine.id).ok_or_else(|| Refusal::unknown("run"))
}

#[derive(Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    after: u64,
}

/// `GET /agent/v1/runs/{run}/journal?after=N`: a page of it, bounded by entries and by bytes.
pub(crate) async fn tail(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
    Query(from): Query<From>,
) -> Answer<Json<JournalTail>> {
    let mut conn = house.db.read().await?;
    let row = own_run(&mut conn, &machine, run).await?;
    let scope = Scope::of(row.unit);
    let mut entries = journal::page(&mut conn, scope, run, from.after, MAX_PAGE_ENTRIES).await?;
    let orders = match from.after {
        0 => begun_and_after(&house, orders::of_run(&mut conn, scope, run).await?, entries.first(), &row)?,
        _ => Vec::new(),
    };
    let mut bytes = 0;
    let fits = |entry: &&SignedEntry| {
        bytes += entry.body.len();
        bytes <= MAX_PAGE_BYTES
    };
    let count = entries.iter().take_while(fits).count().max(1);
    entries.truncate(count);
    let more = from.after + (entries.len() as u64) < row.entries;
    Ok(Json(JournalTail { more: more && !entries.is_empty(), entries, orders }))
}

/// Of the orders that start the run, the one on which its machine began (they differ in their number only, and each holds
/// the whole master); all others.
fn begun_and_after(
    house: &House,
    all: Vec<Signed<Order>>,
    first: Option<&SignedEntry>,
    row: &RunRow,
) -> Answer<Vec<Signed<Order>>> {
    let Some(begun_on) = first.map(|e| e.open(&row.machine)).transpose()?.map(|e| e.previous) else { return Ok(all) };
    let mut kept = Vec::new();
    for signed in all {
        let starts = matches!(signed.open(&house.keys.server.public())?.act, Act::Run(_));
        if !starts || signed.digest() == begun_on {
            kept.push(signed);
        }
    }
    Ok(kept)
}

/// `POST /agent/v1/runs/{run}/journal`
pub(crate) async fn push(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
    Message(push): Message<JournalPush>,
) -> Answer<Json<JournalAck>> {
    if push.entries.len() > taking::MAX_ENTRIES_AT_ONCE {
        let fault = Fault::new("server-message-too-long");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, fault));
    }
    let through = taking::take(&house, &machine, run, push.entries).await?;
    Ok(Json(JournalAck { through }))
}

/// `POST /agent/v1/runs/{run}/progress`
pub(crate) async fn progress(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
    Message(mut progress): Message<Progress>,
) -> Answer<StatusCode> {
    own_run(&mut *house.db.read().await?, &machine, run).await?;
    progress.step.truncate(progress.step.floor_char_boundary(64));
    house.set_progress(run, progress.clone());
    house.live.tell_at(machine.unit, LiveEvent::Progress { id: run, progress });
    Ok(StatusCode::NO_CONTENT)
}
