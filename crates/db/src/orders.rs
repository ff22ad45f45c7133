//! Orders: signed, numbered upwards for each target, never changed.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{Digest, RunId, TargetId, order::Order, sign::Signed};
use socle_texts::{Fault, Result};

/// The number that the next order of a target shall have, wherever its earlier ones were given: a machine that has moved
/// refuses what it has counted already. Asked in the transaction that then adds it.
pub async fn next_number(conn: &mut Conn, target: TargetId) -> Result<u64> {
    let text = "SELECT COALESCE(MAX(number), 0) AS n FROM \
                (SELECT number FROM orders WHERE target = $1 UNION ALL SELECT number FROM boot_once WHERE machine = $1) given";
    let row = sqlx::query(text).bind(target.to_string()).fetch_one(conn).await.map_err(failed)?;
    Ok(row.count("n")? + 1)
}

/// Adds an order about a run of the scope; its number must be free.
///
/// # Errors
/// `db-unit-outside` where the run is not of the scope.
pub async fn add(conn: &mut Conn, scope: Scope, signed: &Signed<Order>, order: &Order) -> Result<()> {
    let act = match &order.act {
        socle_domain::order::Act::Run(_) => "run",
        socle_domain::order::Act::AllowLoss { .. } => "allow-loss",
        socle_domain::order::Act::Retry { .. } => "retry",
        socle_domain::order::Act::Cancel { .. } => "cancel",
        // About no run: kept by `boot_once`.
        socle_domain::order::Act::BootOnce { .. } => "boot-once",
    };
    let text = "INSERT INTO orders (target, number, unit, run, act, signed, digest, expires_ms) \
                SELECT $3, $4, runs.unit, runs.id, $5, $6, $7, $8 FROM runs WHERE {of runs} AND runs.id = $2";
    let done = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(order.act.run().map(|run| run.to_string()).unwrap_or_default())
        .bind(order.target.to_string())
        .bind(order.number as i64)
        .bind(act)
        .bind(json(signed)?)
        .bind(signed.digest().to_string())
        .bind(ms(order.expires))
        .execute(conn)
        .await
        .map_err(failed)?;
    match done.rows_affected() {
        0 => Err(Fault::new("db-unit-outside").with("unit", scope.text())),
        _ => Ok(()),
    }
}

/// The orders about a run, oldest first.
pub async fn of_run(conn: &mut Conn, scope: Scope, run: RunId) -> Result<Vec<Signed<Order>>> {
    let rows = sqlx::query(within(scope, "SELECT signed FROM orders WHERE {of orders} AND run = $2 ORDER BY number"))
        .bind(scope.text())
        .bind(run.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}

/// Whether `digest` is that of an order that starts this run: where its journal may begin.
pub async fn starts(conn: &mut Conn, scope: Scope, run: RunId, digest: Digest) -> Result<bool> {
    let text = "SELECT number FROM orders WHERE {of orders} AND run = $2 AND act = 'run' AND digest = $3";
    let row = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(run.to_string())
        .bind(digest.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    Ok(row.is_some())
}
