//! What a request demands of the transaction in which it is carried out, without its handler having to know:
//!
//! - a *check*, made when the transaction has taken the one right to write, so that what it saw stays so until the
//!   commit (the API's `If-Match`);
//! - a *key*, noted just before the commit, so that effect and note stand or fall together (the API's
//!   `Idempotency-Key`), with the answer where the handler has said it by then ([`Demand::will_answer`]).
//!
//! A task-local value carries it from the door to [`crate::Db::write`] and [`crate::Write::commit`].
use crate::{Conn, idempotency};
use socle_domain::{Digest, Timestamp, UnitId};
use socle_texts::Result;
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A check made inside the transaction.
pub type Check = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send>;

/// The key of a request that must have its effect once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Digest of who asks and of the key that he chose.
    pub key: Digest,
    /// Digest of what he asks.
    pub request: Digest,
    /// His unit.
    pub unit: UnitId,
    /// When.
    pub at: Timestamp,
}

tokio::task_local! {
    static DEMAND: Arc<Demand>;
}

/// What one request demands.
#[derive(Default)]
pub struct Demand(Mutex<State>);

#[derive(Default)]
struct State {
    check: Option<Check>,
    key: Option<Key>,
    answer: Option<idempotency::Kept>,
    noted: bool,
    answered: bool,
}

impl Demand {
    /// A demand.
    pub fn new(check: Option<Check>, key: Option<Key>) -> Arc<Demand> {
        Arc::new(Demand(Mutex::new(State { check, key, ..State::default() })))
    }
    /// Carries a request out under the demand.
    pub async fn around<F: Future>(self: &Arc<Self>, request: F) -> F::Output {
        DEMAND.scope(self.clone(), request).await
    }
    /// The demand of the request that is being carried out.
    pub fn here() -> Option<Arc<Demand>> {
        DEMAND.try_with(Arc::clone).ok()
    }
    /// Its key.
    pub fn key(&self) -> Option<Digest> {
        self.state().key.map(|k| k.key)
    }
    /// Whether it had its effect without its answer being kept with it.
    pub fn is_answered_late(&self) -> bool {
        let state = self.state();
        state.noted && !state.answered
    }
    /// Says what the request will be answered, so that it is kept in the very transaction of its effect.
    pub fn will_answer(&self, answer: idempotency::Kept) {
        self.state().answer = Some(answer);
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction has begun and alone may write: the check is made, once.
pub(crate) async fn begun() -> Result<()> {
    let check = DEMAND.try_with(|demand| demand.state().check.take()).ok().flatten();
    match check {
        Some(check) => check().await,
        None => Ok(()),
    }
}

/// A transaction is about to be committed: the key is noted in it. A second transaction of the same request finds it
/// noted.
pub(crate) async fn ending(conn: &mut Conn) -> Result<()> {
    let Ok(demand) = DEMAND.try_with(Arc::clone) else { return Ok(()) };
    let (key, answer) = {
        let mut state = demand.state();
        (state.key.filter(|_| !state.noted), state.answer.take())
    };
    let Some(key) = key else { return Ok(()) };
    idempotency::note(conn, &key, answer.as_ref()).await?;
    let mut state = demand.state();
    (state.noted, state.answered) = (true, answer.is_some());
    Ok(())
}
