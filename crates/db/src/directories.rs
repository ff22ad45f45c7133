//! Directories that people are read from, and who is no longer in them.
use crate::{
    Conn, Scope,
    row::{Read, failed, is_duplicate, ms},
    scope::within,
};
use socle_domain::{PersonId, Timestamp, UnitId};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// A directory. Its password stands sealed in [`crate::sealed`], under its identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Its identifier, which stays: what people who come from it say.
    pub id: String,
    /// The unit whose people it holds.
    pub unit: UnitId,
    /// Its name, given once in its unit.
    pub name: String,
    /// Where it is and how its entries are read: the server's own words, as JSON.
    pub config: serde_json::Value,
    /// How far it was read: the last change that was seen.
    pub cursor: Option<String>,
    /// When it was last read to its end.
    pub read: Option<Timestamp>,
}

fn read(row: &AnyRow) -> Result<Directory> {
    Ok(Directory {
        id: row.text("id")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        config: row.tree("config")?,
        cursor: row.maybe("cursor_text")?,
        read: row.maybe_moment("read_ms")?,
    })
}

/// The name in an identifier: `mairie` of `mairie~4f0c…`, and of `mairie` itself.
pub fn name_in(id: &str) -> &str {
    id.split('~').next().unwrap_or(id)
}

/// Adds a directory, or gives the one with its identifier another content. A directory that changes is read from its beginning.
///
/// # Errors
/// `db-unit-outside`, `db-unit-closed`; `db-directory-taken` where its unit has another of that name.
pub async fn put(conn: &mut Conn, scope: Scope, one: &Directory) -> Result<()> {
    scope.check_open(conn, one.unit).await?;
    let text = "UPDATE directories SET config = $3, cursor_text = NULL WHERE {of directories} AND id = $2";
    let done = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(one.id.clone())
        .bind(one.config.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    if done.rows_affected() > 0 {
        return Ok(());
    }
    let taken = || Fault::new("db-directory-taken").with("directory", &one.name);
    sqlx::query("INSERT INTO directories (id, unit, name, config) VALUES ($1, $2, $3, $4)")
        .bind(one.id.clone())
        .bind(one.unit.to_string())
        .bind(one.name.clone())
        .bind(one.config.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(|e| if is_duplicate(&e) { taken() } else { failed(e) })
}

/// The directories of the scope, by name.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Directory>> {
    let text = "SELECT * FROM directories WHERE {in directories} ORDER BY name, unit";
    let query = sqlx::query(within(scope, text)).bind(scope.text());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// The directories of the scope that are called so: at most one of each unit.
pub async fn by_name(conn: &mut Conn, scope: Scope, name: &str) -> Result<Vec<Directory>> {
    let text = "SELECT * FROM directories WHERE {in directories} AND name = $2 ORDER BY unit";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(name.to_string());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// Notes how far a directory of the scope was read.
pub async fn was_read(conn: &mut Conn, scope: Scope, id: &str, cursor: Option<&str>, now: Timestamp) -> Result<()> {
    let text = "UPDATE directories SET cursor_text = COALESCE($3, cursor_text), read_ms = $4 \
                WHERE {of directories} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(id.to_string())
        .bind(cursor.map(str::to_string))
        .bind(ms(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Somebody whom a directory no longer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Its identifier.
    pub id: String,
    /// The person's unit when it was seen.
    pub unit: UnitId,
    /// The directory's identifier.
    pub directory: String,
    /// Who.
    pub person: PersonId,
    /// When it was seen.
    pub seen: Timestamp,
    /// When it was decided, by whom, and whether the person has left; none while it waits.
    pub decided: Option<(Timestamp, String, bool)>,
}

fn departure(row: &AnyRow) -> Result<Departure> {
    let decided = match (row.maybe_moment("decided_ms")?, row.maybe("decided_by")?, row.maybe_number("left_ms")?) {
        (Some(at), Some(by), left) => Some((at, by, left == Some(1))),
        _ => None,
    };
    Ok(Departure {
        id: row.text("id")?,
        unit: row.parsed("unit")?,
        directory: row.text("directory")?,
        person: row.parsed("person")?,
        seen: row.moment("seen_ms")?,
        decided,
    })
}

const COLUMNS: &str =
    "id, unit, directory, person, seen_ms, decided_ms, decided_by, CAST(left_it AS BIGINT) AS left_ms";

/// Proposes that somebody has left; whether it was. It is not proposed again while it waits, nor after somebody has said
/// that the person stays.
pub async fn propose(conn: &mut Conn, scope: Scope, one: &Departure) -> Result<bool> {
    scope.check(conn, one.unit).await?;
    let row = sqlx::query("SELECT id FROM departures WHERE person = $1 AND (decided_ms IS NULL OR left_it = 0)")
        .bind(one.person.to_string())
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
    if row.is_some() {
        return Ok(false);
    }
    sqlx::query("INSERT INTO departures (id, unit, directory, person, seen_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(one.id.clone())
        .bind(one.unit.to_string())
        .bind(one.directory.clone())
        .bind(one.person.to_string())
        .bind(ms(one.seen))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(true)
}

/// Takes back what was proposed of somebody who is there again.
pub async fn withdraw(conn: &mut Conn, scope: Scope, person: PersonId) -> Result<bool> {
    let text = "DELETE FROM departures WHERE {of departures} AND person = $2 AND (decided_ms IS NULL OR left_it = 0)";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(person.to_string());
    Ok(query.execute(conn).await.map_err(failed)?.rows_affected() > 0)
}

/// The departures of the scope that wait for somebody to decide, oldest first.
pub async fn waiting(conn: &mut Conn, scope: Scope) -> Result<Vec<Departure>> {
    let text = format!(
        "SELECT {COLUMNS} FROM departures WHERE {{in departures}} AND decided_ms IS NULL ORDER BY seen_ms, id LIMIT 10000"
    );
    let query = sqlx::query(within(scope, &text)).bind(scope.text());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(departure).collect()
}

/// Notes what somebody has decided of a departure of the scope that waits: the person, or nothing where none waits.
pub async fn decide(
    conn: &mut Conn,
    scope: Scope,
    id: &str,
    left: bool,
    by: &str,
    now: Timestamp,
) -> Result<Option<PersonId>> {
    let text = "UPDATE departures SET decided_ms = $3, decided_by = $4, left_it = $5 \
                WHERE {of departures} AND id = $2 AND decided_ms IS NULL RETURNING person";
    let row = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(id.to_string())
        .bind(ms(now))
        .bind(by.to_string())
        .bind(i16::from(left))
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("person")).transpose()
}
