//! The interface that serves machines: whether it is there, has a link, an address, and room for whole frames.
use super::{is_ours, small};
use crate::{Config, config::BootMode};
use socle_boot::Interface;
use socle_wire::diagnosis::{Finding, Part, State};

/// What firmware's network stack expects of Ethernet.
const USUAL_MTU: u32 = 1_500;

/// Interfaces behind which machines could be: with an address and a link, and not of this computer's own making.
pub(super) fn candidates() -> Vec<Interface> {
    let own = ["lo", "docker", "virbr", "veth", "tun", "tap", "wg", "zt"];
    let all = Interface::all().unwrap_or_default();
    all.into_iter().filter(|i| !own.iter().any(|o| i.name.starts_with(o)) && has_link(&i.name) != Some(false)).collect()
}

/// Whether there is a cable with somebody at its end; none where the system does not say.
fn has_link(name: &str) -> Option<bool> {
    // An interface that is down refuses to say whether it has a carrier.
    let read = |what: &str| small(&format!("/sys/class/net/{name}/{what}")).map(|text| text.trim().to_string());
    match (read("carrier").ok()?.as_str(), read("operstate").ok()?.as_str()) {
        ("1", _) => Some(true),
        ("0", _) | (_, "down") => Some(false),
        _ => None,
    }
}

fn is_down(name: &str) -> bool {
    small(&format!("/sys/class/net/{name}/operstate")).is_ok_and(|state| state.trim() == "down")
}

fn mtu(name: &str) -> Option<u32> {
    small(&format!("/sys/class/net/{name}/mtu")).ok()?.trim().parse().ok()
}

/// Looks at it.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let boot = &config.boot;
    let about = |state, code| Finding::new(Part::Interface, state, code);
    let Some(name) = &boot.interface else {
        let names: Vec<String> = candidates().iter().map(|i| format!("{} ({})", i.name, i.address)).collect();
        let names = if names.is_empty() { "–".to_string() } else { names.join(", ") };
        return vec![about(State::Attention, "doctor-interface-none-chosen").with("names", names)];
    };
    let interface = match Interface::find(name) {
        Ok(interface) => interface,
        Err(fault) => return vec![Finding::of(Part::Interface, State::Wrong, fault)],
    };
    let mut findings = Vec::new();
    if has_link(name) == Some(false) || is_down(name) {
        findings.push(about(State::Wrong, "doctor-interface-no-link").with("name", name));
    }
    if let Some(address) = boot.address.filter(|a| !is_ours(*a)) {
        let finding = about(State::Wrong, "doctor-interface-address").with("address", address.to_string());
        findings.push(finding.with("name", name));
    }
    if let Some(mtu) = mtu(name).filter(|mtu| *mtu < USUAL_MTU) {
        findings.push(about(State::Attention, "doctor-interface-mtu").with("name", name).with("mtu", mtu.to_string()));
    }
    if findings.is_empty() {
        let address = boot.address.unwrap_or(interface.address);
        let finding = about(State::Good, "doctor-interface-good").with("name", name);
        findings.push(finding.with("address", format!("{address}/{}", interface.prefix_bits)));
    }
    if boot.mode == BootMode::Off {
        findings.push(about(State::Attention, "doctor-interface-mode-off"));
    }
    findings
}
