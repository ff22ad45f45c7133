//! What is to be concluded from what DHCP servers said. Pure.
use crate::{Config, config::BootMode};
use socle_boot::Interface;
use socle_wire::diagnosis::{DhcpAnswer, Finding, Part, State, Wire};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

/// What matters of this server.
#[derive(Debug, Clone)]
pub struct Us {
    /// Which part of DHCP it plays.
    pub mode: BootMode,
    /// Its address on the network of machines, where it is known.
    pub address: Option<Ipv4Addr>,
    /// How many bits of it name the network.
    pub prefix_bits: u8,
    /// Whether it holds its DHCP port now.
    pub listens: bool,
}

impl Us {
    /// From what is configured.
    pub(super) fn of(config: &Config, listens: bool) -> Us {
        let interface = config.boot.interface.as_deref().and_then(|name| Interface::find(name).ok());
        let address = config.boot.address.or(interface.as_ref().map(|i| i.address));
        Us { mode: config.boot.mode, address, prefix_bits: interface.map_or(0, |i| i.prefix_bits), listens }
    }

    fn answers_dhcp(&self) -> bool {
        matches!(self.mode, BootMode::Proxy | BootMode::Full)
    }

    /// Whether an address is of our own network; unknown networks hold every address.
    fn is_near(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix_bits.min(32))).unwrap_or(0);
        self.address.is_none_or(|ours| u32::from(ours) & mask == u32::from(address) & mask)
    }
}

/// One server's answers, put together.
struct Server<'a> {
    address: Ipv4Addr,
    ours: bool,
    answers: Vec<&'a DhcpAnswer>,
}

impl Server<'_> {
    fn offered(&self) -> Option<Ipv4Addr> {
        self.answers.iter().find_map(|a| a.offered)
    }
    fn is_proxy(&self) -> bool {
        self.answers.iter().any(|a| a.kind == "proxy")
    }
    fn option(&self, code: u8) -> Option<&str> {
        self.answers.iter().find_map(|a| a.options.get(&code)).map(String::as_str)
    }
    /// What it tells a machine of a kind to load, and from where.
    fn boots(&self, asked_as: &str) -> Option<(&str, String)> {
        let answer = self.answers.iter().find(|a| a.asked_as == asked_as && a.boot_file().is_some())?;
        let next = answer.options.get(&66).cloned().or(answer.next_server.map(|a| a.to_string()));
        Some((answer.boot_file()?, next.unwrap_or_else(|| self.address.to_string())))
    }
    /// Something that it tells to load, for whom it is first said.
    fn boots_anything(&self) -> Option<(&str, String)> {
        ["uefi", "bios", "uefi-http"].iter().find_map(|kind| self.boots(kind))
    }
}

fn about(state: State, code: &'static str) -> Finding {
    Finding::new(Part::Dhcp, state, code)
}

/// What is to be said of what was heard.
pub fn dhcp(wire: &Wire, us: &Us) -> Vec<Finding> {
    let mut servers: BTreeMap<Ipv4Addr, Server> = BTreeMap::new();
    for answer in &wire.answers {
        let entry = servers.entry(answer.server);
        let server = entry.or_insert(Server { address: answer.server, ours: false, answers: Vec::new() });
        server.ours |= answer.ours;
        server.answers.push(answer);
    }
    let giving: Vec<&Server> = servers.values().filter(|s| s.offered().is_some()).collect();
    let mut findings = addresses(wire, &giving, servers.values().any(Server::is_proxy), us);
    findings.extend(servers.values().filter(|s| !s.ours).filter_map(|s| stranger(s, us)));
    findings.extend(ourselves(servers.values().find(|s| s.ours), us));
    findings
}

