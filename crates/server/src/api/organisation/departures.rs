//! Whoever a directory no longer holds.
use crate::{
    House,
    access::Person as Caller,
    organisation::departures,
    paging::Paged,
    refusal::{Answer, Message},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_wire::{
    organisation::{DecideDeparture, DepartureView},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/departures`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    paged: Paged,
) -> Answer<Json<Page<DepartureView>>> {
    let all = departures::waiting(&mut *house.db.read().await?, caller.scope).await?;
    Ok(paged.cut(all, |one| one.id.clone()))
}

/// `POST /api/v1/departures/{id}/decide`
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Message(said): Message<DecideDeparture>,
) -> Answer<StatusCode> {
    departures::decide(&house, &caller, &id, said.left).await?;
    Ok(StatusCode::NO_CONTENT)
}
