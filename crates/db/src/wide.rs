//! Scopes that hold a large part of the organisation.
//!
//! A page of a list is found in one of two ways: the rows of each unit of the scope, sorted; or all rows in their order,
//! each asked whether its unit is in the scope. The first is right for a body, the second for what stands just below the
//! root, and the planners of databases, who know neither the order's nor the scope's share, choose badly. So wide scopes
//! are known here, with their units; and as asking each row costs a database more than reading it, the rows of a wide scope
//! are told apart here too ([`rows`], [`pages`]).
//!
//! INVARIANT: what is known here is used only for rows that say of which tree they were read, by the digest of that tree:
//! one that has changed meanwhile, in this process or in another, is noticed in the very statement that reads the rows.
use crate::{
    Conn, Scope,
    row::{Read, failed},
    scope::{unbound, within},
};
use socle_domain::{Digest, UnitId};
use socle_texts::Result;
use sqlx::{
    Any,
    any::{AnyArguments, AnyRow},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

/// A scope is wide from this part of all units on.
const PART: usize = 20;
/// Rows that one statement reads on the way to a page, at most.
const MAX_READ: u32 = 4_096;

/// A wide scope's units, as the tree of this digest has them.
struct Members {
    tree: String,
    units: HashSet<UnitId>,
    /// How many units there are in all: were units alike, one row in so many parts of them is in the scope.
    all: usize,
}

static WIDE: RwLock<BTreeMap<UnitId, Arc<Members>>> = RwLock::new(BTreeMap::new());

fn of(scope: Scope) -> Option<Arc<Members>> {
    if scope == Scope::ROOT {
        return None;
    }
    WIDE.read().unwrap_or_else(PoisonError::into_inner).get(&scope.unit()).cloned()
}

/// Whether a unit and those below it are a large part of all.
pub(crate) fn is(unit: UnitId) -> bool {
    of(Scope::of(unit)).is_some()
}

/// The digest of a tree: of all pairs of a unit and one below it.
fn digest(pairs: &mut [(UnitId, UnitId)]) -> String {
    pairs.sort_unstable();
    let bytes: Vec<u8> =
        pairs.iter().flat_map(|(above, unit)| [above.0.into_bytes(), unit.0.into_bytes()]).flatten().collect();
    Digest::of(&bytes).to_string()
}

/// Learns the tree of the present: each unit with each above it, itself included. It is written beside the tree, in the
/// transaction that changes it.
pub(crate) async fn learn(conn: &mut Conn, mut pairs: Vec<(UnitId, UnitId)>) -> Result<()> {
    let tree = digest(&mut pairs);
    let row = sqlx::query("SELECT digest FROM unit_tree_digest").fetch_optional(&mut *conn).await.map_err(failed)?;
    if row.map(|row| row.text("digest")).transpose()?.as_deref() != Some(tree.as_str()) {
        for text in
            ["DELETE FROM unit_tree_digest WHERE digest <> $1", "INSERT INTO unit_tree_digest (digest) VALUES ($1)"]
        {
            sqlx::query(text).bind(tree.clone()).execute(&mut *conn).await.map_err(failed)?;
        }
    }
    remember(tree, &pairs);
    Ok(())
}

fn remember(tree: String, pairs: &[(UnitId, UnitId)]) {
    let all = pairs.iter().filter(|(above, unit)| above == unit).count();
    let wide = pairs.chunk_by(|a, b| a.0 == b.0).filter(|below| below.len() * PART >= all);
    let members = |below: &[(UnitId, UnitId)]| Members {
        tree: tree.clone(),
        units: below.iter().map(|(_, unit)| *unit).collect(),
        all,
    };
    let wide = wide.filter_map(|below| Some((below.first()?.0, Arc::new(members(below))))).collect();
    *WIDE.write().unwrap_or_else(PoisonError::into_inner) = wide;
}

/// The tree as it stands in the database.
pub(crate) async fn pairs(conn: &mut Conn) -> Result<Vec<(UnitId, UnitId)>> {
    let rows = sqlx::query("SELECT ancestor, unit FROM unit_tree").fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("ancestor")?, row.parsed("unit")?))).collect()
}

pub(crate) type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// What a query within a scope has found.
pub(crate) struct Found {
    /// The rows.
    pub rows: Vec<AnyRow>,
    /// How many were read for them.
    pub read: usize,
    /// The `id` of the last that was read.
    pub last: Option<String>,
}

/// The rows of a query within a scope. The query tells of each row its `unit`, and, where
/// `{tree}` stands among its columns, of which tree that was; the scope is its parameter `$1`, `bind` adds the others.
pub(crate) async fn rows(conn: &mut Conn, scope: Scope, text: &str, bind: impl Fn(Query) -> Query) -> Result<Found> {
    if let Some(members) = of(scope) {
        let query = bind(sqlx::query(unbound(text)).bind(scope.text()));
        let mut rows = query.fetch_all(&mut *conn).await.map_err(failed)?;
        let (read, last) = (rows.len(), last_of(&rows)?);
        let mut is_known = true;
        for row in &rows {
            is_known &= row.maybe("tree")?.as_deref() == Some(members.tree.as_str());
        }
        if is_known {
            let within = |row: &AnyRow| row.parsed("unit").is_ok_and(|unit: UnitId| members.units.contains(&unit));
            rows.retain(within);
            return Ok(Found { rows, read, last });
        }
        // Another process has changed the tree: this time each row is asked for, and the next time it is known.
        let mut pairs = pairs(conn).await?;
        remember(digest(&mut pairs), &pairs);
    }
    let query = bind(sqlx::query(within(scope, text)).bind(scope.text()));
    let rows = query.fetch_all(conn).await.map_err(failed)?;
    Ok(Found { read: rows.len(), last: last_of(&rows)?, rows })
}

fn last_of(rows: &[AnyRow]) -> Result<Option<String>> {
    rows.last().map(|row| row.text("id")).transpose()
}

/// At least `wanted` rows behind the key `after` (a text, the column `id`), or all that there are. `text` is a query as
/// [`rows`] takes it, with the key before the first row as `$2` and the most rows to read as `$3`.
pub(crate) async fn pages(
    conn: &mut Conn,
    scope: Scope,
    text: &str,
    after: Option<&str>,
    wanted: u32,
    bind: impl Fn(Query) -> Query,
) -> Result<Vec<AnyRow>> {
    let mut found = Vec::new();
    let mut after = after.unwrap_or("").to_string();
    loop {
        let missing = wanted.saturating_sub(found.len() as u32);
        let limit = of(scope).map_or(missing, |wide| {
            let read = (missing as usize * wide.all).div_ceil(wide.units.len().max(1)) + 1;
            (read as u32).min(MAX_READ).max(missing)
        });
        let key = after.clone();
        let ask = |query: Query| bind(query.bind(key.clone()).bind(i64::from(limit)));
        let part = rows(conn, scope, text, ask).await?;
        found.extend(part.rows);
        match part.last {
            Some(last) if part.read == limit as usize && found.len() < wanted as usize => after = last,
            _ => break,
        }
    }
    found.truncate(wanted as usize);
    Ok(found)
}
