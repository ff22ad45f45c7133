//! The audit trail, and how every act of a person comes to stand in it.
//!
//! Whoever carries out a person's request does it within a [`Trail`] ([`Trail::around`]): from then on no transaction of
//! that request can be committed without its entry, which is written in the same transaction just before the commit
//! ([`crate::Write::commit`]). A handler need not know; it may say more: whom, about what, how it ended.
//!
//! What a request does beside its act (keeping an answer, noting that a session was used) is done in [`unnoticed`].
//!
//! INVARIANT: entries are only ever added. Names stand in a table of their own; deleting them leaves the chain whole.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{
    AccountId, Digest, Timestamp, UnitId,
    audit::{AuditHead, Chain, Line, Outcome, Said, Salt, Subject, salted},
    sign::Signed,
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;
use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

tokio::task_local! {
    static TRAIL: Option<Arc<Trail>>;
}

/// Who acts where no person does.
pub const SERVER: &str = "server";
/// Who acts on the server's own computer.
pub const HOST: &str = "host";
/// Who acts before he has said who he is.
pub const NOBODY: &str = "nobody";

/// What is being done, and by whom.
pub struct Trail {
    at: Timestamp,
    salt: Salt,
    noted: Mutex<Noted>,
}

struct Noted {
    who: String,
    who_name: String,
    unit: UnitId,
    act: String,
    subject: Option<(String, String)>,
    outcome: Outcome,
    entries: u32,
}

impl Trail {
    /// The trail of one request. `who` is a person's identifier, or one of the words of this module; `salt` is random.
    pub fn new(at: Timestamp, salt: Salt, who: &str, who_name: &str, unit: UnitId, act: &str) -> Arc<Trail> {
        let noted = Noted {
            who: who.into(),
            who_name: who_name.into(),
            unit,
            act: act.into(),
            subject: None,
            outcome: Outcome::Done,
            entries: 0,
        };
        Arc::new(Trail { at, salt, noted: Mutex::new(noted) })
    }
    /// Carries a request out: each of its transactions leaves an entry.
    pub async fn around<F: Future>(self: &Arc<Self>, request: F) -> F::Output {
        TRAIL.scope(Some(self.clone()), request).await
    }
    /// How many entries it has left.
    pub fn entries(&self) -> u32 {
        self.noted().entries
    }
    /// Says what it is about.
    pub fn set_subject(&self, kind: &str, id: &str) {
        self.noted().subject = Some((kind.into(), id.into()));
    }
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn with(say: impl FnOnce(&mut Noted)) {
    let _ = TRAIL.try_with(|trail| trail.as_ref().map(|trail| say(&mut trail.noted())));
}

/// Says who acts, where that is known only later (somebody signs in).
pub fn who(id: AccountId, name: &str, unit: UnitId) {
    with(|noted| (noted.who, noted.who_name, noted.unit) = (id.to_string(), name.into(), unit));
}
/// Says what the act is about, and whose affair it is. `id` may be a text that somebody chose: the chain then holds its
/// salted digest only.
pub fn about(kind: &str, id: &str, unit: UnitId) {
    with(|noted| (noted.subject, noted.unit) = (Some((kind.into(), id.into())), unit));
}
/// Says what is done, where the route does not say it well enough.
pub fn act(word: &str) {
    with(|noted| noted.act = word.into());
}
/// Says how it ends.
pub fn outcome(outcome: Outcome) {
    with(|noted| noted.outcome = outcome);
}
/// Does something that is no act of the person: its transactions leave no entry.
pub async fn unnoticed<F: Future>(work: F) -> F::Output {
    TRAIL.scope(None, work).await
}

/// A transaction is about to be committed: the entry is written in it.
pub(crate) async fn ending(conn: &mut Conn) -> Result<()> {
    let Some(trail) = TRAIL.try_with(Clone::clone).ok().flatten() else { return Ok(()) };
    let (said, names) = {
        let noted = trail.noted();
        let subject = noted.subject.as_ref().and_then(|(kind, id)| {
            // A person's identifier is a name as long as the person is known by it.
            let plain = if kind == "person" { None } else { Subject::new(kind, id) };
            plain.or_else(|| Subject::salted(kind, id, &trail.salt))
        });
        let about_person = noted.subject.as_ref().filter(|(kind, _)| kind == "person").map(|(_, id)| id.clone());
        let said = Said {
            at: trail.at,
            unit: noted.unit,
            who: salted(&trail.salt, "person", &noted.who),
            act: noted.act.clone(),
            subject,
            outcome: noted.outcome,
        };
        let subject = noted.subject.as_ref().map(|(kind, id)| format!("{kind}:{id}"));
        (said, (noted.who.clone(), noted.who_name.clone(), subject, about_person))
    };
    // A name without an entry is what is left where somebody has removed the entry: it holds nobody up.
    let number = add(conn, &said).await?;
    let (who, who_name, subject, about_person) = names;
    sqlx::query(
        "INSERT INTO audit_names (number, salt, who, who_name, subject, about_person) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (number) DO UPDATE SET salt = excluded.salt, who = excluded.who, who_name = excluded.who_name, \
         subject = excluded.subject, about_person = excluded.about_person",
    )
    .bind(number as i64)
    .bind(hex(&trail.salt))
    .bind(who)
    .bind(who_name)
    .bind(subject)
    .bind(about_person)
    .execute(conn)
    .await
    .map_err(failed)?;
    trail.noted().entries += 1;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Adds an entry at the chain's end; its number.
async fn add(conn: &mut Conn, said: &Said) -> Result<u64> {
    let mut chain = end(conn).await?;
    let text = said.text()?;
    let entry = chain.add(said)?;
    sqlx::query(
        "INSERT INTO audit (number, unit, at_ms, act, outcome, subject, said, content, digest) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry.number as i64)
    .bind(said.unit.to_string())
    .bind(ms(said.at))
    .bind(said.act.clone())
    .bind(said.outcome.word())
    .bind(said.subject.as_ref().map(ToString::to_string))
    .bind(text.clone())
    .bind(Digest::of(text.as_bytes()).to_string())
    .bind(chain.head.to_string())
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(entry.number)
}

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
