//! Links between people, machines and units.
use crate::{
    House,
    access::Person as Caller,
    idempotency,
    organisation::new_link,
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
use socle_db::links;
use socle_domain::{LinkId, PersonId, TargetId, UnitId, link::Link};
use socle_wire::{
    organisation::{EndLink, WriteLink},
    page::Page,
};
use std::sync::Arc;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// Of this person.
    person: Option<PersonId>,
    /// Of this machine.
    machine: Option<TargetId>,
    /// Of this unit itself, without those below it.
    of: Option<UnitId>,
}

/// `GET /api/v1/links?person=&machine=&of=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<Link>>> {
    let mut conn = house.db.read().await?;
    let key = |link: &Link| link.id.to_string();
    let mut some = match filter {
        Filter { person: Some(person), .. } => links::of_person(&mut conn, caller.scope, person).await?,
        Filter { machine: Some(machine), .. } => links::of_machine(&mut conn, caller.scope, machine).await?,
        Filter { of: None, .. } => {
            let after = paged.after.clone().unwrap_or_default();
            let rows = links::page(&mut conn, caller.scope, &after, paged.rows()).await?;
            return Ok(paged.answer(rows, key, |link| link));
        }
        Filter { of: Some(unit), .. } => links::of_unit(&mut conn, caller.scope, unit).await?,
    };
    some.retain(|link| filter.machine.is_none_or(|machine| link.machine == Some(machine)));
    Ok(paged.cut(some, key))
}

/// `POST /api/v1/links`
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Message(wish): Message<WriteLink>,
) -> Answer<(StatusCode, Json<Link>)> {
    let now = house.now();
    let WriteLink { unit, kind, person, machine, from, until } = wish;
    let link = Link {
        id: new_link(now)?,
        unit: unit.unwrap_or(caller.scope.unit()),
        kind,
        person,
        machine,
        from: from.unwrap_or(now),
        until,
        by: caller.name.clone(),
    };
    let mut tx = house.db.write().await?;
    links::add(&mut tx, caller.scope, &link).await?;
    idempotency::made(&house, tx, link).await
}

/// `GET /api/v1/links/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<LinkId>,
) -> Answer<Json<Link>> {
    let found = links::by_id(&mut *house.db.read().await?, caller.scope, id).await?;
    found.map(Json).ok_or_else(|| Refusal::unknown("link"))
}

/// `POST /api/v1/links/{id}/end`
pub(crate) async fn end(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<LinkId>,
    Message(wish): Message<EndLink>,
) -> Answer<Json<Link>> {
    let mut tx = house.db.write().await?;
    let unknown = || Refusal::unknown("link");
    let old = links::by_id(&mut tx, caller.scope, id).await?.ok_or_else(unknown)?;
    let at = wish.at.unwrap_or(house.now()).max(old.from + std::time::Duration::from_millis(1));
    links::end(&mut tx, caller.scope, id, at).await?;
    let link = links::by_id(&mut tx, caller.scope, id).await?.ok_or_else(unknown)?;
    idempotency::done(&house, tx, link).await
}
