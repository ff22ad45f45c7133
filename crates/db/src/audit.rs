//! The audit trail, and how every act of a person comes to stand in it.
//!
//! Whoever carries out a person's request does it within a [`Trail`] ([`Trail::around`]): from then on no transaction of
//! that request can be committed without its entry, which is written in the same transaction just before the commit
//! ([`crate::Write::commit`]). A handler need not know; it may say more: whom, about what, how it ended.
//!
//! What a request does beside its act (keeping an answer, noting that a session was used) is done in [`unnoticed`].
//!
//! INVARIANT: entries are only ever added. Names stand in a table of their own; deleting them leaves the chain whole.
mod reading;
mod trail;

pub use reading::{Kept, Search, acts, list};
pub use trail::{HOST, NOBODY, SERVER, Trail, about, act, outcome, unnoticed, who};
pub(crate) use trail::{ending, is_unnoticed};

use crate::{
    Conn, Scope,
    row::{Read, failed, json},
};
use socle_domain::{
    Digest,
    audit::{AuditHead, Chain, Line, Said},
    sign::Signed,
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// Where the chain stands.
pub async fn end(conn: &mut Conn) -> Result<Chain> {
    let row = sqlx::query("SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1")
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    match row {
        Some(row) => Ok(Chain { number: row.count("number")?, head: row.parsed("digest")? }),
        None => Ok(Chain::START),
    }
}

/// The entries after `number`, oldest first, at most `limit`; those outside the scope are hidden.
pub async fn lines(conn: &mut Conn, scope: Scope, number: u64, limit: u32) -> Result<Vec<Line>> {
    let rows = sqlx::query(
        "SELECT a.said AS said, a.content AS content, t.unit AS seen FROM audit a \
         LEFT JOIN unit_tree t ON t.unit = a.unit AND t.ancestor = $1 WHERE a.number > $2 ORDER BY a.number LIMIT $3",
    )
    .bind(scope.text())
    .bind(number as i64)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let line = |row: &AnyRow| match row.maybe("seen")? {
        Some(_) => Ok(Line::Said(Said::read(&row.text("said")?)?)),
        None => Ok(Line::Hidden(row.parsed("content")?)),
    };
    rows.iter().map(line).collect()
}

/// Keeps where the server signed that the chain stood.
pub async fn keep_head(conn: &mut Conn, number: u64, signed: &Signed<AuditHead>) -> Result<()> {
    sqlx::query("INSERT INTO audit_heads (number, signed) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING")
        .bind(number as i64)
        .bind(json(signed)?)
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// The last head at or before `number`.
pub async fn head_at(conn: &mut Conn, number: u64) -> Result<Option<Signed<AuditHead>>> {
    let row = sqlx::query("SELECT signed FROM audit_heads WHERE number <= $1 ORDER BY number DESC LIMIT 1")
        .bind(number as i64)
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.tree("signed")).transpose()
}

/// The heads from one number (not included) to another (included), at most `limit`, in their order.
pub async fn heads(conn: &mut Conn, after: u64, to: u64, limit: u32) -> Result<Vec<Signed<AuditHead>>> {
    let rows =
        sqlx::query("SELECT signed FROM audit_heads WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3")
            .bind(after as i64)
            .bind(to as i64)
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    rows.iter().map(|row| row.tree("signed")).collect()
}

/// Checks the kept chain from where it stood once: nothing was altered, removed or added since.
///
/// # Errors
/// `domain-audit-broken` with the number of the first entry that does not fit.
pub async fn check(conn: &mut Conn, from: Chain) -> Result<Chain> {
    const PAGE: i64 = 5_000;
    let broken = |number: u64, why: &str| Fault::new("domain-audit-broken").with("number", number).because(why);
    let mut chain = from;
    if from.number > 0 {
        let row = sqlx::query("SELECT digest FROM audit WHERE number = $1")
            .bind(from.number as i64)
            .fetch_optional(&mut *conn)
            .await
            .map_err(failed)?;
        let digest: Option<Digest> = row.map(|row| row.parsed("digest")).transpose()?;
        if digest != Some(from.head) {
            return Err(broken(from.number, "the server signed another entry at this place"));
        }
    }
    loop {
        let rows = sqlx::query("SELECT number, said, digest FROM audit WHERE number > $1 ORDER BY number LIMIT $2")
            .bind(chain.number as i64)
            .bind(PAGE)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        for row in &rows {
            let (number, digest): (u64, Digest) = (row.count("number")?, row.parsed("digest")?);
            if number != chain.number + 1 {
                return Err(broken(chain.number + 1, "an entry is missing"));
            }
            chain.add_hidden(&Digest::of(row.text("said")?.as_bytes()));
            if chain.head != digest {
                return Err(broken(number, "the entry is not the one that was chained"));
            }
        }
        if (rows.len() as i64) < PAGE {
            return Ok(chain);
        }
    }
}

/// Deletes the names of a person: what he did, and what was done about him. The chain stays whole. How many entries
/// nobody can attribute any more.
pub async fn forget_person(conn: &mut Conn, person: &str) -> Result<u64> {
    let query = sqlx::query("DELETE FROM audit_names WHERE who = $1 OR about_person = $1").bind(person.to_string());
    query.execute(conn).await.map(|done| done.rows_affected()).map_err(failed)
}
