//! From where a request comes: the address at the other end of the line, or, where that is one of the proxies that the
//! configuration names, the one for which the proxy says that it speaks. Anybody else may write what he likes into that
//! header: it is not read.
use crate::{House, refusal::Refusal};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{Extensions, HeaderMap, request::Parts},
};
use socle_domain::network::Network;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

const HEADER: &str = "x-forwarded-for";
/// Hops that are followed back.
const MAX_HOPS: usize = 16;

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
}
