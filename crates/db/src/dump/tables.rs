//! What tables there are and what they hold, asked of either database.
use crate::row::failed;
use serde::Serialize;
use socle_texts::{Fault, Result};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row, any::AnyRow};

/// A column.
pub(super) struct Shape {
    pub name: String,
    pub number: bool,
    pub nullable: bool,
    /// Its place in the primary key, from 1; 0: it is not in it.
    pub key: i64,
}

pub(super) async fn connect(url: &str) -> Result<(AnyConnection, bool)> {
    sqlx::any::install_default_drivers();
    let unreachable =
        |e: sqlx::Error| Fault::new("db-unreachable").with("database", crate::open::shown(url)).because(e).may_retry();
    Ok((AnyConnection::connect(url).await.map_err(unreachable)?, url.starts_with("sqlite:")))
}

pub(super) async fn raw(conn: &mut AnyConnection, text: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(text.to_string())).execute(conn).await.map(drop).map_err(failed)
}

pub(super) async fn texts(conn: &mut AnyConnection, text: &str) -> Result<Vec<Vec<String>>> {
    let rows = sqlx::query(AssertSqlSafe(text.to_string())).fetch_all(conn).await.map_err(failed)?;
    let cell = |row: &AnyRow, n: usize| row.try_get::<Option<String>, _>(n).map(Option::unwrap_or_default);
    let read = |row: &AnyRow| (0..row.len()).map(|n| cell(row, n)).collect::<std::result::Result<Vec<_>, _>>();
    rows.iter().map(read).collect::<std::result::Result<_, _>>().map_err(failed)
}

pub(super) async fn tables(conn: &mut AnyConnection, sqlite: bool) -> Result<Vec<String>> {
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

pub(super) async fn columns(conn: &mut AnyConnection, sqlite: bool, table: &str) -> Result<Vec<Shape>> {
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

pub(super) fn line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value).map_err(|e| Fault::new("db-failed").because(e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A name as SQL takes it, whatever it holds.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ")
}
