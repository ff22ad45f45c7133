//! Runs: the order's frozen content stands in `orders`, what happened in `journal`; here is the fold of both.
use crate::{
    Conn, Scope, found,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{Digest, RunId, TargetId, Timestamp, UnitId, run::Run, sign::PublicKey};
use socle_texts::Result;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// Into what its target starts next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartsInto {
    /// The boot environment.
    Boot,
    /// The system on its disk.
    Installed,
}

impl StartsInto {
    fn word(self) -> &'static str {
        match self {
            StartsInto::Boot => "boot",
            StartsInto::Installed => "installed",
        }
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// The run.
    pub id: RunId,
    /// Its unit.
    pub unit: UnitId,
    /// Its target.
    pub target: TargetId,
    /// The target's name when it was ordered.
    pub target_name: String,
    /// Its master.
    pub master: Digest,
    /// The master's name and version.
    pub master_label: String,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// Who writes its journal.
    pub machine: PublicKey,
    /// What its journal says.
    pub state: Run,
    /// Into what its target starts next.
    pub starts_into: StartsInto,
    /// How many entries are held.
    pub entries: u64,
    /// Bytes of their bodies.
    pub journal_bytes: u64,
    /// Digest of the last entry, or of the order.
    pub head: Digest,
    /// When its machine last spoke of it.
    pub last_seen: Timestamp,
}

pub(crate) fn read(row: &AnyRow) -> Result<RunRow> {
    Ok(RunRow {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        target: row.parsed("target")?,
        target_name: row.text("target_name")?,
        master: row.parsed("master")?,
        master_label: row.text("master_label")?,
        ordered: row.moment("ordered_ms")?,
        machine: row.parsed("machine_key")?,
        state: row.tree("fold")?,
        starts_into: if row.text("starts_into")? == "boot" { StartsInto::Boot } else { StartsInto::Installed },
        entries: row.count("entries")?,
        journal_bytes: row.count("journal_bytes")?,
        head: row.parsed("head")?,
        last_seen: row.moment("last_seen_ms")?,
    })
}

/// Adds a run of a unit of the scope.
pub async fn add(conn: &mut Conn, scope: Scope, run: &RunRow) -> Result<()> {
    scope.check(conn, run.unit).await?;
    sqlx::query(
        "INSERT INTO runs (id, unit, target, target_name, master, master_label, ordered_ms, machine_key, state, is_over, \
         fold, starts_into, entries, head, last_seen_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(run.id.to_string())
    .bind(run.unit.to_string())
    .bind(run.target.to_string())
    .bind(run.target_name.clone())
    .bind(run.master.to_string())
    .bind(run.master_label.clone())
    .bind(ms(run.ordered))
    .bind(run.machine.to_string())
    .bind(run.state.status.word())
    .bind(i16::from(run.state.status.is_over()))
    .bind(json(&run.state)?)
    .bind(run.starts_into.word())
    .bind(run.entries as i64)
    .bind(run.head.to_string())
    .bind(ms(run.last_seen))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// Keeps where a run stands now.
pub async fn stands(conn: &mut Conn, scope: Scope, run: &RunRow) -> Result<()> {
    let text = "UPDATE runs SET state = $3, is_over = $4, fold = $5, starts_into = $6, entries = $7, head = $8, last_seen_ms = $9, \
         journal_bytes = $10 \
         WHERE {of runs} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(run.id.to_string())
        .bind(run.state.status.word())
        .bind(i16::from(run.state.status.is_over()))
        .bind(json(&run.state)?)
        .bind(run.starts_into.word())
        .bind(run.entries as i64)
        .bind(run.head.to_string())
        .bind(ms(run.last_seen))
        .bind(run.journal_bytes as i64)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// One run.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: RunId) -> Result<Option<RunRow>> {
    found::one(conn, scope, "SELECT * FROM runs WHERE {of runs} AND id = $2", id, read).await
}

/// The run of a target that is not over; there is at most one.
pub async fn open_of(conn: &mut Conn, scope: Scope, target: TargetId) -> Result<Option<RunRow>> {
    let text = "SELECT * FROM runs WHERE {of runs} AND target = $2 AND is_over = 0 ORDER BY id DESC LIMIT 1";
    found::one(conn, scope, text, target, read).await
}

/// Every run of a target that is not over, oldest first. More than one only where a machine began a run that was
/// cancelled on the server before anybody knew that it had.
pub async fn open_all_of(conn: &mut Conn, scope: Scope, target: TargetId) -> Result<Vec<RunRow>> {
    let rows =
        sqlx::query(within(scope, "SELECT * FROM runs WHERE {of runs} AND target = $2 AND is_over = 0 ORDER BY id"))
            .bind(scope.text())
            .bind(target.to_string())
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The last run of each target.
pub async fn last_of_each(conn: &mut Conn, scope: Scope) -> Result<BTreeMap<TargetId, RunId>> {
    let rows = sqlx::query(within(scope, "SELECT target, MAX(id) AS id FROM runs WHERE {in runs} GROUP BY target"))
        .bind(scope.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("target")?, row.parsed("id")?))).collect()
}

/// Runs, the newest first; at most `limit`.
pub async fn list(conn: &mut Conn, scope: Scope, target: Option<TargetId>, limit: u32) -> Result<Vec<RunRow>> {
    let of_one = "SELECT * FROM runs WHERE {of runs} AND target = $2 ORDER BY ordered_ms DESC, id DESC LIMIT $3";
    let of_all = "SELECT * FROM runs WHERE {page runs} AND $2 = '' ORDER BY ordered_ms DESC, id DESC LIMIT $3";
    let rows = sqlx::query(within(scope, if target.is_some() { of_one } else { of_all }))
        .bind(scope.text())
        .bind(target.map(|t| t.to_string()).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// How many runs there are, by state.
pub async fn counts(conn: &mut Conn, scope: Scope) -> Result<BTreeMap<String, u64>> {
    let rows = sqlx::query(within(scope, "SELECT state, COUNT(*) AS n FROM runs WHERE {in runs} GROUP BY state"))
        .bind(scope.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.text("state")?, row.count("n")?))).collect()
}

/// The last run of one target.
pub async fn last_of(conn: &mut Conn, scope: Scope, target: TargetId) -> Result<Option<RunId>> {
    let row = sqlx::query(within(scope, "SELECT MAX(id) AS id FROM runs WHERE {of runs} AND target = $2"))
        .bind(scope.text())
        .bind(target.to_string())
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    row.maybe_parsed("id")
}
