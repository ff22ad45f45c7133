//! Network profiles: how a machine reaches the network.
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::IpAddr;

const MAX_SERVERS: usize = 8;

/// A network profile, as a value: `{"method": "dhcp"}`, or `static` with an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    method: Method,
    /// `10.1.2.3/24`.
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    gateway: Option<IpAddr>,
    #[serde(default)]
    dns: Vec<IpAddr>,
    #[serde(default)]
    search: Vec<String>,
    #[serde(default)]
    ntp: Vec<String>,
    /// IEEE 802.1Q, 1 to 4094.
    #[serde(default)]
    vlan: Option<u16>,
    /// `http://proxy.example:3128`.
    #[serde(default)]
    proxy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    Dhcp,
    Static,
}

/// Whether a value is a network profile; the error says what is wrong with it.
pub fn check_network(value: &Value) -> Result<(), String> {
    let profile: Profile = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
    match (profile.method, &profile.address) {
        (Method::Static, None) => return Err("static, and no address".into()),
        (Method::Dhcp, Some(_)) => return Err("dhcp, and an address".into()),
        (Method::Dhcp, None) => {}
        (Method::Static, Some(address)) => check_address(address, profile.gateway)?,
    }
    if profile.dns.len() > MAX_SERVERS || profile.search.len() > MAX_SERVERS || profile.ntp.len() > MAX_SERVERS {
        return Err(format!("more than {MAX_SERVERS} servers"));
    }
    if let Some(name) = profile.search.iter().chain(&profile.ntp).find(|n| !is_domain(n)) {
        return Err(format!("no host name: {name}"));
    }
    if profile.vlan.is_some_and(|v| !(1..=4094).contains(&v)) {
        return Err("vlan: 1 to 4094".into());
    }
    let address =
        |p: &String| p.strip_prefix("http://").or_else(|| p.strip_prefix("https://")).is_some_and(is_host_port);
    match profile.proxy {
        Some(proxy) if !address(&proxy) => Err(format!("proxy: no http address: {proxy}")),
        _ => Ok(()),
    }
}

fn check_address(address: &str, gateway: Option<IpAddr>) -> Result<(), String> {
    let wrong = || format!("no address with its prefix (10.1.2.3/24): {address}");
    let (ip, prefix) = address.split_once('/').ok_or_else(wrong)?;
    let ip: IpAddr = ip.parse().map_err(|_| wrong())?;
    let prefix: u32 = prefix.parse().map_err(|_| wrong())?;
    let bits = if ip.is_ipv4() { 32 } else { 128 };
    if prefix == 0 || prefix > bits {
        return Err(wrong());
    }
    match gateway {
        Some(gateway) if !is_beside(ip, gateway, prefix) => Err(format!("gateway {gateway} is not in {address}")),
        _ => Ok(()),
    }
}

fn is_beside(a: IpAddr, b: IpAddr, prefix: u32) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= prefix,
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= prefix,
        _ => false,
    }
}

fn is_domain(name: &String) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.parse::<IpAddr>().is_ok() || (name.len() <= 253 && name.split('.').all(label))
}

fn is_host_port(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "80"));
    port.parse::<u16>().is_ok_and(|p| p > 0) && is_domain(&host.to_string())
}
