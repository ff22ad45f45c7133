//! Bringing tables up to date: forward only, each step in a transaction, none ever edited after it was released.
use crate::{
    Db,
    row::{Read, failed, ms},
};
use socle_domain::{Digest, Timestamp};
use socle_texts::{Fault, Result};

/// The steps, in their order. A step's number is its place here, from 1.
const STEPS: &[(&str, &str)] = &[
    ("first", include_str!("../migrations/0001-first.sql")),
    ("organisation", include_str!("../migrations/0002-organisation.sql")),
    ("rights", include_str!("../migrations/0003-rights.sql")),
    ("sign-in", include_str!("../migrations/0004-sign-in.sql")),
    ("options", include_str!("../migrations/0005-options.sql")),
    ("wizard", include_str!("../migrations/0006-wizard.sql")),
    ("api", include_str!("../migrations/0007-api.sql")),
    ("scale", include_str!("../migrations/0008-scale.sql")),
    ("networks", include_str!("../migrations/0009-networks.sql")),
    ("tpm", include_str!("../migrations/0010-tpm.sql")),
    ("boot-once", include_str!("../migrations/0011-boot-once.sql")),
    ("lists", include_str!("../migrations/0012-lists.sql")),
    ("directories", include_str!("../migrations/0013-directories.sql")),
];

/// The step from which on things have words to be found by: those that are older get theirs when it is taken.
const WITH_WORDS: usize = 2;

const BOOK: &str = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, \
                    digest TEXT NOT NULL, at_ms BIGINT NOT NULL)";

/// The steps: name and text.
pub(crate) fn steps() -> &'static [(&'static str, &'static str)] {
    STEPS
}

/// A step's text as the database speaks. SQLite compares texts byte by byte; PostgreSQL as its locale says, unless it is
/// told.
fn spoken(text: &str, sqlite: bool) -> String {
    if sqlite { text.to_string() } else { text.replace("/*bytes*/", "COLLATE \"C\"") }
}

/// The tables as they were after the first `count` steps, in an empty database; the book of steps stays empty.
pub(crate) async fn take(conn: &mut crate::Conn, sqlite: bool, count: usize) -> Result<()> {
    sqlx::query(BOOK).execute(&mut *conn).await.map_err(failed)?;
    for (_, text) in STEPS.iter().take(count) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(spoken(text, sqlite))).execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}

pub(crate) async fn run(db: &Db, now: Timestamp) -> Result<()> {
    let mut tx = db.write().await?;
    sqlx::query(BOOK).execute(&mut *tx).await.map_err(failed)?;
    let rows = sqlx::query("SELECT number, digest FROM migrations ORDER BY number")
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
    if rows.len() > STEPS.len() {
        return Err(Fault::new("db-newer").with("found", rows.len()).with("known", STEPS.len()));
    }
    for (row, (name, text)) in rows.iter().zip(STEPS) {
        if row.text("digest")? != Digest::of(text.as_bytes()).to_string() {
            return Err(Fault::new("db-migration-changed").with("name", *name));
        }
    }
    for (index, (name, text)) in STEPS.iter().enumerate().skip(rows.len()) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(spoken(text, db.is_sqlite()))).execute(&mut *tx).await.map_err(failed)?;
        sqlx::query("INSERT INTO migrations (number, name, digest, at_ms) VALUES ($1, $2, $3, $4)")
            .bind(index as i64 + 1)
            .bind(*name)
            .bind(Digest::of(text.as_bytes()).to_string())
            .bind(ms(now))
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tracing::info!(step = name, "database migrated");
    }
    crate::units::project(&mut tx, now).await?;
    if rows.len() < WITH_WORDS {
        crate::machines::index_all(&mut tx).await?;
    }
    tx.commit().await
}
