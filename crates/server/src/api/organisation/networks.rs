//! From where the machines of units speak.
use crate::{
    House,
    access::Person as Caller,
    organisation::networks,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use socle_db::units;
use socle_domain::UnitId;
use socle_wire::{
    organisation::{NetworkView, UnitNetworks},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/networks`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    paged: Paged,
) -> Answer<Json<Page<NetworkView>>> {
    let all = networks::views(&mut *house.db.read().await?, caller.scope, house.now()).await?;
    Ok(paged.cut(all, |one| one.network.to_string()))
}

/// `GET /api/v1/units/{id}/networks`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<UnitId>,
) -> Answer<Json<UnitNetworks>> {
    let mut conn = house.db.read().await?;
    units::by_id(&mut conn, caller.scope, id).await?.ok_or_else(|| Refusal::unknown("unit"))?;
    let networks = socle_db::networks::of_unit(&mut conn, caller.scope, id).await?;
    Ok(Json(UnitNetworks { networks: networks.into_iter().collect() }))
}

/// `PUT /api/v1/units/{id}/networks`
pub(crate) async fn set(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<UnitId>,
    Message(wish): Message<UnitNetworks>,
) -> Answer<Json<UnitNetworks>> {
    Ok(Json(networks::set(&house, &caller, id, wish).await?))
}
