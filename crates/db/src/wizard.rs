//! The wizard: codes that open it at a machine, conversations there, and the seats of machines in their rooms.
use crate::{
    Conn, Scope,
    row::{Read, failed, is_duplicate, ms},
    scope::within,
};
use socle_domain::{AccountId, Digest, TargetId, Timestamp, UnitId};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;
use std::{collections::BTreeMap, time::Duration};

/// How long a code that was used opens the wizard at the same machine again: its answer may have been lost on the way.
const AGAIN: Duration = Duration::from_secs(120);

/// A code, without its digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// For which unit, and those below it.
    pub unit: UnitId,
    /// Whose it is.
    pub person: AccountId,
    /// When it was made.
    pub made: Timestamp,
    /// Until when it opens something.
    pub expires: Timestamp,
}

fn read_code(row: &AnyRow) -> Result<Code> {
    Ok(Code {
        unit: row.parsed("unit")?,
        person: row.parsed("person")?,
        made: row.moment("made_ms")?,
        expires: row.moment("expires_ms")?,
    })
}

/// Adds a code. False where another code has the same digits at this moment.
///
/// # Errors
/// `db-unit-outside`, `db-unit-closed`.
pub async fn add_code(conn: &mut Conn, scope: Scope, digest: Digest, code: &Code) -> Result<bool> {
    scope.check_open(conn, code.unit).await?;
    let done = sqlx::query(
        "INSERT INTO wizard_codes (digest, unit, person, made_ms, expires_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind(digest.to_string())
    .bind(code.unit.to_string())
    .bind(code.person.to_string())
    .bind(ms(code.made))
    .bind(ms(code.expires))
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// Uses a code up at a machine: whose it is and for which unit; nothing where there is no such code, it was used at
/// another machine, or it is too late. Asked before anybody is signed in: this is where a scope comes from.
pub async fn use_code(conn: &mut Conn, digest: Digest, machine: TargetId, now: Timestamp) -> Result<Option<Code>> {
    let row = sqlx::query(
        "UPDATE wizard_codes SET used_ms = COALESCE(used_ms, $3), used_by = $2 \
         WHERE digest = $1 AND expires_ms > $3 AND (used_ms IS NULL OR (used_by = $2 AND used_ms > $4)) \
         RETURNING unit, person, made_ms, expires_ms",
    )
    .bind(digest.to_string())
    .bind(machine.to_string())
    .bind(ms(now))
    .bind(ms(now - AGAIN))
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    row.as_ref().map(read_code).transpose()
}

/// A person's codes that still open something, the last first.
pub async fn codes_of(conn: &mut Conn, person: AccountId, now: Timestamp) -> Result<Vec<Code>> {
    let rows = sqlx::query(
        "SELECT unit, person, made_ms, expires_ms FROM wizard_codes \
         WHERE person = $1 AND expires_ms > $2 AND used_ms IS NULL ORDER BY made_ms DESC, digest",
    )
    .bind(person.to_string())
    .bind(ms(now))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.iter().map(read_code).collect()
}

/// How many codes there are that still open something: whoever guesses has as many chances.
pub async fn live_codes(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM wizard_codes WHERE expires_ms > $1 AND used_ms IS NULL")
        .bind(ms(now))
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    row.count("n")
}

/// Takes a person's codes back; how many.
pub async fn drop_codes(conn: &mut Conn, person: AccountId) -> Result<u64> {
    let query = sqlx::query("DELETE FROM wizard_codes WHERE person = $1 AND used_ms IS NULL").bind(person.to_string());
    Ok(query.execute(conn).await.map_err(failed)?.rows_affected())
}

/// Somebody is signed in at a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The unit within which he may place it.
    pub unit: UnitId,
    /// The machine.
    pub machine: TargetId,
    /// Who.
    pub person: AccountId,
    /// The digest that stands for him in the answers.
    pub who: Digest,
    /// `code` or `second-factor`.
    pub how: String,
    /// Since when.
    pub began: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// The answers that it ended with, by digest, and what became of them, as it was told.
    pub finished: Option<(Digest, String)>,
}

/// Opens a conversation; those before at the same machine are over.
///
/// # Errors
/// `db-unit-outside`.
pub async fn open(conn: &mut Conn, scope: Scope, bearer: Digest, session: &Session) -> Result<()> {
    scope.check(conn, session.unit).await?;
    sqlx::query("DELETE FROM wizard_sessions WHERE machine = $1")
        .bind(session.machine.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    sqlx::query(
        "INSERT INTO wizard_sessions (digest, unit, machine, person, who, how, began_ms, expires_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(bearer.to_string())
    .bind(session.unit.to_string())
    .bind(session.machine.to_string())
    .bind(session.person.to_string())
    .bind(session.who.to_string())
    .bind(session.how.clone())
    .bind(ms(session.began))
    .bind(ms(session.expires))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The conversation of a bearer, if it is not over.
pub async fn find(conn: &mut Conn, bearer: Digest, now: Timestamp) -> Result<Option<Session>> {
    let row = sqlx::query("SELECT * FROM wizard_sessions WHERE digest = $1 AND expires_ms > $2")
        .bind(bearer.to_string())
        .bind(ms(now))
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    let read = |row: AnyRow| -> Result<Session> {
        let answers = row.maybe("answers")?.map(|_| row.parsed("answers")).transpose()?;
        Ok(Session {
            unit: row.parsed("unit")?,
            machine: row.parsed("machine")?,
            person: row.parsed("person")?,
            who: row.parsed("who")?,
            how: row.text("how")?,
            began: row.moment("began_ms")?,
            expires: row.moment("expires_ms")?,
            finished: answers.zip(row.maybe("finished")?),
        })
    };
    row.map(read).transpose()
}

/// Keeps what a conversation ended with.
pub async fn finish(conn: &mut Conn, bearer: Digest, answers: Digest, told: &str) -> Result<()> {
    sqlx::query("UPDATE wizard_sessions SET answers = $2, finished = $3 WHERE digest = $1")
        .bind(bearer.to_string())
        .bind(answers.to_string())
        .bind(told.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Ends a conversation.
pub async fn close(conn: &mut Conn, bearer: Digest) -> Result<()> {
    let query = sqlx::query("DELETE FROM wizard_sessions WHERE digest = $1").bind(bearer.to_string());
    query.execute(conn).await.map(drop).map_err(failed)
}

/// Forgets codes and conversations whose time is over.
pub async fn sweep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    for sql in ["DELETE FROM wizard_codes WHERE expires_ms <= $1", "DELETE FROM wizard_sessions WHERE expires_ms <= $1"]
    {
        sqlx::query(sql).bind(ms(now)).execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}

/// The seats of a unit's own machines.
pub async fn seats(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<BTreeMap<TargetId, String>> {
    let sql = "SELECT seats.machine AS machine, seats.seat AS seat FROM seats \
               JOIN machines ON machines.id = seats.machine AND machines.unit = seats.unit \
               WHERE {of seats} AND seats.unit = $2";
    let rows = sqlx::query(within(scope, sql))
        .bind(scope.text())
        .bind(unit.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("machine")?, row.text("seat")?))).collect()
}

/// Gives a machine its seat in its room, or none. A machine that has left the room has left its seat.
///
/// # Errors
/// `db-seat-taken` where another machine has it; `db-unit-outside`, `db-machine-unknown`.
pub async fn take_seat(
    conn: &mut Conn,
    scope: Scope,
    unit: UnitId,
    machine: TargetId,
    seat: Option<&str>,
) -> Result<()> {
    scope.check(conn, unit).await?;
    if crate::machines::by_id(conn, scope, machine).await?.is_none() {
        return Err(Fault::new("db-machine-unknown").with("machine", machine.to_string()));
    }
    sqlx::query(
        "DELETE FROM seats WHERE machine = $1 OR (unit = $2 AND seat = $3 AND NOT EXISTS \
         (SELECT 1 FROM machines WHERE machines.id = seats.machine AND machines.unit = seats.unit))",
    )
    .bind(machine.to_string())
    .bind(unit.to_string())
    .bind(seat.unwrap_or_default().to_string())
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    let Some(seat) = seat else { return Ok(()) };
    sqlx::query("INSERT INTO seats (machine, unit, seat) VALUES ($1, $2, $3)")
        .bind(machine.to_string())
        .bind(unit.to_string())
        .bind(seat.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(|e| match is_duplicate(&e) {
            true => Fault::new("db-seat-taken").with("seat", seat),
            false => failed(e),
        })
}
