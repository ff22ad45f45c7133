//! The whole database as text, read beside a server that works; and a database made from such a text.
//!
//! The text is the same for SQLite and for PostgreSQL, so one may be restored as the other. Each table is a list of
//! *pieces*; a piece is lines of JSON, the names of the columns first, then a row per line. Every table that is there
//! is read: none has to be remembered here when one is added. Columns hold texts and whole numbers, nothing else.
use crate::{migrate, open::sqlite_url, row::failed};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_domain::{Digest, Timestamp};
use socle_texts::{Fault, Result};
use sqlx::{
    AnyConnection, AssertSqlSafe, Column, Connection, Row, ValueRef,
    any::{AnyArguments, AnyRow, AnyTypeInfoKind},
    query::Query,
};
use std::path::Path;

/// A piece is ended when it is as long as this.
const PIECE_BYTES: usize = 1 << 20;
/// The table that says which steps were taken.
const BOOK: &str = "migrations";

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number, from 1.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The digest of its text.
    pub digest: String,
}

/// A consistent view of a database, whatever is written beside it.
pub struct Snapshot {
    conn: AnyConnection,
    sqlite: bool,
}

impl Snapshot {
    /// Of a SQLite file.
    pub async fn file(path: &Path) -> Result<Snapshot> {
        Self::url(&sqlite_url(path, "rw")).await
    }
    /// Of a database by its address. Nothing is migrated.
    ///
    /// # Errors
    /// `db-unreachable`.
    pub async fn url(url: &str) -> Result<Snapshot> {
        let (mut conn, sqlite) = connect(url).await?;
        if sqlite {
            // The view is taken by the first reading of the transaction.
            raw(&mut conn, "PRAGMA busy_timeout = 30000; BEGIN; SELECT COUNT(*) FROM sqlite_master").await?;
        } else {
            raw(&mut conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        }
        Ok(Snapshot { conn, sqlite })
    }

    /// The steps that were taken.
    pub async fn steps(&mut self) -> Result<Vec<Step>> {
        let text = "SELECT number, name, digest FROM migrations ORDER BY number";
        let rows = sqlx::query(text).fetch_all(&mut self.conn).await.map_err(failed)?;
        let step = |row: &AnyRow| {
            Ok(Step {
                number: u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0),
                name: row.try_get(1)?,
                digest: row.try_get(2)?,
            })
        };
        rows.iter().map(step).collect::<std::result::Result<_, _>>().map_err(failed)
    }

    /// The names of all tables.
    pub async fn tables(&mut self) -> Result<Vec<String>> {
        tables(&mut self.conn, self.sqlite).await
    }

    /// The rows of a table, piece by piece. How many there were.
    ///
    /// # Errors
    /// `db-row-unreadable` for a value that is neither a text nor a whole number; those of `sink`.
    pub async fn pieces(&mut self, table: &str, mut sink: impl FnMut(Vec<u8>) -> Result<()>) -> Result<u64> {
        let columns = columns(&mut self.conn, self.sqlite, table).await?;
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        let head = line(&names)?;
        let text = format!("SELECT {} FROM {}", list(&names), quoted(table));
        let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(&mut self.conn);
        let (mut piece, mut count) = (head.clone(), 0);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            piece.extend(line(&values(&row)?)?);
            count += 1;
            if piece.len() >= PIECE_BYTES {
                sink(std::mem::replace(&mut piece, head.clone()))?;
            }
        }
        if count == 0 || piece.len() > head.len() {
            sink(piece)?;
        }
        Ok(count)
    }

    /// Lets go of the view.
    pub async fn end(mut self) -> Result<()> {
        raw(&mut self.conn, "ROLLBACK").await?;
        self.conn.close().await.map_err(failed)
    }
}

/// A database that is being made from a text: nothing of it stands before [`Loading::commit`].
pub struct Loading {
    conn: AnyConnection,
    sqlite: bool,
}

impl Loading {
    /// Makes a SQLite file.
    pub async fn file(path: &Path, steps: &[Step]) -> Result<Loading> {
        Self::url(&sqlite_url(path, "rwc"), steps).await
    }

