//! From columns to the domain's values, and from SQL's errors to faults.
use serde::de::DeserializeOwned;
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use sqlx::{Row as _, any::AnyRow};
use std::{fmt::Display, str::FromStr};

/// A failed query.
pub(crate) fn failed(e: sqlx::Error) -> Fault {
    let words = e.to_string();
    // PostgreSQL's character_not_in_repertoire (22021): somebody wrote a zero byte. The doors refuse it in addresses; what
    // comes in a message is met here.
    if e.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "22021") {
        return Fault::new("db-text-refused").because(words);
    }
    // SQLITE_FULL and PostgreSQL's disk_full (53100): a person can do something about these.
    let full = words.contains("disk is full") || words.contains("No space left");
    Fault::new(if full { "db-full" } else { "db-failed" }).because(words).may_retry()
}

/// Whether the error says that a unique value is there already.
pub(crate) fn is_duplicate(e: &sqlx::Error) -> bool {
    e.as_database_error().is_some_and(|e| e.is_unique_violation())
}

/// A statement's or a tree's JSON text.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Fault::new("db-failed").because(e))
}

/// Milliseconds since 1970.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Reads columns by name.
pub(crate) trait Read {
    fn text(&self, column: &str) -> Result<String>;
    fn maybe(&self, column: &str) -> Result<Option<String>>;
    fn number(&self, column: &str) -> Result<i64>;
    fn maybe_number(&self, column: &str) -> Result<Option<i64>>;
    fn parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T> {
        self.text(column)?.parse().map_err(|e: T::Err| unreadable(column, e))
    }
    fn tree<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(|e| unreadable(column, e))
    }
    fn maybe_tree<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        self.maybe(column)?.map(|t| serde_json::from_str(&t).map_err(|e| unreadable(column, e))).transpose()
    }
    fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.number(column)?).map_err(|e| unreadable(column, e))
    }
    fn maybe_moment(&self, column: &str) -> Result<Option<Timestamp>> {
        let read = |ms| Timestamp::from_millisecond(ms).map_err(|e| unreadable(column, e));
        self.maybe_number(column)?.map(read).transpose()
    }
    fn maybe_parsed<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>> {
        self.maybe(column)?.map(|text| text.parse().map_err(|e: T::Err| unreadable(column, e))).transpose()
    }
    fn moment(&self, column: &str) -> Result<Timestamp> {
        Timestamp::from_millisecond(self.number(column)?).map_err(|e| unreadable(column, e))
    }
}

impl Read for AnyRow {
    fn text(&self, column: &str) -> Result<String> {
        self.try_get(column).map_err(failed)
    }
    fn maybe(&self, column: &str) -> Result<Option<String>> {
        self.try_get(column).map_err(failed)
    }
    fn number(&self, column: &str) -> Result<i64> {
        self.try_get(column).map_err(failed)
    }
    fn maybe_number(&self, column: &str) -> Result<Option<i64>> {
        self.try_get(column).map_err(failed)
    }
}

fn unreadable(column: &str, why: impl Display) -> Fault {
    Fault::new("db-row-unreadable").with("column", column).because(why)
}
