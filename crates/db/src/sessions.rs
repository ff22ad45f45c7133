//! Sessions of people and of machines. Their bearer is kept as a digest only.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
};
use socle_domain::{Digest, Timestamp, UnitId};
use socle_texts::Result;

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
    /// Its unit.
    pub unit: UnitId,
    /// The person's or the machine's identifier.
    pub subject: String,
    /// When it ends.
    pub expires: Timestamp,
}

/// Opens a session.
pub async fn open(
    conn: &mut Conn,
    scope: Scope,
    kind: Kind,
    bearer: Digest,
    subject: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO sessions (digest, unit, kind, subject, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(bearer.to_string())
    .bind(scope.text())
    .bind(kind.word())
    .bind(subject.to_string())
    .bind(ms(now))
    .bind(ms(expires))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The session of a bearer, if it has not ended. The bearer itself says whose unit it is: this is where a scope comes from.
pub async fn find(conn: &mut Conn, kind: Kind, bearer: Digest, now: Timestamp) -> Result<Option<Session>> {
    let row = sqlx::query(
        "SELECT unit, subject, expires_ms FROM sessions WHERE digest = $1 AND kind = $2 AND expires_ms > $3",
    )
    .bind(bearer.to_string())
    .bind(kind.word())
    .bind(ms(now))
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    let read = |row: sqlx::any::AnyRow| {
        Ok(Session { unit: row.parsed("unit")?, subject: row.text("subject")?, expires: row.moment("expires_ms")? })
    };
    row.map(read).transpose()
}

/// Ends a session.
pub async fn close(conn: &mut Conn, bearer: Digest) -> Result<()> {
    let query = sqlx::query("DELETE FROM sessions WHERE digest = $1").bind(bearer.to_string());
    query.execute(conn).await.map(drop).map_err(failed)
}

/// Ends every earlier session of a subject: a machine has one at a time.
pub async fn close_of(conn: &mut Conn, scope: Scope, kind: Kind, subject: &str) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE unit = $1 AND kind = $2 AND subject = $3")
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
