//! Bringing tables up to date: forward only, each step in a transaction, none ever edited after it was released.
use crate::{
    Db,
    row::{Read, failed, ms},
};
use socle_domain::{Digest, Timestamp, UnitId};
use socle_texts::{Fault, Result};

/// The steps, in their order. A step's number is its place here, from 1.
const STEPS: &[(&str, &str)] = &[("first", include_str!("../migrations/0001-first.sql"))];

const BOOK: &str = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, \
                    digest TEXT NOT NULL, at_ms BIGINT NOT NULL)";

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
        sqlx::raw_sql(*text).execute(&mut *tx).await.map_err(failed)?;
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
    crate::units::ensure_root(&mut tx, UnitId::ROOT, now).await?;
    tx.commit().await
}
