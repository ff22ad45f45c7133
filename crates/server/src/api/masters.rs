//! Masters: published, moved from stage to stage, compared; who may take them.
use crate::{
    House,
    access::Person,
    api::approvals::{NowOrLater, later},
    consenting, masters,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::{listing, stages, stages::Kept};
use socle_domain::{
    Digest, UnitId,
    consent::{Consent, Deed},
    master::{Master, MasterDiff, Stage, diff},
    role::Right,
    sign::Signed,
};
use socle_texts::Fault;
use socle_wire::{
    api::MasterView,
    options::{MasterShown, MoveMaster, Pilots, StageMove, TakenMasters, TakenMastersView},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/masters`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<MasterView>>> {
    let mut conn = house.db.read().await?;
    let rows = listing::masters(&mut conn, person.scope, paged.after.as_deref(), paged.rows()).await?;
    let open = |(key, kept): (String, Kept)| Ok((key, views::kept(&house, &kept)?.view));
    let rows: Vec<(String, MasterView)> = rows.into_iter().map(open).collect::<Answer<_>>()?;
    Ok(paged.answer(rows, |(key, _)| key.clone(), |(_, view)| view))
}

/// `POST /api/v1/masters`: refused unless the content key signed it.
pub(crate) async fn publish(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(signed): Message<Signed<Master>>,
) -> Answer<Json<MasterView>> {
    Ok(Json(masters::publish(&house, &person, &signed).await?.view))
}

/// `GET /api/v1/masters/{digest}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
) -> Answer<Json<MasterShown>> {
    let mut conn = house.db.read().await?;
    let kept = masters::seen(&mut conn, person.scope, digest).await?;
    let moves = stages::moves(&mut conn, person.scope, digest).await?;
    let moves = moves.into_iter().map(|(stage, by, at)| StageMove { stage, by, at }).collect();
    let opened = views::kept(&house, &kept)?;
    Ok(Json(MasterShown { view: opened.view, master: opened.master, moves }))
}

/// `POST /api/v1/masters/{digest}/move`: into production only after a second person's yes, where there is one.
pub(crate) async fn move_to(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
    Message(wish): Message<MoveMaster>,
) -> Answer<NowOrLater<MasterView>> {
    move_on(&house, &person, digest, wish.to).await
}

/// `POST /api/v1/masters/{digest}/rollback`: production is again what it was before this version.
pub(crate) async fn rollback(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
) -> Answer<NowOrLater<MasterView>> {
    let before = {
        let mut conn = house.db.read().await?;
        let kept = masters::seen(&mut conn, person.scope, digest).await?;
        masters::before(&mut conn, &kept).await?
    };
    move_on(&house, &person, before, Stage::Production).await
}

async fn move_on(house: &House, person: &Person, digest: Digest, to: Stage) -> Answer<NowOrLater<MasterView>> {
    match moved(house, person, digest, to).await? {
        Ok(view) => Ok(NowOrLater::Now(view)),
        Err(waits) => later(house, waits).await,
    }
}

/// Moves a version, or asks a second person: the approval that is waited for.
pub(crate) async fn moved(
    house: &House,
    person: &Person,
    digest: Digest,
    to: Stage,
) -> Answer<std::result::Result<MasterView, Consent>> {
    let unit = {
        let mut conn = house.db.read().await?;
        let kept = masters::seen(&mut conn, person.scope, digest).await?;
        person.must(&mut conn, Right::Masters, kept.version.unit).await?;
        if !kept.version.stage.may_become(to) {
            let fault = Fault::new("db-stage-wrong").with("from", kept.version.stage.word());
            return Err(Refusal::conflict(fault.with("to", to.word())));
        }
        kept.version.unit
    };
    if to == Stage::Production {
        let there = Person { scope: socle_db::Scope::of(unit), ..person.clone() };
        if let Some(waits) = consenting::ask(house, &there, Deed::Publish { master: digest }).await? {
            return Ok(Err(waits));
        }
    }
    let mut tx = house.db.write().await?;
    let kept = masters::move_to(house, &mut tx, digest, to, &person.name).await?;
    let view = views::kept(house, &kept)?.view;
    crate::idempotency::will_answer(house, axum::http::StatusCode::OK, &view)?;
    tx.commit().await?;
    Ok(Ok(view))
}

/// With what to compare.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct With {
    /// A master, by digest, or a draft, by identifier.
    to: String,
}

/// `GET /api/v1/masters/{digest}/diff?to=`
pub(crate) async fn compare(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
    Query(with): Query<With>,
) -> Answer<Json<MasterDiff>> {
    let (before, after) = both(&house, &person, digest, &with.to).await?;
    Ok(Json(crate::house::blocking(move || Ok(diff(&before, &after))).await?))
}

/// A master, and the master or draft that it is compared with.
pub(crate) async fn both(house: &House, person: &Person, digest: Digest, to: &str) -> Answer<(Master, Master)> {
    let mut conn = house.db.read().await?;
    let before = views::kept(house, &masters::seen(&mut conn, person.scope, digest).await?)?.master;
    let after = match to.parse::<Digest>() {
        Ok(to) => views::kept(house, &masters::seen(&mut conn, person.scope, to).await?)?.master,
        Err(_) => {
            let id = to.parse().map_err(|_| Refusal::unknown("master"))?;
            masters::draft(&mut conn, person.scope, id).await?.master
        }
    };
    Ok((before, after))
}

/// `GET /api/v1/masters/{digest}/pilots`
pub(crate) async fn pilots(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
) -> Answer<Json<Pilots>> {
    let mut conn = house.db.read().await?;
    let kept = masters::seen(&mut conn, person.scope, digest).await?;
    Ok(Json(Pilots { units: stages::pilots(&mut conn, kept.version.unit, &kept.version.name).await? }))
}

/// `PUT /api/v1/masters/{digest}/pilots`
pub(crate) async fn set_pilots(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
    Message(wish): Message<Pilots>,
) -> Answer<Json<Pilots>> {
    let mut tx = house.db.write().await?;
    let kept = masters::seen(&mut tx, person.scope, digest).await?;
    person.must(&mut tx, Right::Masters, kept.version.unit).await?;
    masters::set_pilots(&mut tx, &kept, &wish.units).await?;
    tx.commit().await?;
    Ok(Json(wish))
}

/// `GET /api/v1/units/{id}/masters`
pub(crate) async fn taken(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<UnitId>,
) -> Answer<Json<TakenMastersView>> {
    let mut conn = house.db.read().await?;
    person.must(&mut conn, Right::See, id).await?;
    Ok(Json(masters::taken(&house, &mut conn, id).await?))
}

/// `PUT /api/v1/units/{id}/masters`
pub(crate) async fn take(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<UnitId>,
    Message(wish): Message<TakenMasters>,
) -> Answer<Json<TakenMastersView>> {
    let mut tx = house.db.write().await?;
    person.must(&mut tx, Right::Masters, id).await?;
    masters::take(&mut tx, id, wish.names, &person.name, house.now()).await?;
    let view = masters::taken(&house, &mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(view))
}
