//! The addresses of a network of our own, and who has them.
use crate::Mac;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

/// How long an offered address is held for the machine to take it.
const OFFER_SECONDS: u64 = 60;
/// How long an address that a machine found in use is given to nobody.
const DECLINED_SECONDS: u64 = 600;
/// The largest range: one /16. A lab needs a few dozen.
const MAX_RANGE_ADDRESSES: u32 = 65_536;

/// What a network of our own gives to its machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// First address given.
    pub first: Ipv4Addr,
    /// Last address given.
    pub last: Ipv4Addr,
    /// Length of the network's prefix.
    pub prefix_bits: u8,
    /// Its router, if it has one.
    #[serde(default)]
    pub router: Option<Ipv4Addr>,
    /// Its name servers.
    #[serde(default)]
    pub name_servers: Vec<Ipv4Addr>,
    /// How long an address is given for.
    pub lease_seconds: u32,
}

impl Range {
    /// The network's mask.
    pub fn mask(&self) -> Ipv4Addr {
        Ipv4Addr::from(u32::MAX.checked_shl(32 - self.prefix_bits.min(32) as u32).unwrap_or(0))
    }
    /// Whether an address is of this network.
    pub fn is_ours(&self, address: Ipv4Addr) -> bool {
        address & self.mask() == self.first & self.mask()
    }
    /// The address of everybody on it.
    pub fn broadcast(&self) -> Ipv4Addr {
        self.first | !self.mask()
    }
    /// Refuses a range that can't work beside `our_address`.
    ///
    /// # Errors
    /// `boot-range-impossible`.
    pub fn check(&self, our_address: Ipv4Addr) -> Result<()> {
        let size = u32::from(self.last).wrapping_sub(u32::from(self.first));
        let ok = (8..=30).contains(&self.prefix_bits)
            && self.first <= self.last
            && size < MAX_RANGE_ADDRESSES
            && [self.last, our_address].into_iter().all(|a| self.is_ours(a))
            && self.router.is_none_or(|r| self.is_ours(r))
            && self.name_servers.len() <= 8
            && self.lease_seconds >= 60;
        if ok {
            return Ok(());
        }
        let range = format!("{}–{}/{}", self.first, self.last, self.prefix_bits);
        Err(Fault::new("boot-range-impossible").with("range", range).with("address", our_address.to_string()))
    }
}

/// An address given to a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The machine. Leases are kept by hardware address and not by client identifier: firmware, iPXE and the system
    /// of one machine send different ones.
    pub mac: Mac,
    /// Its address.
    pub address: Ipv4Addr,
    /// Until when, in seconds since 1970. Afterwards the machine still gets the same address if nobody needed it.
    pub expires_unix_seconds: u64,
}

/// Who has which address.
#[derive(Debug, Clone)]
pub struct Pool {
    range: Range,
    never: BTreeSet<Ipv4Addr>,
    leases: BTreeMap<Mac, Lease>,
    holders: BTreeMap<Ipv4Addr, Mac>,
    declined: BTreeMap<Ipv4Addr, u64>,
}

impl Pool {
    /// A pool with the leases that were kept; `our_address` is never given. Of two leases of one address the later
    /// one counts; addresses outside the range are forgotten.
    ///
    /// # Errors
    /// `boot-range-impossible`.
    pub fn new(range: Range, our_address: Ipv4Addr, mut kept: Vec<Lease>) -> Result<Pool> {
        range.check(our_address)?;
        let edges = [range.first & range.mask(), range.broadcast(), our_address];
        let never = edges.into_iter().chain(range.router).collect();
        let mut pool =
            Pool { range, never, leases: BTreeMap::new(), holders: BTreeMap::new(), declined: BTreeMap::new() };
        kept.sort_by_key(|l| l.expires_unix_seconds);
        for lease in kept.into_iter().filter(|l| pool.may_give(l.address)).collect::<Vec<_>>() {
            pool.put(lease);
        }
        Ok(pool)
    }

    /// The range.
    pub fn range(&self) -> &Range {
        &self.range
    }
    /// All leases, expired ones included.
    pub fn leases(&self) -> impl Iterator<Item = &Lease> {
        self.leases.values()
    }
    /// The lease of a machine, expired or not.
    pub fn lease_of(&self, mac: Mac) -> Option<&Lease> {
        self.leases.get(&mac)
    }

