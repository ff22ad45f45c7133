//! Orders: signed, numbered upwards for each target, never changed.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
};
use socle_domain::{Digest, RunId, TargetId, order::Order, sign::Signed};
use socle_texts::Result;

/// The number that the next order of a target shall have. Asked in the transaction that then adds it.
pub async fn next_number(conn: &mut Conn, scope: Scope, target: TargetId) -> Result<u64> {
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS n FROM orders WHERE unit = $1 AND target = $2")
        .bind(scope.text())
        .bind(target.to_string())
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    Ok(row.count("n")? + 1)
}

/// Adds an order; its number must be free.
pub async fn add(conn: &mut Conn, scope: Scope, signed: &Signed<Order>, order: &Order) -> Result<()> {
    let act = match &order.act {
        socle_domain::order::Act::Run(_) => "run",
        socle_domain::order::Act::AllowLoss { .. } => "allow-loss",
        socle_domain::order::Act::Retry { .. } => "retry",
        socle_domain::order::Act::Cancel { .. } => "cancel",
    };
    sqlx::query(
        "INSERT INTO orders (target, number, unit, run, act, signed, digest, expires_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(order.target.to_string())
    .bind(order.number as i64)
    .bind(scope.text())
    .bind(order.act.run().to_string())
    .bind(act)
    .bind(json(signed)?)
    .bind(signed.digest().to_string())
    .bind(ms(order.expires))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The orders about a run, oldest first.
pub async fn of_run(conn: &mut Conn, scope: Scope, run: RunId) -> Result<Vec<Signed<Order>>> {
    let rows = sqlx::query("SELECT signed FROM orders WHERE unit = $1 AND run = $2 ORDER BY number")
        .bind(scope.text())
        .bind(run.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}

/// Whether `digest` is that of an order that starts this run: where its journal may begin.
pub async fn starts(conn: &mut Conn, scope: Scope, run: RunId, digest: Digest) -> Result<bool> {
    let row = sqlx::query("SELECT number FROM orders WHERE unit = $1 AND run = $2 AND act = 'run' AND digest = $3")
        .bind(scope.text())
        .bind(run.to_string())
        .bind(digest.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    Ok(row.is_some())
}
