//! Lists in and out, and finding things.
use crate::{
    House,
    access::Person as Caller,
    organisation::{self, export, import},
    paging::Paged,
    refusal::{Answer, Refusal, language},
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::search::{Kind, MAX_FOUND};
use socle_texts::Fault;
use socle_wire::{
    organisation::{FoundView, ImportReport, List},
    page::Page,
};
use std::sync::Arc;

/// The longest list: 100,000 lines.
pub(crate) const MAX_LIST_BYTES: usize = 32 << 20;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct How {
    /// Whether it is only to be said what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /api/v1/imports/{list}?dry_run=`
pub(crate) async fn import_list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(list): Path<List>,
    Query(how): Query<How>,
    headers: HeaderMap,
    csv: String,
) -> Answer<Json<ImportReport>> {
    let lang = language(&headers, house.config.language);
    Ok(Json(import::import(&house, &caller, list, &csv, how.dry_run, lang).await?))
}

/// `GET /api/v1/exports/{list}`
pub(crate) async fn export_list(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Path(list): Path<List>,
) -> Answer<Response> {
    let text = export::export(&mut *house.db.read().await?, caller.scope, list, house.now()).await?;
    let name = format!("attachment; filename=\"socle-{}.csv\"", list.word());
    let typed = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_string()), (header::CONTENT_DISPOSITION, name)];
    // Spreadsheets read UTF-8 where a byte order mark says so.
    Ok((typed, format!("\u{feff}{text}")).into_response())
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Asked {
    /// Words: the beginnings of a name, a serial number, a MAC address, a login.
    q: String,
    /// `machine`, `person`, `unit`; none: all of them.
    kind: Option<String>,
}

/// `GET /api/v1/search?q=&kind=`
pub(crate) async fn search(
    State(house): State<Arc<House>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
    paged: Paged,
) -> Answer<Json<Page<FoundView>>> {
    let kind = asked.kind.filter(|k| !k.is_empty()).map(|k| k.parse::<Kind>()).transpose();
    let kind = kind.map_err(|e| Refusal::wrong(Fault::new("server-message-unreadable").because(e)))?;
    let mut conn = house.db.read().await?;
    let found = organisation::find(&mut conn, caller.scope, &asked.q, kind, MAX_FOUND).await?;
    // As many as anybody reads; who has more to find says another word. Machines come before people, as in the console.
    Ok(paged.cut(found, |one| format!("{} {} {}", one.kind, one.name, one.id)))
}
