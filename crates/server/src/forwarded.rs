//! From where a request comes: the address at the other end of the line, or, where that is one of the proxies that the
//! configuration names, the one for which the proxy says that it speaks. Anybody else may write what he likes into that
//! header: it is not read.
use crate::{House, refusal::Refusal};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{Extensions, HeaderMap, request::Parts},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

const HEADER: &str = "x-forwarded-for";
/// Hops that are followed back.
const MAX_HOPS: usize = 16;

/// An address, or a network: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether an address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let cut = |bits: u128, width: u32| if self.bits == 0 { 0 } else { bits >> (width - self.bits) };
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => cut(own.to_bits().into(), 32) == cut(other.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => cut(own.to_bits(), 128) == cut(other.to_bits(), 128),
            _ => false,
        }
    }
}
impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| format!("{text:?} is no address"))?;
        let address = address.to_canonical();
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |b| b.parse().map_err(|_| format!("{text:?} is no network")))?;
        if bits > width { Err(format!("{text:?} has too many bits")) } else { Ok(Network { address, bits }) }
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

/// The caller of a request: the last address of the chain that is none of our proxies.
fn caller(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_ours = |address: IpAddr| proxies.iter().any(|p| p.holds(address));
    if !is_ours(peer) {
        return peer;
    }
    let lines: Vec<&str> = headers.get_all(HEADER).into_iter().filter_map(|v| v.to_str().ok()).collect();
    // The nearest proxy has written last.
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).take(MAX_HOPS);
    let mut known = peer;
    for hop in hops {
        let Some(address) = address_of(hop) else { break };
        known = address;
        if !is_ours(address) {
            break;
        }
    }
    known
}

/// `10.0.0.1`, `10.0.0.1:4711`, `fd00::1` or `[fd00::1]:4711`.
fn address_of(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

fn from(house: &House, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    Some(caller(peer, headers, &house.config.console.proxies))
}

/// From where a request comes.
pub(crate) fn from_where(house: &House, request: &Request) -> Option<IpAddr> {
    from(house, request.extensions(), request.headers())
}

/// From where the request comes; nothing where there is no line (a router asked from inside).
pub(crate) struct FromWhere(pub Option<IpAddr>);

impl FromRequestParts<Arc<House>> for FromWhere {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Result<Self, Refusal> {
        Ok(FromWhere(from(house, &parts.extensions, &parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, header: &[&'static str], expect: &str) {
        let proxies: Vec<Network> =
            ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].iter().filter_map(|n| n.parse().ok()).collect();
        assert_eq!(proxies.len(), 3);
        let mut headers = HeaderMap::new();
        for line in header {
            headers.append(HEADER, axum::http::HeaderValue::from_static(line));
        }
        let found = peer.parse().map(|peer| caller(peer, &headers, &proxies));
        assert_eq!(found, expect.parse(), "{peer} {header:?}");
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        check("192.0.2.7", &["198.51.100.1"], "192.0.2.7");
        check("127.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("127.0.0.1", &[], "127.0.0.1");
        // What the caller himself wrote stands before what our proxy added.
        check("127.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1");
        check("127.0.0.1", &["203.0.113.9", "198.51.100.1"], "198.51.100.1");
        check("127.0.0.1", &["203.0.113.9, 198.51.100.1, 10.1.2.3"], "198.51.100.1");
        check("127.0.0.1", &["nonsense, 10.1.2.3"], "10.1.2.3");
        check("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1");
        check("fd00::1", &["[2001:db8::1]:4711"], "2001:db8::1");
        check("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1");
    }

    #[test]
    fn networks_are_read_and_written() {
        for (text, shown) in [("10.0.0.1", "10.0.0.1/32"), ("10.0.0.0/8", "10.0.0.0/8"), ("::/0", "::/0")] {
            assert_eq!(text.parse::<Network>().map(|n| n.to_string()), Ok(shown.to_string()));
        }
        for wrong in ["", "x", "10.0.0.0/33", "10.0.0.0/x", "proxy.example"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