/// Who gives addresses: nobody, one, or more than one.
fn addresses(wire: &Wire, giving: &[&Server], any_proxy: bool, us: &Us) -> Vec<Finding> {
    let on = wire.interfaces.join(", ");
    match giving {
        [] if any_proxy => vec![about(State::Wrong, "doctor-dhcp-only-proxy").with("interfaces", on)],
        [] => {
            vec![about(State::Wrong, "doctor-dhcp-none").with("interfaces", on).with("seconds", wire.seconds)]
        }
        [one] => vec![server_line(State::Good, "doctor-dhcp-one", one)],
        several => {
            let suspects: Vec<&&Server> = several.iter().filter(|s| is_suspect(s, several, us)).collect();
            let agree = several.iter().map(|s| s.option(3).unwrap_or("")).collect::<BTreeSet<_>>().len() == 1;
            let all = several.iter().map(|s| s.address.to_string()).collect::<Vec<_>>().join(", ");
            match suspects.as_slice() {
                // Two that say the same are often a pair that stands in for one another.
                [] if agree => vec![about(State::Attention, "doctor-dhcp-pair").with("servers", all)],
                [] => vec![about(State::Wrong, "doctor-dhcp-several").with("servers", all)],
                some => some.iter().map(|s| server_line(State::Wrong, "doctor-dhcp-rogue", s)).collect(),
            }
        }
    }
}

/// Who gives addresses of another network, or beside us where we are meant to be alone, or leads to a router that nobody
/// else names, is most likely the one that should not be there.
fn is_suspect(server: &Server, all: &[&Server], us: &Us) -> bool {
    if server.ours {
        return false;
    }
    let far = |s: &Server| s.offered().is_some_and(|a| !us.is_near(a));
    let alone = us.mode == BootMode::Full;
    let routers: Vec<&str> = all.iter().filter(|s| s.address != server.address).filter_map(|s| s.option(3)).collect();
    let odd =
        all.len() > 2 && routers.windows(2).all(|two| two[0] == two[1]) && server.option(3) != routers.first().copied();
    alone || (far(server) && !all.iter().all(|s| far(s))) || odd
}

fn server_line(state: State, code: &'static str, server: &Server) -> Finding {
    let option = |code| server.option(code).unwrap_or("–").to_string();
    about(state, code)
        .with("server", server.address.to_string())
        .with("offered", server.offered().map_or_else(|| "–".to_string(), |a| a.to_string()))
        .with("routers", option(3))
        .with("names", option(6))
}

/// Whether another server leads machines away from us, or to us.
fn stranger(server: &Server, us: &Us) -> Option<Finding> {
    let line = |state, code, file: &str, next: &str| {
        let finding = about(state, code).with("server", server.address.to_string());
        Some(finding.with("file", file).with("next", next))
    };
    match server.boots_anything() {
        Some((file, next)) => {
            let here = us.address.is_some_and(|a| next == a.to_string() || file.contains(&format!("//{a}")));
            match (here, us.mode, server.is_proxy()) {
                (true, ..) => line(State::Good, "doctor-dhcp-leads-here", file, &next),
                (false, BootMode::Off, _) => line(State::Attention, "doctor-dhcp-leads-elsewhere", file, &next),
                (false, _, true) => line(State::Wrong, "doctor-dhcp-other-proxy", file, &next),
                (false, ..) => line(State::Wrong, "doctor-dhcp-leads-elsewhere", file, &next),
            }
        }
        // It calls itself PXE's and says nothing to load: firmware then asks it alone, on port 4011, and waits in vain.
        None if server.option(60).is_some_and(|c| c.starts_with("PXEClient")) => {
            line(State::Attention, "doctor-dhcp-option-60", "", "")
        }
        None if us.mode == BootMode::Tftp => line(State::Wrong, "doctor-dhcp-leads-nowhere", "", ""),
        None => None,
    }
}

