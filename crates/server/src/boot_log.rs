//! Boot events on their way to the database: gathered, and written together.
//!
//! Anybody on the network can cause one with a datagram. A flood of them must neither fill the memory nor keep the only
//! writer busy while machines wait for their acknowledgements: so they wait in a queue that is bounded, one transaction
//! a moment takes them all, and what did not fit is counted and told.
use crate::{House, views::BootWords};
use socle_db::{Db, Scope, boot_events, boot_events::BootEvent};
use socle_domain::Timestamp;
use socle_texts::Result;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Events that wait to be written; more are only counted: they are for people to look at, not a proof.
const MAX_WAITING: usize = 1_000;
/// Of those, from one sender: one that shouts does not keep the others' events out.
const MAX_WAITING_OF_ONE: u32 = 50;
/// How long one waits for others.
const GATHER: Duration = Duration::from_millis(200);

/// Where they wait.
#[derive(Default)]
pub(crate) struct BootLog {
    waiting: Mutex<Waiting>,
    came: Notify,
}

#[derive(Default)]
struct Waiting {
    events: Vec<BootEvent>,
    of: HashMap<String, u32>,
    dropped: u64,
}

impl BootLog {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one. It never waits.
    pub fn note(&self, event: BootEvent) {
        let mut waiting = self.waiting();
        let room = waiting.events.len() < MAX_WAITING
            && waiting.of.get(&event.who).is_none_or(|count| *count < MAX_WAITING_OF_ONE);
        match room {
            true => {
                *waiting.of.entry(event.who.clone()).or_insert(0) += 1;
                waiting.events.push(event);
            }
            false => waiting.dropped += 1,
        }
        drop(waiting);
        self.came.notify_one();
    }

    /// Counts one that could not even be taken.
    pub fn lost(&self) {
        self.waiting().dropped += 1;
        self.came.notify_one();
    }

    /// Writes those that wait, in one transaction; how many.
    pub async fn write(&self, db: &Db, now: Timestamp) -> Result<usize> {
        let Waiting { mut events, dropped, .. } = std::mem::take(&mut *self.waiting());
        if dropped > 0 {
            let words = BootWords::Key("server-boot-dropped".into(), vec![("count".into(), dropped.to_string())]);
            let what = serde_json::to_string(&words).unwrap_or_default();
            events.push(BootEvent { at: now, who: "–".into(), service: "server".into(), what });
            tracing::warn!(dropped, "boot events came faster than they could be kept");
        }
        if events.is_empty() {
            return Ok(0);
        }
        let mut tx = db.write().await?;
        boot_events::add_all(&mut tx, Scope::ROOT, &events).await?;
        tx.commit().await?;
        Ok(events.len())
    }
}

/// Writes what comes, until `stop` is done; then the rest.
pub(crate) async fn keep(house: Arc<House>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let stopping = tokio::select! {
            () = house.boot_log.came.notified() => tokio::select! {
                () = tokio::time::sleep(GATHER) => false,
                () = &mut stop => true,
            },
            () = &mut stop => true,
        };
        if let Err(fault) = house.boot_log.write(&house.db, house.now()).await {
            tracing::warn!(%fault, "boot events could not be kept");
        }
        if stopping {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap_or_default()
    }
    fn event(n: usize) -> BootEvent {
        BootEvent {
            at: now(),
            who: format!("02:00:00:00:{:02x}:{:02x}", n / 256 % 256, n % 256),
            service: "dhcp".into(),
            what: n.to_string(),
        }
    }

    #[tokio::test]
    async fn a_flood_costs_one_transaction_and_what_does_not_fit_is_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::file(&folder.path().join("a.db"), now()).await.expect("a database");
        let log = BootLog::default();
        // The only writer is busy: nobody who notes an event waits for it.
        let busy = db.write().await.expect("the writer");
        for n in 0..50_000 {
            log.note(event(n));
        }
        drop(busy);
        assert_eq!(log.write(&db, now()).await.expect("written"), MAX_WAITING + 1, "all of them in one transaction");
        assert_eq!(log.write(&db, now()).await.expect("nothing"), 0);
        let mut conn = db.read().await.expect("a connection");
        let kept = boot_events::newest(&mut conn, Scope::ROOT, 5_000).await.expect("events");
        assert_eq!(kept.len(), MAX_WAITING + 1);
        assert!(kept[0].what.contains("server-boot-dropped") && kept[0].what.contains("49000"), "{:?}", kept[0]);
        assert_eq!(kept[1], event(MAX_WAITING - 1), "the newest first, each whole");
    }
    #[tokio::test]
    async fn one_that_shouts_does_not_keep_the_others_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::file(&folder.path().join("a.db"), now()).await.expect("a database");
        let log = BootLog::default();
        for _ in 0..50_000 {
            log.note(event(1));
        }
        log.note(event(2));
        let kept = MAX_WAITING_OF_ONE as usize + 1;
        assert_eq!(log.write(&db, now()).await.expect("written"), kept + 1, "and how many were too many");
        log.note(event(1));
        assert_eq!(log.write(&db, now()).await.expect("written"), 1, "it is heard again");
    }
}
