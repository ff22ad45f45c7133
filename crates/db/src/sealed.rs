//! Secrets at rest: sealed by `trust::vault` before they come here, opened after they leave. This room never sees one.
//!
//! They stand in one table, under the kind of thing, the thing and the field that they belong to; a few stand in a column
//! of their own thing ([`ELSEWHERE`]). Changing the vault's key meets every one of them ([`all`], [`replace`]).
//! Whoever asks for one has found its owner by that owner's own scoped query before.
use crate::{
    Conn,
    row::{Read, failed, ms},
};
use socle_domain::Timestamp;
use socle_texts::Result;
use sqlx::AssertSqlSafe;

/// A sealed value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which kind of thing it belongs to.
    pub kind: String,
    /// Which one.
    pub owner: String,
    /// Which of its fields.
    pub field: String,
    /// The sealed text.
    pub value: String,
}

/// Sealed values that stand with their own thing: table, its key's column, column; and the kind and field that they are
/// sealed for.
const ELSEWHERE: [(&str, &str, &str, &str, &str); 3] = [
    ("webhooks", "id", "secret", "webhook", "secret"),
    ("webhooks", "id", "old_secret", "webhook", "secret"),
    ("idempotency", "key", "answer", "idempotency", "answer"),
];

/// Keeps a value, in the place of the one before.
pub async fn put(conn: &mut Conn, one: &Sealed, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO sealed (kind, owner, field, value, changed_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (kind, owner, field) DO UPDATE SET value = excluded.value, changed_ms = excluded.changed_ms",
    )
    .bind(one.kind.clone())
    .bind(one.owner.clone())
    .bind(one.field.clone())
    .bind(one.value.clone())
    .bind(ms(now))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The sealed value of a place.
pub async fn get(conn: &mut Conn, kind: &str, owner: &str, field: &str) -> Result<Option<String>> {
    let row = sqlx::query("SELECT value FROM sealed WHERE kind = $1 AND owner = $2 AND field = $3")
        .bind(kind.to_string())
        .bind(owner.to_string())
        .bind(field.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.text("value")).transpose()
}

/// Forgets every value of an owner.
pub async fn forget(conn: &mut Conn, kind: &str, owner: &str) -> Result<()> {
    sqlx::query("DELETE FROM sealed WHERE kind = $1 AND owner = $2")
        .bind(kind.to_string())
        .bind(owner.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Every value: for a change of key.
pub async fn all(conn: &mut Conn) -> Result<Vec<Sealed>> {
    let rows = sqlx::query("SELECT kind, owner, field, value FROM sealed ORDER BY kind, owner, field")
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Sealed {
            kind: row.text("kind")?,
            owner: row.text("owner")?,
            field: row.text("field")?,
            value: row.text("value")?,
        })
    };
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    for (table, key, column, kind, field) in ELSEWHERE {
        let text = format!("SELECT {key} AS owner, {column} AS value FROM {table} WHERE {column} IS NOT NULL");
        for row in sqlx::query(AssertSqlSafe(text)).fetch_all(&mut *conn).await.map_err(failed)? {
            let (owner, value) = (row.text("owner")?, row.text("value")?);
            all.push(Sealed { kind: kind.into(), owner, field: field.into(), value });
        }
    }
    Ok(all)
}

/// The same value under another key, if nobody has changed it meanwhile.
pub async fn replace(conn: &mut Conn, one: &Sealed, again: &str) -> Result<()> {
    sqlx::query("UPDATE sealed SET value = $5 WHERE kind = $1 AND owner = $2 AND field = $3 AND value = $4")
        .bind(one.kind.clone())
        .bind(one.owner.clone())
        .bind(one.field.clone())
        .bind(one.value.clone())
        .bind(again.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    for (table, key, column, ..) in ELSEWHERE.iter().filter(|e| e.3 == one.kind && e.4 == one.field) {
        let text = format!("UPDATE {table} SET {column} = $3 WHERE {key} = $1 AND {column} = $2");
        sqlx::query(AssertSqlSafe(text))
            .bind(one.owner.clone())
            .bind(one.value.clone())
            .bind(again.to_string())
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}
