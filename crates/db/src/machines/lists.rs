//! Machines in numbers: by what they say of themselves, by state, by unit; what they are called, how many there are.
use super::{Machine, State, read};
use crate::{
    Conn, Scope,
    row::{Read, failed},
    scope::within,
};
use socle_domain::{TargetId, UnitId};
use socle_texts::Result;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// The machines whose hints name this address or this identifier, those that are known first: strangers that say the same
/// of themselves never crowd them out. A hint proves nothing: there may be several.
pub async fn by_hints(conn: &mut Conn, scope: Scope, mac: Option<&str>, uuid: Option<&str>) -> Result<Vec<Machine>> {
    let text = "SELECT * FROM machines WHERE {of machines} AND id IN (SELECT machine FROM hints \
                WHERE (kind = 'mac' AND value = $2) OR (kind = 'uuid' AND value = $3)) \
                ORDER BY CASE state WHEN 'known' THEN 0 ELSE 1 END, id LIMIT 100";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(mac.unwrap_or("").to_ascii_lowercase())
        .bind(uuid.unwrap_or("").to_ascii_lowercase())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The machine of this name in a unit.
pub async fn by_name(conn: &mut Conn, scope: Scope, unit: UnitId, name: &str) -> Result<Option<Machine>> {
    let row = sqlx::query(within(scope, "SELECT * FROM machines WHERE {of machines} AND unit = $2 AND name = $3"))
        .bind(scope.text())
        .bind(unit.to_string())
        .bind(name.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// All machines, those that wait first, by their names among them; at most `limit`.
pub async fn list(conn: &mut Conn, scope: Scope, state: Option<State>, limit: u32) -> Result<Vec<Machine>> {
    let one_state = "SELECT * FROM machines WHERE {page machines} AND state = $2 \
                     ORDER BY COALESCE(name, ''), id LIMIT $3";
    let the_others = "SELECT * FROM machines WHERE {page machines} AND state <> $2 \
                      ORDER BY COALESCE(name, ''), id LIMIT $3";
    let mut found = part(conn, scope, one_state, state.unwrap_or(State::ToRecognise), limit).await?;
    let missing = limit.saturating_sub(found.len() as u32);
    if state.is_none() && missing > 0 {
        found.extend(part(conn, scope, the_others, State::ToRecognise, missing).await?);
    }
    Ok(found)
}

async fn part(conn: &mut Conn, scope: Scope, text: &'static str, state: State, limit: u32) -> Result<Vec<Machine>> {
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(state.word()).bind(i64::from(limit));
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// The machines that wait and show these digits on their screen.
pub async fn with_code(conn: &mut Conn, scope: Scope, code: &str) -> Result<Vec<Machine>> {
    let text =
        "SELECT * FROM machines WHERE {of machines} AND state = 'to-recognise' AND code = $2 ORDER BY id LIMIT 100";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(code.to_string());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// Every name taken in a unit of the scope: names are given once in a unit, not once in the organisation.
pub async fn names(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<BTreeSet<String>> {
    let text = "SELECT name FROM machines WHERE {of machines} AND unit = $2 AND name IS NOT NULL";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(unit.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.text("name")).collect()
}

/// What a machine is called, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The machine.
    pub id: TargetId,
    /// Its unit.
    pub unit: UnitId,
    /// Its name, once recognised.
    pub name: Option<String>,
    /// Whether it was recognised.
    pub state: State,
}

/// What every machine of the scope is called.
pub async fn labels(conn: &mut Conn, scope: Scope) -> Result<Vec<Label>> {
    let text = "SELECT id, unit, name, state FROM machines WHERE {in machines} ORDER BY id";
    let rows = sqlx::query(within(scope, text)).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
    let read = |row: &AnyRow| {
        Ok(Label {
            id: row.parsed("id")?,
            unit: row.parsed("unit")?,
            name: row.maybe("name")?,
            state: row.parsed("state")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The machines of one unit of the scope, without those below it, by name from `after` on, at most `limit`.
pub async fn of_unit(conn: &mut Conn, scope: Scope, unit: UnitId, after: &str, limit: u32) -> Result<Vec<Machine>> {
    let text = "SELECT * FROM machines WHERE {of machines} AND unit = $2 AND COALESCE(name, '') > $3 \
                ORDER BY COALESCE(name, ''), id LIMIT $4";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(unit.to_string())
        .bind(after.to_string())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// How many machines there are, by state.
pub async fn counts(conn: &mut Conn, scope: Scope) -> Result<BTreeMap<String, u64>> {
    let rows =
        sqlx::query(within(scope, "SELECT state, COUNT(*) AS n FROM machines WHERE {in machines} GROUP BY state"))
            .bind(scope.text())
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    rows.iter().map(|row| Ok((row.text("state")?, row.count("n")?))).collect()
}

/// How many machines wait to be recognised: in all, and from one address.
pub async fn waiting(conn: &mut Conn, scope: Scope, address: &str) -> Result<(u64, u64)> {
    let text = "SELECT COUNT(*) AS n, COUNT(CASE WHEN address = $2 THEN 1 END) AS here FROM machines \
                WHERE {in machines} AND state = 'to-recognise'";
    let row = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(address.to_string())
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    Ok((row.count("n")?, row.count("here")?))
}
