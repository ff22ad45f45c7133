//! A DHCP message and its bytes: RFC 2131 §2, RFC 2132.
use super::options::{Options, code};
use crate::Mac;
use std::net::Ipv4Addr;

/// Longest message read: one Ethernet frame. What is longer was never sent by firmware.
pub const MAX_PACKET_BYTES: usize = 1500;
/// Shortest message written: BOOTP's (RFC 951 §3 and RFC 1542 §2.1); old relay agents drop shorter ones.
const MIN_PACKET_BYTES: usize = 300;
/// Every client takes this much (RFC 2131 §2: 576 bytes of IP, less the IP and UDP headers).
pub const EVERYBODY_TAKES_BYTES: usize = 548;
const FIXED_BYTES: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
const BROADCAST_FLAG: u16 = 0x8000;

/// Who speaks (field `op`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// A client.
    Request,
    /// A server.
    Reply,
}

/// What kind of message it is (RFC 2132 §9.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the RFC's
pub enum MessageType {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
    Inform = 8,
}

impl MessageType {
    /// From the byte of option 53.
    pub fn from_byte(byte: u8) -> Option<Self> {
        use MessageType::*;
        [Discover, Offer, Request, Decline, Ack, Nak, Release, Inform].into_iter().find(|t| *t as u8 == byte)
    }
    /// As the RFC writes it.
    pub fn name(self) -> &'static str {
        use MessageType::*;
        match self {
            Discover => "DISCOVER",
            Offer => "OFFER",
            Request => "REQUEST",
            Decline => "DECLINE",
            Ack => "ACK",
            Nak => "NAK",
            Release => "RELEASE",
            Inform => "INFORM",
        }
    }
}

/// One message, fields in the order of the wire (RFC 2131 §2, figure 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Who speaks.
    pub op: Op,
    /// Hardware type; 1 is Ethernet.
    pub htype: u8,
    /// Length of the hardware address.
    pub hlen: u8,
    /// How many relay agents passed it on.
    pub hops: u8,
    /// The client's number for this exchange.
    pub xid: u32,
    /// Seconds since the client began.
    pub secs: u16,
    /// The client can't receive unicast yet (RFC 2131 §4.1).
    pub broadcast: bool,
    /// The address that the client already has.
    pub ciaddr: Ipv4Addr,
    /// The address given to the client.
    pub yiaddr: Ipv4Addr,
    /// Where to fetch the boot file.
    pub siaddr: Ipv4Addr,
    /// The relay agent that passed it on.
    pub giaddr: Ipv4Addr,
    /// The client's hardware address, filled up with zeros.
    pub chaddr: [u8; 16],
    /// Name of the boot server; empty when it held options (RFC 2132 §9.3).
    pub sname: Vec<u8>,
    /// Name of the boot file; empty when it held options.
    pub file: Vec<u8>,
    /// The options, overloaded fields included.
    pub options: Options,
}

/// Why bytes are no DHCP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than the fixed part and the cookie.
    TooShort,
    /// Longer than [`MAX_PACKET_BYTES`].
    TooLong,
    /// Neither a request nor a reply.
    Op,
    /// Not DHCP: the magic cookie is missing (RFC 2131 §3).
    Cookie,
}

impl Packet {
    /// An empty message.
    pub fn new(op: Op) -> Self {
        let none = Ipv4Addr::UNSPECIFIED;
        Packet {
            op,
            htype: 1,
            hlen: 6,
            hops: 0,
            xid: 0,
            secs: 0,
            broadcast: false,
            ciaddr: none,
            yiaddr: none,
            siaddr: none,
            giaddr: none,
            chaddr: [0; 16],
            sname: Vec::new(),
            file: Vec::new(),
            options: Options::default(),
        }
    }

    /// The kind of message, where option 53 says one.
    pub fn message_type(&self) -> Option<MessageType> {
        self.options.byte(code::MESSAGE_TYPE).and_then(MessageType::from_byte)
    }

