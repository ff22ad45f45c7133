//! Images and masters.
use super::{Asked, not_found, show as draw};
use crate::{House, access::Person, api::images as all_images, refusal::Answer, views};
use axum::{
    Extension,
    extract::{Path, State},
    response::Response,
};
use socle_console::{Images, MasterPage, Masters};
use socle_db::{Scope, masters, runs};
use socle_domain::Digest;
use socle_texts::Result;
use socle_wire::api::MasterView;
use std::sync::Arc;

async fn all(house: &House, scope: Scope) -> Result<Vec<MasterView>> {
    let signed = masters::list(&mut *house.db.read().await?, scope).await?;
    signed.iter().map(|s| Ok(views::master(house, s)?.view)).collect()
}

/// `GET /images`
pub(crate) async fn images(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let images = all_images::all(&house, person.scope).await?;
    let page = Images { images, masters: all(&house, person.scope).await? };
    draw(&house, &asked, Some(&person), &page).await
}

/// `GET /masters`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let images = all_images::all(&house, person.scope).await?;
    let page = Masters { masters: all(&house, person.scope).await?, images };
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
    let signed = masters::by_digest(&mut conn, person.scope, digest).await?.ok_or_else(not_found)?;
    let opened = views::master(&house, &signed)?;
    let rows = runs::list(&mut conn, person.scope, None, 1_000).await?;
    drop(conn);
    let runs = rows.into_iter().filter(|r| r.master == digest).take(20).map(|r| views::run(&house, r)).collect();
    let page = MasterPage { view: opened.view, master: opened.master, sequence: opened.sequence, images, runs };
    draw(&house, &asked, Some(&person), &page).await
}
