//! Machines: known by their key; what they say of themselves are hints.
pub mod place;

use crate::{
    Conn, Scope, facts,
    row::{Read, failed, is_duplicate, json, ms},
    scope::within,
    wide,
    search,
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

pub(crate) fn read(row: &AnyRow) -> Result<Machine> {
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
///
/// # Errors
/// `db-unit-outside`, `db-unit-closed`.
pub async fn add(conn: &mut Conn, scope: Scope, machine: &Machine) -> Result<()> {
    scope.check_open(conn, machine.unit).await?;
    sqlx::query(
        "INSERT INTO machines (id, unit, machine_key, name, state, since_ms, recognised_by, enrolment, code, hints, facts, \
         last_seen_ms, address, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(machine.id.to_string())
    .bind(machine.unit.to_string())
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
    place::begins(conn, machine.id, machine.unit, machine.by.as_deref().unwrap_or(""), machine.since).await?;
    facts::told(conn, machine.id, &Facts::default(), &machine.facts, machine.since).await?;
    index_hints(conn, machine.id, &machine.hints).await?;
    index_words(conn, machine).await
}

/// Keeps what a machine of the scope has just said of itself. What it says as before is not written again.
pub async fn seen(conn: &mut Conn, scope: Scope, machine: &Machine) -> Result<()> {
    let Some(before) = by_id(conn, scope, machine.id).await? else {
        return Err(Fault::new("db-machine-unknown").with("machine", machine.id.to_string()));
    };
    let text = "UPDATE machines SET hints = $3, facts = $4, last_seen_ms = $5, address = $6, place = $7 \
                WHERE {of machines} AND id = $2";
    sqlx::query(within(scope, text))
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
    if before.facts != machine.facts {
        facts::told(conn, machine.id, &before.facts, &machine.facts, machine.last_seen).await?;
    }
    if before.hints != machine.hints {
        index_hints(conn, machine.id, &machine.hints).await?;
        index_words(conn, &Machine { name: before.name, unit: before.unit, ..machine.clone() }).await?;
    }
    Ok(())
}

/// Gives every machine its words.
pub(crate) async fn index_all(conn: &mut Conn) -> Result<()> {
    let rows = sqlx::query("SELECT * FROM machines").fetch_all(&mut *conn).await.map_err(failed)?;
    for row in &rows {
        let machine = read(row)?;
        index_words(conn, &machine).await?;
        facts::told(conn, machine.id, &Facts::default(), &machine.facts, machine.last_seen).await?;
    }
    Ok(())
}

async fn index_words(conn: &mut Conn, machine: &Machine) -> Result<()> {
    let words = search::of_machine(machine.name.as_deref(), &machine.hints);
    search::put(conn, search::Kind::Machine, &machine.id.to_string(), machine.unit, words).await
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
    /// The unit where it is from now on; none: where it was.
    pub unit: Option<UnitId>,
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
/// `db-machine-unknown` where it is not of the scope; `db-name-taken` where another machine of the unit has the name;
/// `db-unit-outside`, `db-unit-closed` where it goes to another unit.
pub async fn decide(conn: &mut Conn, scope: Scope, id: TargetId, decision: Decision<'_>) -> Result<()> {
    let Decision { unit, state, name, by, enrolment, at } = decision;
    let unknown = || Fault::new("db-machine-unknown").with("machine", id.to_string());
    let before = by_id(conn, scope, id).await?.ok_or_else(unknown)?;
    let unit = unit.unwrap_or(before.unit);
    if unit != before.unit {
        scope.check_open(conn, unit).await?;
    }
    let text = "UPDATE machines SET state = $3, name = $4, recognised_by = $5, enrolment = COALESCE($6, enrolment), \
                since_ms = $7, unit = $8 WHERE {of machines} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(id.to_string())
        .bind(state.word())
        .bind(name.map(str::to_string))
        .bind(by.to_string())
        .bind(enrolment.map(json).transpose()?)
        .bind(ms(at))
        .bind(unit.to_string())
        .execute(&mut *conn)
        .await
        .map_err(|e| match (is_duplicate(&e), name) {
            (true, Some(name)) => Fault::new("db-name-taken").with("name", name),
            _ => failed(e),
        })?;
    if unit != before.unit {
        place::moves(conn, id, unit, by, at).await?;
    }
    index_words(conn, &Machine { name: name.map(str::to_string), unit, ..before }).await
}

/// Moves a known machine of the scope to another unit of it, under its name. Its past stays where it was.
///
/// # Errors
/// As [`decide`].
pub async fn move_to(
    conn: &mut Conn,
    scope: Scope,
    machine: &Machine,
    unit: UnitId,
    enrolment: Option<&Signed<Enrolment>>,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let unknown = || Fault::new("db-machine-unknown").with("machine", machine.id.to_string());
    let before = by_id(conn, scope, machine.id).await?.ok_or_else(unknown)?;
    if before.unit == unit {
        return Ok(());
    }
    scope.check_open(conn, unit).await?;
    let text = "UPDATE machines SET unit = $3, enrolment = COALESCE($4, enrolment) WHERE {of machines} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(machine.id.to_string())
        .bind(unit.to_string())
        .bind(enrolment.map(json).transpose()?)
        .execute(&mut *conn)
        .await
        .map_err(|e| match is_duplicate(&e) {
            true => Fault::new("db-name-taken").with("name", before.name.clone().unwrap_or_default()),
            false => failed(e),
        })?;
    place::moves(conn, machine.id, unit, by, now).await?;
    index_words(conn, &Machine { unit, ..before }).await
}

/// Notes that a machine has spoken.
pub async fn spoke(conn: &mut Conn, scope: Scope, id: TargetId, now: Timestamp) -> Result<()> {
    sqlx::query(within(scope, "UPDATE machines SET last_seen_ms = $3 WHERE {of machines} AND id = $2"))
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
    one(conn, "SELECT machines.*{tree} FROM machines WHERE {of machines} AND id = $2", scope, id.to_string()).await
}

/// The machine of a key.
pub async fn by_key(conn: &mut Conn, scope: Scope, key: &PublicKey) -> Result<Option<Machine>> {
    one(conn, "SELECT machines.*{tree} FROM machines WHERE {of machines} AND machine_key = $2", scope, key.to_string()).await
}

async fn one(conn: &mut Conn, text: &'static str, scope: Scope, value: String) -> Result<Option<Machine>> {
    let found = wide::rows(conn, scope, text, |query| query.bind(value.clone())).await?;
    found.rows.first().map(read).transpose()
}

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
    let text = "SELECT * FROM machines WHERE {of machines} AND state = 'to-recognise' AND code = $2 ORDER BY id LIMIT 100";
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

/// Forgets machines that nobody recognised and that have been silent since `before`.
pub async fn forget_silent(conn: &mut Conn, scope: Scope, before: Timestamp) -> Result<()> {
    let silent = "SELECT id FROM machines WHERE {in machines} AND state = 'to-recognise' AND last_seen_ms < $2";
    // Nobody has said anything about them: what is kept beside them is what they said of themselves.
    let beside = [
        ("hints", "machine"),
        ("facts", "machine"),
        ("machine_units", "machine"),
        ("machine_tpms", "machine"),
        ("search_words", "id"),
    ];
    let beside = beside.map(|(table, column)| format!("DELETE FROM {table} WHERE {column} IN ({silent})"));
    let them = "DELETE FROM machines WHERE {in machines} AND state = 'to-recognise' AND last_seen_ms < $2";
    for text in beside.iter().map(String::as_str).chain([them]) {
        let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(ms(before));
        query.execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}
