//! How often somebody may try to sign in at a machine. Only what failed is counted.
//!
//! * A machine (its key): a person mistypes, and then looks again. Keys are free to make, so this stops nobody who means
//!   harm; it keeps a keyboard on which something lies from using up what its site has.
//! * An address: a whole site may stand behind it, so it has room for a site's mistakes. Where somebody uses that up on
//!   purpose, codes stop there for a quarter of an hour; second factors and the console go on.
//! * The whole house: with a thousand codes open, each guess is right one time in a hundred thousand.
//! * A person's second factor: six digits are few, and they are his for years: he has so many in a quarter of an hour and
//!   so many in a day, wherever they are tried.
use socle_domain::{Digest, Timestamp};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

const QUARTER_SECONDS: i64 = 900;
const DAY_SECONDS: i64 = 86_400;
const MAX_KEYS: usize = 50_000;

/// On what a failure is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum On {
    /// A machine, by its key's digest.
    Machine(Digest),
    /// An address, or the network of 64 bits that it is in.
    Address(IpAddr),
    /// Everybody.
    House,
    /// A person's second factor in the last quarter of an hour, by his name's digest.
    Person(Digest),
    /// The same in a day.
    PersonInADay(Digest),
}

impl On {
    /// Failures within the window, and its length in seconds.
    fn limit(self) -> (u32, i64) {
        match self {
            On::Machine(_) => (5, QUARTER_SECONDS),
            On::Address(_) => (60, QUARTER_SECONDS),
            On::House => (2_000, QUARTER_SECONDS),
            On::Person(_) => (5, QUARTER_SECONDS),
            On::PersonInADay(_) => (20, DAY_SECONDS),
        }
    }
}

/// Failures, each with the moment at which its window began.
#[derive(Default)]
pub(crate) struct Tries(Mutex<HashMap<On, (u32, Timestamp)>>);

impl Tries {
    fn held(&self) -> MutexGuard<'_, HashMap<On, (u32, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many seconds to wait before another try; none where one may try now.
    pub fn wait_seconds(&self, all: &[On], now: Timestamp) -> Option<u64> {
        let held = self.held();
        let waits = all.iter().filter_map(|on| {
            let (most, window) = on.limit();
            let (count, begin) = held.get(on)?;
            let since = now.duration_since(*begin).as_secs();
            (*count >= most && (0..window).contains(&since)).then(|| (window - since) as u64)
        });
        waits.max()
    }

    /// Counts a failure.
    pub fn failed(&self, all: &[On], now: Timestamp) {
        let mut held = self.held();
        let over = |on: &On, begin: Timestamp| !(0..on.limit().1).contains(&now.duration_since(begin).as_secs());
        if held.len() + all.len() > MAX_KEYS {
            held.retain(|on, (_, begin)| !over(on, *begin));
        }
        for on in all {
            // Whoever makes keys up fills the book with machines: those make room, people and addresses stay.
            if held.len() >= MAX_KEYS && !held.contains_key(on) {
                let one = held.keys().find(|on| matches!(on, On::Machine(_))).or_else(|| held.keys().next()).copied();
                one.and_then(|one| held.remove(&one));
            }
            let (count, begin) = held.entry(*on).or_insert((0, now));
            if over(on, *begin) {
                (*count, *begin) = (0, now);
            }
            *count = count.saturating_add(1);
        }
    }
}

/// An address as it is counted.
pub(crate) fn place(address: IpAddr) -> On {
    On::Address(match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_has_its_own_room_and_gets_it_back() {
        let tries = Tries::default();
        let (machine, site) = (On::Machine(Digest([1; 32])), place("192.0.2.7".parse().unwrap()));
        for _ in 0..5 {
            assert_eq!(tries.wait_seconds(&[machine, site], at(0)), None);
            tries.failed(&[machine, site, On::House], at(0));
        }
        assert_eq!(tries.wait_seconds(&[machine, site], at(10)), Some(890));
        assert_eq!(tries.wait_seconds(&[On::Machine(Digest([2; 32])), site], at(10)), None, "the site goes on");
        for _ in 5..60 {
            tries.failed(&[site, On::House], at(20));
        }
        assert_eq!(tries.wait_seconds(&[site], at(20)), Some(880));
        assert_eq!(tries.wait_seconds(&[On::House], at(20)), None);
        assert_eq!(tries.wait_seconds(&[machine, site], at(900)), None);
    }

    #[test]
    fn made_up_machines_do_not_push_a_person_out() {
        let tries = Tries::default();
        let person = [On::Person(Digest([9; 32])), On::PersonInADay(Digest([9; 32]))];
        (0..5).for_each(|_| tries.failed(&person, at(0)));
        for n in 0..MAX_KEYS as u64 + 10 {
            tries.failed(&[On::Machine(Digest::of(&n.to_le_bytes()))], at(1));
        }
        assert!(tries.wait_seconds(&person, at(2)).is_some());
        assert!(tries.held().len() <= MAX_KEYS);
    }

    #[test]
    fn an_address_of_version_six_is_its_network() {
        assert_eq!(place("2001:db8::1".parse().unwrap()), place("2001:db8::2".parse().unwrap()));
        assert_ne!(place("2001:db8::1".parse().unwrap()), place("2001:db8:0:1::1".parse().unwrap()));
    }
}
