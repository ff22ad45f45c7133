//! Directories (LDAP) that people are read from.
use crate::{
    House,
    access::Person as Caller,
    organisation::directory,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::directories;
use socle_wire::{
    organisation::{DirectoryReport, DirectoryView, WriteDirectory},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/directories`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    paged: Paged,
) -> Answer<Json<Page<DirectoryView>>> {
    let mut conn = house.db.read().await?;
    let mut views = Vec::new();
    for one in directories::list(&mut conn, caller.scope).await? {
        views.push(directory::view(&mut conn, one).await?);
    }
    Ok(paged.cut(views, |view| format!("{} {}", view.name, view.unit)))
}

/// `GET /api/v1/directories/{name}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<Json<DirectoryView>> {
    let mut conn = house.db.read().await?;
    let found = directory::called(&mut conn, caller.scope, &name).await?;
    let found = found.ok_or_else(|| Refusal::unknown("directory"))?;
    Ok(Json(directory::view(&mut conn, found).await?))
}

/// `PUT /api/v1/directories/{name}`
pub(crate) async fn put(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Message(wish): Message<WriteDirectory>,
) -> Answer<Json<DirectoryView>> {
    Ok(Json(directory::put(&house, &caller, &name, wish).await?))
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct How {
    /// Whether it is only to be said what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /api/v1/directories/{name}/read?dry_run=`
pub(crate) async fn read(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Query(how): Query<How>,
) -> Answer<Json<DirectoryReport>> {
    Ok(Json(directory::take(&house, &caller, &name, how.dry_run).await?))
}
