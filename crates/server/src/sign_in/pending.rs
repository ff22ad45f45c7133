//! Things that wait for an answer: found by what only the asker holds, taken once, forgotten after a while, never too many.
use socle_domain::{Digest, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const MAX: usize = 20_000;

/// What waits, by the digest of a secret or by a session's name.
pub(crate) struct Pending<T> {
    patience: Duration,
    held: Mutex<HashMap<Digest, (Timestamp, T)>>,
}

impl<T> Pending<T> {
    pub fn new(patience: Duration) -> Self {
        Pending { patience, held: Mutex::default() }
    }
    fn held(&self) -> MutexGuard<'_, HashMap<Digest, (Timestamp, T)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn is_fresh(&self, at: Timestamp, now: Timestamp) -> bool {
        (0..self.patience.as_secs() as i64).contains(&now.duration_since(at).as_secs())
    }
    /// Keeps something in the place of what was there. The oldest makes room where there are too many.
    pub fn put(&self, key: Digest, what: T, now: Timestamp) {
        let mut held = self.held();
        if held.len() >= MAX {
            held.retain(|_, (at, _)| self.is_fresh(*at, now));
        }
        if held.len() >= MAX
            && let Some(oldest) = held.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| *key)
        {
            held.remove(&oldest);
        }
        held.insert(key, (now, what));
    }
    /// Takes what waits: it is there once.
    pub fn take(&self, key: &Digest, now: Timestamp) -> Option<T> {
        let (at, what) = self.held().remove(key)?;
        self.is_fresh(at, now).then_some(what)
    }
}

impl<T: Clone> Pending<T> {
    /// Looks at what waits.
    pub fn look(&self, key: &Digest, now: Timestamp) -> Option<T> {
        let held = self.held();
        let (at, what) = held.get(key)?;
        self.is_fresh(*at, now).then(|| what.clone())
    }
    /// Changes what waits, and gives it back as it is then.
    pub fn change(&self, key: &Digest, now: Timestamp, change: impl FnOnce(&mut T)) -> Option<T> {
        let mut held = self.held();
        let (at, what) = held.get_mut(key)?;
        if !self.is_fresh(*at, now) {
            return None;
        }
        change(what);
        Some(what.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_taken_once_and_in_time() {
        let pending = Pending::new(Duration::from_secs(60));
        let at = |s| Timestamp::from_second(s).unwrap();
        let key = |n: usize| Digest::of(&n.to_be_bytes());
        pending.put(key(1), 1, at(0));
        assert_eq!(pending.look(&key(1), at(59)), Some(1));
        assert_eq!(pending.look(&key(1), at(60)), None);
        assert_eq!(pending.change(&key(1), at(59), |n| *n += 1), Some(2));
        assert_eq!((pending.take(&key(1), at(59)), pending.take(&key(1), at(59))), (Some(2), None));
        for n in 0..MAX + 10 {
            pending.put(key(n), n, at(n as i64 / 1000));
        }
        assert_eq!(pending.held().len(), MAX);
        assert_eq!(pending.look(&key(MAX + 9), at(20)), Some(MAX + 9));
    }
}
