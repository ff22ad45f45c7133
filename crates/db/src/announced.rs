//! Machines announced before they come.
use crate::{
    Conn, Scope,
    many::{Cell, insert},
    row::{Read, failed},
    scope::within,
};
use socle_domain::{TargetId, UnitId, recognise::Announced};
use socle_texts::Result;

/// Announces a machine, or announces it anew with other hints.
pub async fn put(conn: &mut Conn, scope: Scope, one: &Announced) -> Result<()> {
    scope.check_open(conn, one.unit).await?;
    sqlx::query(
        "INSERT INTO announced (unit, name, mac, serial, uuid) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (unit, name) DO UPDATE SET mac = excluded.mac, serial = excluded.serial, uuid = excluded.uuid",
    )
    .bind(one.unit.to_string())
    .bind(one.name.clone())
    .bind(one.mac.clone())
    .bind(one.serial.clone())
    .bind(one.uuid.clone())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Announces many, all or none.
pub async fn put_many(conn: &mut Conn, scope: Scope, all: &[Announced]) -> Result<()> {
    for unit in all.iter().map(|one| one.unit).collect::<std::collections::BTreeSet<_>>() {
        scope.check_open(conn, unit).await?;
    }
    let cells = |one: &Announced| -> Vec<Cell> {
        let Announced { name, unit, mac, serial, uuid } = one.clone();
        vec![unit.to_string().into(), name.into(), mac.into(), serial.into(), uuid.into()]
    };
    let rows: Vec<_> = all.iter().map(cells).collect();
    let tail =
        "ON CONFLICT (unit, name) DO UPDATE SET mac = excluded.mac, serial = excluded.serial, uuid = excluded.uuid";
    insert(conn, "INSERT INTO announced (unit, name, mac, serial, uuid)", tail, &rows).await
}

/// Those that have not come yet.
pub async fn awaited(conn: &mut Conn, scope: Scope) -> Result<Vec<Announced>> {
    let text = "SELECT unit, name, mac, serial, uuid FROM announced WHERE {in announced} AND used_by IS NULL \
                ORDER BY name, unit";
    let rows = sqlx::query(within(scope, text)).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
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

/// Says that a machine announced for a unit has come: the line serves once.
pub async fn came(conn: &mut Conn, unit: UnitId, name: &str, machine: TargetId) -> Result<()> {
    sqlx::query("UPDATE announced SET used_by = $3 WHERE unit = $1 AND name = $2 AND used_by IS NULL")
        .bind(unit.to_string())
        .bind(name.to_string())
        .bind(machine.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}
