//! Machines: known by their key; what they say of themselves are hints.
use crate::{
    Conn, Scope,
    row::{Read, failed, is_duplicate, json, ms},
};
use socle_domain::{
    TargetId, Timestamp, UnitId,
    facts::Facts,
    keys::Enrolment,
    recognise::Hints,
    sign::{PublicKey, Signed},
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Whether somebody has recognised it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody yet.
    ToRecognise,
    /// Somebody has.
    Known,
    /// Somebody said no.
    Refused,
}

impl State {
    /// The word of the tables and of the wire.
    pub fn word(self) -> &'static str {
        match self {
            State::ToRecognise => "to-recognise",
            State::Known => "known",
            State::Refused => "refused",
        }
    }
}
impl std::str::FromStr for State {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        [State::ToRecognise, State::Known, State::Refused]
            .into_iter()
            .find(|s| s.word() == word)
            .ok_or_else(|| format!("no state {word:?}"))
    }
}

/// A machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The target that it is.
    pub id: TargetId,
    /// Its unit.
    pub unit: UnitId,
    /// Its key.
    pub key: PublicKey,
    /// Its name, once recognised.
    pub name: Option<String>,
    /// Whether it was recognised.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Who or what recognised it.
    pub by: Option<String>,
    /// The server's word for it.
    pub enrolment: Option<Signed<Enrolment>>,
    /// The six digits of its screen.
    pub code: String,
    /// What it says of itself.
    pub hints: Hints,
    /// What is known of it.
    pub facts: Facts,
    /// When it last spoke.
    pub last_seen: Timestamp,
    /// From where.
    pub address: Option<String>,
    /// `boot` or `installed`.
    pub place: String,
}

fn read(row: &AnyRow) -> Result<Machine> {
    Ok(Machine {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        key: row.parsed("machine_key")?,
        name: row.maybe("name")?,
        state: row.parsed("state")?,
        since: row.moment("since_ms")?,
        by: row.maybe("recognised_by")?,
        enrolment: row.maybe_tree("enrolment")?,
        code: row.text("code")?,
        hints: row.tree("hints")?,
        facts: row.tree("facts")?,
        last_seen: row.moment("last_seen_ms")?,
        address: row.maybe("address")?,
        place: row.text("place")?,
    })
}

