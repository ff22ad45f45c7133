//! Reading the trail: entries with the names that are still there.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{Timestamp, audit::Said};
use socle_texts::Result;
use sqlx::any::AnyRow;

/// An entry as it is read: with the names that are still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its number.
    pub number: u64,
    /// What it says.
    pub said: Said,
    /// Who: the identifier and the name; none where they were deleted.
    pub who: Option<(String, String)>,
    /// About what, as `KIND:TEXT`; none where it was deleted or nothing was said.
    pub subject: Option<String>,
}

/// What is searched for. Everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The word of an act.
    pub act: Option<String>,
    /// The word of an outcome.
    pub outcome: Option<String>,
    /// Somebody's identifier, or a part of his name: who did it.
    pub who: Option<String>,
    /// A part of what it is about.
    pub subject: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Only entries of a lower number: the next page.
    pub before: Option<u64>,
}

/// Entries within a scope, the newest first; at most `limit`.
pub async fn list(conn: &mut Conn, scope: Scope, search: &Search, limit: u32) -> Result<Vec<Kept>> {
    let like = |text: &Option<String>| {
        let plain = text.as_deref().unwrap_or("").to_lowercase();
        format!("%{}%", plain.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
    };
    let sql = "SELECT a.number AS number, a.said AS said, n.who AS who, n.who_name AS who_name, n.subject AS about \
         FROM audit a LEFT JOIN audit_names n ON n.number = a.number WHERE {page a} AND a.number < $2 \
         AND ($3 = '' OR a.act = $3) AND ($4 = '' OR a.outcome = $4) AND a.at_ms >= $5 AND a.at_ms < $6 \
         AND ($7 = '%%' OR LOWER(n.who) LIKE $7 ESCAPE '\\' OR LOWER(n.who_name) LIKE $7 ESCAPE '\\') \
         AND ($8 = '%%' OR LOWER(a.subject) LIKE $8 ESCAPE '\\' OR LOWER(n.subject) LIKE $8 ESCAPE '\\') \
         ORDER BY a.number DESC LIMIT $9";
    let rows = sqlx::query(within(scope, sql))
        .bind(scope.text())
        .bind(search.before.map_or(i64::MAX, |n| n.min(i64::MAX as u64) as i64))
        .bind(search.act.clone().unwrap_or_default())
        .bind(search.outcome.clone().unwrap_or_default())
        .bind(search.since.map_or(i64::MIN, ms))
        .bind(search.until.map_or(i64::MAX, ms))
        .bind(like(&search.who))
        .bind(like(&search.subject))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(kept).collect()
}

fn kept(row: &AnyRow) -> Result<Kept> {
    let who = match (row.maybe("who")?, row.maybe("who_name")?) {
        (Some(id), Some(name)) => Some((id, name)),
        _ => None,
    };
    Ok(Kept { number: row.count("number")?, said: Said::read(&row.text("said")?)?, who, subject: row.maybe("about")? })
}

/// The acts that stand in the trail of a scope, for a list to choose from.
pub async fn acts(conn: &mut Conn, scope: Scope) -> Result<Vec<String>> {
    let rows = sqlx::query(within(scope, "SELECT DISTINCT act FROM audit WHERE {in audit} ORDER BY act"))
        .bind(scope.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.text("act")).collect()
}
