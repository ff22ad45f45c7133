//! Lists in pages, each behind the key of the page before: what comes in or goes meanwhile moves nothing.
use crate::{
    Conn, Scope,
    boot_events::{self, BootEvent},
    machines::{self, Machine},
    row::{Read, failed},
    runs::{self, RunRow},
    scope::within,
    stages::{self, Kept},
    wide,
};
use socle_domain::{Digest, RunId, TargetId, start::Standing};
use socle_texts::Result;
use std::collections::BTreeMap;

/// Which machines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MachineFilter {
    /// In this state.
    pub state: Option<machines::State>,
    /// Of this name.
    pub name: Option<String>,
    /// With these digits on their screen.
    pub code: Option<String>,
    /// Whose last start was worth this.
    pub trust: Option<Standing>,
    /// Bound to the security chip (TPM) with this endorsement key.
    pub tpm: Option<Digest>,
}

/// Machines, in the order in which they appeared; the key is the identifier.
pub async fn machines(
    conn: &mut Conn,
    scope: Scope,
    filter: &MachineFilter,
    after: Option<&str>,
    rows: u32,
) -> Result<Vec<Machine>> {
    // An alternative would hide the name from its index: it stands there only where it is asked for.
    let name = if filter.name.is_some() { "COALESCE(name, '') = $5" } else { "$5 = ''" };
    let text = "SELECT machines.*{tree} FROM machines WHERE {page machines} AND id > $2 AND ($4 = '' OR state = $4) \
                AND {name} AND ($6 = '' OR code = $6) AND ($7 = '' OR EXISTS (SELECT 1 FROM facts f \
                WHERE f.machine = machines.id AND f.name = 'boot_trust' AND f.value = $7 AND f.until_ms IS NULL)) \
                AND ($8 = '' OR id IN (SELECT machine FROM machine_tpms WHERE ek = $8)) ORDER BY id LIMIT $3"
        .replace("{name}", name);
    let bind = |query: wide::Query| {
        query
            .bind(filter.state.map_or("", machines::State::word))
            .bind(filter.name.clone().unwrap_or_default())
            .bind(filter.code.clone().unwrap_or_default())
            // A fact's value is kept as JSON.
            .bind(filter.trust.map(|t| format!("\"{}\"", t.word())).unwrap_or_default())
            .bind(filter.tpm.map(|ek| ek.to_string()).unwrap_or_default())
    };
    wide::pages(conn, scope, &text, after, rows, bind).await?.iter().map(machines::read).collect()
}

/// The last run of each of these machines: as many as a page holds.
pub async fn last_runs(conn: &mut Conn, scope: Scope, of: &[TargetId]) -> Result<BTreeMap<TargetId, RunId>> {
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let places: Vec<String> = (0..of.len()).map(|n| format!("${}", n + 2)).collect();
    let text = format!(
        "SELECT target, MAX(id) AS id FROM runs WHERE {{of runs}} AND target IN ({}) GROUP BY target",
        places.join(", ")
    );
    let asked = sqlx::query(within(scope, &text)).bind(scope.text());
    let asked = of.iter().fold(asked, |query, target| query.bind(target.to_string()));
    let rows = asked.fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("target")?, row.parsed("id")?))).collect()
}

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunFilter {
    /// Of this target.
    pub target: Option<TargetId>,
    /// In this state.
    pub state: Option<String>,
}

/// Runs, the newest first; the key is the identifier, which begins with the moment.
pub async fn runs(
    conn: &mut Conn,
    scope: Scope,
    filter: &RunFilter,
    after: Option<&str>,
    rows: u32,
) -> Result<Vec<RunRow>> {
    let text = "SELECT runs.*{tree} FROM runs WHERE {page runs} AND ($2 = '' OR id < $2) AND ($4 = '' OR target = $4) \
                AND ($5 = '' OR state = $5) ORDER BY id DESC LIMIT $3";
    let bind = |query: wide::Query| {
        query
            .bind(filter.target.map(|t| t.to_string()).unwrap_or_default())
            .bind(filter.state.clone().unwrap_or_default())
    };
    wide::pages(conn, scope, text, after, rows, bind).await?.iter().map(runs::read).collect()
}

/// Masters with their keys, the last published first.
pub async fn masters(conn: &mut Conn, scope: Scope, after: Option<&str>, rows: u32) -> Result<Vec<(String, Kept)>> {
    let (before_ms, digest) = numbered(after);
    let text = "SELECT * FROM masters WHERE {seen masters} \
                AND (published_ms < $2 OR (published_ms = $2 AND digest > $3)) ORDER BY published_ms DESC, digest LIMIT $4";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(before_ms)
        .bind(digest)
        .bind(i64::from(rows))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        let key = format!("{} {}", row.number("published_ms")?, row.text("digest")?);
        Ok((key, stages::read(row)?))
    };
    rows.iter().map(read).collect()
}

/// Boot events with their keys, the newest first.
pub async fn boot_events(
    conn: &mut Conn,
    scope: Scope,
    after: Option<&str>,
    rows: u32,
) -> Result<Vec<(String, BootEvent)>> {
    let text = "SELECT * FROM boot_events WHERE {page boot_events} AND id < $2 ORDER BY id DESC LIMIT $3";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(numbered(after).0)
        .bind(i64::from(rows))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.number("id")?.to_string(), boot_events::read(row)?))).collect()
}

/// A key that begins with a number. One that nobody gave begins before everything.
fn numbered(after: Option<&str>) -> (i64, String) {
    let Some(after) = after else { return (i64::MAX, String::new()) };
    let (number, rest) = after.split_once(' ').unwrap_or((after, ""));
    (number.parse().unwrap_or(i64::MIN), rest.to_string())
}
