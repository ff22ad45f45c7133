//! The wizard's door for people's programs: codes, and the form of a whole room.
use crate::{
    House,
    access::Person,
    paging::Paged,
    refusal::{Answer, Message},
    wizard::{codes, room},
};
use axum::{
    Extension, Json,
    extract::{Query, State},
    http::StatusCode,
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_domain::{Digest, UnitId};
use socle_wire::{
    page::Page,
    wizard::{CodeView, MadeCodes, MakeCodes, Room, RoomStarted, StartRoom},
};
use std::sync::Arc;

/// `POST /api/v1/wizard/codes`
pub(crate) async fn make_codes(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<MakeCodes>,
) -> Answer<Json<MadeCodes>> {
    codes::make(&house, &person, wish).await.map(Json)
}

/// `GET /api/v1/wizard/codes`
pub(crate) async fn list_codes(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<CodeView>>> {
    let mut all = codes::list(&house, &person).await?;
    // Codes of one batch are alike: their place among them tells them apart.
    all.sort_by_key(|code| code.made);
    let keyed: Vec<(usize, CodeView)> = all.into_iter().enumerate().collect();
    let page = paged.cut(keyed, |(n, _)| format!("{n:06}"));
    Ok(Json(Page { items: page.0.items.into_iter().map(|(_, code)| code).collect(), next: page.0.next }))
}

/// `DELETE /api/v1/wizard/codes`
pub(crate) async fn drop_codes(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<StatusCode> {
    codes::drop_all(&house, &person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which room, and what shall be installed there.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Which {
    /// The room; none: the place that the request is about.
    unit: Option<UnitId>,
    /// The master, by digest; none: only the machines and the masters offered.
    master: Option<Digest>,
}

/// `GET /api/v1/wizard/room?unit=&master=`
pub(crate) async fn room(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(which): Query<Which>,
) -> Answer<Json<Room>> {
    let unit = which.unit.unwrap_or(person.scope.unit());
    room::form(&house, &person, unit, which.master).await.map(Json)
}

/// `POST /api/v1/wizard/room`
pub(crate) async fn start_room(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<StartRoom>,
) -> Answer<Json<RoomStarted>> {
    room::start(&house, &person, wish).await.map(Json)
}
