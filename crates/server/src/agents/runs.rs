//! A run's journal and progress, from its machine.
use crate::{
    House,
    refusal::{Answer, Message, Refusal},
    taking,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::{Conn, Scope, journal, machines::Machine, orders, runs, runs::RunRow};
use socle_domain::RunId;
use socle_texts::Fault;
use socle_wire::{
    agent::{JournalAck, JournalPush, JournalTail, Progress},
    api::LiveEvent,
};
use std::sync::Arc;

/// The run, if it is this machine's.
pub(crate) async fn own_run(conn: &mut Conn, machine: &Machine, run: RunId) -> Answer<RunRow> {
    let row = runs::by_id(conn, Scope::of(machine.unit), run).await?;
    row.filter(|r| r.target == machine.id).ok_or_else(|| Refusal::unknown("run"))
}

/// `GET /agent/v1/runs/{run}/journal`
pub(crate) async fn tail(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
) -> Answer<Json<JournalTail>> {
    let mut conn = house.db.read().await?;
    own_run(&mut conn, &machine, run).await?;
    let scope = Scope::of(machine.unit);
    let entries = journal::of_run(&mut conn, scope, run).await?;
    let orders = orders::of_run(&mut conn, scope, run).await?;
    Ok(Json(JournalTail { entries, orders }))
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
    let through = taking::take(&house, &machine, run, &push.entries).await?;
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
    house.live.tell(LiveEvent::Progress { id: run, progress });
    Ok(StatusCode::NO_CONTENT)
}
