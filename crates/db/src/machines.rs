//! Machines: known by their key; what they say of themselves are hints.
mod decisions;
mod lists;
pub mod place;

pub use decisions::{Decision, decide, move_to};
pub use lists::{Label, by_hints, by_name, counts, labels, list, names, of_unit, waiting, with_code};

use crate::{
    Conn, Scope, facts,
    row::{Read, failed, json, ms},
    scope::within,
    search, wide,
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
use std::collections::BTreeSet;

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
    one(conn, "SELECT machines.*{tree} FROM machines WHERE {of machines} AND machine_key = $2", scope, key.to_string())
        .await
}

async fn one(conn: &mut Conn, text: &'static str, scope: Scope, value: String) -> Result<Option<Machine>> {
    let found = wide::rows(conn, scope, text, |query| query.bind(value.clone())).await?;
    found.rows.first().map(read).transpose()
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
