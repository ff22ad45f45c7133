//! Asking the wire, on the interfaces that matter.
use super::is_ours;
use crate::Config;
use socle_boot::{Interface, probe};
use socle_domain::Timestamp;
use socle_wire::diagnosis::{DhcpAnswer, Finding, Part, State, Wire};
use std::{collections::BTreeSet, net::Ipv4Addr, thread, time::Duration};

/// Interfaces asked at once.
const MAX_INTERFACES: usize = 4;

/// Asks and listens, on all interfaces at once. Blocks for `seconds` and a little more.
pub(super) fn listen(config: &Config, wished: &[String], seconds: u64, now: Timestamp) -> (Wire, Vec<Finding>) {
    let (interfaces, mut findings) = chosen(config, wished);
    let wait = Duration::from_secs(seconds);
    let asked: Vec<_> = interfaces
        .into_iter()
        .map(|interface| {
            let named = interface.name.clone();
            (named, thread::spawn(move || probe::look(&interface, wait)))
        })
        .collect();
    let mut wire = Wire { at: now, interfaces: Vec::new(), seconds, answers: Vec::new() };
    let mut ours: BTreeSet<Ipv4Addr> = BTreeSet::new();
    for (name, thread) in asked {
        match thread.join() {
            Ok(Ok(answers)) => {
                ours.extend(answers.iter().map(probe::Answer::server).filter(|server| is_ours(*server)));
                wire.answers.extend(answers.iter().map(|a| told(&name, a, &ours)));
                wire.interfaces.push(name);
            }
            Ok(Err(fault)) => findings.push(Finding::of(Part::Dhcp, State::Unseen, fault)),
            Err(_) => findings.push(Finding::new(Part::Dhcp, State::Unseen, "doctor-dhcp-not-asked")),
        }
    }
    (wire, findings)
}

/// Those that were asked for; else the one that serves; else every one that machines could be behind.
fn chosen(config: &Config, wished: &[String]) -> (Vec<Interface>, Vec<Finding>) {
    let names: Vec<String> = match (wished, &config.boot.interface) {
        ([], Some(name)) => vec![name.clone()],
        (wished, _) => wished.to_vec(),
    };
    if names.is_empty() {
        let mut all = super::interface::candidates();
        all.truncate(MAX_INTERFACES);
        return (all, Vec::new());
    }
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    for name in names.iter().take(MAX_INTERFACES) {
        match Interface::find(name) {
            Ok(interface) => found.push(interface),
            Err(fault) => findings.push(Finding::of(Part::Interface, State::Wrong, fault)),
        }
    }
    (found, findings)
}

fn told(interface: &str, answer: &probe::Answer, ours: &BTreeSet<Ipv4Addr>) -> DhcpAnswer {
    let kind = match (answer.is_boot_server(), answer.offered()) {
        (true, _) => "boot-server",
        (false, Some(_)) => "offer",
        (false, None) => "proxy",
    };
    let server = answer.server();
    DhcpAnswer {
        interface: interface.into(),
        asked_as: answer.asked_as.word().into(),
        kind: kind.into(),
        server,
        from: *answer.from.ip(),
        ours: ours.contains(&server),
        offered: answer.offered().filter(|_| kind == "offer"),
        next_server: Some(answer.packet.siaddr).filter(|a| !a.is_unspecified()),
        file: answer.file(),
        options: answer.readable(),
    }
}
