//! The tree.
use crate::{
    House,
    access::Person,
    organisation,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::units;
use socle_domain::{Timestamp, UnitId};
use socle_wire::{
    organisation::{Decide, DecisionView, UnitView},
    page::Page,
};
use std::sync::Arc;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Moment {
    /// The tree of this moment; none: of the present.
    at: Option<Timestamp>,
}

/// `GET /api/v1/units?at=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(moment): Query<Moment>,
    paged: Paged,
) -> Answer<Json<Page<UnitView>>> {
    let mut conn = house.db.read().await?;
    let all = organisation::unit_views(&mut conn, person.scope, moment.at, house.now()).await?;
    // In the order in which a tree is read, which is that of the answer already.
    let numbered: Vec<(usize, UnitView)> = all.into_iter().enumerate().collect();
    let after = paged.after.as_deref().and_then(|key| key.parse::<usize>().ok());
    let rest = numbered.into_iter().filter(|(n, _)| after.is_none_or(|after| *n > after));
    let rows = rest.take(paged.rows() as usize).collect();
    Ok(paged.answer(rows, |(n, _)| n.to_string(), |(_, view)| view))
}

/// `GET /api/v1/units/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<UnitId>,
) -> Answer<Json<UnitView>> {
    let mut conn = house.db.read().await?;
    let all = organisation::unit_views(&mut conn, person.scope, None, house.now()).await?;
    all.into_iter().find(|unit| unit.id == id).map(Json).ok_or_else(|| Refusal::unknown("unit"))
}

/// `GET /api/v1/units/{id}/decisions`
pub(crate) async fn decisions(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<UnitId>,
    paged: Paged,
) -> Answer<Json<Page<DecisionView>>> {
    let mut conn = house.db.read().await?;
    units::by_id(&mut conn, person.scope, id).await?.ok_or_else(|| Refusal::unknown("unit"))?;
    let all = units::decided(&mut conn, person.scope, id).await?;
    let key = |one: &DecisionView| format!("{:020} {}", one.at.as_millisecond().max(0), one.id);
    Ok(paged.cut(all.into_iter().map(organisation::decision_view).collect(), key))
}

/// `POST /api/v1/unit-decisions`
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<Decide>,
) -> Answer<(StatusCode, Json<DecisionView>)> {
    Ok((StatusCode::CREATED, Json(organisation::decide(&house, &person, wish).await?)))
}
