//! The only DHCP server of a closed network: RFC 2131 §4.3.
use super::{
    Config,
    boot_file::{Decision, boot_file, decided},
    options::code,
    packet::{MessageType, Packet},
    pool::{Lease, Pool},
    proxy,
    reply::{Outcome, add_boot_file, answer_to},
    request::{Client, Port, Request},
};
use crate::{Kind, Why};
use std::net::Ipv4Addr;

/// Inside option 175: iPXE need not wait for a ProxyDHCP answer (its `no-pxedhcp`, 176), saving 2 to 3 seconds.
const IPXE_NO_PROXY: [u8; 3] = [176, 1, 1];

/// Answers with an address and, for a machine that boots from the network, with what to load.
pub(super) fn answer(config: &Config, pool: &mut Pool, request: &Request, decision: &Decision, now: u64) -> Outcome {
    if request.port == Port::BootServer {
        return proxy::answer(config, request, decision);
    }
    if !request.packet.giaddr.is_unspecified() {
        return Outcome::silent(request, Why::RelayAgent);
    }
    match request.message {
        MessageType::Discover => discover(config, pool, request, decision, now),
        MessageType::Request => asked(config, pool, request, decision, now),
        MessageType::Inform => inform(config, pool, request, decision),
        MessageType::Release => {
            ended(config, request, pool.release(request.mac, request.packet.ciaddr, now), |given| {
                Kind::AddressReleased { given }
            })
        }
        MessageType::Decline => {
            let address = request.wished.unwrap_or(Ipv4Addr::UNSPECIFIED);
            ended(config, request, pool.decline(request.mac, address, now), |given| Kind::AddressDeclined { given })
        }
        _ => Outcome::silent(request, Why::NotAskedHere),
    }
}

/// RFC 2131 §4.3.1.
fn discover(config: &Config, pool: &mut Pool, request: &Request, decision: &Decision, now: u64) -> Outcome {
    let Some(given) = pool.offer(request.mac, request.wished, now) else {
        return Outcome::silent(request, Why::NoAddressLeft);
    };
    let mut packet = answer_to(request, MessageType::Offer, config.address);
    packet.yiaddr = given;
    let (file, withheld) = add_all(&mut packet, config, pool, request, decision);
    Outcome::new(request, Kind::AddressOffered { given, file, withheld }).answering(request, packet)
}

/// RFC 2131 §4.3.2: a REQUEST answers our offer, checks an address after a restart, or renews it.
fn asked(config: &Config, pool: &mut Pool, request: &Request, decision: &Decision, now: u64) -> Outcome {
    let ciaddr = Some(request.packet.ciaddr).filter(|a| !a.is_unspecified());
    let Some(wanted) = request.wished.or(ciaddr) else { return Outcome::silent(request, Why::UnknownLease) };
    match request.server {
        Some(server) if server != config.address => return Outcome::silent(request, Why::AnotherServer),
        // An answer to our offer: given, or refused aloud.
        Some(_) => {}
        // After a restart (INIT-REBOOT) or renewing: we speak only of what we know.
        None if !pool.range().is_ours(wanted) => return refused(config, request, wanted, Why::AnotherNetwork),
        None if pool.lease_of(request.mac).is_none() => return Outcome::silent(request, Why::UnknownLease),
        None => {}
    }
    let held = pool.lease_of(request.mac).map(|l| l.address);
    if held.is_some_and(|h| h != wanted) {
        return refused(config, request, wanted, Why::AnotherAddress);
    }
    let Some(lease) = pool.give(request.mac, wanted, now) else {
        return refused(config, request, wanted, Why::AnotherMachine);
    };
    let mut packet = answer_to(request, MessageType::Ack, config.address);
    packet.ciaddr = request.packet.ciaddr;
    packet.yiaddr = lease.address;
    let (file, withheld) = add_all(&mut packet, config, pool, request, decision);
    let mut outcome = Outcome::new(request, Kind::AddressGiven { given: lease.address, file, withheld });
    outcome.keep = Some(lease);
    outcome.answering(request, packet)
}

/// RFC 2131 §4.3.5: the client has its address already and wants the rest; neither `yiaddr` nor a lease time.
fn inform(config: &Config, pool: &Pool, request: &Request, decision: &Decision) -> Outcome {
    let address = request.packet.ciaddr;
    if !pool.range().is_ours(address) {
        return Outcome::silent(request, Why::AnotherNetwork);
    }
    let mut packet = answer_to(request, MessageType::Ack, config.address);
    packet.ciaddr = address;
    let (file, withheld) = add_all(&mut packet, config, pool, request, decision);
    packet.options.take(code::LEASE_SECONDS);
    Outcome::new(request, Kind::AddressGiven { given: address, file, withheld }).answering(request, packet)
}

/// RFC 2131 §4.3.3 and §4.3.4: neither is answered.
fn ended(config: &Config, request: &Request, lease: Option<Lease>, kind: fn(Ipv4Addr) -> Kind) -> Outcome {
    if request.server.is_some_and(|s| s != config.address) {
        return Outcome::silent(request, Why::AnotherServer);
    }
    let Some(lease) = lease else { return Outcome::silent(request, Why::UnknownLease) };
    let mut outcome = Outcome::new(request, kind(lease.address));
    outcome.keep = Some(lease);
    outcome
}

fn refused(config: &Config, request: &Request, wanted: Ipv4Addr, why: Why) -> Outcome {
    let packet = answer_to(request, MessageType::Nak, config.address);
    Outcome::new(request, Kind::AddressRefused { wanted, why }).answering(request, packet)
}

/// Adds the network's parameters and, where the machine boots from the network and may, what to load. Returns the
/// name of what it loads, or why it is told nothing though it asked.
fn add_all(
    packet: &mut Packet,
    config: &Config,
    pool: &Pool,
    request: &Request,
    decision: &Decision,
) -> (Option<String>, Option<Why>) {
    let range = pool.range();
    packet.options.set(code::LEASE_SECONDS, range.lease_seconds.to_be_bytes());
    packet.options.set(code::SUBNET_MASK, range.mask().octets());
    packet.options.set(code::BROADCAST, range.broadcast().octets());
    if let Some(router) = range.router {
        packet.options.set(code::ROUTERS, router.octets());
    }
    if !range.name_servers.is_empty() {
        packet.options.set(code::NAME_SERVERS, range.name_servers.iter().flat_map(|s| s.octets()).collect::<Vec<_>>());
    }
    let found = boot_file(&config.files, request).and_then(|found| decided(decision, request, found));
    let (file, class) = match found {
        Ok(found) => found,
        Err(why) => return (None, Some(why).filter(|w| *w != Why::NotNetworkBoot)),
    };
    add_boot_file(packet, request, file, class, config.address);
    match request.client {
        // UEFI HTTP takes an offer only with its own class repeated (UEFI 2.10 §24.7.3.1).
        Client::Http => {}
        // An address and a file in one answer need no boot server: "PXEClient" would send the firmware to port 4011.
        _ => {
            packet.options.take(code::VENDOR_CLASS);
            packet.options.take(code::VENDOR);
        }
    }
    if request.client == Client::Ipxe {
        packet.options.set(code::IPXE, IPXE_NO_PROXY);
    }
    (Some(file.into()), None)
}
