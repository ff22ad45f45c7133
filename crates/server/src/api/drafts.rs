//! Masters that are not signed yet.
use crate::{
    House,
    access::Person,
    idempotency, masters,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::drafts;
use socle_domain::{DraftId, role::Right};
use socle_wire::{
    options::{DraftView, WriteDraft},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/drafts`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<DraftView>>> {
    let all = drafts::list(&mut *house.db.read().await?, person.scope).await?;
    Ok(paged.cut(all.into_iter().map(masters::draft_view).collect(), |d: &DraftView| d.id.to_string()))
}

/// `POST /api/v1/drafts`
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<WriteDraft>,
) -> Answer<(StatusCode, Json<DraftView>)> {
    let mut tx = house.db.write().await?;
    let draft = masters::write_draft(&house, &mut tx, &person, None, wish).await?;
    let view = masters::draft_view(draft);
    idempotency::made(&house, tx, view).await
}

/// `GET /api/v1/drafts/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<DraftId>,
) -> Answer<Json<DraftView>> {
    let draft = masters::draft(&mut *house.db.read().await?, person.scope, id).await?;
    Ok(Json(masters::draft_view(draft)))
}

/// `PUT /api/v1/drafts/{id}`
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<DraftId>,
    Message(wish): Message<WriteDraft>,
) -> Answer<Json<DraftView>> {
    let mut tx = house.db.write().await?;
    let draft = masters::write_draft(&house, &mut tx, &person, Some(id), wish).await?;
    tx.commit().await?;
    Ok(Json(masters::draft_view(draft)))
}

/// `DELETE /api/v1/drafts/{id}`
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<DraftId>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    let draft = masters::draft(&mut tx, person.scope, id).await?;
    person.must(&mut tx, Right::Masters, draft.master.unit).await?;
    let there = drafts::remove(&mut tx, person.scope, id).await?;
    if !there {
        // Nothing was done: no entry says that it was.
        return Err(Refusal::unknown("draft"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
