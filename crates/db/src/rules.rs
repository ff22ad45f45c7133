//! Rules that recognise machines by themselves.
use crate::{
    Conn, Offered, Scope,
    row::{Read, failed},
    scope::within,
};
use socle_domain::recognise::AcceptRule;
use socle_texts::Result;

/// Adds a rule, or gives the one of that name another content.
pub async fn put(conn: &mut Conn, scope: Scope, rule: &AcceptRule) -> Result<()> {
    scope.check_open(conn, rule.unit).await?;
    sqlx::query(
        "INSERT INTO accept_rules (unit, name, condition, name_pattern) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (unit, name) DO UPDATE SET condition = excluded.condition, name_pattern = excluded.name_pattern",
    )
    .bind(rule.unit.to_string())
    .bind(rule.name.clone())
    .bind(rule.when.clone())
    .bind(rule.name_pattern.clone())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The rules of the scope, in the order in which they are tried: by name.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<AcceptRule>> {
    let text =
        "SELECT unit, name, condition, name_pattern FROM accept_rules WHERE {in accept_rules} ORDER BY name, unit";
    let query = sqlx::query(within(scope, text)).bind(scope.text());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// The rules that stand above a unit or in it: what it is offered.
pub async fn offered(conn: &mut Conn, offered: Offered) -> Result<Vec<AcceptRule>> {
    let text =
        "SELECT unit, name, condition, name_pattern FROM accept_rules WHERE {to accept_rules} ORDER BY name, unit";
    let query = sqlx::query(offered.sql(text)).bind(offered.text());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

fn read(row: &sqlx::any::AnyRow) -> Result<AcceptRule> {
    Ok(AcceptRule {
        name: row.text("name")?,
        unit: row.parsed("unit")?,
        when: row.text("condition")?,
        name_pattern: row.text("name_pattern")?,
    })
}

/// Removes a rule of the scope's own unit; whether it was there.
pub async fn remove(conn: &mut Conn, scope: Scope, name: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM accept_rules WHERE unit = $1 AND name = $2")
        .bind(scope.text())
        .bind(name.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}
