//! People.
use crate::{
    House,
    access::Person as Caller,
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
use socle_db::persons;
use socle_domain::{PersonId, person::Person};
use socle_wire::{organisation::WritePerson, page::Page};
use std::sync::Arc;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// Whether whoever has left is told too.
    #[serde(default)]
    left: bool,
}

/// `GET /api/v1/persons?left=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<Person>>> {
    let after = paged.after.as_deref().and_then(|key| key.rsplit_once('\u{1f}'));
    let after = after.map(|(name, id)| persons::After { name: name.into(), id: id.into() }).unwrap_or_default();
    let there = (!filter.left).then(|| house.now());
    let rows = persons::page(&mut *house.db.read().await?, caller.scope, there, &after, paged.rows()).await?;
    Ok(paged.answer(rows, |one| format!("{}\u{1f}{}", one.name, one.id), |one| one))
}

/// `POST /api/v1/persons`
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Message(wish): Message<WritePerson>,
) -> Answer<(StatusCode, Json<Person>)> {
    Ok((StatusCode::CREATED, Json(organisation::add_person(&house, &caller, wish).await?)))
}

/// `GET /api/v1/persons/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<PersonId>,
) -> Answer<Json<Person>> {
    let found = persons::by_id(&mut *house.db.read().await?, caller.scope, id).await?;
    found.map(Json).ok_or_else(|| Refusal::unknown("person"))
}

/// `PUT /api/v1/persons/{id}`
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<PersonId>,
    Message(wish): Message<WritePerson>,
) -> Answer<Json<Person>> {
    Ok(Json(organisation::change_person(&house, &caller, id, wish).await?))
}
