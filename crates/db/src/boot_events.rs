//! What the boot services answered, or why they kept silent. Bounded: the oldest go.
use crate::{
    Conn, Scope,
    many::{Cell, insert},
    row::{Read, failed, ms},
    scope::within,
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

/// Adds several at once, and forgets what is too old.
pub async fn add_all(conn: &mut Conn, scope: Scope, events: &[BootEvent]) -> Result<()> {
    let row = sqlx::query("SELECT COALESCE(MAX(id), 0) AS n FROM boot_events").fetch_one(&mut *conn).await;
    let first = row.map_err(failed)?.number("n")? + 1;
    let cells = |(id, event): (i64, &BootEvent)| {
        vec![
            Cell::from(id),
            scope.text().into(),
            ms(event.at).into(),
            event.who.clone().into(),
            event.service.clone().into(),
            event.what.clone().into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = (first..).zip(events).map(cells).collect();
    insert(conn, "INSERT INTO boot_events (id, unit, at_ms, who, service, what)", "", &rows).await?;
    let oldest = first + events.len() as i64 - 1 - KEPT;
    let forget = sqlx::query("DELETE FROM boot_events WHERE id <= $1").bind(oldest);
    forget.execute(conn).await.map(drop).map_err(failed)
}

/// The newest, the newest first.
pub async fn newest(conn: &mut Conn, scope: Scope, limit: u32) -> Result<Vec<BootEvent>> {
    let text = "SELECT at_ms, who, service, what FROM boot_events WHERE {page boot_events} ORDER BY id DESC LIMIT $2";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

pub(crate) fn read(row: &sqlx::any::AnyRow) -> Result<BootEvent> {
    Ok(BootEvent {
        at: row.moment("at_ms")?,
        who: row.text("who")?,
        service: row.text("service")?,
        what: row.text("what")?,
    })
}