    /// The client's Ethernet address, if it is one (htype 1, six bytes, one machine's).
    pub fn mac(&self) -> Option<Mac> {
        let bytes: [u8; 6] = self.chaddr.get(..6)?.try_into().ok()?;
        let mac = Mac(bytes);
        (self.htype == 1 && self.hlen == 6 && mac.is_one_machine()).then_some(mac)
    }

    /// Reads a message. Never panics, whatever the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Packet, Malformed> {
        if bytes.len() > MAX_PACKET_BYTES {
            return Err(Malformed::TooLong);
        }
        let Some((fixed, rest)) = bytes.split_at_checked(FIXED_BYTES) else { return Err(Malformed::TooShort) };
        let Some((cookie, field)) = rest.split_at_checked(COOKIE.len()) else { return Err(Malformed::TooShort) };
        if cookie != COOKIE {
            return Err(Malformed::Cookie);
        }
        let op = match fixed[0] {
            1 => Op::Request,
            2 => Op::Reply,
            _ => return Err(Malformed::Op),
        };
        let word = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let half = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
        let mut chaddr = [0; 16];
        chaddr.copy_from_slice(&fixed[28..44]);
        let (sname, file) = (&fixed[44..108], &fixed[108..236]);
        let mut packet = Packet {
            op,
            htype: fixed[1],
            hlen: fixed[2],
            hops: fixed[3],
            xid: word(4),
            secs: half(8),
            broadcast: half(10) & BROADCAST_FLAG != 0,
            ciaddr: word(12).into(),
            yiaddr: word(16).into(),
            siaddr: word(20).into(),
            giaddr: word(24).into(),
            chaddr,
            sname: Vec::new(),
            file: Vec::new(),
            options: Options::default(),
        };
        packet.options.read(field);
        // RFC 2132 §9.3: 1 = file holds options, 2 = sname does, 3 = both; read in that order (RFC 3396 §5).
        let overload = packet.options.take(code::OVERLOAD).and_then(|o| o.first().copied()).unwrap_or(0);
        match overload & 1 {
            0 => packet.file = until_zero(file),
            _ => packet.options.read(file),
        }
        match overload & 2 {
            0 => packet.sname = until_zero(sname),
            _ => packet.options.read(sname),
        }
        packet.options.take(code::OVERLOAD);
        Ok(packet)
    }

    /// Writes the message. `sname` and `file` are cut to their fields (63 and 127 bytes and a zero); the caller puts
    /// a longer boot file in option 67. The length is not limited here: see [`Packet::encode_within`].
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MIN_PACKET_BYTES);
        out.push(if self.op == Op::Request { 1 } else { 2 });
        out.extend([self.htype, self.hlen, self.hops]);
        out.extend(self.xid.to_be_bytes());
        out.extend(self.secs.to_be_bytes());
        out.extend(if self.broadcast { BROADCAST_FLAG } else { 0 }.to_be_bytes());
        for address in [self.ciaddr, self.yiaddr, self.siaddr, self.giaddr] {
            out.extend(address.octets());
        }
        out.extend(self.chaddr);
        out.extend(padded::<64>(&self.sname));
        out.extend(padded::<128>(&self.file));
        out.extend(COOKIE);
        self.options.write(&mut out);
        if out.len() < MIN_PACKET_BYTES {
            out.resize(MIN_PACKET_BYTES, 0);
        }
        out
    }

    /// The bytes, or nothing when they are more than `limit_bytes`.
    pub fn encode_within(&self, limit_bytes: usize) -> Option<Vec<u8>> {
        let bytes = self.encode();
        (bytes.len() <= limit_bytes).then_some(bytes)
    }
}

fn until_zero(field: &[u8]) -> Vec<u8> {
    field.iter().copied().take_while(|b| *b != 0).take(field.len() - 1).collect()
}

fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut field = [0; N];
    for (to, from) in field.iter_mut().take(N - 1).zip(bytes.iter().take_while(|b| **b != 0)) {
        *to = *from;
    }
    field
}
