//! What the doctor asks, and how answers read.
use crate::{
    Mac,
    dhcp::{MessageType, Op, Packet, options::code, printable},
};
use std::net::Ipv4Addr;

/// The doctor's client identifier (RFC 2132 §9.14: type 0, then anything): what an administrator finds in his server's log.
pub const CLIENT_ID: &[u8] = b"\x00socle-doctor";
const PARAMETERS: u8 = 55;
const TIME_SERVERS: u8 = 42;
/// Cisco's list of TFTP servers (RFC 5859 §2).
const TFTP_SERVERS: u8 = 150;
/// What an answer is asked to hold.
const WISHED: [u8; 14] = [1, 3, 6, 15, 28, TIME_SERVERS, 43, 51, 54, 60, 66, 67, TFTP_SERVERS, 175];
/// What is shown of an answer.
pub(super) const SHOWN: [u8; 10] = [3, 6, TIME_SERVERS, 43, 60, 66, 67, 93, TFTP_SERVERS, 175];
/// "socle-doctor" where firmware gives its identifier: some boot servers answer nobody without one.
const MACHINE_ID: &[u8; 17] = b"\0socle-doctor\x00\x00\x00\x01";
/// The longest value that is shown.
const MAX_SHOWN: usize = 256;

/// As which machine the doctor asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Posing {
    /// An old BIOS.
    Bios,
    /// UEFI on x86-64, loader over TFTP.
    Uefi,
    /// UEFI on x86-64, loader over HTTP.
    UefiHttp,
}

impl Posing {
    /// All of them.
    pub const ALL: [Posing; 3] = [Posing::Bios, Posing::Uefi, Posing::UefiHttp];
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Posing::Bios => "bios",
            Posing::Uefi => "uefi",
            Posing::UefiHttp => "uefi-http",
        }
    }
    /// Vendor class and architecture (RFC 4578 §2.1).
    fn says(self) -> (&'static [u8], u16) {
        match self {
            Posing::Bios => (b"PXEClient:Arch:00000:UNDI:002001", 0),
            Posing::Uefi => (b"PXEClient:Arch:00007:UNDI:003016", 7),
            Posing::UefiHttp => (b"HTTPClient:Arch:00016:UNDI:003001", 16),
        }
    }
}

/// A DISCOVER. Answers are asked for by broadcast: they are heard whoever has the address.
pub(super) fn discover(posing: Posing, mac: Mac, xid: u32) -> Packet {
    message(posing, mac, xid, MessageType::Discover)
}

/// What firmware asks a boot server once it has its address.
pub(super) fn boot_request(posing: Posing, mac: Mac, xid: u32, address: Ipv4Addr) -> Packet {
    let mut packet = message(posing, mac, xid, MessageType::Request);
    packet.broadcast = false;
    packet.ciaddr = address;
    packet
}

fn message(posing: Posing, mac: Mac, xid: u32, kind: MessageType) -> Packet {
    let (class, arch) = posing.says();
    let mut packet = Packet::new(Op::Request);
    packet.xid = xid;
    packet.broadcast = true;
    packet.chaddr[..6].copy_from_slice(&mac.0);
    packet.options.set(code::MESSAGE_TYPE, [kind as u8]);
    packet.options.set(code::CLIENT_ID, CLIENT_ID);
    packet.options.set(code::MAX_MESSAGE_BYTES, 1472u16.to_be_bytes());
    packet.options.set(PARAMETERS, WISHED);
    packet.options.set(code::VENDOR_CLASS, class);
    packet.options.set(code::ARCHITECTURE, arch.to_be_bytes());
    packet.options.set(code::INTERFACE, [1, 3, 16]);
    packet.options.set(code::MACHINE_ID, MACHINE_ID.as_slice());
    packet
}

/// An option as a person reads it: addresses, a text, or bytes. What comes from the wire is cut and kept printable.
pub(super) fn readable(number: u8, bytes: &[u8]) -> String {
    match number {
        code::ROUTERS | code::NAME_SERVERS | TIME_SERVERS | TFTP_SERVERS if bytes.len() % 4 == 0 => {
            let one = |a: &[u8]| <[u8; 4]>::try_from(a).map(Ipv4Addr::from).map(|a| a.to_string()).unwrap_or_default();
            bytes.chunks(4).take(16).map(one).collect::<Vec<_>>().join(", ")
        }
        code::ARCHITECTURE => {
            let one = |pair: &[u8]| pair.iter().fold(0u16, |n, b| n << 8 | u16::from(*b)).to_string();
            bytes.chunks(2).take(16).map(one).collect::<Vec<_>>().join(", ")
        }
        code::VENDOR_CLASS | code::BOOT_SERVER | code::BOOT_FILE => {
            let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
            printable(&String::from_utf8_lossy(&bytes[..end]), MAX_SHOWN)
        }
        _ => bytes.iter().take(64).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_asks_is_a_machine_to_every_server_and_the_doctor_to_its_administrator() {
        for posing in Posing::ALL {
            let packet = discover(posing, Mac([2, 0, 0, 0, 0, 1]), 7);
            let again = Packet::decode(&packet.encode()).expect("a message");
            assert_eq!(again, packet);
            assert!(again.options.get(code::CLIENT_ID).is_some_and(|id| id.ends_with(b"socle-doctor")));
            assert!(again.broadcast && again.options.get(code::MACHINE_ID).is_some_and(|id| id.len() == 17));
        }
    }

    #[test]
    fn options_are_readable_whatever_they_hold() {
        let check = |number, bytes: &[u8], wanted: &str| assert_eq!(readable(number, bytes), wanted);
        check(3, &[10, 0, 0, 1, 10, 0, 0, 2], "10.0.0.1, 10.0.0.2");
        check(3, &[10, 0, 0], "0a 00 00");
        check(66, b"boot.example\0\0", "boot.example");
        check(67, b"a\x1b[31mb\xff", "a[31mb");
        check(93, &[0, 7, 0, 9], "7, 9");
        check(43, &[6, 1, 8, 255], "06 01 08 ff");
        assert!(readable(67, &[b'x'; 5_000]).len() <= MAX_SHOWN && readable(43, &[1; 5_000]).len() < 256);
    }
}
