//! Captures that go on: while one does, nobody prunes what it has already sent.
use socle_domain::{RunId, Timestamp};
use socle_repository::{Local, Session};
use socle_texts::Result;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

const IDLE_SECONDS: i64 = 1_800;

/// The repository's sessions of the runs that capture.
#[derive(Default)]
pub(crate) struct Captures(Mutex<HashMap<RunId, (Arc<Session>, Timestamp)>>);

impl Captures {
    /// The session of a run; a new one where it had none. Opens files: call it off the async threads.
    pub fn session(&self, run: RunId, repository: &Local, now: Timestamp) -> Result<Arc<Session>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((session, at)) = held.get_mut(&run) {
            *at = now;
            return Ok(session.clone());
        }
        let session = Arc::new(repository.session()?);
        held.insert(run, (session.clone(), now));
        Ok(session)
    }
    /// Ends the session of a run.
    pub fn end(&self, run: RunId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }
    /// Ends those of which nothing was heard for half an hour.
    pub fn sweep(&self, now: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (_, at)| now.duration_since(*at).as_secs() < IDLE_SECONDS);
    }
}
