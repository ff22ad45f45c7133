//! Networks: ranges of addresses, written as people write them (CIDR, RFC 4632 and RFC 4291 section 2.3).
//!
//! A network says from where a machine speaks, and is never proof of what it is: it chooses a queue, and nothing more.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{
    cmp::Ordering,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// An address, or a range of them: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`. What stands behind the range's bits is nought,
/// so that one network has one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first `bits` bits of an address, the others nought.
fn first(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

impl Network {
    /// Whether an address is in it. An IPv4 address within IPv6 (`::ffff:…`) is that IPv4 address.
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address) && first(address, self.bits) == self.address
    }
    /// Whether every address of another is in it.
    pub fn contains(&self, other: &Network) -> bool {
        self.bits <= other.bits && self.holds(other.address)
    }
    /// How many bits of its addresses are the same: the more, the more specific it is.
    pub fn bits(&self) -> u32 {
        self.bits
    }
    /// Every network that an address is in, the most specific first, down to all addresses of its kind.
    pub fn around(address: IpAddr) -> impl Iterator<Item = Network> {
        let address = address.to_canonical();
        (0..=width(address)).rev().map(move |bits| Network { address: first(address, bits), bits })
    }
    /// Every network that contains this one, itself first.
    pub fn line(self) -> impl Iterator<Item = Network> {
        Network::around(self.address).filter(move |network| network.bits <= self.bits)
    }
}

/// In the order of their addresses; of two that begin alike the wider comes first.
impl Ord for Network {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.address, self.bits).cmp(&(other.address, other.bits))
    }
}
impl PartialOrd for Network {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| format!("{text:?} is no address"))?;
        let address = address.to_canonical();
        let number = |b: &str| b.parse().ok().filter(|_| b.bytes().all(|c| c.is_ascii_digit()));
        let wrong = || format!("{text:?} is no network");
        let bits = bits.map_or(Some(width(address)), number).ok_or_else(wrong)?;
        if bits > width(address) {
            return Err(format!("{text:?} has too many bits"));
        }
        Ok(Network { address: first(address, bits), bits })
    }
}
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}
impl Serialize for Network {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn networks_are_read_and_written() {
        let check = |text: &str, shown: &str| assert_eq!(network(text).to_string(), shown, "{text}");
        check("10.0.0.1", "10.0.0.1/32");
        check("10.0.0.0/8", "10.0.0.0/8");
        check("10.1.2.3/8", "10.0.0.0/8");
        check("::/0", "::/0");
        check("0.0.0.0/0", "0.0.0.0/0");
        check("fd00:1::7/48", "fd00:1::/48");
        check("::ffff:10.1.2.3", "10.1.2.3/32");
        for wrong in ["", "x", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/+8", "10.0.0.0/", "fd00::/129", "proxy.example"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_in_the_networks_around_it() {
        let check = |range: &str, address: &str, expect: bool| {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(network(range).holds(address), expect, "{address} in {range}");
            assert_eq!(Network::around(address).any(|n| n == network(range)), expect, "{range} around {address}");
        };
        check("10.2.0.0/16", "10.2.255.255", true);
        check("10.2.0.0/16", "10.3.0.0", false);
        check("10.2.0.0/16", "::ffff:10.2.0.1", true);
        check("0.0.0.0/0", "192.0.2.7", true);
        check("0.0.0.0/0", "fd00::1", false);
        check("::/0", "192.0.2.7", false);
        check("fd00:1::/32", "fd00:1:2::3", true);
        check("fd00:1::/32", "fd00:2::3", false);
        check("10.2.0.7/32", "10.2.0.7", true);
    }

    #[test]
    fn the_line_of_a_network_begins_with_itself_and_grows() {
        let line: Vec<Network> = network("10.2.0.0/16").line().collect();
        assert_eq!(line.len(), 17);
        assert_eq!((line[0], line[16]), (network("10.2.0.0/16"), network("0.0.0.0/0")));
        assert!(line.windows(2).all(|pair| pair[1].contains(&pair[0]) && !pair[0].contains(&pair[1])));
        assert!(!network("10.2.0.0/16").contains(&network("10.0.0.0/8")));
        assert!(network("10.0.0.0/8") < network("10.0.0.0/16") && network("10.0.0.0/16") < network("10.2.0.0/16"));
    }
}
