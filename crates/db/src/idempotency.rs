//! Requests that had their effect, by the key that their callers gave: asked again, they are answered, not repeated.
use crate::{
    Conn,
    demand::Key,
    row::{Read, failed, ms},
};
use socle_domain::{Digest, Timestamp};
use socle_texts::{Fault, Result};
use std::time::Duration;

/// How long a key is remembered.
pub const KEPT_HOURS: u64 = 24;

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The HTTP status.
    pub status: u16,
    /// The message, sealed: an answer may hold a secret that is told once.
    pub sealed: String,
}

/// A request that had its effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Digest of what was asked.
    pub request: Digest,
    /// What was answered; none where the server ended between the effect and the answer.
    pub answer: Option<Kept>,
}

/// Notes a key, in the transaction of its effect.
///
/// # Errors
/// `db-key-taken` where another request with the key was committed meanwhile.
pub(crate) async fn note(conn: &mut Conn, key: &Key, answer: Option<&Kept>) -> Result<()> {
    let done = sqlx::query(
        "INSERT INTO idempotency (key, unit, request, made_ms, status, answer) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (key) DO UPDATE SET unit = excluded.unit, request = excluded.request, made_ms = excluded.made_ms, \
         status = excluded.status, answer = excluded.answer WHERE idempotency.made_ms <= $7",
    )
    .bind(key.key.to_string())
    .bind(key.unit.to_string())
    .bind(key.request.to_string())
    .bind(ms(key.at))
    .bind(answer.map(|a| i64::from(a.status)))
    .bind(answer.map(|a| a.sealed.clone()))
    .bind(ms(forgotten(key.at)))
    .execute(conn)
    .await
    .map_err(failed)?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::new("db-key-taken")) }
}

/// Keys made before this are forgotten.
fn forgotten(now: Timestamp) -> Timestamp {
    now - Duration::from_secs(KEPT_HOURS * 3600)
}

/// Keeps what was answered, where it is not kept yet. A request that changed nothing is noted here.
pub async fn answered(conn: &mut Conn, key: &Key, answer: &Kept) -> Result<()> {
    sqlx::query(
        "INSERT INTO idempotency (key, unit, request, made_ms, status, answer) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (key) DO UPDATE SET status = excluded.status, answer = excluded.answer \
         WHERE idempotency.status IS NULL",
    )
    .bind(key.key.to_string())
    .bind(key.unit.to_string())
    .bind(key.request.to_string())
    .bind(ms(key.at))
    .bind(i64::from(answer.status))
    .bind(answer.sealed.clone())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The request that had its effect under a key.
pub async fn find(conn: &mut Conn, key: Digest, now: Timestamp) -> Result<Option<Done>> {
    let row = sqlx::query("SELECT request, status, answer FROM idempotency WHERE key = $1 AND made_ms > $2")
        .bind(key.to_string())
        .bind(ms(forgotten(now)))
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let answer = match row.maybe("answer")? {
        Some(sealed) => Some(Kept { status: row.count("status")? as u16, sealed }),
        None => None,
    };
    Ok(Some(Done { request: row.parsed("request")?, answer }))
}

/// Forgets those that are old enough.
pub async fn sweep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let query = sqlx::query("DELETE FROM idempotency WHERE made_ms <= $1").bind(ms(forgotten(now)));
    query.execute(conn).await.map(drop).map_err(failed)
}
