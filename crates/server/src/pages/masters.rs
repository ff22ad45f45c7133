//! Images and masters.
use super::{Asked, go, not_found, show as draw};
use crate::{
    House,
    access::Person,
    api::{images as all_images, masters as api},
    masters as way,
    refusal::Answer,
    views,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use socle_console::{DiffPage, Images, MasterPage, MasterWay, Masters};
use socle_db::{Conn, Scope, drafts, runs, stages};
use socle_domain::{
    Digest,
    master::{Stage, diff},
    role::Right,
};
use socle_texts::Result;
use socle_wire::{
    api::MasterView,
    options::{DraftView, StageMove},
};
use std::sync::Arc;

async fn all(house: &House, conn: &mut Conn, scope: Scope) -> Result<Vec<MasterView>> {
    stages::list(conn, scope).await?.iter().map(|k| Ok(views::kept(house, k)?.view)).collect()
}

/// What is being written, for who may write it.
async fn written(conn: &mut Conn, person: &Person) -> Answer<Vec<DraftView>> {
    if !person.may(conn, Right::Masters, person.scope.unit()).await? {
        return Ok(vec![]);
    }
    Ok(drafts::list(conn, person.scope).await?.into_iter().map(way::draft_view).collect())
}

/// `GET /images`
pub(crate) async fn images(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let images = all_images::all(&house, person.scope).await?;
    let masters = all(&house, &mut *house.db.read().await?, person.scope).await?;
    draw(&house, &asked, Some(&person), &Images { images, masters }).await
}

/// `GET /masters`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let images = all_images::all(&house, person.scope).await?;
    let page = {
        let mut conn = house.db.read().await?;
        let masters = all(&house, &mut conn, person.scope).await?;
        Masters { masters, images, drafts: written(&mut conn, &person).await? }
    };
    draw(&house, &asked, Some(&person), &page).await
}

/// `GET /masters/{digest}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(digest): Path<Digest>,
) -> Answer<Response> {
    let images = all_images::all(&house, person.scope).await?;
    let mut conn = house.db.read().await?;
    let kept = stages::by_digest(&mut conn, person.scope, digest).await?.ok_or_else(not_found)?;
    let opened = views::kept(&house, &kept)?;
    let rows = runs::list(&mut conn, person.scope, None, 1_000).await?;
    let same = |name: &str| *name == kept.version.name;
    let others = all(&house, &mut conn, person.scope).await?;
    let moves = stages::moves(&mut conn, person.scope, digest).await?;
    let way = MasterWay {
        moves: moves.into_iter().map(|(stage, by, at)| StageMove { stage, by, at }).collect(),
        others: others.into_iter().filter(|m| same(&m.name) && m.digest != digest).take(20).collect(),
        drafts: written(&mut conn, &person).await?.into_iter().filter(|d| same(&d.master.name)).collect(),
        may: person.may(&mut conn, Right::Masters, kept.version.unit).await?,
        can_go_back: way::before(&mut conn, &kept).await.is_ok(),
    };
    drop(conn);
    let runs = rows.into_iter().filter(|r| r.master == digest).take(20).map(|r| views::run(&house, r)).collect();
    let page = MasterPage { view: opened.view, master: opened.master, sequence: opened.sequence, images, runs, way };
    draw(&house, &asked, Some(&person), &page).await
}

/// `GET /masters/{digest}/diff?to=`
pub(crate) async fn compare(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(digest): Path<Digest>,
) -> Answer<Response> {
    let to = asked.value("to").ok_or_else(not_found)?;
    let (before, after) = api::both(&house, &person, digest, &to).await?;
    let name = |m: &socle_domain::master::Master| format!("{} {}", m.name, m.version);
    let names = (name(&before), name(&after));
    let diff = crate::house::blocking(move || Ok(diff(&before, &after))).await?;
    let after = (names.1, to.parse::<Digest>().ok().map(|d| format!("/masters/{d}")));
    let page = DiffPage { before: (names.0, format!("/masters/{digest}")), after, diff };
    draw(&house, &asked, Some(&person), &page).await
}

/// The form of a move.
#[derive(Deserialize)]
pub(crate) struct Said {
    to: Stage,
}

/// `POST /masters/{digest}/move`
pub(crate) async fn move_to(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
    Form(said): Form<Said>,
) -> Answer<Response> {
    moved(&house, &person, digest, said.to).await
}

/// `POST /masters/{digest}/rollback`
pub(crate) async fn rollback(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(digest): Path<Digest>,
) -> Answer<Response> {
    let before = {
        let mut conn = house.db.read().await?;
        let kept = way::seen(&mut conn, person.scope, digest).await?;
        way::before(&mut conn, &kept).await?
    };
    moved(&house, &person, before, Stage::Production).await
}

async fn moved(house: &House, person: &Person, digest: Digest, to: Stage) -> Answer<Response> {
    Ok(match api::moved(house, person, digest, to).await? {
        Ok(_) => go(&format!("/masters/{digest}"), "moved"),
        Err(waits) => go(&format!("/approvals/{}", waits.id), ""),
    })
}
