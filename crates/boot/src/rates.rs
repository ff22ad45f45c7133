//! How much of everybody's time one sender may take. Pure: the time comes in, as seconds on a clock that goes forward.
//!
//! Whoever stands on the network may send as much as its cable carries, under as many names as he likes. So there are
//! two limits everywhere: one for each sender, which keeps a machine that has gone mad from costing anything, and one
//! for all together, which keeps a flood of made-up senders from costing more than it is worth. What such a flood can
//! still do is to keep honest machines waiting on that network: firmware asks again after 4, 8, 16 and 32 seconds
//! (PXE 2.1 section 2.2.2). It fills no memory, and what the server does elsewhere goes on.
use std::{collections::HashMap, hash::Hash};

/// Counts start again after so long.
pub const WINDOW_SECONDS: u64 = 10;
/// Senders remembered in one window; more are strangers, counted together.
const MAX_SENDERS: usize = 20_000;

/// Whether something is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Let {
    /// It is.
    In,
    /// It is one too many, the first of this window: worth a word.
    OutAloud,
    /// It is not, and that was said already.
    Out,
}

/// Counts within a window, for each sender and for all.
#[derive(Debug, Clone)]
pub struct Gate<K> {
    each: u64,
    all: u64,
    window: u64,
    senders: HashMap<K, u64>,
    came: u64,
}

impl<K: Hash + Eq> Gate<K> {
    /// So much for each sender and for all together, in each window.
    pub fn new(each: u64, all: u64) -> Gate<K> {
        Gate { each, all, window: 0, senders: HashMap::new(), came: 0 }
    }

    /// Counts `weight` more of this sender.
    pub fn count(&mut self, sender: K, weight: u64, now_seconds: u64) -> Let {
        let window = now_seconds / WINDOW_SECONDS;
        if window != self.window {
            // A clock that goes back begins a window too.
            (self.window, self.came) = (window, 0);
            self.senders.clear();
        }
        let crowded = self.senders.len() >= MAX_SENDERS && !self.senders.contains_key(&sender);
        // What one sender has too many of is not taken from the others.
        if !crowded {
            let own = self.senders.entry(sender).or_insert(0);
            let before = *own;
            *own = own.saturating_add(weight);
            if *own > self.each {
                return if before <= self.each { Let::OutAloud } else { Let::Out };
            }
        }
        let before = self.came;
        self.came = self.came.saturating_add(weight);
        match (self.came <= self.all, before <= self.all) {
            (true, _) => Let::In,
            (false, true) => Let::OutAloud,
            (false, false) => Let::Out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_uses_up_its_own_share_and_nobody_elses() {
        let mut gate = Gate::new(3, 100);
        let said: Vec<Let> = (0..6).map(|_| gate.count("mad", 1, 5)).collect();
        assert_eq!(said, [Let::In, Let::In, Let::In, Let::OutAloud, Let::Out, Let::Out]);
        assert_eq!(gate.count("honest", 1, 5), Let::In);
        assert_eq!(gate.came, 4, "the mad one's too many are not the others'");
        assert_eq!(gate.count("mad", 1, 5 + WINDOW_SECONDS), Let::In, "it may come again later");
    }

    #[test]
    fn all_together_have_an_end_and_the_memory_too() {
        let mut gate = Gate::new(3, 30_000);
        let (mut let_in, mut aloud) = (0, 0);
        for n in 0..100_000_u32 {
            match gate.count(n, 1, 12) {
                Let::In => let_in += 1,
                Let::OutAloud => aloud += 1,
                Let::Out => {}
            }
        }
        assert_eq!((let_in, aloud), (30_000, 1));
        assert!(gate.senders.len() <= MAX_SENDERS);
        assert_eq!(gate.count(7, 1, 2), Let::In, "another window, even an earlier one");
    }

    #[test]
    fn what_is_heavy_counts_for_more() {
        let mut gate = Gate::new(10, 1_000);
        assert_eq!(gate.count(1, 9, 0), Let::In);
        assert_eq!(gate.count(1, 9, 0), Let::OutAloud);
        assert_eq!(gate.count(2, u64::MAX, 0), Let::OutAloud);
        assert_eq!(gate.count(2, u64::MAX, 0), Let::Out);
    }
}
