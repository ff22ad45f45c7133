//! Reading: every table of one consistent view.
use super::{
    Step,
    tables::{columns, connect, line, list, quoted, raw, tables},
};
use crate::{open::sqlite_url, row::failed};
use futures_util::TryStreamExt;
use serde_json::Value;
use socle_texts::{Fault, Result};
use sqlx::{
    AnyConnection, AssertSqlSafe, Column, Connection, Row, ValueRef,
    any::{AnyRow, AnyTypeInfoKind},
};
use std::path::Path;

/// A piece is ended when it is as long as this.
const PIECE_BYTES: usize = 1 << 20;

/// A consistent view of a database, whatever is written beside it.
pub struct Snapshot {
    pub(super) conn: AnyConnection,
    pub(super) sqlite: bool,
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
