//! Writing many rows in few statements.
use crate::{Conn, row::failed};
use socle_texts::Result;
use sqlx::AssertSqlSafe;

/// A value of a row.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Text(String),
    MaybeText(Option<String>),
    Number(i64),
    MaybeNumber(Option<i64>),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}
impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Cell::MaybeText(text)
    }
}
impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Number(number)
    }
}
impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        Cell::MaybeNumber(number)
    }
}

/// Values in one statement: below SQLite's 32,766 and PostgreSQL's 65,535 parameters, few enough to be parsed quickly.
const MAX_VALUES: usize = 2_000;

/// Inserts rows: `head` is the statement up to the table's columns, `tail` what follows the values.
pub(crate) async fn insert(conn: &mut Conn, head: &'static str, tail: &'static str, rows: &[Vec<Cell>]) -> Result<()> {
    let Some(width) = rows.first().map(Vec::len).filter(|w| *w > 0) else { return Ok(()) };
    for some in rows.chunks((MAX_VALUES / width).max(1)) {
        let mut sql = format!("{head} VALUES ");
        for (index, _) in some.iter().enumerate() {
            sql.push_str(if index == 0 { "(" } else { ", (" });
            for column in 0..width {
                let comma = if column == 0 { "" } else { ", " };
                sql.push_str(&format!("{comma}${}", index * width + column + 1));
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(tail);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cell in some.iter().flatten().cloned() {
            query = match cell {
                Cell::Text(text) => query.bind(text),
                Cell::MaybeText(text) => query.bind(text),
                Cell::Number(number) => query.bind(number),
                Cell::MaybeNumber(number) => query.bind(number),
            };
        }
        query.execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}
