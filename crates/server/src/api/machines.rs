//! Machines.
use crate::{
    House,
    access::Person,
    recognise,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use socle_db::{machines, runs};
use socle_domain::TargetId;
use socle_texts::Fault;
use socle_wire::api::{Accept, MachineView};
use std::sync::Arc;

/// The most that one answer holds.
pub(crate) const MAX_LISTED: u32 = 10_000;

#[derive(Deserialize)]
pub(crate) struct Filter {
    state: Option<String>,
}

/// `GET /api/v1/machines?state=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(filter): Query<Filter>,
) -> Answer<Json<Vec<MachineView>>> {
    let state = filter.state.map(|s| s.parse()).transpose();
    let state = state.map_err(|e: String| Refusal::wrong(Fault::new("server-message-unreadable").because(e)))?;
    let mut conn = house.db.read().await?;
    let last = runs::last_of_each(&mut conn, person.scope).await?;
    let found = machines::list(&mut conn, person.scope, state, MAX_LISTED).await?;
    Ok(Json(found.into_iter().map(|m| views::machine(m, &last)).collect()))
}

/// `GET /api/v1/machines/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
) -> Answer<Json<MachineView>> {
    one(&house, &person, id).await
}

async fn one(house: &House, person: &Person, id: TargetId) -> Answer<Json<MachineView>> {
    let found = views::one_machine(&mut *house.db.read().await?, person.scope, id).await?;
    found.map(Json).ok_or_else(|| Refusal::unknown("machine"))
}

/// `POST /api/v1/machines/{id}/accept`
pub(crate) async fn accept(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Message(wish): Message<Accept>,
) -> Answer<Json<MachineView>> {
    if wish.unit.is_some_and(|unit| unit != person.scope.unit()) {
        return Err(Refusal::unknown("unit"));
    }
    recognise::accept_by_person(&house, person.scope, id, &wish.name).await?;
    one(&house, &person, id).await
}

/// `POST /api/v1/machines/{id}/refuse`
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
) -> Answer<Json<MachineView>> {
    recognise::refuse(&house, person.scope, id).await?;
    one(&house, &person, id).await
}