/// Whether we are heard ourselves.
fn ourselves(server: Option<&Server>, us: &Us) -> Option<Finding> {
    if !us.answers_dhcp() {
        return None;
    }
    match server {
        Some(server) => {
            let (file, _) = server.boots("uefi").or_else(|| server.boots_anything())?;
            Some(about(State::Good, "doctor-dhcp-we-answer").with("file", file))
        }
        None if us.listens => Some(about(State::Wrong, "doctor-dhcp-we-are-silent")),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_domain::Timestamp;

    const HERE: [u8; 4] = [10, 0, 0, 2];

    fn answer(server: [u8; 4], kind: &str, offered: Option<[u8; 4]>, options: &[(u8, &str)]) -> DhcpAnswer {
        DhcpAnswer {
            interface: "eth0".into(),
            asked_as: "uefi".into(),
            kind: kind.into(),
            server: server.into(),
            from: server.into(),
            ours: server == HERE,
            offered: offered.map(Into::into),
            next_server: None,
            file: String::new(),
            options: options.iter().map(|(code, text)| (*code, text.to_string())).collect(),
        }
    }

    fn check(mode: BootMode, answers: Vec<DhcpAnswer>, wanted: &[(&str, State)]) {
        let us = Us { mode, address: Some(HERE.into()), prefix_bits: 24, listens: true };
        let wire = Wire { at: Timestamp::UNIX_EPOCH, interfaces: vec!["eth0".into()], seconds: 5, answers };
        let found: Vec<_> = dhcp(&wire, &us).iter().map(|f| (f.said.code.to_string(), f.state)).collect();
        let wanted: Vec<_> = wanted.iter().map(|(code, state)| (format!("doctor-dhcp-{code}"), *state)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_servers_say_is_judged() {
        use State::*;
        let school = || answer([10, 0, 0, 1], "offer", Some([10, 0, 0, 50]), &[(3, "10.0.0.1")]);
        let ours = || answer(HERE, "proxy", None, &[(60, "PXEClient"), (67, "snponly.efi")]);
        let tftp = BootMode::Tftp;

        check(BootMode::Proxy, vec![school(), ours()], &[("one", Good), ("we-answer", Good)]);
        check(BootMode::Proxy, vec![school()], &[("one", Good), ("we-are-silent", Wrong)]);
        check(BootMode::Proxy, vec![], &[("none", Wrong), ("we-are-silent", Wrong)]);
        check(BootMode::Proxy, vec![ours()], &[("only-proxy", Wrong), ("we-answer", Good)]);

        // A second one: of the same mind, of another, of another network.
        let pair = answer([10, 0, 0, 9], "offer", Some([10, 0, 0, 90]), &[(3, "10.0.0.1")]);
        let other = answer([10, 0, 0, 9], "offer", Some([10, 0, 0, 90]), &[(3, "10.0.0.9")]);
        let box_at_home = answer([192, 168, 1, 1], "offer", Some([192, 168, 1, 7]), &[(3, "192.168.1.1")]);
        check(BootMode::Proxy, vec![school(), pair, ours()], &[("pair", Attention), ("we-answer", Good)]);
        check(BootMode::Proxy, vec![school(), other, ours()], &[("several", Wrong), ("we-answer", Good)]);
        check(BootMode::Proxy, vec![school(), box_at_home, ours()], &[("rogue", Wrong), ("we-answer", Good)]);
        let full = answer(HERE, "offer", Some([10, 0, 0, 100]), &[(3, "10.0.0.1"), (67, "snponly.efi")]);
        check(BootMode::Full, vec![full.clone(), school()], &[("rogue", Wrong), ("we-answer", Good)]);
        check(BootMode::Full, vec![full], &[("one", Good), ("we-answer", Good)]);

        // Where machines are led.
        let with = |options: &[(u8, &str)]| answer([10, 0, 0, 1], "offer", Some([10, 0, 0, 50]), options);
        check(tftp, vec![school()], &[("one", Good), ("leads-nowhere", Wrong)]);
        check(tftp, vec![with(&[(66, "10.0.0.2"), (67, "snponly.efi")])], &[("one", Good), ("leads-here", Good)]);
        check(tftp, vec![with(&[(66, "10.0.0.7"), (67, "pxelinux.0")])], &[("one", Good), ("leads-elsewhere", Wrong)]);
        check(tftp, vec![with(&[(60, "PXEClient")])], &[("one", Good), ("option-60", Attention)]);
        let deployment = answer([10, 0, 0, 8], "proxy", None, &[(60, "PXEClient"), (67, "wdsmgfw.efi")]);
        let both = &[("one", Good), ("other-proxy", Wrong), ("we-answer", Good)];
        check(BootMode::Proxy, vec![school(), deployment, ours()], both);
    }
}
