//! The audit trail: searched, exported, and parted from the names of those who are to be forgotten.
use crate::{
    House,
    access::Person,
    audit_trail, idempotency,
    paging::Paged,
    refusal::{Answer, Message},
};
use axum::{
    Extension, Json,
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::audit::{self, Kept, Search};
use socle_domain::{Timestamp, UnitId, audit::Outcome, role::Right};
use socle_wire::{
    page::Page,
    rights::{AuditView, Forget, Forgotten},
};
use std::sync::Arc;

/// What is searched for; everything that is given must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// The word of an act: `machine-accept`.
    pub act: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Who did it: an identifier, or a part of the name.
    pub who: Option<String>,
    /// A part of what it is about.
    pub subject: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// As the database is asked, for entries of a lower number than `before`.
    pub fn search(self, before: Option<u64>) -> Search {
        Search {
            act: self.act.filter(|a| !a.is_empty()),
            outcome: self.outcome.map(|o| o.word().to_string()),
            who: self.who,
            subject: self.subject,
            since: self.since,
            until: self.until,
            before,
        }
    }
}

/// An entry as it is told.
pub(crate) fn view(kept: Kept) -> AuditView {
    let (who, who_name) = kept.who.map_or((None, None), |(id, name)| (Some(id), Some(name)));
    AuditView {
        number: kept.number,
        at: kept.said.at,
        unit: kept.said.unit,
        act: kept.said.act,
        outcome: kept.said.outcome,
        who,
        who_name,
        subject: kept.subject,
    }
}

/// `GET /api/v1/audit?act=&outcome=&who=&subject=&since=&until=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<AuditView>>> {
    let before = paged.after.as_deref().map(|n| n.parse().unwrap_or(0));
    let mut conn = house.db.read().await?;
    let rows = audit::list(&mut conn, person.scope, &filter.search(before), paged.rows()).await?;
    Ok(paged.answer(rows, |row| row.number.to_string(), view))
}

/// Which part.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Part {
    /// The number of a signed head: begin behind it. None: at the beginning.
    pub after: Option<u64>,
}

/// `GET /api/v1/audit/export?after=`
pub(crate) async fn export(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(part): Query<Part>,
) -> Answer<Response> {
    let file = audit_trail::export(&house, person.scope, part.after.unwrap_or(0)).await?;
    let day = house.now().strftime("%Y-%m-%d");
    let name = format!("attachment; filename=\"socle-audit-{day}.json\"");
    let typed = (header::CONTENT_TYPE, "application/json".to_string());
    Ok(([typed, (header::CONTENT_DISPOSITION, name)], file.to_bytes()).into_response())
}

/// `POST /api/v1/audit/forget`: who has left, and has been left long enough, is nobody in the trail from then on. The
/// names stand in entries of every unit, so only the centre's auditor deletes them.
pub(crate) async fn forget(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<Forget>,
) -> Answer<Json<Forgotten>> {
    let mut tx = house.db.write().await?;
    person.must(&mut tx, Right::Audit, UnitId::ROOT).await?;
    let entries = audit::forget_person(&mut tx, &wish.person.to_string()).await?;
    let told = Forgotten { entries };
    idempotency::done(&house, tx, told).await
}
