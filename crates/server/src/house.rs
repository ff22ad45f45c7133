//! What every request and every loop shares.
use crate::{
    Config, Data,
    boot_log::BootLog,
    captures::Captures,
    casting::Casts,
    data::Keys,
    environment::Shelf,
    idempotency::UnderWay,
    limits::{Challenges, Rates, Refusals},
    live::Live,
    presence::Presence,
    sequences::Sequences,
};
use socle_console::Pages;
use socle_db::{Db, together::Together};
use socle_domain::{Clock, RunId, Timestamp};
use socle_repository::Local;
use socle_texts::Result;
use socle_trust::{maker::Makers, vault::Vault};
use socle_wire::agent::Progress;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// The server's state. Everything durable stands in [`Db`] and in the repository; the rest may be lost at any moment.
pub struct House {
    /// Where it lives.
    pub data: Data,
    /// What it was told.
    pub config: Config,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Its database.
    pub db: Db,
    /// Its keys.
    pub keys: Keys,
    /// Its images.
    pub repository: Local,
    pub(crate) pages: Pages,
    pub(crate) live: Live,
    pub(crate) presence: Presence,
    pub(crate) together: Together,
    pub(crate) boot_log: BootLog,
    pub(crate) heard: crate::doctor::heard::Book,
    pub(crate) desk: crate::doctor::Desk,
    pub(crate) sequences: Sequences,
    pub(crate) carrying_out: tokio::sync::Mutex<()>,
    pub(crate) signing_audit: tokio::sync::Mutex<()>,
    pub(crate) without_entry: Mutex<BTreeSet<String>>,
    pub(crate) answered_late: Mutex<BTreeSet<String>>,
    pub(crate) challenges: Challenges,
    pub(crate) credentials: crate::tpm::Credentials,
    pub(crate) makers: Makers,
    pub(crate) rates: Rates,
    pub(crate) refusals: Refusals,
    pub(crate) captures: Captures,
    pub(crate) casts: Casts,
    pub(crate) under_way: UnderWay,
    pub(crate) vault: Vault,
    pub(crate) sign_in: crate::sign_in::SignIn,
    pub(crate) wizard: crate::wizard::tries::Tries,
    pub(crate) environment: Arc<Shelf>,
    pub(crate) progress: Mutex<HashMap<RunId, (Progress, Timestamp)>>,
    pub(crate) since: Timestamp,
}

impl House {
    /// Opens everything, and makes at first start what is not there.
    ///
    /// # Errors
    /// Those of [`Keys::load_or_create`], [`Db::file`], [`Local::create`].
    pub async fn open(data: Data, config: Config, clock: Arc<dyn Clock>) -> Result<House> {
        let now = clock.now();
        let keys = Keys::load_or_create(&data, now)?;
        let db = open_db(&data, &config, now).await?;
        let repository = Local::create(&data.repository())?;
        let environment = Arc::new(Shelf::new(data.environment(), keys.content));
        Ok(House {
            pages: Pages::new()?,
            live: Live::default(),
            presence: Presence::default(),
            together: Together::start(db.clone()),
            boot_log: BootLog::default(),
            heard: crate::doctor::heard::Book::load(&data.heard()),
            desk: Default::default(),
            sequences: Sequences::default(),
            carrying_out: tokio::sync::Mutex::default(),
            signing_audit: tokio::sync::Mutex::default(),
            without_entry: Mutex::default(),
            answered_late: Mutex::default(),
            challenges: Challenges::default(),
            credentials: crate::tpm::Credentials::default(),
            makers: Makers::read(&config.tpm.makers)?,
            rates: Rates::default(),
            refusals: Refusals::default(),
            captures: Captures::default(),
            casts: Casts::default(),
            under_way: UnderWay::default(),
            vault: Vault::load_or_create(&data.vault())?,
            sign_in: crate::sign_in::SignIn::new(&config),
            wizard: Default::default(),
            progress: Mutex::default(),
            since: now,
            environment,
            data,
            config,
            clock,
            db,
            keys,
            repository,
        })
    }
    /// Requests of people that asked for a change, were granted, and left no entry in the audit trail since the start:
    /// those that change nothing in the database.
    pub fn without_entry(&self) -> Vec<String> {
        self.without_entry.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
    /// Requests with a key whose answer was kept only after their effect: killed in between, they are answered that it is
    /// lost.
    pub fn answered_late(&self) -> Vec<String> {
        self.answered_late.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    /// How far a run's step is, if its machine said so within the last half minute.
    pub(crate) fn progress_of(&self, run: RunId) -> Option<Progress> {
        let held = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let (progress, at) = held.get(&run)?;
        (self.now().duration_since(*at).as_secs() < 30).then(|| progress.clone())
    }
    /// Keeps how far a run's step is, and forgets what is old.
    pub(crate) fn set_progress(&self, run: RunId, progress: Progress) {
        let now = self.now();
        let mut held = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (_, at)| now.duration_since(*at).as_secs() < 60);
        held.insert(run, (progress, now));
    }
    /// A run's step is no longer going on.
    pub(crate) fn clear_progress(&self, run: RunId) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }
}

/// The database that the configuration names.
pub async fn open_db(data: &Data, config: &Config, now: Timestamp) -> Result<Db> {
    let Some(url) = &config.database.url else { return Db::file(&data.database(), now).await };
    let db = Db::url(url, now).await?;
    // Whose database it is has a folder with its name: what filled it has come to its end.
    let mut tx = db.write().await?;
    socle_db::dump::settle(&mut tx).await?;
    tx.commit().await?;
    Ok(db)
}

/// Runs blocking work (files, passwords) off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(socle_texts::Fault::new("server-broken").because(e)))
}
