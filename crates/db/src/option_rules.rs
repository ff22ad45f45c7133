//! Rules that set options.
use crate::{
    Conn, Offered, Scope, found,
    row::{Read, failed, is_duplicate, json, ms},
    scope::within,
};
use socle_domain::{RuleId, rule::Rule};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

const MAX_RULES: i64 = 100_000;

fn read(row: &AnyRow) -> Result<Rule> {
    Ok(Rule {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        order: row.count("place")? as u32,
        when: row.text("condition")?,
        sets: row.tree("sets")?,
        by: row.text("set_by")?,
        at: row.moment("set_ms")?,
    })
}

/// Keeps a rule, new or in the place of what it was. It stays in its unit.
///
/// # Errors
/// `db-unit-outside`; `db-name-taken` where another rule of the unit has its name.
pub async fn put(conn: &mut Conn, scope: Scope, rule: &Rule) -> Result<()> {
    scope.check(conn, rule.unit).await?;
    sqlx::query(
        "INSERT INTO option_rules (id, unit, name, place, condition, sets, set_by, set_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, place = excluded.place, condition = excluded.condition, \
         sets = excluded.sets, set_by = excluded.set_by, set_ms = excluded.set_ms \
         WHERE option_rules.unit = excluded.unit",
    )
    .bind(rule.id.to_string())
    .bind(rule.unit.to_string())
    .bind(rule.name.clone())
    .bind(i64::from(rule.order))
    .bind(rule.when.clone())
    .bind(json(&rule.sets)?)
    .bind(rule.by.clone())
    .bind(ms(rule.at))
    .execute(conn)
    .await
    .map_err(|e| match is_duplicate(&e) {
        true => Fault::new("db-name-taken").with("name", &rule.name),
        false => failed(e),
    })
    // One of that identifier is another unit's: it is not written over, and its unit is not told.
    .and_then(|done| if done.rows_affected() == 1 { Ok(()) } else { Err(Scope::outside(rule.unit)) })
}

/// One rule of a scope.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: RuleId) -> Result<Option<Rule>> {
    found::one(conn, scope, "SELECT * FROM option_rules WHERE {seen option_rules} AND id = $2", id, read).await
}

/// Removes a rule; whether it was there.
pub async fn remove(conn: &mut Conn, scope: Scope, id: RuleId) -> Result<bool> {
    let done = sqlx::query(within(scope, "DELETE FROM option_rules WHERE {of option_rules} AND id = $2"))
        .bind(scope.text())
        .bind(id.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// The rules of a scope, and those above it, which speak of its machines too.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Rule>> {
    let text = "SELECT * FROM option_rules WHERE {seen option_rules} ORDER BY unit, place, name LIMIT $2";
    let rows =
        sqlx::query(within(scope, text)).bind(scope.text()).bind(MAX_RULES).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The rules that speak of the machines of a unit: its own and those of the units above it.
pub async fn on_the_way(conn: &mut Conn, to: Offered) -> Result<Vec<Rule>> {
    let sql = to.sql("SELECT * FROM option_rules WHERE {to option_rules} ORDER BY unit, place, name");
    let rows = sqlx::query(sql).bind(to.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(read).collect()
}
