//! Which units hold a large part of the organisation.
//!
//! A page of a list is found in one of two ways: the rows of each unit of the scope, sorted; or all rows in their order,
//! each asked whether its unit is in the scope. The first is right for a body, the second for what stands just below the
//! root, and the planners of databases, who know neither the order's nor the scope's share, choose badly. So it is
//! counted here, when the tree changes and when a database is opened.
//!
//! It is a hint, kept for the process: where it is wrong (two databases open in one process, a tree that another process
//! changed) an answer comes later, and is the same.
use crate::{
    Conn,
    row::{Read, failed},
};
use socle_domain::UnitId;
use socle_texts::Result;
use std::{
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};

/// A scope is wide from this part of all units on: a page is then full after at most this many times its rows.
const PART: u64 = 20;

static WIDE: RwLock<BTreeSet<UnitId>> = RwLock::new(BTreeSet::new());

/// Whether a unit and those below it are a large part of all.
pub(crate) fn is(unit: UnitId) -> bool {
    WIDE.read().unwrap_or_else(PoisonError::into_inner).contains(&unit)
}

/// Remembers which are wide among all: each unit with how many stand below it, itself counted.
pub(crate) fn remember(all: impl Iterator<Item = (UnitId, u64)> + Clone) {
    let count = all.clone().count() as u64;
    let wide = all.filter(|(_, below)| below * PART >= count).map(|(unit, _)| unit).collect();
    *WIDE.write().unwrap_or_else(PoisonError::into_inner) = wide;
}

/// Counts in the database.
pub(crate) async fn count(conn: &mut Conn) -> Result<()> {
    let text = "SELECT ancestor, COUNT(*) AS n FROM unit_tree GROUP BY ancestor";
    let rows = sqlx::query(text).fetch_all(conn).await.map_err(failed)?;
    let read = rows.iter().map(|row| Ok((row.parsed("ancestor")?, row.count("n")?)));
    let all: Vec<(UnitId, u64)> = read.collect::<Result<_>>()?;
    remember(all.into_iter());
    Ok(())
}
