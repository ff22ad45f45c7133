//! Masters that are not signed yet.
use crate::{
    Conn, Scope, found,
    row::{Read, failed, is_duplicate, json, ms},
    scope::within,
};
use socle_domain::{DraftId, Timestamp, master::Master};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

const MAX_LISTED: i64 = 1_000;

/// A draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Which.
    pub id: DraftId,
    /// What it is so far.
    pub master: Master,
    /// Who wrote it last.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Draft> {
    Ok(Draft { id: row.parsed("id")?, master: row.tree("master")?, by: row.text("set_by")?, at: row.moment("set_ms")? })
}

/// Keeps a draft, new or in the place of what it was. It stays in its unit.
///
/// # Errors
/// `db-unit-outside`; `db-master-taken` where another draft has its name and version.
pub async fn put(conn: &mut Conn, scope: Scope, draft: &Draft) -> Result<()> {
    let Master { unit, name, version, .. } = &draft.master;
    scope.check(conn, *unit).await?;
    sqlx::query(
        "INSERT INTO master_drafts (id, unit, name, version, master, set_by, set_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, master = excluded.master, \
         set_by = excluded.set_by, set_ms = excluded.set_ms WHERE master_drafts.unit = excluded.unit",
    )
    .bind(draft.id.to_string())
    .bind(unit.to_string())
    .bind(name.clone())
    .bind(version.clone())
    .bind(json(&draft.master)?)
    .bind(draft.by.clone())
    .bind(ms(draft.at))
    .execute(conn)
    .await
    .map_err(|e| match is_duplicate(&e) {
        true => Fault::new("db-master-taken").with("name", name).with("version", version),
        false => failed(e),
    })
    // One of that identifier is another unit's: it is not written over, and its unit is not told.
    .and_then(|done| if done.rows_affected() == 1 { Ok(()) } else { Err(Scope::outside(*unit)) })
}

/// One draft. Drafts are seen where they belong, not below: nobody is offered them.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: DraftId) -> Result<Option<Draft>> {
    found::one(conn, scope, "SELECT * FROM master_drafts WHERE {of master_drafts} AND id = $2", id, read).await
}

/// The drafts of a scope, the last written first.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Draft>> {
    let text = "SELECT * FROM master_drafts WHERE {in master_drafts} ORDER BY set_ms DESC, id LIMIT $2";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(MAX_LISTED);
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// Removes a draft; whether it was there.
pub async fn remove(conn: &mut Conn, scope: Scope, id: DraftId) -> Result<bool> {
    let done = sqlx::query(within(scope, "DELETE FROM master_drafts WHERE {of master_drafts} AND id = $2"))
        .bind(scope.text())
        .bind(id.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// Removes the draft of a name and version that has just been published.
pub async fn published(conn: &mut Conn, scope: Scope, master: &Master) -> Result<()> {
    let text = "DELETE FROM master_drafts WHERE {of master_drafts} AND unit = $2 AND name = $3 AND version = $4";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(master.unit.to_string())
        .bind(master.name.clone())
        .bind(master.version.clone())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}
