//! The organisation: its decisions, and what they fold to at present.
//!
//! `unit_decisions` is append-only. `units` and `unit_tree` are the tree of the present, written in the transaction that
//! takes a decision, and again when the moment of one that was entered before has come ([`apply_due`]).
mod project;

use crate::{
    Conn, Scope, found,
    many::{Cell, insert},
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{
    Timestamp, UnitId,
    unit::{Change, Tree, Unit, UnitDecision, accept, history},
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use project::project;

/// Decisions that one transaction takes, at most.
pub const MAX_AT_ONCE: usize = 20_000;

fn read(row: &AnyRow) -> Result<Unit> {
    let ended = match row.maybe("ended")? {
        None => None,
        Some(_) => Some((row.moment("ended_ms")?, row.tree("ended")?)),
    };
    Ok(Unit {
        id: row.parsed("id")?,
        parent: row.maybe_parsed("parent")?,
        name: row.text("name")?,
        kind: row.parsed("kind")?,
        since: row.maybe_moment("since_ms")?,
        ended,
    })
}

/// Every decision of the organisation, in the order in which they were entered.
pub(crate) async fn decisions(conn: &mut Conn) -> Result<Vec<UnitDecision>> {
    let rows = sqlx::query("SELECT id, at_ms, decided_ms, by_whom, what FROM unit_decisions ORDER BY number")
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let read = |row: &AnyRow| {
        Ok(UnitDecision {
            id: row.parsed("id")?,
            at: row.moment("at_ms")?,
            decided: row.moment("decided_ms")?,
            by: row.text("by_whom")?,
            what: row.tree("what")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Takes decisions: all or none. Whoever decides must hold every unit that is named; who ends or moves a unit, or splits
/// it, must hold the one above it too.
///
/// # Errors
/// `db-unit-outside`; `domain-unit-…` where the history would make no sense.
pub async fn decide(conn: &mut Conn, scope: Scope, new: &[UnitDecision], now: Timestamp) -> Result<()> {
    if new.len() > MAX_AT_ONCE {
        return Err(Fault::new("db-unit-decisions-too-many").with("limit", MAX_AT_ONCE));
    }
    let old = decisions(conn).await?;
    // Before anything is said about it: what is outside is not even known to be there.
    within_reach(scope, &old, new, now)?;
    accept(&old, new)?;
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS n FROM unit_decisions").fetch_one(&mut *conn).await;
    let first = row.map_err(failed)?.number("n")? + 1;
    let line = |(index, one): (usize, &UnitDecision)| -> Result<Vec<Cell>> {
        Ok(vec![
            (first + index as i64).into(),
            one.id.to_string().into(),
            ms(one.at).into(),
            ms(one.decided).into(),
            one.by.clone().into(),
            json(&one.what)?.into(),
            0i64.into(),
        ])
    };
    let rows = new.iter().enumerate().map(line).collect::<Result<Vec<_>>>()?;
    let head = "INSERT INTO unit_decisions (number, id, at_ms, decided_ms, by_whom, what, applied)";
    insert(conn, head, "", &rows).await?;
    project(conn, now).await
}

/// A decision is within reach where every unit that it names is below the scope's unit: now, at the moment for which it is
/// meant and in the last of all moments, as far as the unit is there then. One that is nowhere is about to be founded,
/// below a unit that is named too.
fn within_reach(scope: Scope, old: &[UnitDecision], new: &[UnitDecision], now: Timestamp) -> Result<()> {
    if scope == Scope::ROOT {
        return Ok(());
    }
    let outside = |unit: UnitId| Fault::new("db-unit-outside").with("unit", unit.to_string());
    let mut moments = BTreeMap::new();
    for at in new.iter().map(|d| d.at).chain([now]).collect::<BTreeSet<_>>() {
        moments.insert(at, Tree::at(old, at)?);
    }
    let last = accept(old, &[])?;
    for one in new {
        let own = one.what.unit() == scope.unit();
        if own && !matches!(one.what, Change::Founded { .. } | Change::Renamed { .. }) {
            return Err(outside(scope.unit()));
        }
        for unit in one.what.units() {
            let trees = [moments.get(&one.at), moments.get(&now), Some(&last)].into_iter().flatten();
            if trees.filter(|tree| tree.get(unit).is_some()).any(|tree| !tree.is_within(unit, scope.unit())) {
                return Err(outside(unit));
            }
        }
    }
    Ok(())
}

/// Brings the tree to the present, where the moment of a decision has come. Whether there was one.
pub async fn apply_due(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM unit_decisions WHERE applied = 0 AND at_ms <= $1")
        .bind(ms(now))
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    if row.number("n")? == 0 {
        return Ok(false);
    }
    project(conn, now).await?;
    Ok(true)
}

/// Whether a decision waits to be applied by now: asked without a transaction that writes.
pub async fn is_due(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM unit_decisions WHERE applied = 0 AND at_ms <= $1")
        .bind(ms(now))
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    Ok(row.number("n")? > 0)
}

/// A unit of the scope.
pub async fn by_id(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<Option<Unit>> {
    let text = "SELECT units.* FROM unit_tree s JOIN units ON units.id = s.unit WHERE s.ancestor = $1 AND s.unit = $2";
    found::one(conn, scope, text, unit, read).await
}

/// The units of the scope at present, closed ones included, by their names.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Unit>> {
    let text = "SELECT units.* FROM unit_tree s JOIN units ON units.id = s.unit WHERE s.ancestor = $1 \
                ORDER BY units.name, units.id";
    let rows = sqlx::query(text).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

/// A unit of the scope and those above it, up to the scope's own: what may be named on the way to it.
pub async fn line(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<Vec<Unit>> {
    let text = "SELECT units.* FROM unit_tree t JOIN unit_tree s ON s.unit = t.ancestor AND s.ancestor = $1 \
                JOIN units ON units.id = t.ancestor WHERE t.unit = $2 ORDER BY t.depth";
    let rows = sqlx::query(text).bind(scope.text()).bind(unit.to_string()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The tree as far as the scope sees it at a moment: its unit, those below it, and the names of those above.
pub async fn tree(conn: &mut Conn, scope: Scope, moment: Timestamp) -> Result<Tree> {
    Ok(Tree::at(&decisions(conn).await?, moment)?.around(scope.unit()))
}

/// The decisions that name a unit of the scope, by the moment from which they hold.
pub async fn decided(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<Vec<UnitDecision>> {
    if !scope.holds(conn, unit).await? {
        return Ok(Vec::new());
    }
    let all = decisions(conn).await?;
    Ok(history(&all, unit).into_iter().cloned().collect())
}

/// How many of something each unit of the scope holds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Machines that are known.
    pub known: u64,
    /// Machines that wait to be recognised.
    pub waiting: u64,
    /// Machines that were refused.
    pub refused: u64,
    /// People.
    pub people: u64,
}

/// What each unit of the scope holds itself, without those below it. A unit that holds nothing is not named.
pub async fn held(conn: &mut Conn, scope: Scope, now: Timestamp) -> Result<BTreeMap<UnitId, Held>> {
    let mut all: BTreeMap<UnitId, Held> = BTreeMap::new();
    let text = "SELECT unit, state, COUNT(*) AS n FROM machines WHERE {in machines} GROUP BY unit, state";
    let rows = sqlx::query(within(scope, text)).bind(scope.text()).fetch_all(&mut *conn).await.map_err(failed)?;
    for row in &rows {
        let held = all.entry(row.parsed("unit")?).or_default();
        let n = row.count("n")?;
        match row.text("state")?.as_str() {
            "known" => held.known = n,
            "refused" => held.refused = n,
            _ => held.waiting = n,
        }
    }
    let text = "SELECT unit, COUNT(*) AS n FROM persons WHERE {in persons} AND (until_ms IS NULL OR until_ms > $2) \
                GROUP BY unit";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(ms(now));
    for row in query.fetch_all(conn).await.map_err(failed)? {
        all.entry(row.parsed("unit")?).or_default().people = row.count("n")?;
    }
    Ok(all)
}
