//! Rules that recognise machines by themselves.
use crate::{
    Conn, Scope,
    row::{Read, failed},
};
use socle_domain::recognise::AcceptRule;
use socle_texts::Result;

/// Adds a rule, or gives the one of that name another content.
pub async fn put(conn: &mut Conn, scope: Scope, rule: &AcceptRule) -> Result<()> {
    sqlx::query(
        "INSERT INTO accept_rules (unit, name, condition, name_pattern) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (unit, name) DO UPDATE SET condition = excluded.condition, name_pattern = excluded.name_pattern",
    )
    .bind(scope.text())
    .bind(rule.name.clone())
    .bind(rule.when.clone())
    .bind(rule.name_pattern.clone())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The rules, in the order in which they are tried: by name.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<AcceptRule>> {
    let rows =
        sqlx::query("SELECT unit, name, condition, name_pattern FROM accept_rules WHERE unit = $1 ORDER BY name")
            .bind(scope.text())
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(AcceptRule {
            name: row.text("name")?,
            unit: row.parsed("unit")?,
            when: row.text("condition")?,
            name_pattern: row.text("name_pattern")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Removes a rule; whether it was there.
pub async fn remove(conn: &mut Conn, scope: Scope, name: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM accept_rules WHERE unit = $1 AND name = $2")
        .bind(scope.text())
        .bind(name.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}
