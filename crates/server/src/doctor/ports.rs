//! Ports: which program holds each that the server needs.
use crate::{Config, config::BootMode};
use socle_boot::Interface;
use socle_wire::diagnosis::{Finding, Part, State};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Programs looked through for who holds a port.
const MAX_PROGRAMS: usize = 65_536;

/// A port that the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needed {
    pub udp: bool,
    pub port: u16,
    /// The address on which; unspecified: any.
    pub address: IpAddr,
}

/// A port that some program holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    udp: bool,
    address: IpAddr,
    port: u16,
    inode: u64,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Program {
    name: String,
    number: u32,
}

/// Looks at them; `serving`: this very process is the server.
pub(super) fn look(config: &Config, serving: bool) -> Vec<Finding> {
    let held = held();
    let needed = needed(config);
    let wanted: BTreeSet<u64> = needed.iter().flat_map(|n| holders(n, &held)).map(|h| h.inode).collect();
    judge(&needed, &held, &owners(&wanted), serving)
}

pub(super) fn needed(config: &Config) -> Vec<Needed> {
    let boot = &config.boot;
    let here = boot.address.or_else(|| boot.interface.as_deref().and_then(|i| Some(Interface::find(i).ok()?.address)));
    let here = IpAddr::V4(here.unwrap_or(Ipv4Addr::UNSPECIFIED));
    let mut needed = Vec::new();
    if matches!(boot.mode, BootMode::Proxy | BootMode::Full) {
        needed.extend([67, 4011].map(|port| Needed { udp: true, port, address: here }));
    }
    if boot.mode != BootMode::Off {
        needed.push(Needed { udp: true, port: 69, address: here });
    }
    let doors = [config.console.listen, config.agents.listen, boot.listen];
    needed.extend(doors.iter().map(|door| Needed { udp: false, port: door.port(), address: door.ip() }));
    needed.retain(|n| n.port != 0);
    needed
}

/// Who holds a port in a way that matters for it.
fn holders<'a>(needed: &Needed, held: &'a [Held]) -> Vec<&'a Held> {
    let meets = |a: IpAddr, b: IpAddr| a.is_unspecified() || b.is_unspecified() || a == b;
    held.iter().filter(|h| h.udp == needed.udp && h.port == needed.port && meets(h.address, needed.address)).collect()
}

fn judge(needed: &[Needed], held: &[Held], owners: &BTreeMap<u64, Program>, serving: bool) -> Vec<Finding> {
    let is_ours = |p: &Program| p.name == "socle" || (serving && p.number == std::process::id());
    let of = |n: &Needed| holders(n, held).into_iter().map(|h| owners.get(&h.inode)).collect::<Vec<_>>();
    let ours = |n: &Needed| of(n).into_iter().flatten().any(is_ours);
    let runs = serving || needed.iter().any(ours);
    let one = |n: &Needed| {
        let transport = if n.udp { "UDP" } else { "TCP" };
        let finding = |state, code| {
            Finding::new(Part::Ports, state, code).with("port", n.port.to_string()).with("transport", transport)
        };
        let all = of(n);
        let other = all.iter().flatten().find(|p| !is_ours(p));
        match (other, ours(n)) {
            (Some(p), _) if !ours(n) => finding(State::Wrong, "doctor-ports-taken")
                .with("program", p.name.as_str())
                .with("number", p.number.to_string()),
            // Beside ours on the same port: it takes a part of what is said to us.
            (Some(p), true) => finding(State::Attention, "doctor-ports-shared")
                .with("program", p.name.as_str())
                .with("number", p.number.to_string()),
            (_, true) => finding(State::Good, "doctor-ports-ours"),
            _ if !all.is_empty() => finding(State::Unseen, "doctor-ports-somebody"),
            _ if runs => finding(State::Wrong, "doctor-ports-free"),
            _ => finding(State::Attention, "doctor-ports-not-serving"),
        }
    };
    let mut findings: Vec<Finding> = needed.iter().map(one).collect();
    // A server that does not run is one thing, not six.
    let idle = |f: &Finding| f.said.is("doctor-ports-not-serving");
    if !runs && findings.iter().any(idle) {
        findings.retain(|f| !idle(f));
        findings.push(Finding::new(Part::Ports, State::Wrong, "doctor-ports-nobody-serves"));
    }
    findings
}

