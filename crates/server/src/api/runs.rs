//! Runs, their journals and their proofs.
use crate::{
    House,
    access::Person,
    api::approvals::{NowOrLater, later},
    consenting, ordering,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::{Scope, journal, listing, listing::RunFilter, machines, orders, runs, tpms};
use socle_domain::{RunId, TargetId, consent::Deed, journal::Entry, order::Act, proof::ProofFile, sign::Signer};
use socle_texts::Result;
use socle_wire::{
    api::{AllowLoss, JournalView, RunView, StartRun},
    page::Page,
};
use std::sync::Arc;

/// Which runs.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// Of this machine.
    machine: Option<TargetId>,
    /// `ordered`, `running`, `waiting`, `failed`, `cancelled` or `completed`.
    #[schemars(extend("enum" = ["ordered", "running", "waiting", "failed", "cancelled", "completed"]))]
    state: Option<String>,
}

/// `GET /api/v1/runs?machine=&state=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<RunView>>> {
    let filter = RunFilter { target: filter.machine, state: filter.state };
    let mut conn = house.db.read().await?;
    let rows = listing::runs(&mut conn, person.scope, &filter, paged.after.as_deref(), paged.rows()).await?;
    Ok(paged.answer(rows, |r| r.id.to_string(), |r| views::run(&house, r)))
}

/// `GET /api/v1/runs/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RunId>,
) -> Answer<Json<RunView>> {
    let row = runs::by_id(&mut *house.db.read().await?, person.scope, id).await?;
    row.map(|r| Json(views::run(&house, r))).ok_or_else(|| Refusal::unknown("run"))
}

/// `POST /api/v1/runs`
pub(crate) async fn start(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<StartRun>,
) -> Answer<NowOrLater<RunView>> {
    let deed = Deed::StartRuns {
        targets: vec![wish.target],
        master: wish.master,
        options: wish.options.clone(),
        loss: wish.loss,
    };
    if let Some(waits) = consenting::ask(&house, &person, deed).await? {
        return later(&house, waits).await;
    }
    let row = ordering::start(&house, person.scope, wish).await?;
    Ok(NowOrLater::Now(views::run(&house, row)))
}

/// `POST /api/v1/runs/{id}/cancel`
pub(crate) async fn cancel(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RunId>,
) -> Answer<NowOrLater<RunView>> {
    if let Some(waits) = consenting::ask(&house, &person, Deed::CancelRun { run: id }).await? {
        return later(&house, waits).await;
    }
    let row = ordering::cancel(&house, person.scope, id, None).await?;
    Ok(NowOrLater::Now(views::run(&house, row)))
}

/// `POST /api/v1/runs/{id}/retry`
pub(crate) async fn retry(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RunId>,
) -> Answer<Json<RunView>> {
    let row = ordering::retry(&house, person.scope, id).await?;
    Ok(Json(views::run(&house, row)))
}

/// `POST /api/v1/runs/{id}/allow-loss`
pub(crate) async fn allow_loss(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RunId>,
    Message(wish): Message<AllowLoss>,
) -> Answer<NowOrLater<RunView>> {
    let deed = Deed::AllowLoss { run: id, census: wish.census, reason: wish.reason.clone() };
    if let Some(waits) = consenting::ask(&house, &person, deed).await? {
        return later(&house, waits).await;
    }
    let row = ordering::allow_loss(&house, person.scope, id, wish).await?;
    Ok(NowOrLater::Now(views::run(&house, row)))
}

/// `GET /api/v1/runs/{id}/journal`
pub(crate) async fn journal(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RunId>,
) -> Answer<Json<JournalView>> {
    Ok(Json(JournalView { entries: entries(&house, person.scope, id).await?.ok_or_else(|| Refusal::unknown("run"))? }))
}

/// A run's entries, opened; none where there is no such run.
pub(crate) async fn entries(house: &House, scope: Scope, id: RunId) -> Result<Option<Vec<Entry>>> {
    let mut conn = house.db.read().await?;
    let Some(row) = runs::by_id(&mut conn, scope, id).await? else { return Ok(None) };
    let signed = journal::of_run(&mut conn, scope, id).await?;
    signed.iter().map(|e| e.open(&row.machine)).collect::<Result<_>>().map(Some)
}

/// `GET /api/v1/runs/{id}/proof`
pub(crate) async fn proof(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RunId>,
) -> Answer<Response> {
    let bytes = proof_of(&house, person.scope, id).await?.ok_or_else(|| Refusal::unknown("run"))?;
    let name = format!("attachment; filename=\"socle-proof-{id}.json\"");
    let typed = (header::CONTENT_TYPE, "application/json".to_string());
    Ok(([typed, (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// A run's proof; none where there is no such run, or nobody was enrolled.
pub(crate) async fn proof_of(house: &House, scope: Scope, id: RunId) -> Result<Option<Vec<u8>>> {
    let mut conn = house.db.read().await?;
    let Some(row) = runs::by_id(&mut conn, scope, id).await? else { return Ok(None) };
    let Some(machine) = machines::by_id(&mut conn, scope, row.target).await? else { return Ok(None) };
    let enrolment = match machine.key == row.machine {
        true => machine.enrolment,
        // It has had another key since: its board was replaced, or its TPM cleared.
        false => tpms::former(&mut conn, machine.id, &row.machine).await?,
    };
    let Some(enrolment) = enrolment else { return Ok(None) };
    let entries = journal::of_run(&mut conn, scope, id).await?;
    let all = orders::of_run(&mut conn, scope, id).await?;
    let begun_on = entries.first().map(|e| e.open(&row.machine)).transpose()?.map(|e| e.previous);
    // Of the orders that start the run only the one on which its machine began, or the last where it has not.
    let mut start = None;
    let mut others = Vec::new();
    for signed in all {
        let order = signed.open(&house.keys.server.public())?;
        match order.act {
            Act::Run(_) if begun_on.is_none_or(|d| d == signed.digest()) => start = Some((order.number, signed)),
            Act::Run(_) => {}
            _ => others.push((order.number, signed)),
        }
    }
    let Some((first, start)) = start else { return Ok(None) };
    let orders = std::iter::once(start).chain(others.into_iter().filter(|(n, _)| *n > first).map(|(_, s)| s)).collect();
    Ok(Some(ProofFile::new(house.keys.delegation.clone(), enrolment, orders, entries).to_bytes()))
}
