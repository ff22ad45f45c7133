//! What a client asks, read out of its message.
use super::{
    options::code,
    packet::{EVERYBODY_TAKES_BYTES, MAX_PACKET_BYTES, MessageType, Op, Packet},
};
use crate::{Mac, event::BY_THE_DOCTOR};
use std::net::Ipv4Addr;
use uuid::Uuid;

/// What a client runs on, as option 93 says it (RFC 4578 §2.1 and IANA's "Processor Architecture Types").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arch(pub u16);

impl Arch {
    /// BIOS ("Intel x86PC"), whatever the processor can do beside.
    pub fn is_bios(self) -> bool {
        self.0 == 0
    }
    /// UEFI on x86-64, loader over TFTP: 7, and 9 for firmware that follows RFC 4578's list to the letter.
    pub fn is_uefi_x64(self) -> bool {
        self.0 == 7 || self.0 == 9
    }
    /// UEFI on x86-64, loader over HTTP.
    pub fn is_uefi_x64_http(self) -> bool {
        self.0 == 16
    }
}

/// What kind of program asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Firmware that loads over TFTP: vendor class `PXEClient` (PXE 2.1 §2.2.1).
    Pxe,
    /// Firmware that loads over HTTP: vendor class `HTTPClient` (UEFI 2.10 §24.7.3).
    Http,
    /// iPXE, in a card or loaded by us: user class `iPXE` or option 175.
    Ipxe,
    /// Anything else: an installed system, a telephone.
    Other,
}

/// Which of our ports a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// 67, DHCP's.
    Dhcp,
    /// 4011, the boot server's beside a DHCP server (PXE 2.1 §2.2.3).
    BootServer,
}

/// A client's message, reduced to what a decision needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The port it came to.
    pub port: Port,
    /// What kind of message.
    pub message: MessageType,
    /// Who says to ask: a hint, never a proof.
    pub mac: Mac,
    /// The machine's identifier (RFC 4578 §2.3) in the order in which Linux shows it; a hint, never a proof.
    pub uuid: Option<Uuid>,
    /// What it runs on, where it says so.
    pub arch: Option<Arch>,
    /// What kind of program asks.
    pub client: Client,
    /// The name it gives itself; only printable ASCII is kept, 63 bytes at most.
    pub host_name: Option<String>,
    /// The address it wishes (option 50).
    pub wished: Option<Ipv4Addr>,
    /// The server it speaks to (option 54).
    pub server: Option<Ipv4Addr>,
    /// The whole message: its answer repeats parts of it.
    pub packet: Packet,
}

/// Why a message asks nothing of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotARequest {
    /// A server's answer.
    FromAServer,
    /// No message type, or one that only servers send.
    MessageType,
    /// No Ethernet address of one machine.
    HardwareAddress,
}

impl Request {
    /// Reads what is asked. Never panics, whatever the message.
    pub fn read(packet: Packet, port: Port) -> Result<Request, NotARequest> {
        use MessageType::*;
        if packet.op != Op::Request {
            return Err(NotARequest::FromAServer);
        }
        let message = match packet.message_type() {
            Some(m @ (Discover | Request | Decline | Release | Inform)) => m,
            _ => return Err(NotARequest::MessageType),
        };
        let mac = packet.mac().ok_or(NotARequest::HardwareAddress)?;
        let options = &packet.options;
        Ok(Self {
            port,
            message,
            mac,
            uuid: machine_id(options.get(code::MACHINE_ID)),
            arch: arch(&packet),
            client: client(&packet),
            host_name: options.text(code::HOST_NAME).map(|n| printable(&n, 63)).filter(|n| !n.is_empty()),
            wished: options.address(code::REQUESTED_ADDRESS),
            server: options.address(code::SERVER_ID),
            packet,
        })
    }

    /// Whether the client asks for an option by name (RFC 2132 §9.8).
    pub fn asks_for(&self, option: u8) -> bool {
        self.packet.options.get(code::WISHES).is_some_and(|wishes| wishes.contains(&option))
    }

    /// What it asks, in the protocol's word; our own doctor's questions are marked.
    pub(crate) fn asked(&self) -> String {
        let by_the_doctor = self.packet.options.get(code::CLIENT_ID) == Some(crate::probe::CLIENT_ID);
        format!("{}{}", self.message.name(), if by_the_doctor { BY_THE_DOCTOR } else { "" })
    }

    /// The longest answer that the client takes: what it says in option 57, less the IP and UDP headers that this
    /// option counts, never less than everybody takes and never more than a frame.
    pub fn takes_bytes(&self) -> usize {
        let said = self.packet.options.number16(code::MAX_MESSAGE_BYTES).unwrap_or(0) as usize;
        said.saturating_sub(28).clamp(EVERYBODY_TAKES_BYTES, MAX_PACKET_BYTES - 28)
    }
}

/// Option 93 is a list, most wanted first (RFC 4578 §2.1); firmware without it says it in its vendor class alone:
/// `PXEClient:Arch:00007:UNDI:003016` (PXE 2.1 §2.2.1).
fn arch(packet: &Packet) -> Option<Arch> {
    if let Some([high, low, ..]) = packet.options.get(code::ARCHITECTURE) {
        return Some(Arch(u16::from_be_bytes([*high, *low])));
    }
    let class = packet.options.text(code::VENDOR_CLASS)?;
    class.split(":Arch:").nth(1)?.get(..5)?.parse().ok().map(Arch)
}

fn client(packet: &Packet) -> Client {
    let options = &packet.options;
    let begins = |with: &[u8]| options.get(code::VENDOR_CLASS).is_some_and(|class| class.starts_with(with));
    let user_class = options.get(code::USER_CLASS).unwrap_or(&[]);
    // gPXE, iPXE's elder in some old cards, has option 175 too but does not know all that our scripts say: like any
    // firmware it loads iPXE first.
    let elder = is_of_class(user_class, b"gPXE");
    if !elder && (is_of_class(user_class, b"iPXE") || options.get(code::IPXE).is_some()) {
        Client::Ipxe
    } else if begins(b"PXEClient") {
        Client::Pxe
    } else if begins(b"HTTPClient") {
        Client::Http
    } else {
        Client::Other
    }
}

/// Whether option 77 names a class. RFC 3004 §4 puts a length before each of several; iPXE sends the bare word.
fn is_of_class(mut field: &[u8], wanted: &[u8]) -> bool {
    if field == wanted {
        return true;
    }
    while let Some((class, rest)) = field.split_first().and_then(|(len, rest)| rest.split_at_checked(*len as usize)) {
        if class == wanted {
            return true;
        }
        field = rest;
    }
    false
}

/// RFC 4578 §2.3: a type byte, 0, then 16 bytes. Firmware sends them as SMBIOS holds them, the first three fields
/// little-endian (SMBIOS 2.6 §7.2.1). All zeros or all ones say "not set".
fn machine_id(bytes: Option<&[u8]>) -> Option<Uuid> {
    let [0, id @ ..] = bytes? else { return None };
    let id: [u8; 16] = id.try_into().ok()?;
    (id != [0; 16] && id != [0xff; 16]).then(|| Uuid::from_bytes_le(id))
}

/// What a person may be shown of a text from the wire.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(limit).collect()
}
