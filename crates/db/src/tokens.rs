//! API tokens, for programs. Kept as a digest only.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
};
use socle_domain::{Digest, Timestamp, UnitId};
use socle_texts::Result;

/// Adds a token.
pub async fn add(conn: &mut Conn, scope: Scope, secret: Digest, name: &str, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO tokens (digest, unit, name, created_ms) VALUES ($1, $2, $3, $4)")
        .bind(secret.to_string())
        .bind(scope.text())
        .bind(name.to_string())
        .bind(ms(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// The unit and the name of a token, if there is such a one.
pub async fn find(conn: &mut Conn, secret: Digest) -> Result<Option<(UnitId, String)>> {
    let row = sqlx::query("SELECT unit, name FROM tokens WHERE digest = $1")
        .bind(secret.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| Ok((row.parsed("unit")?, row.text("name")?))).transpose()
}
