//! Masters, as the content key signed them. Immutable.
use crate::{
    Conn, Offered, Scope,
    row::{Read, failed, is_duplicate, json, ms},
    scope::within,
};
use socle_domain::{Digest, Timestamp, master::Master, sign::Signed};
use socle_texts::{Fault, Result};

/// Adds a master. The caller has opened `signed` and found `master` in it. The same one twice is harmless.
///
/// # Errors
/// `db-master-taken` where another one has its name and version.
pub async fn add(
    conn: &mut Conn,
    scope: Scope,
    signed: &Signed<Master>,
    master: &Master,
    now: Timestamp,
) -> Result<()> {
    scope.check_open(conn, master.unit).await?;
    sqlx::query(
        "INSERT INTO masters (digest, unit, name, version, signed, published_ms) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind(signed.digest().to_string())
    .bind(master.unit.to_string())
    .bind(master.name.clone())
    .bind(master.version.clone())
    .bind(json(signed)?)
    .bind(ms(now))
    .execute(conn)
    .await
    .map(drop)
    .map_err(|e| match is_duplicate(&e) {
        true => Fault::new("db-master-taken").with("name", &master.name).with("version", &master.version),
        false => failed(e),
    })
}

/// One master of the scope, or offered to it.
pub async fn by_digest(conn: &mut Conn, scope: Scope, digest: Digest) -> Result<Option<Signed<Master>>> {
    let row = sqlx::query(within(scope, "SELECT signed FROM masters WHERE {seen masters} AND digest = $2"))
        .bind(scope.text())
        .bind(digest.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.tree("signed")).transpose()
}

/// The masters of the scope and those offered to it, the newest first; at most 1,000.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Signed<Master>>> {
    let text = "SELECT signed FROM masters WHERE {seen masters} ORDER BY published_ms DESC, digest LIMIT 1000";
    let rows = sqlx::query(within(scope, text)).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}

/// The masters that a unit is offered: its own and those of the units above it, the newest first; at most 1,000.
pub async fn offered(conn: &mut Conn, offered: Offered) -> Result<Vec<Signed<Master>>> {
    let text = "SELECT signed FROM masters WHERE {to masters} ORDER BY published_ms DESC, digest LIMIT 1000";
    let query = sqlx::query(offered.sql(text)).bind(offered.text());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(|row| row.tree("signed")).collect()
}
