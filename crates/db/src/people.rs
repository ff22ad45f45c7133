//! Administrators and their one-time sign-in links.
use crate::{
    Conn, Scope, found,
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{AccountId, Digest, Timestamp, UnitId};
use socle_texts::Result;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// An administrator.
#[derive(Debug, Clone, PartialEq)]
pub struct Administrator {
    /// Its identifier.
    pub id: Uuid,
    /// Its unit.
    pub unit: UnitId,
    /// The name it signs in with.
    pub name: String,
    /// What is kept of its password; none before it has chosen one.
    pub password: Option<String>,
}

fn read(row: &AnyRow) -> Result<Administrator> {
    Ok(Administrator {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        password: row.maybe("password")?,
    })
}

/// Adds an administrator.
pub async fn add(conn: &mut Conn, scope: Scope, one: &Administrator, now: Timestamp) -> Result<()> {
    scope.check(conn, one.unit).await?;
    sqlx::query("INSERT INTO administrators (id, unit, name, password, created_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(one.id.to_string())
        .bind(one.unit.to_string())
        .bind(one.name.clone())
        .bind(one.password.clone())
        .bind(ms(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// The first administrator, if there is one.
pub async fn first(conn: &mut Conn, scope: Scope) -> Result<Option<Administrator>> {
    let text = "SELECT * FROM administrators WHERE {in administrators} ORDER BY created_ms, id LIMIT 1";
    let row = sqlx::query(within(scope, text)).bind(scope.text()).fetch_optional(conn).await.map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// The administrator of an identifier.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: Uuid) -> Result<Option<Administrator>> {
    found::one(conn, scope, "SELECT * FROM administrators WHERE {of administrators} AND id = $2", id, read).await
}

/// The administrator of an account. Asked before anybody knows the scope: the account gives one.
pub async fn by_account(conn: &mut Conn, id: AccountId) -> Result<Option<Administrator>> {
    found::one_of_all(conn, "SELECT * FROM administrators WHERE id = $1", id, read).await
}

/// Whether somebody has a way to sign in: a password, a passkey, or an account elsewhere.
pub async fn can_sign_in(conn: &mut Conn, id: AccountId) -> Result<bool> {
    let row = sqlx::query(
        "SELECT 1 AS n FROM administrators a WHERE a.id = $1 AND (a.password IS NOT NULL \
         OR EXISTS (SELECT 1 FROM identities i WHERE i.account = a.id) \
         OR EXISTS (SELECT 1 FROM factors f WHERE f.account = a.id AND f.kind = 'passkey'))",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    Ok(row.is_some())
}

/// The administrator of a name. Asked before anybody is signed in, so it has no scope: it gives one.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Administrator>> {
    found::one_of_all(conn, "SELECT * FROM administrators WHERE name = $1", name, read).await
}

/// Gives an administrator another password. Links that were made for him before are worth nothing from then on: one
/// that lies unused in a mail or a log would else let somebody change it again.
pub async fn set_password(conn: &mut Conn, scope: Scope, id: Uuid, kept: &str) -> Result<()> {
    let text = "UPDATE administrators SET password = $3 WHERE {of administrators} AND id = $2";
    let done = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(id.to_string())
        .bind(kept.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM one_time_links WHERE administrator = $1")
        .bind(id.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Adds a one-time link.
pub async fn add_link(conn: &mut Conn, secret: Digest, administrator: Uuid, expires: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO one_time_links (digest, administrator, expires_ms) VALUES ($1, $2, $3)")
        .bind(secret.to_string())
        .bind(administrator.to_string())
        .bind(ms(expires))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Forgets the links that have expired.
pub async fn sweep_links(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let query = sqlx::query("DELETE FROM one_time_links WHERE expires_ms <= $1").bind(ms(now));
    query.execute(conn).await.map(drop).map_err(failed)
}

/// Uses a link: the administrator it is for, if it was never used and has not expired. It is used up by this.
pub async fn use_link(conn: &mut Conn, secret: Digest, now: Timestamp) -> Result<Option<Administrator>> {
    let row = sqlx::query(
        "UPDATE one_time_links SET used_ms = $2 WHERE digest = $1 AND used_ms IS NULL AND expires_ms > $2 \
         RETURNING administrator",
    )
    .bind(secret.to_string())
    .bind(ms(now))
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed)?;
    match row {
        Some(row) => by_account(conn, row.parsed("administrator")?).await,
        None => Ok(None),
    }
}
