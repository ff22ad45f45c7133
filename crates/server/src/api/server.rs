//! The server itself: its state, its boot events, what happens live.
use crate::{
    House,
    access::Person,
    live,
    refusal::{Answer, language},
    views,
};
use axum::{Extension, Json, extract::State, http::HeaderMap, response::IntoResponse};
use socle_db::boot_events;
use socle_wire::api::{BootEventView, ServerStatus};
use std::sync::Arc;

const MAX_BOOT_EVENTS: u32 = 1_000;

/// `GET /api/v1/status`
pub(crate) async fn status(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<Json<ServerStatus>> {
    Ok(Json(views::status(&house, person.scope).await?))
}

/// `GET /api/v1/boot-events`
pub(crate) async fn boot_events(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
) -> Answer<Json<Vec<BootEventView>>> {
    let lang = language(&headers, house.config.language);
    let events = boot_events::newest(&mut *house.db.read().await?, person.scope, MAX_BOOT_EVENTS).await?;
    Ok(Json(events.into_iter().map(|e| views::boot_event(e, lang)).collect()))
}

/// `GET /api/v1/events`
pub(crate) async fn events(State(house): State<Arc<House>>) -> impl IntoResponse {
    live::stream_of(&house)
}