/// What the kernel lists (proc(5), /proc/PID/net): bound UDP sockets, and TCP sockets that listen.
fn held() -> Vec<Held> {
    let tables = [("udp", true), ("udp6", true), ("tcp", false), ("tcp6", false)];
    let read = |name: &str| fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default();
    tables.iter().flat_map(|(name, udp)| parse(&read(name), *udp)).collect()
}

fn parse(table: &str, udp: bool) -> Vec<Held> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        // TCP: 0A listens. UDP: 07 is bound, 01 speaks to one peer.
        let listens = if udp { *state == "07" } else { *state == "0A" };
        let (address, port) = local.split_once(':')?;
        let held = Held {
            udp,
            address: address_of(address)?,
            port: u16::from_str_radix(port, 16).ok()?,
            inode: inode.parse().ok()?,
        };
        listens.then_some(held)
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// Addresses stand as 32-bit numbers in the machine's own order.
fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// Which programs hold sockets; only those that this account may look at.
fn owners(wanted: &BTreeSet<u64>) -> BTreeMap<u64, Program> {
    let mut owners = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten().take(MAX_PROGRAMS) {
        let Some(number) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        for open in fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(open.path()) else { continue };
            let inode = target.to_str().and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            let Some(inode) = inode.filter(|i| wanted.contains(i)) else { continue };
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            owners.entry(inode).or_insert(Program { name: name.trim().into(), number });
        }
        if owners.len() == wanted.len() {
            break;
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    const UDP: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n  \
        77: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41 2 0 0\n  \
        79: 0100007F:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 42 2 0 0\n  \
        80: 0100007F:9999 0100007F:0045 01 00000000:00000000 00:00000000 00000000     0        0 43 2 0 0\n";

    #[test]
    fn the_kernels_table_is_read() {
        let found = parse(UDP, true);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].address, found[0].port, found[0].inode), (Ipv4Addr::UNSPECIFIED.into(), 67, 41));
        assert_eq!((found[1].address, found[1].port), (Ipv4Addr::LOCALHOST.into(), 69));
        let six = address_of("00000000000000000000000001000000").unwrap_or(Ipv4Addr::BROADCAST.into());
        assert_eq!(six, IpAddr::V6(Ipv6Addr::LOCALHOST));
        assert!(parse("head\nrubbish\n1: xx:yy 0 07 0 0 0 0 0 z", true).is_empty());
    }

    #[test]
    fn who_holds_a_port_is_told() {
        let held = parse(UDP, true);
        let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let need = |port| Needed { udp: true, port, address };
        let named = |inode, name: &str| (inode, Program { name: name.into(), number: 4_000_000 });
        let check = |needed: &[Needed], owners: &[(u64, Program)], codes: &[&str]| {
            let found = judge(needed, &held, &owners.iter().cloned().collect(), false);
            let found: Vec<_> = found.iter().map(|f| f.said.code.to_string()).collect();
            assert_eq!(found, codes);
        };
        check(&[need(67)], &[named(41, "socle")], &["doctor-ports-ours"]);
        check(&[need(67)], &[named(41, "dnsmasq")], &["doctor-ports-taken"]);
        check(&[need(67)], &[], &["doctor-ports-somebody"]);
        // 69 is held on the loopback only: that is not in our way, and we are not there.
        check(&[need(67), need(69)], &[named(41, "socle")], &["doctor-ports-ours", "doctor-ports-free"]);
        check(&[need(69), need(4011)], &[], &["doctor-ports-nobody-serves"]);
    }
}
