//! The durable queue of what is still to be told, and what became of what was.
use crate::{
    Conn,
    row::{Read, failed, json, ms},
};
use socle_domain::{EventId, Timestamp, UnitId, WebhookId};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// To be tried, for the first time or again.
    Waiting,
    /// The other side said yes.
    Delivered,
    /// Tried often enough, or its webhook was switched off.
    GivenUp,
}

impl State {
    /// The word of the tables and of the wire.
    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Delivered => "delivered",
            State::GivenUp => "given-up",
        }
    }
}

/// Something to be told to one webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// To whom.
    pub webhook: WebhookId,
    /// What has happened, once for all who are told.
    pub event: EventId,
    /// Where.
    pub unit: UnitId,
    /// What: `run.completed`.
    pub kind: String,
    /// The message, as it is signed.
    pub body: String,
    /// When it happened.
    pub made: Timestamp,
    /// What became of it.
    pub state: State,
    /// When it is tried next.
    pub next: Timestamp,
    /// How often it was tried.
    pub attempts: u64,
    /// The last HTTP status.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub fault: Option<Fault>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// Its identifier, the same for all who are told and for every attempt.
    pub event: EventId,
    /// Where.
    pub unit: UnitId,
    /// What.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// The message.
    pub body: String,
}

fn read(row: &AnyRow) -> Result<Delivery> {
    let state = match row.text("state")?.as_str() {
        "waiting" => State::Waiting,
        "delivered" => State::Delivered,
        _ => State::GivenUp,
    };
    Ok(Delivery {
        webhook: row.parsed("webhook")?,
        event: row.parsed("event")?,
        unit: row.parsed("unit")?,
        kind: row.text("kind")?,
        body: row.text("body")?,
        made: row.moment("made_ms")?,
        state,
        next: row.moment("next_ms")?,
        attempts: row.count("attempts")?,
        status: row.maybe("status_text")?.and_then(|s| s.parse().ok()),
        fault: row.maybe_tree("fault")?,
    })
}

/// The kind of a trial: it is sent to a webhook that is off too, so that whoever repairs it can see.
pub const TRIAL: &str = "webhook.try";

const DELIVERY: &str = "d.webhook, d.event, d.unit, d.kind, d.body, d.made_ms, d.state, d.next_ms, d.attempts, \
                        CAST(d.status AS TEXT) AS status_text, d.fault";

/// Queues what has happened for all who want to be told: webhooks of its unit and of those above. How many.
pub async fn happened(conn: &mut Conn, happening: &Happening) -> Result<u64> {
    let done = sqlx::query(
        "INSERT INTO webhook_deliveries (webhook, event, unit, kind, body, made_ms, state, next_ms, attempts) \
         SELECT w.id, $1, $2, $3, $4, $5, 'waiting', $5, 0 FROM webhooks w \
         JOIN unit_tree t ON t.ancestor = w.unit AND t.unit = $2 \
         WHERE w.is_on = 1 AND (w.kinds = '[]' OR w.kinds LIKE $6)",
    )
    .bind(happening.event.to_string())
    .bind(happening.unit.to_string())
    .bind(happening.kind)
    .bind(happening.body.clone())
    .bind(ms(happening.at))
    .bind(format!("%\"{}\"%", happening.kind))
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected())
}

/// Queues something for one webhook alone: a trial.
pub async fn queue(conn: &mut Conn, webhook: WebhookId, happening: &Happening) -> Result<()> {
    sqlx::query(
        "INSERT INTO webhook_deliveries (webhook, event, unit, kind, body, made_ms, state, next_ms, attempts) \
         VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $6, 0)",
    )
    .bind(webhook.to_string())
    .bind(happening.event.to_string())
    .bind(happening.unit.to_string())
    .bind(happening.kind)
    .bind(happening.body.clone())
    .bind(ms(happening.at))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Deliveries whose moment has come, at most `limit`: the oldest of every webhook, then the second of every one, to the
/// `each`th. Of a webhook whose last attempt failed only the oldest; of one that is off nothing but trials.
pub async fn due(conn: &mut Conn, now: Timestamp, each: u32, limit: u32) -> Result<Vec<Delivery>> {
    let text = format!(
        "SELECT {DELIVERY} FROM (SELECT q.webhook AS webhook, q.event AS event, w.failures AS failures, \
         ROW_NUMBER() OVER (PARTITION BY q.webhook ORDER BY q.next_ms, q.event) AS turn \
         FROM webhook_deliveries q JOIN webhooks w ON w.id = q.webhook \
         WHERE q.state = 'waiting' AND q.next_ms <= $1 AND (w.is_on = 1 OR q.kind = '{TRIAL}')) t \
         JOIN webhook_deliveries d ON d.webhook = t.webhook AND d.event = t.event \
         WHERE t.turn = 1 OR (t.turn <= $2 AND t.failures = 0) ORDER BY t.turn, d.next_ms, d.event, d.webhook LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(ms(now))
        .bind(i64::from(each))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Deliveries of a webhook, the newest first; the key is the event.
pub async fn deliveries(conn: &mut Conn, webhook: WebhookId, after: Option<&str>, rows: u32) -> Result<Vec<Delivery>> {
    let text = format!(
        "SELECT {DELIVERY} FROM webhook_deliveries d WHERE d.webhook = $1 AND ($2 = '' OR d.event < $2) \
         ORDER BY d.event DESC LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(webhook.to_string())
        .bind(after.unwrap_or("").to_string())
        .bind(i64::from(rows))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// One delivery.
pub async fn delivery(conn: &mut Conn, webhook: WebhookId, event: EventId) -> Result<Option<Delivery>> {
    let text = format!("SELECT {DELIVERY} FROM webhook_deliveries d WHERE d.webhook = $1 AND d.event = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(webhook.to_string())
        .bind(event.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// Keeps what became of a delivery.
pub async fn settled(conn: &mut Conn, delivery: &Delivery) -> Result<()> {
    sqlx::query(
        "UPDATE webhook_deliveries SET state = $3, next_ms = $4, attempts = $5, status = $6, fault = $7 \
         WHERE webhook = $1 AND event = $2",
    )
    .bind(delivery.webhook.to_string())
    .bind(delivery.event.to_string())
    .bind(delivery.state.word())
    .bind(ms(delivery.next))
    .bind(delivery.attempts as i64)
    .bind(delivery.status.map(i64::from))
    .bind(delivery.fault.as_ref().map(json).transpose()?)
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Forgets what was told, or given up, before.
pub async fn sweep(conn: &mut Conn, before: Timestamp) -> Result<()> {
    let query = sqlx::query("DELETE FROM webhook_deliveries WHERE state <> 'waiting' AND made_ms <= $1");
    query.bind(ms(before)).execute(conn).await.map(drop).map_err(failed)
}
