//! Sessions of people and of machines. Their bearer is kept as a digest only.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{Digest, Timestamp, UnitId};
use socle_texts::Result;
use sqlx::any::AnyRow;

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person's.
    Person,
    /// A machine's.
    Machine,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Person => "person",
            Kind::Machine => "machine",
        }
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// What it is called in pages and in the API: not what opens it.
    pub id: String,
    /// Its unit.
    pub unit: UnitId,
    /// The person's or the machine's identifier.
    pub subject: String,
    /// When it was opened.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Timestamp,
    /// From where it was last used.
    pub address: String,
    /// What its browser says it is.
    pub device: String,
    /// How its person proved who he is: `password`, `password totp`, `passkey`, `service`, `directory recovery`…
    pub how: String,
}

fn read(row: &AnyRow) -> Result<Session> {
    Ok(Session {
        id: row.text("id")?,
        unit: row.parsed("unit")?,
        subject: row.text("subject")?,
        created: row.moment("created_ms")?,
        expires: row.moment("expires_ms")?,
        used: row.moment("used_ms")?,
        address: row.text("address")?,
        device: row.text("device")?,
        how: row.text("how")?,
    })
}

const COLUMNS: &str = "id, unit, subject, created_ms, expires_ms, used_ms, address, device, how";

/// Opens a session of a machine.
pub async fn open(
    conn: &mut Conn,
    scope: Scope,
    kind: Kind,
    bearer: Digest,
    subject: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Result<()> {
    // A machine's session is in no page: any name will do that is no other's.
    let id = Digest::of(bearer.to_string().as_bytes()).to_string();
    let session = Session {
        id: id[..32].to_string(),
        unit: scope.unit(),
        subject: subject.to_string(),
        created: now,
        expires,
        used: now,
        address: String::new(),
        device: String::new(),
        how: String::new(),
    };
    begin(conn, kind, bearer, &session).await
}

/// Opens a session.
pub async fn begin(conn: &mut Conn, kind: Kind, bearer: Digest, session: &Session) -> Result<()> {
    sqlx::query(
        "INSERT INTO sessions (digest, unit, kind, subject, created_ms, expires_ms, id, used_ms, address, device, how) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(bearer.to_string())
    .bind(session.unit.to_string())
    .bind(kind.word())
    .bind(session.subject.clone())
    .bind(ms(session.created))
    .bind(ms(session.expires))
    .bind(session.id.clone())
    .bind(ms(session.used))
    .bind(session.address.clone())
    .bind(session.device.clone())
    .bind(session.how.clone())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The session of a bearer, if it has not ended. The bearer itself says whose unit it is: this is where a scope comes from.
pub async fn find(conn: &mut Conn, kind: Kind, bearer: Digest, now: Timestamp) -> Result<Option<Session>> {
    let text = format!("SELECT {COLUMNS} FROM sessions WHERE digest = $1 AND kind = $2 AND expires_ms > $3");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(bearer.to_string())
        .bind(kind.word())
        .bind(ms(now))
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// The sessions of a subject that have not ended, the last used first.
pub async fn of(conn: &mut Conn, kind: Kind, subject: &str, now: Timestamp) -> Result<Vec<Session>> {
    let text = format!(
        "SELECT {COLUMNS} FROM sessions WHERE kind = $1 AND subject = $2 AND expires_ms > $3 \
         ORDER BY used_ms DESC, id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(kind.word())
        .bind(subject.to_string())
        .bind(ms(now))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Says that a session was used.
pub async fn used(conn: &mut Conn, bearer: Digest, now: Timestamp, address: &str) -> Result<()> {
    sqlx::query("UPDATE sessions SET used_ms = $2, address = $3 WHERE digest = $1")
        .bind(bearer.to_string())
        .bind(ms(now))
        .bind(address.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Ends a session.
pub async fn close(conn: &mut Conn, bearer: Digest) -> Result<()> {
    let query = sqlx::query("DELETE FROM sessions WHERE digest = $1").bind(bearer.to_string());
    query.execute(conn).await.map(drop).map_err(failed)
}

/// Ends one session of a subject, by its name; false where it has no such one.
pub async fn revoke(conn: &mut Conn, kind: Kind, subject: &str, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM sessions WHERE kind = $1 AND subject = $2 AND id = $3")
        .bind(kind.word())
        .bind(subject.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session of a subject but one; how many.
pub async fn revoke_others(conn: &mut Conn, kind: Kind, subject: &str, kept: &str) -> Result<u64> {
    let done = sqlx::query("DELETE FROM sessions WHERE kind = $1 AND subject = $2 AND id <> $3")
        .bind(kind.word())
        .bind(subject.to_string())
        .bind(kept.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected())
}

/// Ends every earlier session of a subject: a machine has one at a time.
pub async fn close_of(conn: &mut Conn, scope: Scope, kind: Kind, subject: &str) -> Result<()> {
    sqlx::query(within(scope, "DELETE FROM sessions WHERE {of sessions} AND kind = $2 AND subject = $3"))
        .bind(scope.text())
        .bind(kind.word())
        .bind(subject.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Forgets those that have ended.
pub async fn sweep(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let query = sqlx::query("DELETE FROM sessions WHERE expires_ms <= $1").bind(ms(now));
    query.execute(conn).await.map(drop).map_err(failed)
}
