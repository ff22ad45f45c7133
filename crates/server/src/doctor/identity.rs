//! By what machines know this server: its certificate's pin, its keys, and the address that the boot environment tells them.
use super::{Ground, environment::initrd, is_ours};
use crate::data::{Data, read_json};
use serde::Deserialize;
use socle_domain::{
    keys::{Delegation, server_key},
    sign::{PublicKey, Signed},
};
use socle_texts::{Fault, Result};
use socle_trust::{read_public, tls};
use socle_wire::diagnosis::{Finding, Part, State};
use std::net::{IpAddr, SocketAddr};

/// What the boot environment tells its agents.
const TOLD: &str = "etc/socle/agent.json";

/// What of it matters here.
#[derive(Deserialize)]
struct Told {
    server: String,
    pin: socle_domain::Digest,
    content_key: PublicKey,
}

/// Looks at it; inside the boot environment too where that is asked.
pub(super) fn look(ground: &Ground, thorough: bool) -> Vec<Finding> {
    let pin = match keys(ground) {
        Ok(pin) => pin,
        Err(fault) => return vec![Finding::of(Part::Identity, State::Wrong, fault)],
    };
    let good = || vec![Finding::new(Part::Identity, State::Good, "doctor-identity-good").with("pin", pin.to_string())];
    let told = initrd(ground).filter(|_| thorough).and_then(|initrd| {
        let bytes = socle_boot::environment::public_file(&initrd, TOLD)?;
        serde_json::from_slice::<Told>(&bytes).ok()
    });
    let Some(told) = told else { return good() };
    let content = read_public(&Data::at(&ground.data).content_public()).ok();
    let mut findings = Vec::new();
    if told.pin != pin || content.is_some_and(|c| c != told.content_key) {
        let finding = Finding::new(Part::Identity, State::Wrong, "doctor-identity-other-pin");
        findings.push(finding.with("told", told.pin.to_string()).with("pin", pin.to_string()));
    }
    findings.extend(elsewhere(&told.server));
    if findings.is_empty() { good() } else { findings }
}

/// The pin, if all keys are there and belong together. Nothing is made.
fn keys(ground: &Ground) -> Result<socle_domain::Digest> {
    let data = Data::at(&ground.data);
    let content = read_public(&data.content_public())?;
    let delegation: Signed<Delegation> = read_json(&data.delegation())?;
    if server_key(&content, &delegation)? != read_public(&data.server_public())? {
        return Err(Fault::new("server-delegation-wrong").with("path", &data.delegation()));
    }
    let there = |name: &str| data.folder().join(name).exists();
    if !there("tls.key") || !there("tls.pem") {
        return Err(Fault::new("doctor-identity-missing").with("path", data.folder()));
    }
    tls::Identity::load_or_create(data.folder())?.pin()
}

/// Whether machines are told an address that is not of this computer. Behind a router that translates it may be right.
fn elsewhere(server: &str) -> Option<Finding> {
    let host = server.strip_prefix("https://")?.trim_end_matches('/');
    let address = host.parse::<SocketAddr>().map(|a| a.ip()).or_else(|_| host.parse::<IpAddr>()).ok()?;
    let IpAddr::V4(address) = address else { return None };
    (!is_ours(address))
        .then(|| Finding::new(Part::Identity, State::Attention, "doctor-identity-elsewhere").with("server", server))
}
