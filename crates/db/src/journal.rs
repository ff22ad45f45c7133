//! The journal's entries, as the machines signed them. Append-only: there is no statement that changes or removes one.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
    scope::within,
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
/// `db-entry-differs` where another entry has this number: a journal is never rewritten. `db-unit-outside` where the run
/// is not of the scope.
pub async fn add(
    conn: &mut Conn,
    scope: Scope,
    run: RunId,
    number: u64,
    entry: &SignedEntry,
    now: Timestamp,
) -> Result<Added> {
    let text = json(entry)?;
    // An entry belongs to the unit for which its run was ordered.
    let sql = "INSERT INTO journal (run, number, unit, signed, digest, received_ms) \
               SELECT runs.id, $3, runs.unit, $4, $5, $6 FROM runs WHERE {of runs} AND runs.id = $2 \
               ON CONFLICT (run, number) DO NOTHING";
    let done = sqlx::query(within(scope, sql))
        .bind(scope.text())
        .bind(run.to_string())
        .bind(number as i64)
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
        None => Err(Fault::new("db-unit-outside").with("unit", scope.text())),
        _ => Err(Fault::new("db-entry-differs").with("run", run.to_string()).with("number", number)),
    }
}

/// The entry of a number.
pub async fn at(conn: &mut Conn, scope: Scope, run: RunId, number: u64) -> Result<Option<SignedEntry>> {
    let row = sqlx::query(within(scope, "SELECT signed FROM journal WHERE {of journal} AND run = $2 AND number = $3"))
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
    let rows = sqlx::query(within(scope, "SELECT signed FROM journal WHERE {of journal} AND run = $2 ORDER BY number"))
        .bind(scope.text())
        .bind(run.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}

/// The entries of a run after a number, in order, at most so many.
pub async fn page(conn: &mut Conn, scope: Scope, run: RunId, after: u64, limit: u32) -> Result<Vec<SignedEntry>> {
    let text = "SELECT signed FROM journal WHERE {of journal} AND run = $2 AND number > $3 ORDER BY number LIMIT $4";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(run.to_string())
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}
