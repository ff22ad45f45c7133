//! What is being done and by whom, carried beside a request, and the entry that each of its transactions leaves.
use super::end;
use crate::{
    Conn,
    row::{failed, ms},
};
use socle_domain::{
    AccountId, Digest, Timestamp, UnitId,
    audit::{Outcome, Said, Salt, Subject, salted},
};
use socle_texts::Result;
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
/// Does something that is no act of the person: its transactions leave no entry, and are not what a request's key stands
/// for.
pub async fn unnoticed<F: Future>(work: F) -> F::Output {
    TRAIL.scope(None, work).await
}
/// Whether what is being done is no act of the person.
pub(crate) fn is_unnoticed() -> bool {
    TRAIL.try_with(Option::is_none).unwrap_or(false)
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