    /// Holds an address for a machine for a minute: the one it had, else the one it wishes, else a free one that
    /// depends on its hardware address alone, else the one that expired longest ago.
    pub(super) fn offer(&mut self, mac: Mac, wished: Option<Ipv4Addr>, now: u64) -> Option<Ipv4Addr> {
        if let Some(lease) = self.leases.get_mut(&mac)
            && self.declined.get(&lease.address).is_none_or(|until| *until <= now)
        {
            lease.expires_unix_seconds = lease.expires_unix_seconds.max(now + OFFER_SECONDS);
            return Some(lease.address);
        }
        let wished = wished.filter(|a| self.may_give(*a) && self.is_free(*a, now, false));
        let address =
            wished.or_else(|| self.first_free(mac, now, false)).or_else(|| self.first_free(mac, now, true))?;
        self.put(Lease { mac, address, expires_unix_seconds: now + OFFER_SECONDS });
        Some(address)
    }

    /// Gives a machine the address for a whole lease; nothing if another machine holds it.
    pub(super) fn give(&mut self, mac: Mac, address: Ipv4Addr, now: u64) -> Option<Lease> {
        let mine = self.holders.get(&address) == Some(&mac);
        if !self.may_give(address) || !(mine || self.is_free(address, now, true)) {
            return None;
        }
        let lease = Lease { mac, address, expires_unix_seconds: now + self.range.lease_seconds as u64 };
        self.put(lease.clone());
        Some(lease)
    }

    /// Ends a lease; the machine keeps its preference for the address.
    pub(super) fn release(&mut self, mac: Mac, address: Ipv4Addr, now: u64) -> Option<Lease> {
        let lease = self.leases.get_mut(&mac).filter(|l| l.address == address)?;
        lease.expires_unix_seconds = lease.expires_unix_seconds.min(now);
        Some(lease.clone())
    }

    /// Sets an address aside: somebody whom we do not know uses it.
    pub(super) fn decline(&mut self, mac: Mac, address: Ipv4Addr, now: u64) -> Option<Lease> {
        let mut lease = self.leases.get(&mac).filter(|l| l.address == address)?.clone();
        self.leases.remove(&mac);
        self.holders.remove(&address);
        self.declined.insert(address, now + DECLINED_SECONDS);
        lease.expires_unix_seconds = 0;
        Some(lease)
    }

    fn put(&mut self, lease: Lease) {
        if let Some(old) = self.leases.get(&lease.mac) {
            self.holders.remove(&old.address);
        }
        if let Some(other) = self.holders.insert(lease.address, lease.mac) {
            self.leases.remove(&other);
        }
        self.leases.insert(lease.mac, lease);
    }

    fn may_give(&self, address: Ipv4Addr) -> bool {
        (self.range.first..=self.range.last).contains(&address) && !self.never.contains(&address)
    }

    /// Free: nobody holds it (or only an expired lease, where `expired_too`), and it is not set aside.
    fn is_free(&self, address: Ipv4Addr, now: u64, expired_too: bool) -> bool {
        if self.declined.get(&address).is_some_and(|until| *until > now) {
            return false;
        }
        let Some(lease) = self.holders.get(&address).and_then(|mac| self.leases.get(mac)) else { return true };
        expired_too && lease.expires_unix_seconds <= now
    }

    /// A free address. Without `expired_too`: the first from a place that the hardware address alone determines.
    /// With it: the one that expired longest ago.
    fn first_free(&self, mac: Mac, now: u64, expired_too: bool) -> Option<Ipv4Addr> {
        if expired_too {
            let mut expired: Vec<&Lease> = self.leases.values().filter(|l| l.expires_unix_seconds <= now).collect();
            expired.sort_by_key(|l| (l.expires_unix_seconds, l.address));
            return expired.into_iter().map(|l| l.address).find(|a| self.is_free(*a, now, true));
        }
        let (first, last) = (u32::from(self.range.first), u32::from(self.range.last));
        let size = last - first + 1;
        let start = mac.0.iter().fold(0u32, |sum, b| sum.wrapping_mul(31).wrapping_add(*b as u32)) % size;
        (0..size)
            .map(|i| Ipv4Addr::from(first + (start + i) % size))
            .find(|a| self.may_give(*a) && self.is_free(*a, now, false))
    }
}
