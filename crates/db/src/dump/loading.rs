//! Writing: a database from a text, whole or not at all.
use super::{
    Step, check_steps,
    tables::{Shape, columns, connect, list, literal, quoted, raw, tables, texts},
};
use crate::{
    migrate,
    open::{POSTGRESQL, sqlite_url},
    row::failed,
};
use serde_json::Value;
use socle_texts::{Fault, Result};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, any::AnyArguments, query::Query};
use std::path::Path;

/// The table that says for what a database was filled that nobody has opened as a server yet.
const MARK: &str = "restoration";

/// A database that is being made from a text: nothing of it stands before [`Loading::commit`].
///
/// Where a database stands apart from the folder of its server, the two can't get their names at one moment. So what was
/// filled for a folder says so until the folder has its name ([`settle`]): whoever restores into that folder again begins
/// again, and nobody else does.
pub struct Loading {
    conn: AnyConnection,
    sqlite: bool,
}

impl Loading {
    /// Makes a SQLite file.
    pub async fn file(path: &Path, steps: &[Step]) -> Result<Loading> {
        Self::url(&sqlite_url(path, "rwc"), steps, "").await
    }

    /// Begins in an empty database, or in one that was filled for the folder `place` and never served, with the tables as
    /// they were after `steps`. Where `place` is not empty, the database says for what it was filled until it is settled.
    ///
    /// # Errors
    /// `db-newer`, `db-migration-changed` where the steps are not ours; `db-not-empty` where there are tables already.
    pub async fn url(url: &str, steps: &[Step], place: &str) -> Result<Loading> {
        check_steps(steps)?;
        let (mut conn, sqlite) = connect(url).await?;
        if sqlite {
            raw(&mut conn, "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").await?;
        }
        raw(&mut conn, if sqlite { "BEGIN IMMEDIATE" } else { POSTGRESQL }).await?;
        let there = tables(&mut conn, sqlite).await?;
        if is_left_by(&mut conn, &there, place).await? {
            empty(&mut conn, &there).await?;
        } else if !there.is_empty() {
            return Err(Fault::new("db-not-empty").with("tables", there.len()));
        }
        migrate::take(&mut conn, sqlite, steps.len()).await?;
        // Rows come table by table: which of them name each other is looked at when all are there.
        match sqlite {
            true => raw(&mut conn, "PRAGMA defer_foreign_keys = ON").await?,
            false => defer(&mut conn, true).await?,
        }
        // What the steps themselves wrote comes with the text once more.
        for table in tables(&mut conn, sqlite).await? {
            raw(&mut conn, &format!("DELETE FROM {}", quoted(&table))).await?;
        }
        if !place.is_empty() {
            raw(&mut conn, &format!("CREATE TABLE {MARK} (place TEXT NOT NULL)")).await?;
            raw(&mut conn, &format!("INSERT INTO {MARK} (place) VALUES ({})", literal(place))).await?;
        }
        Ok(Loading { conn, sqlite })
    }

    /// Adds a piece to a table. How many rows it held.
    ///
    /// # Errors
    /// `db-dump-wrong` (with `table`) where it does not fit.
    pub async fn piece(&mut self, table: &str, piece: &[u8]) -> Result<u64> {
        let wrong = |why: &dyn std::fmt::Display| Fault::new("db-dump-wrong").with("table", table).because(why);
        let there = columns(&mut self.conn, self.sqlite, table).await?;
        let mut lines = piece.split(|b| *b == b'\n').filter(|l| !l.is_empty());
        let head = lines.next().ok_or_else(|| wrong(&"an empty piece"))?;
        let names: Vec<String> = serde_json::from_slice(head).map_err(|e| wrong(&e))?;
        let kinds: Option<Vec<&Shape>> = names.iter().map(|n| there.iter().find(|c| c.name == *n)).collect();
        let kinds = kinds.filter(|k| !k.is_empty()).ok_or_else(|| wrong(&"a column that is not there"))?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let marks: Vec<String> = (1..=names.len()).map(|n| format!("${n}")).collect();
        let text = format!("INSERT INTO {} ({}) VALUES ({})", quoted(table), list(&names), marks.join(", "));
        let mut count = 0;
        for line in lines {
            let row: Vec<Value> = serde_json::from_slice(line).map_err(|e| wrong(&e))?;
            if row.len() != names.len() {
                return Err(wrong(&"a row of another length"));
            }
            let mut query = sqlx::query(AssertSqlSafe(text.clone()));
            for (value, shape) in row.into_iter().zip(&kinds) {
                query = bind(query, value, shape).ok_or_else(|| wrong(&shape.name))?;
            }
            query.execute(&mut self.conn).await.map_err(|e| wrong(&e))?;
            count += 1;
        }
        Ok(count)
    }

