//! The journal's entries, as the machines signed them. Append-only: there is no statement that changes or removes one.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
};
use socle_domain::{RunId, Timestamp, journal::SignedEntry};
use socle_texts::{Fault, Result};

/// What became of an entry that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New,
    /// The very same one was there.
    Again,
}

/// Adds an entry. The caller has checked that it fits the chain.
///
/// # Errors
/// `db-entry-differs` where another entry has this number: a journal is never rewritten.
pub async fn add(
    conn: &mut Conn,
    scope: Scope,
    run: RunId,
    number: u64,
    entry: &SignedEntry,
    now: Timestamp,
) -> Result<Added> {
    let text = json(entry)?;
    let done = sqlx::query(
        "INSERT INTO journal (run, number, unit, signed, digest, received_ms) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (run, number) DO NOTHING",
    )
    .bind(run.to_string())
    .bind(number as i64)
    .bind(scope.text())
    .bind(text.clone())
    .bind(entry.digest().to_string())
    .bind(ms(now))
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    if done.rows_affected() == 1 {
        return Ok(Added::New);
    }
    match at(conn, scope, run, number).await? {
        Some(there) if there == *entry => Ok(Added::Again),
        _ => Err(Fault::new("db-entry-differs").with("run", run.to_string()).with("number", number)),
    }
}

/// The entry of a number.
pub async fn at(conn: &mut Conn, scope: Scope, run: RunId, number: u64) -> Result<Option<SignedEntry>> {
    let row = sqlx::query("SELECT signed FROM journal WHERE unit = $1 AND run = $2 AND number = $3")
        .bind(scope.text())
        .bind(run.to_string())
        .bind(number as i64)
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.tree("signed")).transpose()
}

/// Every entry of a run, in order.
pub async fn of_run(conn: &mut Conn, scope: Scope, run: RunId) -> Result<Vec<SignedEntry>> {
    let rows = sqlx::query("SELECT signed FROM journal WHERE unit = $1 AND run = $2 ORDER BY number")
        .bind(scope.text())
        .bind(run.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}
