//! Limits on what anonymous callers may ask: challenges that serve once, and a rate for each address.
use socle_domain::{Digest, Timestamp};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

const CHALLENGE_SECONDS: i64 = 60;
const MAX_CHALLENGES: usize = 20_000;
/// Requests of one address to anonymous routes, in one window. A room of machines behind one address stays below.
const MAX_REQUESTS: u32 = 1_200;
/// Tries to sign in, in one window.
const MAX_SIGN_INS: u32 = 20;
const WINDOW_SECONDS: i64 = 60;
const MAX_ADDRESSES: usize = 50_000;

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

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    Request,
    SignIn,
}

/// How often each address has asked.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<(IpAddr, Counted), (Timestamp, u32)>>);

impl Rates {
    /// Counts one; false where it is one too many.
    pub fn allow(&self, address: IpAddr, what: Counted, now: Timestamp) -> bool {
        let limit = match what {
            Counted::Request => MAX_REQUESTS,
            Counted::SignIn => MAX_SIGN_INS,
        };
        let over = |begin: &Timestamp| !(0..WINDOW_SECONDS).contains(&now.duration_since(*begin).as_secs());
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_ADDRESSES {
            held.retain(|_, (begin, _)| !over(begin));
            if held.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let (begin, count) = held.entry((caller(address), what)).or_insert((now, 0));
        if over(begin) {
            (*begin, *count) = (now, 0);
        }
        *count += 1;
        *count <= limit
    }
}
