//! Orders to start the boot environment once, and what came of them.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{
    TargetId, Timestamp, UnitId,
    order::{BootFrom, Order},
    sign::Signed,
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The machine has not taken it yet.
    Ordered,
    /// The machine has told its firmware, and restarts.
    Armed,
    /// It came.
    Came,
    /// Its own system started again instead: the firmware has not done what it was told.
    DidNotCome,
    /// The machine can't, and says why.
    Refused,
    /// The machine did not take it in time.
    Expired,
    /// Another order took its place.
    Withdrawn,
}

impl State {
    const ALL: [State; 7] = [
        State::Ordered,
        State::Armed,
        State::Came,
        State::DidNotCome,
        State::Refused,
        State::Expired,
        State::Withdrawn,
    ];
    /// The word of the tables and of the wire.
    pub fn word(self) -> &'static str {
        match self {
            State::Ordered => "ordered",
            State::Armed => "armed",
            State::Came => "came",
            State::DidNotCome => "did-not-come",
            State::Refused => "refused",
            State::Expired => "expired",
            State::Withdrawn => "withdrawn",
        }
    }
}
impl std::str::FromStr for State {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        State::ALL.into_iter().find(|s| s.word() == word).ok_or_else(|| format!("no state {word:?}"))
    }
}

/// An order, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// The machine.
    pub machine: TargetId,
    /// The order's number.
    pub number: u64,
    /// The unit for which it was given.
    pub unit: UnitId,
    /// From where it shall start.
    pub from: BootFrom,
    /// The order.
    pub signed: Signed<Order>,
    /// When it was given.
    pub ordered: Timestamp,
    /// After this it is void.
    pub expires: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Why it did not come.
    pub fault: Option<Fault>,
}

fn read(row: &AnyRow) -> Result<Ordered> {
    Ok(Ordered {
        machine: row.parsed("machine")?,
        number: row.count("number")?,
        unit: row.parsed("unit")?,
        from: row.parsed("boot_from")?,
        signed: row.tree("signed")?,
        ordered: row.moment("ordered_ms")?,
        expires: row.moment("expires_ms")?,
        state: row.parsed("state")?,
        since: row.moment("since_ms")?,
        fault: row.maybe_tree("fault")?,
    })
}

/// Keeps an order for a machine that the caller has found within its scope. One that the machine has not taken is
/// withdrawn: it would be done twice.
pub async fn give(conn: &mut Conn, one: &Ordered) -> Result<()> {
    sqlx::query("UPDATE boot_once SET state = 'withdrawn', since_ms = $2 WHERE machine = $1 AND state = 'ordered'")
        .bind(one.machine.to_string())
        .bind(ms(one.ordered))
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    let text = "INSERT INTO boot_once (machine, number, unit, boot_from, signed, ordered_ms, expires_ms, state, since_ms) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sqlx::query(text)
        .bind(one.machine.to_string())
        .bind(one.number as i64)
        .bind(one.unit.to_string())
        .bind(one.from.word())
        .bind(json(&one.signed)?)
        .bind(ms(one.ordered))
        .bind(ms(one.expires))
        .bind(one.state.word())
        .bind(ms(one.since))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// What a machine has not settled yet: at most the last that it took and one that it has not taken.
pub async fn open_of(conn: &mut Conn, machine: TargetId) -> Result<Vec<Ordered>> {
    let text = "SELECT * FROM boot_once WHERE machine = $1 AND state IN ('ordered', 'armed') ORDER BY number LIMIT 10";
    let rows = sqlx::query(text).bind(machine.to_string()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Says where one stands now.
pub async fn stands(
    conn: &mut Conn,
    machine: TargetId,
    number: u64,
    state: State,
    fault: Option<&Fault>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("UPDATE boot_once SET state = $3, since_ms = $4, fault = $5 WHERE machine = $1 AND number = $2")
        .bind(machine.to_string())
        .bind(number as i64)
        .bind(state.word())
        .bind(ms(now))
        .bind(fault.map(json).transpose()?)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// The orders of a machine of the scope, the newest first.
pub async fn of_machine(conn: &mut Conn, scope: Scope, machine: TargetId, limit: u32) -> Result<Vec<Ordered>> {
    let text = "SELECT boot_once.* FROM boot_once JOIN machines ON machines.id = boot_once.machine \
                WHERE {of machines} AND boot_once.machine = $2 ORDER BY boot_once.number DESC LIMIT $3";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(machine.to_string()).bind(i64::from(limit));
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// The machines to which an order waits, or that are on their way: read when the server starts.
pub async fn with_open(conn: &mut Conn) -> Result<Vec<TargetId>> {
    let text = "SELECT DISTINCT machine FROM boot_once WHERE state IN ('ordered', 'armed')";
    let rows = sqlx::query(text).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| row.parsed("machine")).collect()
}
