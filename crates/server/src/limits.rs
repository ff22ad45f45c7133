//! Limits on what callers may ask before anybody knows them: challenges that serve once, a rate for each address, tries
//! for each account.
use socle_domain::{AccountId, Digest, Timestamp};
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

const CHALLENGE_SECONDS: i64 = 60;
const MAX_CHALLENGES: usize = 20_000;
/// Requests of one address to anonymous routes, in one window. A room of machines behind one address stays below.
const MAX_REQUESTS: u32 = 1_200;
/// Forms of sign-in of one address, in one window: a whole site begins its day within a few minutes.
const MAX_SIGN_INS: u32 = 600;
/// Tries to sign in to one account from one address or device, in one window.
const MAX_TRIES: u32 = 10;
/// Tries to sign in to one account from all places that it has never signed in from, in a longer window.
const MAX_TRIES_ANYWHERE: u32 = 100;
const ANYWHERE_SECONDS: i64 = 600;
const WINDOW_SECONDS: i64 = 60;
const MAX_KEYS: usize = 50_000;
/// Refused attempts of one caller that the audit trail holds, in one window.
const MAX_NOTED_OF_ONE: u32 = 20;
/// Of all who are signed in, in one window.
const MAX_NOTED_PERSONS: u32 = 2_000;
/// Of all who are not, in one window.
const MAX_NOTED_STRANGERS: u32 = 500;
const NOTED_SECONDS: i64 = 3_600;

/// Nonces given and not used yet.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<Digest, Timestamp>>);

impl Challenges {
    /// Remembers a nonce; false when too many wait.
    pub fn put(&self, nonce: Digest, now: Timestamp) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_CHALLENGES {
            held.retain(|_, at| now.duration_since(*at).as_secs() < CHALLENGE_SECONDS);
        }
        if held.len() >= MAX_CHALLENGES {
            return false;
        }
        held.insert(nonce, now);
        true
    }
    /// Uses a nonce up; whether it was given within the last minute and never used.
    pub fn take(&self, nonce: &Digest, now: Timestamp) -> bool {
        let at = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(nonce);
        at.is_some_and(|at| (0..CHALLENGE_SECONDS).contains(&now.duration_since(at).as_secs()))
    }
}

/// Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits, all of which one computer may use.
fn caller(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

/// What is counted of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    Request,
    SignIn,
}

/// Counts within windows of time, so many keys at most.
#[derive(Debug)]
struct Counts<K>(HashMap<K, (Timestamp, u32)>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts(HashMap::new())
    }
}

