//! API tokens, for programs. Kept as a digest only.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
};
use socle_domain::{AccountId, Digest, Timestamp, UnitId, role::Role};
use socle_texts::Result;
use sqlx::any::AnyRow;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is called in pages and in the API: not what opens anything.
    pub id: String,
    /// Where it may act: this unit and those below it.
    pub unit: UnitId,
    /// What its maker calls it.
    pub name: String,
    /// Who made it, and whose grants bound it; none: the server's own computer.
    pub person: Option<AccountId>,
    /// The roles that it holds, and where; never more than its person holds at the moment. None of them: all of his.
    pub grants: Vec<(Role, UnitId)>,
    /// Since when.
    pub created: Timestamp,
    /// Until when; none: until it is revoked.
    pub expires: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
    /// From where it was last used.
    pub address: String,
}

fn read(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        id: row.text("id")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        person: row.maybe_parsed("person")?,
        grants: Vec::new(),
        created: row.moment("created_ms")?,
        expires: row.maybe_moment("expires_ms")?,
        used: row.maybe_moment("used_ms")?,
        address: row.text("address")?,
    })
}

/// The tokens of these rows, with their grants.
async fn with_grants(conn: &mut Conn, rows: &[AnyRow]) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    for row in rows {
        let mut token = read(row)?;
        let grants = sqlx::query("SELECT role, unit FROM token_grants WHERE digest = $1 ORDER BY role, unit")
            .bind(row.text("digest")?)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        token.grants = grants.iter().map(|g| Ok((g.parsed("role")?, g.parsed("unit")?))).collect::<Result<_>>()?;
        tokens.push(token);
    }
    Ok(tokens)
}

/// Adds a token of the server's own computer, which may do everything there until it ends or is revoked.
pub async fn add(
    conn: &mut Conn,
    scope: Scope,
    secret: Digest,
    name: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Result<()> {
    let id = Digest::of(secret.to_string().as_bytes()).to_string();
    let token = Token {
        id: id[..32].to_string(),
        unit: scope.unit(),
        name: name.to_string(),
        person: None,
        grants: Vec::new(),
        created: now,
        expires: Some(expires),
        used: None,
        address: String::new(),
    };
    make(conn, secret, &token).await
}

/// Adds a token.
pub async fn make(conn: &mut Conn, secret: Digest, token: &Token) -> Result<()> {
    sqlx::query(
        "INSERT INTO tokens (digest, unit, name, created_ms, id, person, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(secret.to_string())
    .bind(token.unit.to_string())
    .bind(token.name.clone())
    .bind(ms(token.created))
    .bind(token.id.clone())
    .bind(token.person.map(|p| p.to_string()))
    .bind(token.expires.map(ms))
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    for (role, unit) in &token.grants {
        sqlx::query("INSERT INTO token_grants (digest, role, unit) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(secret.to_string())
            .bind(role.word())
            .bind(unit.to_string())
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// The token of a secret, if it has not ended.
pub async fn find(conn: &mut Conn, secret: Digest, now: Timestamp) -> Result<Option<Token>> {
    let rows = sqlx::query("SELECT * FROM tokens WHERE digest = $1 AND (expires_ms IS NULL OR expires_ms > $2)")
        .bind(secret.to_string())
        .bind(ms(now))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    Ok(with_grants(conn, &rows).await?.pop())
}

/// Says that a token was used.
pub async fn used(conn: &mut Conn, secret: Digest, now: Timestamp, address: &str) -> Result<()> {
    sqlx::query("UPDATE tokens SET used_ms = $2, address = $3 WHERE digest = $1")
        .bind(secret.to_string())
        .bind(ms(now))
        .bind(address.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// The tokens of a person, the newest first; those that have ended too, until they are swept.
pub async fn of(conn: &mut Conn, person: AccountId) -> Result<Vec<Token>> {
    let rows = sqlx::query("SELECT * FROM tokens WHERE person = $1 ORDER BY created_ms DESC, id")
        .bind(person.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    with_grants(conn, &rows).await
}

/// Every token: for the server's own computer.
pub async fn all(conn: &mut Conn) -> Result<Vec<Token>> {
    let text = "SELECT * FROM tokens ORDER BY created_ms DESC, id";
    let rows = sqlx::query(text).fetch_all(&mut *conn).await.map_err(failed)?;
    with_grants(conn, &rows).await
}

/// Ends a token of a person; false where he has no such one.
pub async fn revoke_of(conn: &mut Conn, person: AccountId, id: &str) -> Result<bool> {
    let his = of(conn, person).await?.iter().any(|token| token.id == id);
    if his { revoke(conn, id).await } else { Ok(false) }
}

/// Ends every token of a person; how many.
pub async fn revoke_all_of(conn: &mut Conn, person: AccountId) -> Result<usize> {
    let his = of(conn, person).await?;
    for token in &his {
        revoke(conn, &token.id).await?;
    }
    Ok(his.len())
}

/// Ends a token, whosever it is; false where there is none.
pub async fn revoke(conn: &mut Conn, id: &str) -> Result<bool> {
    let grants = "DELETE FROM token_grants WHERE digest IN (SELECT digest FROM tokens WHERE id = $1)";
    sqlx::query(grants).bind(id.to_string()).execute(&mut *conn).await.map_err(failed)?;
    let query = sqlx::query("DELETE FROM tokens WHERE id = $1").bind(id.to_string());
    Ok(query.execute(conn).await.map_err(failed)?.rows_affected() == 1)
}

/// Forgets those that ended before a moment.
pub async fn sweep(conn: &mut Conn, before: Timestamp) -> Result<()> {
    let grants = "DELETE FROM token_grants WHERE digest IN (SELECT digest FROM tokens WHERE expires_ms < $1)";
    sqlx::query(grants).bind(ms(before)).execute(&mut *conn).await.map_err(failed)?;
    let query = sqlx::query("DELETE FROM tokens WHERE expires_ms < $1").bind(ms(before));
    query.execute(conn).await.map(drop).map_err(failed)
}
