//! Machines announced before they come.
use crate::{
    Conn, Scope,
    row::{Read, failed},
};
use socle_domain::{TargetId, recognise::Announced};
use socle_texts::Result;

/// Announces a machine, or announces it anew with other hints.
pub async fn put(conn: &mut Conn, scope: Scope, one: &Announced) -> Result<()> {
    sqlx::query(
        "INSERT INTO announced (unit, name, mac, serial, uuid) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (unit, name) DO UPDATE SET mac = excluded.mac, serial = excluded.serial, uuid = excluded.uuid",
    )
    .bind(scope.text())
    .bind(one.name.clone())
    .bind(one.mac.clone())
    .bind(one.serial.clone())
    .bind(one.uuid.clone())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Those that have not come yet.
pub async fn awaited(conn: &mut Conn, scope: Scope) -> Result<Vec<Announced>> {
    let rows = sqlx::query(
        "SELECT unit, name, mac, serial, uuid FROM announced WHERE unit = $1 AND used_by IS NULL ORDER BY name",
    )
    .bind(scope.text())
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Announced {
            name: row.text("name")?,
            unit: row.parsed("unit")?,
            mac: row.maybe("mac")?,
            serial: row.maybe("serial")?,
            uuid: row.maybe("uuid")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Says that an announced machine has come: the line serves once.
pub async fn came(conn: &mut Conn, scope: Scope, name: &str, machine: TargetId) -> Result<()> {
    sqlx::query("UPDATE announced SET used_by = $3 WHERE unit = $1 AND name = $2 AND used_by IS NULL")
        .bind(scope.text())
        .bind(name.to_string())
        .bind(machine.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}
