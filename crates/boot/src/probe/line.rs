//! Datagrams of DHCP's ports on one interface, beside whatever programs hold these ports.
//!
//! A raw UDP socket asks: a DHCP client that holds port 68 is not disturbed and does not disturb, and what it sends by
//! broadcast is heard by servers of this computer too. A packet socket listens: it hears what the firewall and the check of
//! senders (`rp_filter`) would keep from other programs, above all a rogue server that speaks from another network. Where
//! the system allows none, the raw socket listens itself.
use crate::Interface;
use nix::{ifaddrs::getifaddrs, sys::socket as system};
use socket2::{Domain, Protocol, Socket, Type};
use socle_texts::{Fault, Result};
use std::{
    io::{ErrorKind, Read},
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

const UDP: u8 = 17;
const UDP_HEAD_BYTES: usize = 8;
/// IP's head with all its options, UDP's, and a DHCP message.
const MAX_BYTES: usize = 60 + UDP_HEAD_BYTES + crate::dhcp::MAX_PACKET_BYTES;

/// What the packet socket takes (if_ether.h): everything. Asked for IPv4 alone, it would not hear what this computer itself
/// sends, and so none of our own answers.
const EVERYTHING: u16 = 0x0003;

pub(super) struct Line {
    socket: Socket,
    /// What listens, where it is another.
    ear: Option<Socket>,
    interface: String,
}

impl Line {
    pub fn open(interface: &Interface) -> Result<Line> {
        let open = || {
            let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP))?;
            socket.set_broadcast(true)?;
            socket.bind_device(Some(interface.name.as_bytes()))?;
            Ok(socket)
        };
        let failed = |e: std::io::Error| {
            let code = match e.kind() {
                ErrorKind::PermissionDenied => Fault::new("boot-probe-forbidden"),
                _ => Fault::new("boot-probe-not-sent"),
            };
            code.with("interface", &interface.name).because(e)
        };
        Ok(Line { socket: open().map_err(failed)?, ear: ear(&interface.name), interface: interface.name.clone() })
    }

    fn failed(&self, e: std::io::Error) -> Fault {
        Fault::new("boot-probe-not-sent").with("interface", &self.interface).because(e)
    }

    /// Sends a datagram; the system writes IP's head. The checksum is left out, as IPv4 allows (RFC 768).
    pub fn send(&self, to: SocketAddrV4, from_port: u16, payload: &[u8]) -> Result<()> {
        let length = (UDP_HEAD_BYTES + payload.len()) as u16;
        let mut bytes = Vec::with_capacity(usize::from(length));
        for half in [from_port, to.port(), length, 0] {
            bytes.extend(half.to_be_bytes());
        }
        bytes.extend_from_slice(payload);
        let to = SocketAddrV4::new(*to.ip(), 0);
        self.socket.send_to(&bytes, &to.into()).map(drop).map_err(|e| self.failed(e))
    }

    /// The next datagram: from where, to which port, and what. None when the time is over.
    pub fn next(&self, until: Instant) -> Result<Option<(SocketAddrV4, u16, Vec<u8>)>> {
        let mut buffer = [0; MAX_BYTES];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let left = left.max(Duration::from_millis(1));
            let mut ear = self.ear.as_ref().unwrap_or(&self.socket);
            ear.set_read_timeout(Some(left)).map_err(|e| self.failed(e))?;
            match ear.read(&mut buffer) {
                Ok(length) => {
                    if let Some((from, to_port, payload)) = datagram(&buffer[..length]) {
                        return Ok(Some((from, to_port, payload.to_vec())));
                    }
                }
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(None),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed(e)),
            }
        }
    }
}

/// A packet socket on one interface; its packets begin with IP's head.
fn ear(interface: &str) -> Option<Socket> {
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(i32::from(EVERYTHING.to_be())))).ok()?;
    // The system's own list gives the address that such a socket is bound to: the interface's number.
    let mut links = getifaddrs().ok()?.filter(|i| i.interface_name == interface);
    let link = links.find_map(|i| i.address?.as_link_addr().copied())?;
    system::bind(socket.as_raw_fd(), &link).ok()?;
    Some(socket)
}

/// Reads a UDP datagram with IP's head (RFC 791 §3.1, RFC 768): from where, to which port, and what. Never panics.
fn datagram(bytes: &[u8]) -> Option<(SocketAddrV4, u16, &[u8])> {
    let head_bytes = usize::from(bytes.first()? & 15) * 4;
    let (head, rest) = bytes.split_at_checked(head_bytes)?;
    if bytes[0] >> 4 != 4 || head.get(9) != Some(&UDP) {
        return None;
    }
    let from: [u8; 4] = head.get(12..16)?.try_into().ok()?;
    let (udp, payload) = rest.split_at_checked(UDP_HEAD_BYTES)?;
    let half = |at: usize| u16::from_be_bytes([udp[at], udp[at + 1]]);
    let length = usize::from(half(4)).checked_sub(UDP_HEAD_BYTES)?;
    Some((SocketAddrV4::new(Ipv4Addr::from(from), half(0)), half(2), payload.get(..length)?))
}

/// Replayable entry for any bytes: reading what comes by the raw socket never panics, and answers stay readable.
pub fn fuzz_probe(bytes: &[u8]) {
    let payload = datagram(bytes).map_or(bytes, |(_, _, payload)| payload);
    let Ok(packet) = crate::dhcp::Packet::decode(payload) else { return };
    let from = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 67);
    let answer = super::Answer { asked_as: super::Posing::Uefi, from, packet };
    let _ = (answer.server(), answer.offered(), super::is_proxy(&answer.packet));
    for (number, text) in answer.readable() {
        assert!(text.len() <= 1_024, "option {number} is shown at length");
        assert!(text.chars().all(|c| c.is_ascii_graphic() || c == ' '), "option {number} is shown raw");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_read_with_their_heads() {
        let mut bytes = vec![0x46, 0, 0, 0, 0, 0, 0, 0, 64, UDP, 0, 0, 10, 0, 0, 7, 255, 255, 255, 255, 1, 1, 1, 0];
        bytes.extend([0, 67, 0, 68, 0, 11, 0, 0, b'a', b'b', b'c', b'-']);
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 7), 67);
        assert_eq!(datagram(&bytes), Some((from, 68, &b"abc"[..])));
        for cut in 0..bytes.len() - 1 {
            assert_eq!(datagram(&bytes[..cut]), None, "{cut}");
        }
        bytes[9] = 6;
        assert_eq!(datagram(&bytes), None);
    }
}
