//! Where webhooks may lead, and directories. Whoever may make one could otherwise have the server ask, in his place, what stands behind
//! the centre's walls: other services of this computer, the cloud's metadata, the printers (server-side request forgery).
//!
//! An address is judged when it is used, after its name was looked up, and the connection goes to the very address that
//! was judged. Redirections are not followed, and no proxy of the environment is used.
use crate::config::Config;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use socle_domain::network::Network;
use socle_texts::{Fault, Result};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

const MAX_URL_BYTES: usize = 500;

/// What may be asked.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    allowed: Arc<[Network]>,
}

impl Guard {
    /// Of webhooks, by the configuration.
    pub fn of(config: &Config) -> Guard {
        Guard { allowed: config.webhooks.allow.clone().into() }
    }
    /// Of directories that people are read from, by the configuration.
    pub fn of_directories(config: &Config) -> Guard {
        Guard { allowed: config.directories.allow.clone().into() }
    }
    /// Whether the centre has allowed this address by name.
    fn is_named(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|net| net.holds(ip))
    }
    /// Whether an address may be asked.
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.is_named(ip) || is_public(ip)
    }
    /// Refuses an address of the network itself in a URL: names are judged when they are looked up.
    ///
    /// # Errors
    /// `server-webhook-address`.
    pub fn check(&self, url: &Url) -> Result<()> {
        let host = url.host_str().unwrap_or("");
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) if !self.allows(ip) => Err(Fault::new("server-webhook-address").with("host", host)),
            // Without TLS only inside a network that the centre has named.
            Ok(ip) if url.scheme() == "http" && !self.is_named(ip) => Err(insecure()),
            Err(_) if url.scheme() == "http" => Err(insecure()),
            _ => Ok(()),
        }
    }
}

fn insecure() -> Fault {
    Fault::new("server-webhook-url").because("https")
}

/// Looks names up, and forgets every address that may not be asked.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let kept: Vec<SocketAddr> = found.filter(|a| guard.allows(a.ip())).collect();
            if kept.is_empty() {
                return Err(Fault::new("server-webhook-address").with("host", name.as_str()).into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// Reads what somebody wrote as the address of a webhook.
///
/// # Errors
/// `server-webhook-url`, `server-webhook-address`.
pub(crate) fn check_url(text: &str, guard: &Guard) -> Result<Url> {
    let wrong = |why: &str| Fault::new("server-webhook-url").because(why);
    if text.len() > MAX_URL_BYTES {
        return Err(wrong("too long"));
    }
    let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("https"));
    }
    // What is in an address ends up in logs: a secret belongs nowhere in it.
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong("user, password or fragment"));
    }
    guard.check(&url)?;
    Ok(url)
}

/// Whether an address is one of the open network (RFC 6890 and its registries).
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // shared address space (RFC 6598)
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)); // benchmarks (RFC 2544)
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let embedded = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        // An IPv4 address in another dress is judged as what it is: NAT64 (RFC 6052), 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0, ..] => false,              // Teredo
        [0x2001, b, ..] if b < 0x200 => false, // protocol assignments
        [0x2001, 0xdb8, ..] => false,          // documentation
        [0x3fff, b, ..] if b < 0x1000 => false,
        // Only what is handed out to the open network.
        [a, ..] => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow: &[&str]) -> Guard {
        Guard { allowed: allow.iter().map(|n| n.parse().unwrap()).collect() }
    }

    #[test]
    fn only_the_open_network_is_asked() {
        let closed = guard(&[]);
        for ip in ["9.9.9.9", "193.0.6.139", "2001:67c:2e8:22::c100:68b", "64:ff9b::909:909", "2a00:1450::1"] {
            assert!(closed.allows(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "2001:db8::1",
            "fec0::1",
            "::7f00:1",
        ] {
            assert!(!closed.allows(ip.parse().unwrap()), "{ip}");
        }
        let open = guard(&["10.0.0.0/8", "fd00::/8"]);
        for (ip, yes) in [("10.200.0.1", true), ("fd12::1", true), ("192.168.1.1", false), ("::ffff:10.0.0.1", true)] {
            assert_eq!(open.allows(ip.parse().unwrap()), yes, "{ip}");
        }
    }

    #[test]
    fn an_address_is_judged_however_it_is_written() {
        let check = |url: &str, guard: &Guard| check_url(url, guard).map(|u| u.to_string());
        let closed = guard(&[]);
        assert!(check("https://example.org/hook?x=1", &closed).is_ok());
        for url in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/",
        ] {
            assert!(check(url, &closed).unwrap_err().is("server-webhook-address"), "{url}");
        }
        for url in [
            "http://example.org/",
            "http://9.9.9.9/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https://",
            "x",
            "https://me:secret@example.org/",
            "https://example.org/#x",
        ] {
            assert!(check(url, &closed).unwrap_err().is("server-webhook-url"), "{url}");
        }
        assert!(check("http://127.0.0.1:9/", &guard(&["127.0.0.0/8"])).is_ok());
    }
}
