//! Asking the network who answers machines: the wire part of the doctor.
//!
//! DISCOVERs are sent as three kinds of machine send them, under a client identifier that every administrator recognises
//! in his own logs, and all OFFERs of a few seconds are collected. Nothing is ever requested of a DHCP server, so no lease is
//! taken. Who offers like a ProxyDHCP is asked again on port 4011, as firmware does (PXE 2.1 §2.2.3).
mod line;
mod question;

pub use line::fuzz_probe;
pub use question::{CLIENT_ID, Posing};

use crate::{
    Interface, Mac,
    dhcp::{MessageType, Op, Packet, options::code, printable},
};
use line::Line;
use socle_texts::Result;
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    net::{Ipv4Addr, SocketAddrV4},
    time::{Duration, Instant},
};

/// A card without a hardware address of its own asks as this one: locally administered, and spells SOCLE.
const NAMELESS: Mac = Mac([0x02, 0x53, 0x4f, 0x43, 0x4c, 0x45]);
/// Answers kept; more come only from a network that somebody floods.
const MAX_ANSWERS: usize = 64;
/// How long a boot server on port 4011 is waited for.
const BOOT_SERVER: Duration = Duration::from_millis(1_500);
const DHCP: u16 = 67;
const DHCP_CLIENT: u16 = 68;
const BOOT: u16 = 4011;

/// One answer, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As which machine the question was asked.
    pub asked_as: Posing,
    /// Where it came from.
    pub from: SocketAddrV4,
    /// The message.
    pub packet: Packet,
}

impl Answer {
    /// Who answered: option 54, else where it came from.
    pub fn server(&self) -> Ipv4Addr {
        self.packet.options.address(code::SERVER_ID).unwrap_or(*self.from.ip())
    }
    /// Whether it came from a boot server's port.
    pub fn is_boot_server(&self) -> bool {
        self.packet.message_type() == Some(MessageType::Ack)
    }
    /// The address offered, if it is an offer of one.
    pub fn offered(&self) -> Option<Ipv4Addr> {
        Some(self.packet.yiaddr).filter(|a| !a.is_unspecified())
    }
    /// The options that say what a machine is told, readable, by number.
    pub fn readable(&self) -> BTreeMap<u8, String> {
        let one = |number: u8| Some((number, question::readable(number, self.packet.options.get(number)?)));
        question::SHOWN.iter().filter_map(|number| one(*number)).collect()
    }
    /// What to load, from the field `file`.
    pub fn file(&self) -> String {
        printable(&String::from_utf8_lossy(&self.packet.file), 128)
    }
}

/// Asks on one interface and listens for `wait`. Blocks: call it off the async threads.
///
/// # Errors
/// `boot-probe-forbidden` without the right to open such a socket; `boot-probe-not-sent`.
pub fn look(interface: &Interface, wait: Duration) -> Result<Vec<Answer>> {
    let line = Line::open(interface)?;
    let mac = interface.mac.filter(|m| m.is_one_machine()).unwrap_or(NAMELESS);
    let questions: Vec<(u32, Posing)> = Posing::ALL.iter().map(|posing| (chance(), *posing)).collect();
    let everybody = SocketAddrV4::new(Ipv4Addr::BROADCAST, DHCP);
    let mut heard: Vec<Answer> = Vec::new();
    let begun = Instant::now();
    // A first packet may be lost: a switch's port that has just come up, a server that looks whether an address is used.
    for until in [begun + wait / 2, begun + wait] {
        for (xid, posing) in questions.iter().filter(|(_, p)| !heard.iter().any(|a| a.asked_as == *p)) {
            line.send(everybody, DHCP_CLIENT, &question::discover(*posing, mac, *xid).encode())?;
        }
        listen(&line, &questions, mac, until, &mut heard)?;
    }
    let proxies: BTreeSet<Ipv4Addr> = heard.iter().filter(|a| is_proxy(&a.packet)).map(Answer::server).collect();
    let proxies: Vec<Ipv4Addr> = proxies.into_iter().filter(|p| *p != interface.address).take(8).collect();
    if !proxies.is_empty() {
        let questions: Vec<(u32, Posing)> = Posing::ALL.iter().map(|posing| (chance(), *posing)).collect();
        for (server, (xid, posing)) in proxies.iter().flat_map(|s| questions.iter().map(move |q| (s, q))) {
            let asked = question::boot_request(*posing, mac, *xid, interface.address);
            // Who does not listen there is no fault: the offer was enough for many machines.
            let _ = line.send(SocketAddrV4::new(*server, BOOT), DHCP_CLIENT, &asked.encode());
        }
        listen(&line, &questions, mac, Instant::now() + BOOT_SERVER.min(wait), &mut heard)?;
    }
    Ok(heard)
}

/// An offer without address that calls itself PXE's: a ProxyDHCP (PXE 2.1 §2.2.1).
pub fn is_proxy(packet: &Packet) -> bool {
    let class = packet.options.get(code::VENDOR_CLASS).unwrap_or(&[]);
    packet.message_type() == Some(MessageType::Offer)
        && packet.yiaddr.is_unspecified()
        && (class.starts_with(b"PXEClient") || class.starts_with(b"HTTPClient"))
}

fn listen(line: &Line, questions: &[(u32, Posing)], mac: Mac, until: Instant, heard: &mut Vec<Answer>) -> Result<()> {
    while let Some((from, to_port, bytes)) = line.next(until)? {
        if to_port != DHCP_CLIENT || heard.len() >= MAX_ANSWERS {
            continue;
        }
        let Ok(packet) = Packet::decode(&bytes) else { continue };
        let Some((_, asked_as)) = questions.iter().find(|(xid, _)| *xid == packet.xid) else { continue };
        let wanted = matches!(packet.message_type(), Some(MessageType::Offer | MessageType::Ack));
        if packet.op != Op::Reply || packet.mac() != Some(mac) || !wanted {
            continue;
        }
        let answer = Answer { asked_as: *asked_as, from, packet };
        let known = |a: &Answer| {
            (a.asked_as, a.server(), a.is_boot_server()) == (answer.asked_as, answer.server(), answer.is_boot_server())
                && a.offered() == answer.offered()
        };
        if !heard.iter().any(known) {
            heard.push(answer);
        }
    }
    Ok(())
}

/// A number that nobody has guessed: an identifier of a question, no secret.
fn chance() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}
