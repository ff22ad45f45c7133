//! What is known of a machine, and where it was.
use crate::{
    House,
    access::Person as Caller,
    api::approvals::{NowOrLater, later},
    consenting, organisation,
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
use socle_db::{facts, machines, machines::place};
use socle_domain::{TargetId, consent::Deed};
use socle_wire::{
    api::MachineView,
    organisation::{FactView, MoveMachine, SayFact, StayView},
    page::Page,
};
use std::sync::Arc;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// Whether what no longer holds is told too.
    #[serde(default)]
    ended: bool,
}

async fn must_be_there(house: &House, caller: &Caller, id: TargetId) -> Answer<()> {
    let found = machines::by_id(&mut *house.db.read().await?, caller.scope, id).await?;
    found.map(drop).ok_or_else(|| Refusal::unknown("machine"))
}

/// `GET /api/v1/machines/{id}/facts?ended=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<TargetId>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<FactView>>> {
    must_be_there(&house, &caller, id).await?;
    let all = facts::of_machine(&mut *house.db.read().await?, caller.scope, id, filter.ended).await?;
    let view = |f: facts::Fact| FactView { name: f.name, value: f.value, who: f.who, since: f.since, until: f.until };
    let key = |f: &FactView| format!("{} {:020} {}", f.name, f.since.as_millisecond(), f.who);
    Ok(paged.cut(all.into_iter().map(view).collect(), key))
}

/// `PUT /api/v1/machines/{id}/facts/{name}`
pub(crate) async fn say(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path((id, name)): Path<(TargetId, String)>,
    Message(said): Message<SayFact>,
) -> Answer<StatusCode> {
    tell(&house, &caller, id, &name, Some(&said.value)).await
}

/// `DELETE /api/v1/machines/{id}/facts/{name}`
pub(crate) async fn unsay(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path((id, name)): Path<(TargetId, String)>,
) -> Answer<StatusCode> {
    tell(&house, &caller, id, &name, None).await
}

async fn tell(
    house: &House,
    caller: &Caller,
    id: TargetId,
    name: &str,
    value: Option<&serde_json::Value>,
) -> Answer<StatusCode> {
    must_be_there(house, caller, id).await?;
    let mut tx = house.db.write().await?;
    facts::say(&mut tx, caller.scope, id, name, value, &caller.name, house.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/machines/{id}/stays`
pub(crate) async fn stays(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<TargetId>,
    paged: Paged,
) -> Answer<Json<Page<StayView>>> {
    must_be_there(&house, &caller, id).await?;
    let all = place::of_machine(&mut *house.db.read().await?, caller.scope, id).await?;
    let view = |s: place::Stay| StayView { unit: s.unit, from: s.from, until: s.until, by: s.by };
    let key = |s: &StayView| format!("{:020} {}", s.from.as_millisecond(), s.unit);
    Ok(paged.cut(all.into_iter().map(view).collect(), key))
}

/// `POST /api/v1/machines/{id}/move`
pub(crate) async fn move_to(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<TargetId>,
    Message(wish): Message<MoveMachine>,
) -> Answer<NowOrLater<MachineView>> {
    if let Some(waits) = consenting::ask(&house, &caller, Deed::MoveMachine { target: id, unit: wish.unit }).await? {
        return later(&house, waits).await;
    }
    let by = (caller.scope, caller.name.as_str());
    organisation::move_machine(&house, by, id, wish.unit, None).await.map(NowOrLater::Now)
}
