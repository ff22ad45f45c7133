//! Beside a DHCP server that we do not control: PXE 2.1 §2.2.
use super::{
    Config,
    boot_file::{Decision, boot_file, decided},
    packet::MessageType,
    reply::{Outcome, add_boot_file, answer_to},
    request::{Port, Request},
};
use crate::{Kind, Why};

/// Answers a DISCOVER on port 67 with what to load and no address, and a REQUEST (or INFORM) on port 4011 the same
/// way. Everything else is between the machine and its DHCP server.
pub(super) fn answer(config: &Config, request: &Request, decision: &Decision) -> Outcome {
    use MessageType::*;
    let kind = match (request.port, request.message) {
        (Port::Dhcp, Discover) => Offer,
        (Port::BootServer, Request | Inform) => Ack,
        (Port::Dhcp, _) => return Outcome::silent(request, Why::NotOurAddresses),
        (Port::BootServer, _) => return Outcome::silent(request, Why::NotAskedHere),
    };
    if request.server.is_some_and(|s| s != config.address) && request.port == Port::Dhcp {
        return Outcome::silent(request, Why::AnotherServer);
    }
    let found = boot_file(&config.files, request).and_then(|found| decided(decision, request, found));
    let (file, class) = match found {
        Ok(found) => found,
        Err(why) => return Outcome::silent(request, why),
    };
    let mut packet = answer_to(request, kind, config.address);
    if kind == Ack {
        packet.ciaddr = request.packet.ciaddr;
    }
    add_boot_file(&mut packet, request, file, class, config.address);
    Outcome::new(request, Kind::BootOffered { file: file.into() }).answering(request, packet)
}
