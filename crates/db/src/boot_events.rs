//! What the boot services answered, or why they kept silent. Bounded: the oldest go.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
};
use socle_domain::Timestamp;
use socle_texts::Result;

/// How many are kept.
pub const KEPT: i64 = 2_000;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct BootEvent {
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub who: String,
    /// `dhcp`, `proxydhcp`, `tftp`, `http`.
    pub service: String,
    /// What was asked and answered.
    pub what: String,
}

/// Adds one, and forgets what is too old.
pub async fn add(conn: &mut Conn, scope: Scope, event: &BootEvent) -> Result<()> {
    let row = sqlx::query("SELECT COALESCE(MAX(id), 0) AS n FROM boot_events").fetch_one(&mut *conn).await;
    let id = row.map_err(failed)?.number("n")? + 1;
    sqlx::query("INSERT INTO boot_events (id, unit, at_ms, who, service, what) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(scope.text())
        .bind(ms(event.at))
        .bind(event.who.clone())
        .bind(event.service.clone())
        .bind(event.what.clone())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    sqlx::query("DELETE FROM boot_events WHERE id <= $1").bind(id - KEPT).execute(conn).await.map(drop).map_err(failed)
}

/// The newest, the newest first.
pub async fn newest(conn: &mut Conn, scope: Scope, limit: u32) -> Result<Vec<BootEvent>> {
    let rows =
        sqlx::query("SELECT at_ms, who, service, what FROM boot_events WHERE unit = $1 ORDER BY id DESC LIMIT $2")
            .bind(scope.text())
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(BootEvent {
            at: row.moment("at_ms")?,
            who: row.text("who")?,
            service: row.text("service")?,
            what: row.text("what")?,
        })
    };
    rows.iter().map(read).collect()
}
