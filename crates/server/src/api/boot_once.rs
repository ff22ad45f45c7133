//! Starting the boot environment from afar, and waking machines.
use crate::{
    House,
    access::Person,
    api::approvals::{NowOrLater, later},
    boot_once, consenting,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
    waking,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use socle_db::machines;
use socle_domain::{TargetId, consent::Deed};
use socle_wire::{
    boot_once::{BootOnceView, OrderBootOnce, Wake, WakeView},
    page::Page,
};
use std::sync::Arc;

/// `POST /api/v1/machines/{id}/boot-once`
pub(crate) async fn order(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Message(wish): Message<OrderBootOnce>,
) -> Answer<NowOrLater<BootOnceView>> {
    let deed = Deed::BootOnce { target: id, from: wish.from };
    if let Some(waits) = consenting::ask(&house, &person, deed).await? {
        return later(&house, waits).await;
    }
    boot_once::give(&house, person.scope, id, wish.from, None).await.map(NowOrLater::Now)
}

/// `GET /api/v1/machines/{id}/boot-once`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    paged: Paged,
) -> Answer<Json<Page<BootOnceView>>> {
    let mut conn = house.db.read().await?;
    machines::by_id(&mut conn, person.scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    let all = socle_db::boot_once::of_machine(&mut conn, person.scope, id, boot_once::SHOWN).await?;
    // The newest first: keys that grow with age.
    let keyed = all.into_iter().map(boot_once::view).collect();
    Ok(Json(paged.cut(keyed, |one: &BootOnceView| format!("{:020}", u64::MAX - one.number)).0))
}

/// `POST /api/v1/machines/{id}/wake`
pub(crate) async fn wake(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Message(wish): Message<Wake>,
) -> Answer<Json<WakeView>> {
    waking::wake_and_wait(&house, person.scope, id, wish).await.map(Json)
}
