//! Webhooks: who is told what happens, and the durable queue of what is still to be told.
//!
//! A delivery is queued in the transaction of what it tells ([`happened`]): nothing is told that did not happen, and
//! nothing that happened is forgotten when the server is killed.
mod deliveries;

pub use deliveries::{Delivery, Happening, State, TRIAL, deliveries, delivery, due, happened, queue, settled, sweep};

use crate::{
    Conn, Scope, found,
    row::{Read, failed, is_duplicate, json, ms},
    scope::within,
};
use socle_domain::{Timestamp, UnitId, WebhookId};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Its identifier.
    pub id: WebhookId,
    /// What happens in this unit and below is told.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// What is told; empty: everything.
    pub kinds: Vec<String>,
    /// The secret that signs, sealed.
    pub secret: String,
    /// The one before, sealed, and until when it signs too.
    pub old_secret: Option<(String, Timestamp)>,
    /// Whether it is told.
    pub is_on: bool,
    /// Why not, where nobody switched it off by hand.
    pub off: Option<Fault>,
    /// Attempts that have failed since the last that did not.
    pub failures: u64,
    /// Since when there is this webhook.
    pub created: Timestamp,
}

fn read(row: &AnyRow) -> Result<Webhook> {
    let old = row.maybe("old_secret")?.map(|sealed| Ok((sealed, row.moment("old_until_ms")?))).transpose()?;
    Ok(Webhook {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        url: row.text("url")?,
        kinds: row.tree("kinds")?,
        secret: row.text("secret")?,
        old_secret: old,
        is_on: row.number("is_on")? != 0,
        off: row.maybe_tree("off")?,
        failures: row.count("failures")?,
        created: row.moment("created_ms")?,
    })
}

fn taken(name: &str) -> impl Fn(sqlx::Error) -> Fault + '_ {
    move |e| if is_duplicate(&e) { Fault::new("db-webhook-taken").with("name", name) } else { failed(e) }
}

/// Adds a webhook.
///
/// # Errors
/// `db-webhook-taken` where its unit has one of that name; `db-unit-outside`.
pub async fn add(conn: &mut Conn, scope: Scope, webhook: &Webhook) -> Result<()> {
    scope.check_open(conn, webhook.unit).await?;
    sqlx::query(
        "INSERT INTO webhooks (id, unit, name, url, kinds, secret, is_on, failures, created_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
    )
    .bind(webhook.id.to_string())
    .bind(webhook.unit.to_string())
    .bind(webhook.name.clone())
    .bind(webhook.url.clone())
    .bind(json(&webhook.kinds)?)
    .bind(webhook.secret.clone())
    .bind(i16::from(webhook.is_on))
    .bind(ms(webhook.created))
    .execute(conn)
    .await
    .map(drop)
    .map_err(taken(&webhook.name))
}

/// One webhook.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: WebhookId) -> Result<Option<Webhook>> {
    found::one(conn, scope, "SELECT webhooks.* FROM webhooks WHERE {of webhooks} AND id = $2", id, read).await
}

/// Webhooks, the oldest first; the key is the identifier.
pub async fn list(conn: &mut Conn, scope: Scope, after: Option<&str>, rows: u32) -> Result<Vec<Webhook>> {
    let text = "SELECT webhooks.* FROM webhooks WHERE {in webhooks} AND id > $2 ORDER BY id LIMIT $3";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(after.unwrap_or("").to_string())
        .bind(i64::from(rows))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// How many there are.
pub async fn count(conn: &mut Conn, scope: Scope) -> Result<u64> {
    let row = sqlx::query(within(scope, "SELECT COUNT(*) AS n FROM webhooks WHERE {in webhooks}"))
        .bind(scope.text())
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    row.count("n")
}

/// Keeps what a webhook is now. Its deliveries that wait are given up where it is off.
pub async fn keep(conn: &mut Conn, scope: Scope, webhook: &Webhook) -> Result<()> {
    let text = "UPDATE webhooks SET name = $3, url = $4, kinds = $5, secret = $6, old_secret = $7, old_until_ms = $8, \
                is_on = $9, off = $10, failures = $11 WHERE {of webhooks} AND id = $2";
    let old = webhook.old_secret.clone().unzip();
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(webhook.id.to_string())
        .bind(webhook.name.clone())
        .bind(webhook.url.clone())
        .bind(json(&webhook.kinds)?)
        .bind(webhook.secret.clone())
        .bind(old.0)
        .bind(ms(old.1.unwrap_or(webhook.created)))
        .bind(i16::from(webhook.is_on))
        .bind(webhook.off.as_ref().map(json).transpose()?)
        .bind(webhook.failures as i64)
        .execute(&mut *conn)
        .await
        .map_err(taken(&webhook.name))?;
    if webhook.is_on {
        return Ok(());
    }
    sqlx::query("UPDATE webhook_deliveries SET state = 'given-up' WHERE webhook = $1 AND state = 'waiting'")
        .bind(webhook.id.to_string())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// Removes a webhook with its deliveries; whether it was there.
pub async fn remove(conn: &mut Conn, scope: Scope, id: WebhookId) -> Result<bool> {
    if by_id(conn, scope, id).await?.is_none() {
        return Ok(false);
    }
    for text in ["DELETE FROM webhook_deliveries WHERE webhook = $1", "DELETE FROM webhooks WHERE id = $1"] {
        sqlx::query(text).bind(id.to_string()).execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(true)
}
