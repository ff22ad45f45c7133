//! Second factors of accounts, their recovery codes, who they are elsewhere, and the devices that they have signed in from.
use crate::{
    Conn, found,
    row::{Read, failed, ms},
    sealed,
};
use socle_domain::{AccountId, Digest, Timestamp, role::Grant};
use socle_texts::Result;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// The kind under which a factor's secret is sealed; its owner is the factor, its field `secret`.
pub const SEALED: &str = "factor";

/// Which kind of factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Codes of an application.
    Totp,
    /// A passkey.
    Passkey,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Totp => "totp",
            Kind::Passkey => "passkey",
        }
    }
}

/// A second factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Its identifier.
    pub id: Uuid,
    /// Whose it is.
    pub account: Uuid,
    /// Its kind.
    pub kind: Kind,
    /// What its owner calls it.
    pub name: String,
    /// A passkey's identifier.
    pub credential: Option<String>,
    /// What is public of it.
    pub state: String,
    /// Since when.
    pub created: Timestamp,
    /// When it last served.
    pub used: Option<Timestamp>,
}

fn read(row: &AnyRow) -> Result<Factor> {
    Ok(Factor {
        id: row.parsed("id")?,
        account: row.parsed("account")?,
        kind: if row.text("kind")? == "totp" { Kind::Totp } else { Kind::Passkey },
        name: row.text("name")?,
        credential: row.maybe("credential")?,
        state: row.text("state")?,
        created: row.moment("created_ms")?,
        used: row.maybe_moment("used_ms")?,
    })
}

