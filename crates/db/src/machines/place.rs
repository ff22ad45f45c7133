//! Where a machine was, and since when.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{TargetId, Timestamp, UnitId};
use socle_texts::Result;
use sqlx::any::AnyRow;

/// A stay of a machine in a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The machine.
    pub machine: TargetId,
    /// The unit.
    pub unit: UnitId,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none: it is there.
    pub until: Option<Timestamp>,
    /// Who put it there.
    pub by: String,
}

fn read(row: &AnyRow) -> Result<Stay> {
    Ok(Stay {
        machine: row.parsed("machine")?,
        unit: row.parsed("unit")?,
        from: row.moment("from_ms")?,
        until: row.maybe_moment("until_ms")?,
        by: row.text("by_whom")?,
    })
}

pub(crate) async fn begins(conn: &mut Conn, machine: TargetId, unit: UnitId, by: &str, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO machine_units (machine, unit, from_ms, by_whom) VALUES ($1, $2, $3, $4)")
        .bind(machine.to_string())
        .bind(unit.to_string())
        .bind(ms(now))
        .bind(by.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

pub(crate) async fn moves(conn: &mut Conn, machine: TargetId, unit: UnitId, by: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE machine_units SET until_ms = $2 WHERE machine = $1 AND until_ms IS NULL")
        .bind(machine.to_string())
        .bind(ms(now))
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    begins(conn, machine, unit, by, now).await
}

/// Where a machine was, as far as those units are of the scope, oldest first.
pub async fn of_machine(conn: &mut Conn, scope: Scope, machine: TargetId) -> Result<Vec<Stay>> {
    let text = "SELECT * FROM machine_units WHERE {of machine_units} AND machine = $2 ORDER BY from_ms LIMIT 1000";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(machine.to_string());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// The machines that have left a unit of the scope, the last first.
pub async fn left(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<Vec<Stay>> {
    let text = "SELECT * FROM machine_units WHERE {of machine_units} AND unit = $2 AND until_ms IS NOT NULL \
                ORDER BY until_ms DESC, machine LIMIT 1000";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(unit.to_string());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}
