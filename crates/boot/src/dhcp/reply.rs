//! An answer and where it goes.
use super::{
    options::code,
    packet::{MessageType, Op, Packet},
    pool::Lease,
    request::{Client, Port, Request},
};
use crate::{BootEvent, Kind, Why};
use std::net::Ipv4Addr;

/// Where an answer goes (RFC 2131 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Everybody on the interface, port 68: the client has no address yet.
    Everybody,
    /// The client's own address, port 68.
    Client(Ipv4Addr),
    /// The DHCP relay agent that passed the request on, port 67.
    RelayAgent(Ipv4Addr),
    /// Wherever the request came from: a conversation on port 4011.
    Sender,
}

/// An answer, ready to be sent from the port to which the request came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where it goes.
    pub to: Destination,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The answer, if there is one.
    pub reply: Option<Reply>,
    /// What to tell the console.
    pub event: BootEvent,
    /// A lease to write down *before* the answer is sent (RFC 2131 §4.3.1: a given address survives our restart).
    pub keep: Option<Lease>,
}

impl Outcome {
    pub(super) fn new(request: &Request, kind: Kind) -> Self {
        let address = Some(request.packet.ciaddr).filter(|a| !a.is_unspecified());
        let event = BootEvent {
            mac: Some(request.mac),
            uuid: request.uuid,
            arch: request.arch.map(|a| a.0),
            address,
            asked: request.asked(),
            kind,
        };
        Outcome { reply: None, event, keep: None }
    }

    pub(crate) fn silent(request: &Request, why: Why) -> Self {
        Self::new(request, Kind::Silent { why })
    }

    /// Adds the answer; one longer than the client takes becomes a silence and changes nothing.
    pub(super) fn answering(mut self, request: &Request, mut packet: Packet) -> Self {
        // A relay agent knows by its own words where an answer goes; they come back as they were, last of all options
        // (RFC 3046 §2.2).
        if let Some(words) = request.packet.options.get(code::RELAY_AGENT) {
            packet.options.set(code::RELAY_AGENT, words);
        }
        match packet.encode_within(request.takes_bytes()) {
            Some(bytes) => self.reply = Some(Reply { to: destination(request, &packet), bytes }),
            None => self.event.kind = Kind::Silent { why: Why::AnswerTooLong },
        }
        self
    }
}

/// RFC 2131 §4.1. A client with neither address nor relay agent is answered by broadcast: unicast to it would need
/// an entry in the kernel's neighbour table, and every client takes broadcast.
fn destination(request: &Request, answer: &Packet) -> Destination {
    let asked = &request.packet;
    if request.port == Port::BootServer {
        Destination::Sender
    } else if !asked.giaddr.is_unspecified() {
        Destination::RelayAgent(asked.giaddr)
    } else if asked.ciaddr.is_unspecified() || answer.message_type() == Some(MessageType::Nak) {
        Destination::Everybody
    } else {
        Destination::Client(asked.ciaddr)
    }
}

/// An answer with all that it repeats from the request (RFC 2131 §4.3.1, table 3).
pub(super) fn answer_to(request: &Request, kind: MessageType, our_address: Ipv4Addr) -> Packet {
    let asked = &request.packet;
    let mut packet = Packet::new(Op::Reply);
    packet.htype = asked.htype;
    packet.hlen = asked.hlen;
    packet.xid = asked.xid;
    packet.broadcast = asked.broadcast;
    packet.giaddr = asked.giaddr;
    packet.chaddr = asked.chaddr;
    packet.options.set(code::MESSAGE_TYPE, [kind as u8]);
    packet.options.set(code::SERVER_ID, our_address.octets());
    packet
}

/// PXE 2.1 §2.2.4: discovery control (6) = 8, "load the boot file named here, ask nothing"; then the end mark.
const LOAD_WHAT_IS_NAMED: [u8; 4] = [6, 1, 8, 255];
/// PXE 2.1 §2.3: which boot server and layer a client picked.
const BOOT_ITEM: u8 = 71;

/// Adds what to load. `class` is the vendor class that a client of a proxy looks for.
pub(super) fn add_boot_file(packet: &mut Packet, request: &Request, file: &str, class: &str, our_address: Ipv4Addr) {
    packet.siaddr = our_address;
    // Both places: some clients read one, some the other. A URL too long for its field stands in the option alone.
    if file.len() < 128 && request.client != Client::Http {
        packet.file = file.as_bytes().to_vec();
    }
    packet.options.set(code::BOOT_FILE, file.as_bytes());
    // Firmware that asks for the boot server by its option may look nowhere else. Not where the file is a URL: iPXE would
    // take it for a server of TFTP.
    if request.client == Client::Pxe && request.asks_for(code::BOOT_SERVER) {
        packet.options.set(code::BOOT_SERVER, our_address.to_string().as_bytes());
    }
    packet.options.set(code::VENDOR_CLASS, class.as_bytes());
    if let Some(id) = request.packet.options.get(code::MACHINE_ID) {
        packet.options.set(code::MACHINE_ID, id);
    }
    if request.client != Client::Http {
        packet.options.set(code::VENDOR, vendor_options(request));
    }
}

fn vendor_options(request: &Request) -> Vec<u8> {
    let mut vendor = LOAD_WHAT_IS_NAMED.to_vec();
    if let Some(item) = boot_item(request.packet.options.get(code::VENDOR).unwrap_or(&[])) {
        vendor.splice(0..0, [BOOT_ITEM, item.len() as u8].into_iter().chain(item.iter().copied()));
    }
    vendor
}

fn boot_item(mut field: &[u8]) -> Option<&[u8]> {
    while let [tag, rest @ ..] = field {
        field = match *tag {
            0 => rest,
            255 => return None,
            tag => {
                let (len, rest) = rest.split_first()?;
                let (bytes, rest) = rest.split_at_checked(*len as usize)?;
                if tag == BOOT_ITEM && bytes.len() == 4 {
                    return Some(bytes);
                }
                rest
            }
        }
    }
    None
}