    /// Makes it stand.
    ///
    /// # Errors
    /// `db-dump-wrong` where rows name others that are not there.
    pub async fn commit(mut self) -> Result<()> {
        let wrong = |fault: Fault| Fault::new("db-dump-wrong").with("table", "").because(fault);
        if !self.sqlite {
            raw(&mut self.conn, "SET CONSTRAINTS ALL IMMEDIATE").await.map_err(wrong)?;
            defer(&mut self.conn, false).await?;
        }
        raw(&mut self.conn, "COMMIT").await.map_err(wrong)?;
        if self.sqlite {
            raw(&mut self.conn, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        self.conn.close().await.map_err(failed)
    }
}

/// Whether the tables are those of a restoration for `place` that did not come to its end.
async fn is_left_by(conn: &mut AnyConnection, there: &[String], place: &str) -> Result<bool> {
    if place.is_empty() || !there.iter().any(|table| table == MARK) {
        return Ok(false);
    }
    let marks = texts(conn, &format!("SELECT place FROM {MARK}")).await?;
    Ok(marks.into_iter().flatten().eq([place.to_string()]))
}

async fn empty(conn: &mut AnyConnection, there: &[String]) -> Result<()> {
    for table in there {
        raw(conn, &format!("DROP TABLE {} CASCADE", quoted(table))).await?;
    }
    Ok(())
}

/// Empties a PostgreSQL database again that was filled for `place`, and in which nothing else is.
pub async fn undo(url: &str, place: &str) -> Result<()> {
    let (mut conn, sqlite) = connect(url).await?;
    raw(&mut conn, if sqlite { "BEGIN IMMEDIATE" } else { POSTGRESQL }).await?;
    let there = tables(&mut conn, sqlite).await?;
    if is_left_by(&mut conn, &there, place).await? {
        empty(&mut conn, &there).await?;
    }
    raw(&mut conn, "COMMIT").await?;
    conn.close().await.map_err(failed)
}

/// The folder has its name, or a server opens the database as its own: from now on nobody fills it again.
pub async fn settle(conn: &mut crate::Conn) -> Result<()> {
    raw(conn, &format!("DROP TABLE IF EXISTS {MARK}")).await
}

/// PostgreSQL: whether rows may come before those that they name.
async fn defer(conn: &mut AnyConnection, later: bool) -> Result<()> {
    let text = "SELECT CAST(r.relname AS TEXT), CAST(c.conname AS TEXT) FROM pg_constraint c \
                JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
                WHERE c.contype = 'f' AND n.nspname = current_schema()";
    let how = if later { "DEFERRABLE INITIALLY DEFERRED" } else { "NOT DEFERRABLE" };
    for row in texts(conn, text).await? {
        let [table, name] = &row[..] else { continue };
        raw(conn, &format!("ALTER TABLE {} ALTER CONSTRAINT {} {how}", quoted(table), quoted(name))).await?;
    }
    Ok(())
}

fn bind<'q>(
    query: Query<'q, sqlx::Any, AnyArguments>,
    value: Value,
    shape: &Shape,
) -> Option<Query<'q, sqlx::Any, AnyArguments>> {
    Some(match (value, shape.number) {
        (Value::Null, true) => query.bind(None::<i64>),
        (Value::Null, false) => query.bind(None::<String>),
        (Value::String(text), false) => query.bind(text),
        (Value::Number(number), true) => query.bind(number.as_i64()?),
        _ => return None,
    })
}
