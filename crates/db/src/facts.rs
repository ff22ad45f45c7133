//! What is known of a machine, from whom, since when. A value that changes ends and another begins: none is overwritten.
use crate::{
    Conn, Scope,
    many::insert,
    row::{Read, failed, ms},
    scope::within,
};
use serde_json::Value;
use socle_domain::{TargetId, Timestamp, facts::Facts};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// Who says what a machine says of itself.
pub const MACHINE: &str = "machine";
/// Facts that a machine may have at once, from everybody.
pub const MAX_FACTS: usize = 500;

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Who said so: [`MACHINE`], an account, a token.
    pub who: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: it holds.
    pub until: Option<Timestamp>,
}

fn read(row: &AnyRow) -> Result<Fact> {
    Ok(Fact {
        name: row.text("name")?,
        value: row.tree("value")?,
        who: row.text("who")?,
        since: row.moment("since_ms")?,
        until: row.maybe_moment("until_ms")?,
    })
}

/// The facts of a machine of the scope: those that hold, or all that ever did.
pub async fn of_machine(conn: &mut Conn, scope: Scope, machine: TargetId, ended: bool) -> Result<Vec<Fact>> {
    let text = "SELECT f.name, f.value, f.who, f.since_ms, f.until_ms FROM facts f JOIN machines ON machines.id = f.machine \
                WHERE {of machines} AND f.machine = $2 AND (f.until_ms IS NULL OR $3 = 1) \
                ORDER BY f.name, f.since_ms DESC, f.who LIMIT 2000";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(machine.to_string())
        .bind(i64::from(ended))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Keeps what somebody says of a machine of the scope; none: it holds no longer.
///
/// # Errors
/// `db-machine-unknown`, `db-fact-wrong`, `db-facts-too-many`.
pub async fn say(
    conn: &mut Conn,
    scope: Scope,
    machine: TargetId,
    name: &str,
    value: Option<&Value>,
    who: &str,
    now: Timestamp,
) -> Result<()> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        return Err(Fault::new("db-fact-wrong").with("fact", name));
    }
    if crate::machines::by_id(conn, scope, machine).await?.is_none() {
        return Err(Fault::new("db-machine-unknown").with("machine", machine.to_string()));
    }
    let holding = of_machine(conn, scope, machine, false).await?;
    let old = holding.iter().find(|fact| fact.name == name && fact.who == who);
    if old.map(|fact| &fact.value) == value {
        return Ok(());
    }
    if old.is_none() && holding.len() >= MAX_FACTS {
        return Err(Fault::new("db-facts-too-many").with("limit", MAX_FACTS));
    }
    write(conn, machine, who, now, &[name.to_string()], value.map(|v| (name, v)).into_iter()).await
}

/// Keeps what a machine now says of itself, as far as it differs from what it said before.
pub(crate) async fn told(
    conn: &mut Conn,
    machine: TargetId,
    before: &Facts,
    after: &Facts,
    now: Timestamp,
) -> Result<()> {
    let changed: Vec<String> =
        before.0.iter().filter(|(name, value)| after.0.get(*name) != Some(value)).map(|(n, _)| n.clone()).collect();
    let fresh = after.0.iter().filter(|(name, value)| before.0.get(*name) != Some(value));
    write(conn, machine, MACHINE, now, &changed, fresh.take(MAX_FACTS).map(|(n, v)| (n.as_str(), v))).await
}

async fn write(
    conn: &mut Conn,
    machine: TargetId,
    who: &str,
    now: Timestamp,
    ended: &[String],
    fresh: impl Iterator<Item = (&'_ str, &'_ Value)>,
) -> Result<()> {
    for name in ended {
        sqlx::query(
            "UPDATE facts SET until_ms = $4 WHERE machine = $1 AND name = $2 AND who = $3 AND until_ms IS NULL",
        )
        .bind(machine.to_string())
        .bind(name.clone())
        .bind(who.to_string())
        .bind(ms(now))
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    }
    let rows: Vec<_> = fresh
        .map(|(name, value)| {
            vec![machine.to_string().into(), name.into(), value.to_string().into(), who.into(), ms(now).into()]
        })
        .collect();
    insert(conn, "INSERT INTO facts (machine, name, value, who, since_ms)", "", &rows).await
}
