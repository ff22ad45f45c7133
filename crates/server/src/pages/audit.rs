//! The audit trail.
use super::{Asked, show};
use crate::{House, access::Person, api::audit::view, refusal::Answer};
use axum::{Extension, extract::State, response::Response};
use socle_console::AuditPage;
use socle_db::audit::{self, Search};
use std::{collections::BTreeMap, sync::Arc};

const LINES: u32 = 100;

/// `GET /audit?act=&who=&subject=&before=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let search = Search {
        act: asked.value("act"),
        who: asked.value("who"),
        subject: asked.value("subject"),
        before: asked.value("before").and_then(|n| n.parse().ok()),
        ..Search::default()
    };
    let mut conn = house.db.read().await?;
    let mut entries = audit::list(&mut conn, person.scope, &search, LINES + 1).await?;
    let acts = audit::acts(&mut conn, person.scope).await?;
    drop(conn);
    let more = entries.len() > LINES as usize;
    entries.truncate(LINES as usize);
    let before = entries.last().map(|e| e.number).filter(|_| more);
    let said = |name: &str| (name.to_string(), asked.value(name).unwrap_or_default());
    let search: BTreeMap<String, String> = ["act", "who", "subject"].map(said).into();
    let entries = entries.into_iter().map(view).collect();
    show(&house, &asked, Some(&person), &AuditPage { entries, acts, search, before }).await
}
