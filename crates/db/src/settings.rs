//! What units and machines decided about options.
use crate::{
    Conn, Offered, Scope,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{
    TargetId, Timestamp, UnitId,
    resolve::{Setting, Source},
};
use socle_texts::Result;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// The most that one answer holds: 150 bodies of five sites with a hundred options each stay below.
const MAX_SETTINGS: i64 = 200_000;

fn of_a_unit(row: &AnyRow) -> Result<Setting> {
    Ok(Setting {
        source: Source::Unit { unit: row.parsed("unit")? },
        option: row.text("name")?,
        value: row.maybe_tree("value")?,
        narrows: row.maybe_tree("narrows")?,
        by: row.text("set_by")?,
        at: row.moment("set_ms")?,
    })
}

fn of_a_machine(row: &AnyRow) -> Result<Setting> {
    Ok(Setting {
        source: Source::Machine { machine: row.parsed("machine")? },
        option: row.text("name")?,
        value: Some(row.tree("value")?),
        narrows: None,
        by: row.text("set_by")?,
        at: row.moment("set_ms")?,
    })
}

/// Keeps what a unit decided about an option, in the place of what it decided before.
///
/// # Errors
/// `db-unit-outside`.
pub async fn put(conn: &mut Conn, scope: Scope, unit: UnitId, setting: &Setting) -> Result<()> {
    scope.check(conn, unit).await?;
    sqlx::query(
        "INSERT INTO settings (unit, name, value, narrows, set_by, set_ms) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (unit, name) DO UPDATE SET value = excluded.value, narrows = excluded.narrows, \
         set_by = excluded.set_by, set_ms = excluded.set_ms",
    )
    .bind(unit.to_string())
    .bind(setting.option.clone())
    .bind(setting.value.as_ref().map(json).transpose()?)
    .bind(setting.narrows.as_ref().map(json).transpose()?)
    .bind(setting.by.clone())
    .bind(ms(setting.at))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Keeps what was decided for a machine. The caller has found the machine in its scope.
pub async fn put_for_machine(conn: &mut Conn, scope: Scope, machine: TargetId, setting: &Setting) -> Result<()> {
    sqlx::query(within(
        scope,
        "INSERT INTO machine_settings (machine, name, value, set_by, set_ms) \
         SELECT id, $3, $4, $5, $6 FROM machines WHERE {of machines} AND id = $2 \
         ON CONFLICT (machine, name) DO UPDATE SET value = excluded.value, set_by = excluded.set_by, \
         set_ms = excluded.set_ms",
    ))
    .bind(scope.text())
    .bind(machine.to_string())
    .bind(setting.option.clone())
    .bind(json(&setting.value)?)
    .bind(setting.by.clone())
    .bind(ms(setting.at))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Forgets what a unit decided about an option; whether it had.
pub async fn remove(conn: &mut Conn, scope: Scope, unit: UnitId, option: &str) -> Result<bool> {
    let done = sqlx::query(within(scope, "DELETE FROM settings WHERE {of settings} AND unit = $2 AND name = $3"))
        .bind(scope.text())
        .bind(unit.to_string())
        .bind(option.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// Forgets what was decided for a machine; whether there was something.
pub async fn remove_for_machine(conn: &mut Conn, scope: Scope, machine: TargetId, option: &str) -> Result<bool> {
    let text = "DELETE FROM machine_settings WHERE machine = $2 AND name = $3 \
                AND EXISTS (SELECT 1 FROM machines WHERE machines.id = machine_settings.machine AND {of machines})";
    let done = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(machine.to_string())
        .bind(option.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// What a unit and those above it decided: what its options are made from.
pub async fn on_the_way(conn: &mut Conn, to: Offered) -> Result<Vec<Setting>> {
    let sql = to.sql("SELECT * FROM settings WHERE {to settings} ORDER BY unit, name");
    let rows = sqlx::query(sql).bind(to.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(of_a_unit).collect()
}

/// What was decided for a machine itself.
pub async fn of_machine(conn: &mut Conn, scope: Scope, machine: TargetId) -> Result<Vec<Setting>> {
    let text = "SELECT machine_settings.* FROM machine_settings JOIN machines ON machines.id = machine_settings.machine \
                WHERE {of machines} AND machine_settings.machine = $2 ORDER BY machine_settings.name";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(machine.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(of_a_machine).collect()
}

/// Everything that units of a scope decided.
pub async fn below(conn: &mut Conn, scope: Scope) -> Result<Vec<Setting>> {
    let rows = sqlx::query(within(scope, "SELECT * FROM settings WHERE {in settings} ORDER BY unit, name LIMIT $2"))
        .bind(scope.text())
        .bind(MAX_SETTINGS)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(of_a_unit).collect()
}

/// Everything that was decided for machines of a scope.
pub async fn of_machines_below(conn: &mut Conn, scope: Scope) -> Result<Vec<Setting>> {
    let text = "SELECT machine_settings.* FROM machine_settings JOIN machines ON machines.id = machine_settings.machine \
                WHERE {in machines} ORDER BY machine_settings.machine, machine_settings.name LIMIT $2";
    let rows =
        sqlx::query(within(scope, text)).bind(scope.text()).bind(MAX_SETTINGS).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(of_a_machine).collect()
}

/// A unit and those above it, the centre first: where options come down. Nothing where there is no such unit.
pub async fn way(conn: &mut Conn, to: Offered) -> Result<Vec<UnitId>> {
    let rows = sqlx::query("SELECT ancestor FROM unit_tree WHERE unit = $1 ORDER BY depth DESC")
        .bind(to.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.parsed("ancestor")).collect()
}

/// The names of a unit and of those above it: an explanation names them, whoever asks.
pub async fn names_on_the_way(conn: &mut Conn, to: Offered) -> Result<BTreeMap<UnitId, String>> {
    let text = "SELECT units.id AS id, units.name AS name FROM unit_tree JOIN units ON units.id = unit_tree.ancestor \
                WHERE unit_tree.unit = $1";
    let rows = sqlx::query(text).bind(to.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("id")?, row.text("name")?))).collect()
}

/// Forgets sealed values of options that nothing names any more and that are older than `before`: a run that was ordered
/// with one may still ask for it for a while after it was replaced. How many.
pub async fn sweep_secrets(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    let named = "'{\"secret\":\"' || sealed.owner || '\"}'";
    let text = format!(
        "DELETE FROM sealed WHERE kind = 'option' AND changed_ms < $1 \
         AND NOT EXISTS (SELECT 1 FROM settings WHERE settings.value = {named}) \
         AND NOT EXISTS (SELECT 1 FROM machine_settings WHERE machine_settings.value = {named}) \
         AND NOT EXISTS (SELECT 1 FROM option_rules WHERE option_rules.sets LIKE '%' || {named} || '%')"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(text)).bind(ms(before)).execute(conn).await.map_err(failed)?;
    Ok(done.rows_affected())
}
