//! The sequences of masters that machines are at: opened and read once, not at each entry of each journal.
//!
//! A master is named by the digest of what the content key signed: what was checked under a name stays right under it.
use crate::{House, views};
use socle_domain::{Digest, master::Master, sequence::Sequence, sign::Signed};
use socle_texts::Result;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Masters that are at work at one time; when there are more, all are read anew.
const MAX_HELD: usize = 256;

/// By the master's digest.
#[derive(Default)]
pub(crate) struct Sequences(Mutex<HashMap<Digest, Arc<Sequence>>>);

impl Sequences {
    /// The sequence of a master that was opened before.
    pub fn get(&self, master: Digest) -> Option<Arc<Sequence>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&master).cloned()
    }
    /// Opens a master, and holds its sequence.
    pub fn open(&self, house: &House, signed: &Signed<Master>) -> Result<Arc<Sequence>> {
        let sequence = Arc::new(views::master(house, signed)?.sequence);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_HELD {
            held.clear();
        }
        held.insert(signed.digest(), sequence.clone());
        Ok(sequence)
    }
}