/// Adds a factor.
pub async fn add(conn: &mut Conn, one: &Factor) -> Result<()> {
    sqlx::query(
        "INSERT INTO factors (id, account, kind, name, credential, state, step, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
    )
    .bind(one.id.to_string())
    .bind(one.account.to_string())
    .bind(one.kind.word())
    .bind(one.name.clone())
    .bind(one.credential.clone())
    .bind(one.state.clone())
    .bind(ms(one.created))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The factors of an account, the oldest first.
pub async fn of(conn: &mut Conn, account: Uuid) -> Result<Vec<Factor>> {
    let rows = sqlx::query("SELECT * FROM factors WHERE account = $1 ORDER BY created_ms, id")
        .bind(account.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The passkey of an identifier.
pub async fn by_credential(conn: &mut Conn, credential: &str) -> Result<Option<Factor>> {
    found::one_of_all(conn, "SELECT * FROM factors WHERE credential = $1", credential, read).await
}

/// Takes a step of a code: false where it, or a later one, was taken before. Two requests at once can't both have it.
pub async fn take_step(conn: &mut Conn, id: Uuid, step: u64, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE factors SET step = $2, used_ms = $3 WHERE id = $1 AND step < $2")
        .bind(id.to_string())
        .bind(i64::try_from(step).unwrap_or(i64::MAX))
        .bind(ms(now))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// Keeps what a passkey is from now on, if it is still what it was: one answer is taken at a time.
pub async fn set_state(conn: &mut Conn, before: &Factor, state: &str, now: Timestamp) -> Result<bool> {
    let done = sqlx::query("UPDATE factors SET state = $3, used_ms = $4 WHERE id = $1 AND state = $2")
        .bind(before.id.to_string())
        .bind(before.state.clone())
        .bind(state.to_string())
        .bind(ms(now))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// Removes a factor of an account, with its secret; false where it has no such one.
pub async fn remove(conn: &mut Conn, account: Uuid, id: Uuid) -> Result<bool> {
    let done = sqlx::query("DELETE FROM factors WHERE account = $1 AND id = $2")
        .bind(account.to_string())
        .bind(id.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    let there = done.rows_affected() == 1;
    if there {
        sealed::forget(conn, SEALED, &id.to_string()).await?;
    }
    Ok(there)
}

/// Removes every factor of an account and its recovery codes; how many factors there were.
pub async fn remove_all(conn: &mut Conn, account: Uuid) -> Result<usize> {
    let factors = of(conn, account).await?;
    for factor in &factors {
        remove(conn, account, factor.id).await?;
    }
    set_codes(conn, account, &[]).await?;
    Ok(factors.len())
}

/// Gives an account new recovery codes; the older ones are worth nothing from then on.
pub async fn set_codes(conn: &mut Conn, account: Uuid, codes: &[Digest]) -> Result<()> {
    sqlx::query("DELETE FROM recovery_codes WHERE account = $1")
        .bind(account.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    for code in codes {
        sqlx::query("INSERT INTO recovery_codes (account, digest) VALUES ($1, $2)")
            .bind(account.to_string())
            .bind(code.to_string())
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// Uses a recovery code up; false where the account has no such one left.
pub async fn use_code(conn: &mut Conn, account: Uuid, code: Digest, now: Timestamp) -> Result<bool> {
    let done =
        sqlx::query("UPDATE recovery_codes SET used_ms = $3 WHERE account = $1 AND digest = $2 AND used_ms IS NULL")
            .bind(account.to_string())
            .bind(code.to_string())
            .bind(ms(now))
            .execute(conn)
            .await
            .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// How many recovery codes an account has left.
pub async fn codes_left(conn: &mut Conn, account: Uuid) -> Result<u64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM recovery_codes WHERE account = $1 AND used_ms IS NULL")
        .bind(account.to_string())
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    row.count("n")
}

/// Whose account it is that somebody has elsewhere.
pub async fn known_as(conn: &mut Conn, source: &str, subject: &str) -> Result<Option<Uuid>> {
    let row = sqlx::query("SELECT account FROM identities WHERE source = $1 AND subject = $2")
        .bind(source.to_string())
        .bind(subject.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("account")).transpose()
}

/// Says who an account is elsewhere. What is known already stays as it is.
pub async fn know_as(conn: &mut Conn, source: &str, subject: &str, account: Uuid, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO identities (source, subject, account, since_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (source, subject) DO NOTHING",
    )
    .bind(source.to_string())
    .bind(subject.to_string())
    .bind(account.to_string())
    .bind(ms(now))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Where an account is known elsewhere.
pub async fn sources_of(conn: &mut Conn, account: Uuid) -> Result<Vec<String>> {
    let rows = sqlx::query("SELECT DISTINCT source FROM identities WHERE account = $1 ORDER BY source")
        .bind(account.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.text("source")).collect()
}

/// Remembers that an account was signed in to from a device.
pub async fn know_device(conn: &mut Conn, device: Digest, account: Uuid, now: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO known_devices (digest, account, seen_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (digest, account) DO UPDATE SET seen_ms = excluded.seen_ms",
    )
    .bind(device.to_string())
    .bind(account.to_string())
    .bind(ms(now))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Whether an account was signed in to from a device.
pub async fn knows_device(conn: &mut Conn, device: Digest, account: Uuid) -> Result<bool> {
    let row = sqlx::query("SELECT 1 AS n FROM known_devices WHERE digest = $1 AND account = $2")
        .bind(device.to_string())
        .bind(account.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    Ok(row.is_some())
}

/// Forgets devices that were not seen since.
pub async fn sweep_devices(conn: &mut Conn, before: Timestamp) -> Result<()> {
    let query = sqlx::query("DELETE FROM known_devices WHERE seen_ms < $1").bind(ms(before));
    query.execute(conn).await.map(drop).map_err(failed)
}

/// The roles that somebody holds because of his groups at a source.
pub async fn mapped(conn: &mut Conn, person: AccountId, source: &str) -> Result<Vec<Grant>> {
    let rows = sqlx::query("SELECT role, unit FROM mapped_grants WHERE person = $1 AND source = $2")
        .bind(person.to_string())
        .bind(source.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let read = |row: &AnyRow| Ok(Grant { person, role: row.parsed("role")?, unit: row.parsed("unit")? });
    rows.iter().map(read).collect()
}

/// Remembers that a source gave a role.
pub async fn map(conn: &mut Conn, source: &str, grant: &Grant) -> Result<()> {
    sqlx::query("INSERT INTO mapped_grants (person, source, role, unit) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .bind(grant.person.to_string())
        .bind(source.to_string())
        .bind(grant.role.word())
        .bind(grant.unit.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Forgets that a source gave a role.
pub async fn unmap(conn: &mut Conn, source: &str, grant: &Grant) -> Result<()> {
    sqlx::query("DELETE FROM mapped_grants WHERE person = $1 AND source = $2 AND role = $3 AND unit = $4")
        .bind(grant.person.to_string())
        .bind(source.to_string())
        .bind(grant.role.word())
        .bind(grant.unit.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}