impl<K: Hash + Eq> Counts<K> {
    /// Counts one; false where it is one more than `limit` within the window.
    fn allow(&mut self, key: K, limit: u32, window_seconds: i64, now: Timestamp) -> bool {
        let over = |begin: &Timestamp| !(0..window_seconds).contains(&now.duration_since(*begin).as_secs());
        if self.0.len() >= MAX_KEYS {
            self.0.retain(|_, (begin, _)| !over(begin));
        }
        if self.0.len() >= MAX_KEYS {
            // Who has asked once only makes room: a flood of made-up callers does not hide one that insists.
            self.0.retain(|_, (_, count)| *count > 1);
        }
        if self.0.len() >= MAX_KEYS {
            return false;
        }
        let (begin, count) = self.0.entry(key).or_insert((now, 0));
        if over(begin) {
            (*begin, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= limit
    }
}

/// How often each address has asked, and how often somebody has tried to sign in to each account.
///
/// A whole site may stand behind one address: an address has room for everybody there, and wrong passwords for one
/// account use up that account's room only. An account's room is its own for each address and for each device that it
/// has signed in from before; what others try elsewhere fills another one, so that nobody is kept out by strangers
/// where he has been before.
#[derive(Default)]
pub(crate) struct Rates {
    addresses: Mutex<Counts<(IpAddr, Counted)>>,
    accounts: Mutex<Counts<Digest>>,
}

impl Rates {
    /// Counts one request of an address; false where it is one too many.
    pub fn allow(&self, address: IpAddr, what: Counted, now: Timestamp) -> bool {
        let limit = match what {
            Counted::Request => MAX_REQUESTS,
            Counted::SignIn => MAX_SIGN_INS,
        };
        let mut held = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        held.allow((caller(address), what), limit, WINDOW_SECONDS, now)
    }

    /// Counts one try to sign in to an account (by its name, as typed); false where it is one too many. `device` is one
    /// from which that account has signed in before.
    pub fn may_try(&self, address: Option<IpAddr>, account: &str, device: Option<Digest>, now: Timestamp) -> bool {
        let account = account.trim().to_lowercase();
        let mut held = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = device {
            return held.allow(key("device", &account, &device.to_string()), MAX_TRIES, WINDOW_SECONDS, now);
        }
        let place = address.map(|a| caller(a).to_string()).unwrap_or_default();
        held.allow(key("place", &account, &place), MAX_TRIES, WINDOW_SECONDS, now)
            && held.allow(key("anywhere", &account, ""), MAX_TRIES_ANYWHERE, ANYWHERE_SECONDS, now)
    }

    /// Somebody has signed in: what was tried before is forgotten there.
    pub fn succeeded(&self, address: Option<IpAddr>, account: &str, device: Option<Digest>) {
        let account = account.trim().to_lowercase();
        let mut held = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let place = address.map(|a| caller(a).to_string()).unwrap_or_default();
        held.0.remove(&key("place", &account, &place));
        if let Some(device) = device {
            held.0.remove(&key("device", &account, &device.to_string()));
        }
    }
}

/// Who was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Somebody who is signed in.
    Person(AccountId),
    /// Whoever speaks from this address.
    Stranger(Option<IpAddr>),
}

/// How many refused attempts were written into the audit trail. Strangers are many and share a room of their own: they
/// hide nothing that somebody who is signed in tries.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Counts<Digest>>);

impl Refusals {
    /// Counts one; false where it is not written any more.
    pub fn may_note(&self, who: Refused, now: Timestamp) -> bool {
        let (kind, one, together) = match who {
            Refused::Person(id) => ("person", id.to_string(), MAX_NOTED_PERSONS),
            Refused::Stranger(from) => {
                ("stranger", from.map(|a| caller(a).to_string()).unwrap_or_default(), MAX_NOTED_STRANGERS)
            }
        };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.allow(key("one", kind, &one), MAX_NOTED_OF_ONE, NOTED_SECONDS, now)
            && held.allow(key("together", kind, ""), together, NOTED_SECONDS, now)
    }
}

/// A key of bounded size, whatever was typed.
fn key(kind: &str, account: &str, place: &str) -> Digest {
    Digest::of([kind, account, place].join("\0").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap_or_default()
    }
    fn address(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, n]))
    }

    #[test]
    fn one_account_guessed_at_does_not_keep_the_others_of_its_site_out() {
        let rates = Rates::default();
        let tries = (0..30).filter(|_| rates.may_try(address(1), "anne", None, at(0))).count();
        assert_eq!(tries, MAX_TRIES as usize);
        assert!(!rates.may_try(address(1), " ANNE ", None, at(1)), "the same account however it is typed");
        for n in 0..200 {
            assert!(rates.may_try(address(1), &format!("colleague-{n}"), None, at(1)));
        }
        assert!(rates.may_try(address(1), "anne", None, at(WINDOW_SECONDS)), "a minute later she may try again");
    }

    #[test]
    fn strangers_do_not_keep_somebody_out_where_he_has_been_before() {
        let rates = Rates::default();
        let mut let_in = 0;
        for n in 0..=255 {
            let_in += (0..MAX_TRIES).filter(|_| rates.may_try(address(n), "anne", None, at(0))).count() as u32;
        }
        assert_eq!(let_in, MAX_TRIES_ANYWHERE, "many addresses are no way round");
        assert!(!rates.may_try(Some(IpAddr::from([10, 9, 9, 9])), "anne", None, at(1)));
        let device = Some(Digest::of(b"her own computer"));
        assert!(rates.may_try(address(1), "anne", device, at(1)));
    }

    #[test]
    fn who_has_signed_in_begins_anew() {
        let rates = Rates::default();
        for _ in 0..20 {
            assert!(rates.may_try(address(1), "anne", None, at(0)));
            rates.succeeded(address(1), "anne", None);
        }
    }

    #[test]
    fn refused_attempts_fill_nothing_and_strangers_hide_nobody() {
        let refusals = Refusals::default();
        let anne = Refused::Person(AccountId::new(1, [1; 10]));
        let from = |n: u32| Refused::Stranger(Some(IpAddr::from(n.to_be_bytes())));
        let noted = (0..100_000).filter(|n| refusals.may_note(from(*n), at(0))).count();
        assert_eq!(noted, MAX_NOTED_STRANGERS as usize);
        assert_eq!((0..100).filter(|_| refusals.may_note(anne, at(1))).count(), MAX_NOTED_OF_ONE as usize);
        assert!(refusals.may_note(anne, at(1 + NOTED_SECONDS)), "an hour later it is written again");
    }

    #[test]
    fn made_up_callers_do_not_fill_the_memory_nor_hide_one_that_insists() {
        let mut counts = Counts::default();
        assert!((0..20).all(|_| counts.allow(0_u32, 20, 60, at(0))));
        assert!(!counts.allow(0, 20, 60, at(0)));
        for n in 1..=3 * MAX_KEYS as u32 {
            counts.allow(n, 20, 60, at(0));
        }
        assert!(counts.0.len() <= MAX_KEYS);
        assert!(!counts.allow(0, 20, 60, at(0)));
    }
}