/// Adds a machine that has just shown itself.
pub async fn add(conn: &mut Conn, scope: Scope, machine: &Machine) -> Result<()> {
    sqlx::query(
        "INSERT INTO machines (id, unit, machine_key, name, state, since_ms, recognised_by, enrolment, code, hints, facts, \
         last_seen_ms, address, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(machine.id.to_string())
    .bind(scope.text())
    .bind(machine.key.to_string())
    .bind(machine.name.clone())
    .bind(machine.state.word())
    .bind(ms(machine.since))
    .bind(machine.by.clone())
    .bind(machine.enrolment.as_ref().map(json).transpose()?)
    .bind(machine.code.clone())
    .bind(json(&machine.hints)?)
    .bind(json(&machine.facts)?)
    .bind(ms(machine.last_seen))
    .bind(machine.address.clone())
    .bind(machine.place.clone())
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    index_hints(conn, machine.id, &machine.hints).await
}

/// Keeps what a machine has just said of itself.
pub async fn seen(conn: &mut Conn, scope: Scope, machine: &Machine) -> Result<()> {
    sqlx::query(
        "UPDATE machines SET hints = $3, facts = $4, last_seen_ms = $5, address = $6, place = $7 \
         WHERE unit = $1 AND id = $2",
    )
    .bind(scope.text())
    .bind(machine.id.to_string())
    .bind(json(&machine.hints)?)
    .bind(json(&machine.facts)?)
    .bind(ms(machine.last_seen))
    .bind(machine.address.clone())
    .bind(machine.place.clone())
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    index_hints(conn, machine.id, &machine.hints).await
}

async fn index_hints(conn: &mut Conn, id: TargetId, hints: &Hints) -> Result<()> {
    sqlx::query("DELETE FROM hints WHERE machine = $1")
        .bind(id.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    let macs = hints.macs.iter().map(|m| ("mac", m.to_ascii_lowercase()));
    let uuid = hints.uuid.iter().map(|u| ("uuid", u.to_ascii_lowercase()));
    // A hint that says nothing would name every machine that says nothing.
    for (kind, value) in macs.chain(uuid).filter(|(_, value)| !value.is_empty()).collect::<BTreeSet<_>>() {
        sqlx::query("INSERT INTO hints (machine, kind, value) VALUES ($1, $2, $3)")
            .bind(id.to_string())
            .bind(kind)
            .bind(value)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// What was decided about a machine.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// Known or refused.
    pub state: State,
    /// The name it has from now on.
    pub name: Option<&'a str>,
    /// Who or what decided.
    pub by: &'a str,
    /// The server's word for it.
    pub enrolment: Option<&'a Signed<Enrolment>>,
    /// When.
    pub at: Timestamp,
}

/// Says that a machine is known or refused. Who it was once stays known: the proofs of its runs need it.
///
/// # Errors
/// `db-name-taken` where another machine of the unit has the name.
pub async fn decide(conn: &mut Conn, scope: Scope, id: TargetId, decision: Decision<'_>) -> Result<()> {
    let Decision { state, name, by, enrolment, at } = decision;
    sqlx::query(
        "UPDATE machines SET state = $3, name = $4, recognised_by = $5, enrolment = COALESCE($6, enrolment), since_ms = $7 \
         WHERE unit = $1 AND id = $2",
    )
    .bind(scope.text())
    .bind(id.to_string())
    .bind(state.word())
    .bind(name.map(str::to_string))
    .bind(by.to_string())
    .bind(enrolment.map(json).transpose()?)
    .bind(ms(at))
    .execute(conn)
    .await
    .map(drop)
    .map_err(|e| match (is_duplicate(&e), name) {
        (true, Some(name)) => Fault::new("db-name-taken").with("name", name),
        _ => failed(e),
    })
}

/// Notes that a machine has spoken.
pub async fn spoke(conn: &mut Conn, scope: Scope, id: TargetId, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE machines SET last_seen_ms = $3 WHERE unit = $1 AND id = $2")
        .bind(scope.text())
        .bind(id.to_string())
        .bind(ms(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// One machine.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: TargetId) -> Result<Option<Machine>> {
    one(conn, "SELECT * FROM machines WHERE unit = $1 AND id = $2", scope, id.to_string()).await
}

/// The machine of a key.
pub async fn by_key(conn: &mut Conn, scope: Scope, key: &PublicKey) -> Result<Option<Machine>> {
    one(conn, "SELECT * FROM machines WHERE unit = $1 AND machine_key = $2", scope, key.to_string()).await
}

async fn one(conn: &mut Conn, sql: &'static str, scope: Scope, value: String) -> Result<Option<Machine>> {
    let row = sqlx::query(sql).bind(scope.text()).bind(value).fetch_optional(conn).await.map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// The machines whose hints name this address or this identifier. A hint proves nothing: there may be several.
pub async fn by_hints(conn: &mut Conn, scope: Scope, mac: Option<&str>, uuid: Option<&str>) -> Result<Vec<Machine>> {
    let rows = sqlx::query(
        "SELECT * FROM machines WHERE unit = $1 AND id IN (SELECT machine FROM hints \
         WHERE (kind = 'mac' AND value = $2) OR (kind = 'uuid' AND value = $3)) ORDER BY id LIMIT 100",
    )
    .bind(scope.text())
    .bind(mac.unwrap_or("").to_ascii_lowercase())
    .bind(uuid.unwrap_or("").to_ascii_lowercase())
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// All machines, those that wait first, the newest first among them; at most `limit`.
pub async fn list(conn: &mut Conn, scope: Scope, state: Option<State>, limit: u32) -> Result<Vec<Machine>> {
    let rows = sqlx::query(
        "SELECT * FROM machines WHERE unit = $1 AND (state = $2 OR $2 = '') \
         ORDER BY CASE state WHEN 'to-recognise' THEN 0 ELSE 1 END, name, id LIMIT $3",
    )
    .bind(scope.text())
    .bind(state.map_or("", State::word))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Every name taken in the unit.
pub async fn names(conn: &mut Conn, scope: Scope) -> Result<BTreeSet<String>> {
    let rows = sqlx::query("SELECT name FROM machines WHERE unit = $1 AND name IS NOT NULL")
        .bind(scope.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.text("name")).collect()
}

/// How many machines there are, by state.
pub async fn counts(conn: &mut Conn, scope: Scope) -> Result<BTreeMap<String, u64>> {
    let rows = sqlx::query("SELECT state, COUNT(*) AS n FROM machines WHERE unit = $1 GROUP BY state")
        .bind(scope.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.text("state")?, row.count("n")?))).collect()
}

/// How many machines wait to be recognised: in all, and from one address.
pub async fn waiting(conn: &mut Conn, scope: Scope, address: &str) -> Result<(u64, u64)> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, COUNT(CASE WHEN address = $2 THEN 1 END) AS here FROM machines \
         WHERE unit = $1 AND state = 'to-recognise'",
    )
    .bind(scope.text())
    .bind(address.to_string())
    .fetch_one(conn)
    .await
    .map_err(failed)?;
    Ok((row.count("n")?, row.count("here")?))
}

/// Forgets machines that nobody recognised and that have been silent since `before`.
pub async fn forget_silent(conn: &mut Conn, scope: Scope, before: Timestamp) -> Result<()> {
    let silent = "SELECT id FROM machines WHERE unit = $1 AND state = 'to-recognise' AND last_seen_ms < $2";
    for sql in [
        format!("DELETE FROM hints WHERE machine IN ({silent})"),
        "DELETE FROM machines WHERE unit = $1 AND state = 'to-recognise' AND last_seen_ms < $2".to_string(),
    ] {
        let sql = sqlx::AssertSqlSafe(sql);
        sqlx::query(sql).bind(scope.text()).bind(ms(before)).execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}