    /// Begins in an empty database, with the tables as they were after `steps`.
    ///
    /// # Errors
    /// `db-newer`, `db-migration-changed` where the steps are not ours; `db-not-empty` where there are tables already.
    pub async fn url(url: &str, steps: &[Step]) -> Result<Loading> {
        check_steps(steps)?;
        let (mut conn, sqlite) = connect(url).await?;
        if sqlite {
            raw(&mut conn, "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").await?;
        }
        raw(&mut conn, if sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await?;
        let there = tables(&mut conn, sqlite).await?;
        if !there.is_empty() {
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

/// Whether the steps are the first of ours.
///
/// # Errors
/// `db-newer` (with `found`, `known`), `db-migration-changed` (with `name`).
pub fn check_steps(steps: &[Step]) -> Result<()> {
    let ours = migrate::steps();
    if steps.len() > ours.len() {
        return Err(Fault::new("db-newer").with("found", steps.len()).with("known", ours.len()));
    }
    for (step, (name, text)) in steps.iter().zip(ours) {
        if step.digest != Digest::of(text.as_bytes()).to_string() {
            return Err(Fault::new("db-migration-changed").with("name", *name));
        }
    }
    Ok(())
}

/// The tables and their columns as a text, the same for the same tables on either database: what tests compare.
pub async fn shape(url: &str, _: Timestamp) -> Result<String> {
    let (mut conn, sqlite) = connect(url).await?;
    let mut text = String::new();
    for table in tables(&mut conn, sqlite).await? {
        text += &format!("{table}\n");
        let mut columns = columns(&mut conn, sqlite, &table).await?;
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        for c in columns {
            let null = if c.nullable { "" } else { " NOT NULL" };
            let key = if c.key > 0 { format!(" KEY {}", c.key) } else { String::new() };
            text += &format!("  {} {}{null}{key}\n", c.name, if c.number { "number" } else { "text" });
        }
        for (from, to) in foreign(&mut conn, sqlite, &table).await? {
            text += &format!("  {from} -> {to}\n");
        }
        for index in indexes(&mut conn, sqlite, &table).await? {
            text += &format!("  index {index}\n");
        }
    }
    conn.close().await.map_err(failed)?;
    Ok(text)
}

/// A column.
struct Shape {
    name: String,
    number: bool,
    nullable: bool,
    /// Its place in the primary key, from 1; 0: it is not in it.
    key: i64,
}

async fn connect(url: &str) -> Result<(AnyConnection, bool)> {
    sqlx::any::install_default_drivers();
    let unreachable =
        |e: sqlx::Error| Fault::new("db-unreachable").with("database", crate::open::shown(url)).because(e).may_retry();
    Ok((AnyConnection::connect(url).await.map_err(unreachable)?, url.starts_with("sqlite:")))
}

async fn raw(conn: &mut AnyConnection, text: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(text.to_string())).execute(conn).await.map(drop).map_err(failed)
}

async fn texts(conn: &mut AnyConnection, text: &str) -> Result<Vec<Vec<String>>> {
    let rows = sqlx::query(AssertSqlSafe(text.to_string())).fetch_all(conn).await.map_err(failed)?;
    let cell = |row: &AnyRow, n: usize| row.try_get::<Option<String>, _>(n).map(Option::unwrap_or_default);
    let read = |row: &AnyRow| (0..row.len()).map(|n| cell(row, n)).collect::<std::result::Result<Vec<_>, _>>();
    rows.iter().map(read).collect::<std::result::Result<_, _>>().map_err(failed)
}

async fn tables(conn: &mut AnyConnection, sqlite: bool) -> Result<Vec<String>> {
    let text = match sqlite {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'",
        false => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        }
    };
    let mut names: Vec<String> = texts(conn, text).await?.into_iter().flatten().collect();
    names.sort();
    Ok(names)
}

async fn columns(conn: &mut AnyConnection, sqlite: bool, table: &str) -> Result<Vec<Shape>> {
    let table = literal(table);
    let text = match sqlite {
        true => format!(
            "SELECT name, type, CAST(\"notnull\" AS TEXT), CAST(pk AS TEXT) FROM pragma_table_info({table}) ORDER BY cid"
        ),
        false => format!(
            "SELECT CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT), \
             CASE c.is_nullable WHEN 'YES' THEN '0' ELSE '1' END, COALESCE((SELECT CAST(k.ordinal_position AS TEXT) \
             FROM information_schema.table_constraints t JOIN information_schema.key_column_usage k \
             ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema AND k.table_name = t.table_name \
             WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema AND t.table_name = c.table_name \
             AND k.column_name = c.column_name), '0') \
             FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = {table} \
             ORDER BY c.ordinal_position"
        ),
    };
    let shape = |row: Vec<String>| match <[String; 4]>::try_from(row) {
        Ok([name, kind, filled, key]) => {
            let kind = kind.to_ascii_lowercase();
            let key: i64 = key.parse().unwrap_or(0);
            // A primary key is never without a value, though SQLite does not say so of it.
            Some(Shape { name, number: kind.contains("int"), nullable: filled == "0" && key == 0, key })
        }
        Err(_) => None,
    };
    Ok(texts(conn, &text).await?.into_iter().filter_map(shape).collect())
}

async fn foreign(conn: &mut AnyConnection, sqlite: bool, table: &str) -> Result<Vec<(String, String)>> {
    let name = literal(table);
    let text = match sqlite {
        true => format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list({name})"),
        false => format!(
            "SELECT CAST(a.attname AS TEXT), CAST(f.relname AS TEXT) FROM pg_constraint c \
             JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) \
             JOIN pg_namespace n ON n.oid = r.relnamespace \
             WHERE c.contype = 'f' AND n.nspname = current_schema() AND r.relname = {name}"
        ),
    };
    let pair = |row: Vec<String>| <[String; 2]>::try_from(row).ok().map(|[from, to]| (from, to));
    let mut pairs: Vec<_> = texts(conn, &text).await?.into_iter().filter_map(pair).collect();
    pairs.sort();
    Ok(pairs)
}

/// The indexes that have a name of ours.
async fn indexes(conn: &mut AnyConnection, sqlite: bool, table: &str) -> Result<Vec<String>> {
    let name = literal(table);
    let text = match sqlite {
        true => {
            format!("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = {name} AND sql IS NOT NULL")
        }
        false => format!(
            "SELECT CAST(i.relname AS TEXT) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_class r ON r.oid = x.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
             WHERE n.nspname = current_schema() AND r.relname = {name} \
             AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u'))"
        ),
    };
    let mut names: Vec<String> = texts(conn, &text).await?.into_iter().flatten().collect();
    names.sort();
    Ok(names)
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

fn values(row: &AnyRow) -> Result<Vec<Value>> {
    let one = |n: usize| {
        let raw = row.try_get_raw(n).map_err(failed)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let kind = raw.type_info().kind();
        match kind {
            AnyTypeInfoKind::Text => row.try_get::<String, _>(n).map(Value::String).map_err(failed),
            AnyTypeInfoKind::SmallInt => row.try_get::<i16, _>(n).map(Value::from).map_err(failed),
            AnyTypeInfoKind::Integer => row.try_get::<i32, _>(n).map(Value::from).map_err(failed),
            AnyTypeInfoKind::BigInt => row.try_get::<i64, _>(n).map(Value::from).map_err(failed),
            other => {
                let column = row.columns().get(n).map_or("", |c| c.name());
                Err(Fault::new("db-row-unreadable").with("column", column).because(format!("{other:?}")))
            }
        }
    };
    (0..row.len()).map(one).collect()
}

fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value).map_err(|e| Fault::new("db-failed").because(e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A name as SQL takes it, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
fn list(names: &[&str]) -> String {
    names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ")
}

/// Whether this is the table of the steps, which a dump holds as any other.
pub fn is_book(table: &str) -> bool {
    table == BOOK
}
