//! The server itself: its state, its boot events, what happens live.
use crate::{
    House,
    access::Person,
    live,
    paging::Paged,
    refusal::{Answer, language},
    views,
};
use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use socle_db::listing;
use socle_wire::{
    api::{BootEventView, ServerStatus},
    page::Page,
};
use std::sync::Arc;

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
    paged: Paged,
) -> Answer<Json<Page<BootEventView>>> {
    let lang = language(&headers, house.config.language);
    let mut conn = house.db.read().await?;
    let rows = listing::boot_events(&mut conn, person.scope, paged.after.as_deref(), paged.rows()).await?;
    Ok(paged.answer(rows, |(key, _)| key.clone(), |(_, event)| views::boot_event(event, lang)))
}

/// `GET /api/v1/events`
pub(crate) async fn events(State(house): State<Arc<House>>, Extension(person): Extension<Person>) -> Response {
    live::stream_of(&house, person.scope).into_response()
}
