//! Acts that wait for a second person, what became of them, and on how many machines each person has acted alone.
use crate::{
    Conn, Scope, found,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{
    AccountId, ConsentId, RunId, TargetId, Timestamp,
    consent::{Consent, DEFAULT_ABOVE, State},
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

const ABOVE: &str = "second-person-above";

fn read(row: &AnyRow) -> Result<Consent> {
    let moment = |column: &str| -> Result<Option<Timestamp>> {
        // Kept as a text: what may be nothing is read as one.
        let text = row.maybe(column)?.and_then(|t| t.parse().ok());
        Ok(text.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    };
    Ok(Consent {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        deed: row.tree("deed")?,
        why: row.tree("why")?,
        asked_by: row.parsed("asked_by")?,
        asked: row.moment("asked_ms")?,
        expires: row.moment("expires_ms")?,
        state: row.parsed("state")?,
        decided_by: row.maybe("decided_by")?.and_then(|id| id.parse().ok()),
        decided: moment("decided_text")?,
        reason: row.maybe("reason")?,
        fault: row.maybe_tree("fault")?,
    })
}

const COLUMNS: &str = "id, unit, deed, why, asked_by, asked_ms, expires_ms, state, decided_by, \
                       CAST(decided_ms AS TEXT) AS decided_text, reason, fault";

/// Adds an act that waits.
pub async fn add(conn: &mut Conn, scope: Scope, one: &Consent) -> Result<()> {
    scope.check(conn, one.unit).await?;
    sqlx::query(
        "INSERT INTO consents (id, unit, deed, why, asked_by, asked_ms, expires_ms, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(one.id.to_string())
    .bind(one.unit.to_string())
    .bind(json(&one.deed)?)
    .bind(json(&one.why)?)
    .bind(one.asked_by.to_string())
    .bind(ms(one.asked))
    .bind(ms(one.expires))
    .bind(one.state.word())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Keeps where it stands now.
pub async fn stands(conn: &mut Conn, scope: Scope, one: &Consent) -> Result<()> {
    let sql = "UPDATE consents SET state = $3, decided_by = $4, decided_ms = $5, reason = $6, fault = $7 \
               WHERE {of consents} AND id = $2";
    sqlx::query(within(scope, sql))
        .bind(scope.text())
        .bind(one.id.to_string())
        .bind(one.state.word())
        .bind(one.decided_by.map(|p| p.to_string()))
        .bind(one.decided.map(ms))
        .bind(one.reason.clone())
        .bind(one.fault.as_ref().map(json).transpose()?)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// One of them.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: ConsentId) -> Result<Option<Consent>> {
    let sql = format!("SELECT {COLUMNS} FROM consents WHERE {{of consents}} AND id = $2");
    found::one(conn, scope, &sql, id, read).await
}

/// Those of a scope, the newest first, of one state or of all; at most `limit`.
pub async fn list(conn: &mut Conn, scope: Scope, state: Option<State>, limit: u32) -> Result<Vec<Consent>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM consents WHERE {{in consents}} AND ($2 = '' OR state = $2) \
         ORDER BY asked_ms DESC, id DESC LIMIT $3"
    );
    let rows = sqlx::query(within(scope, &sql))
        .bind(scope.text())
        .bind(state.map_or("", State::word))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Says that those nobody decided in time have expired; which.
pub async fn expire(conn: &mut Conn, now: Timestamp) -> Result<Vec<ConsentId>> {
    let rows =
        sqlx::query("UPDATE consents SET state = 'expired' WHERE state = 'waiting' AND expires_ms <= $1 RETURNING id")
            .bind(ms(now))
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// What became of one target of an approved act.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Its run was started.
    Started(RunId),
    /// It could not be.
    Failed(Fault),
}

/// Keeps what became of a target, in the transaction that did it. The same target twice is refused: nothing is done twice.
pub async fn did(conn: &mut Conn, id: ConsentId, target: TargetId, item: &Item) -> Result<()> {
    let (run, fault) = match item {
        Item::Started(run) => (Some(run.to_string()), None),
        Item::Failed(fault) => (None, Some(json(fault)?)),
    };
    sqlx::query("INSERT INTO consent_items (consent, target, run, fault) VALUES ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(target.to_string())
        .bind(run)
        .bind(fault)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// What became of the targets of an approved act so far.
pub async fn items(conn: &mut Conn, id: ConsentId) -> Result<BTreeMap<TargetId, Item>> {
    let rows = sqlx::query("SELECT target, run, fault FROM consent_items WHERE consent = $1")
        .bind(id.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let item = |row: &AnyRow| {
        let run: Option<RunId> = row.maybe("run")?.and_then(|r| r.parse().ok());
        let fault: Option<Fault> = row.maybe_tree("fault")?;
        let item = match (run, fault) {
            (Some(run), _) => Item::Started(run),
            (None, fault) => Item::Failed(fault.unwrap_or_else(|| Fault::new("db-failed"))),
        };
        Ok((row.parsed("target")?, item))
    };
    rows.iter().map(item).collect()
}

/// Notes that a person has acted alone on so many machines.
pub async fn acted(conn: &mut Conn, person: AccountId, machines: u64, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO acted (person, at_ms, machines) VALUES ($1, $2, $3)")
        .bind(person.to_string())
        .bind(ms(now))
        .bind(machines as i64)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// On how many machines a person has acted alone since a moment.
pub async fn acted_since(conn: &mut Conn, person: AccountId, since: Timestamp) -> Result<u64> {
    let sql = "SELECT CAST(COALESCE(SUM(machines), 0) AS BIGINT) AS n FROM acted WHERE person = $1 AND at_ms > $2";
    let row = sqlx::query(sql).bind(person.to_string()).bind(ms(since)).fetch_one(conn).await.map_err(failed)?;
    row.count("n")
}

/// Forgets what no longer counts.
pub async fn sweep(conn: &mut Conn, before: Timestamp) -> Result<()> {
    let query = sqlx::query("DELETE FROM acted WHERE at_ms <= $1").bind(ms(before));
    query.execute(conn).await.map(drop).map_err(failed)
}

/// Above how many machines a second person is asked: what the centre has set, or the usual number.
pub async fn above(conn: &mut Conn) -> Result<u32> {
    let row = sqlx::query("SELECT value FROM centre_settings WHERE name = $1")
        .bind(ABOVE)
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    let value: Option<u32> = row.map(|row| row.parsed("value")).transpose()?;
    Ok(value.unwrap_or(DEFAULT_ABOVE))
}

/// The centre sets that number.
pub async fn set_above(conn: &mut Conn, above: u32) -> Result<()> {
    sqlx::query(
        "INSERT INTO centre_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(ABOVE)
    .bind(above.to_string())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}
