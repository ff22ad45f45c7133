//! The options of a DHCP message: RFC 2132 for the field's form, RFC 3396 for those longer than 255 bytes.
use std::net::Ipv4Addr;

/// Codes that this room reads or writes, with where they are defined.
pub mod code {
    /// Subnet mask (RFC 2132 §3.3).
    pub const SUBNET_MASK: u8 = 1;
    /// Routers (RFC 2132 §3.5).
    pub const ROUTERS: u8 = 3;
    /// Name servers (RFC 2132 §3.8).
    pub const NAME_SERVERS: u8 = 6;
    /// Host name (RFC 2132 §3.14).
    pub const HOST_NAME: u8 = 12;
    /// Broadcast address (RFC 2132 §5.3).
    pub const BROADCAST: u8 = 28;
    /// Vendor-specific information, here PXE's (RFC 2132 §8.4, PXE 2.1 §2.2).
    pub const VENDOR: u8 = 43;
    /// Requested address (RFC 2132 §9.1).
    pub const REQUESTED_ADDRESS: u8 = 50;
    /// Lease time in seconds (RFC 2132 §9.2).
    pub const LEASE_SECONDS: u8 = 51;
    /// Which fixed fields hold options (RFC 2132 §9.3).
    pub const OVERLOAD: u8 = 52;
    /// Message type (RFC 2132 §9.6).
    pub const MESSAGE_TYPE: u8 = 53;
    /// Server identifier (RFC 2132 §9.7).
    pub const SERVER_ID: u8 = 54;
    /// The options that the client asks for (RFC 2132 §9.8).
    pub const WISHES: u8 = 55;
    /// Why it was refused, in words (RFC 2132 §9.9).
    pub const MESSAGE: u8 = 56;
    /// Longest message that the client takes, in bytes (RFC 2132 §9.10).
    pub const MAX_MESSAGE_BYTES: u8 = 57;
    /// Vendor class: `PXEClient…`, `HTTPClient…` (RFC 2132 §9.13, RFC 4578 §2).
    pub const VENDOR_CLASS: u8 = 60;
    /// Client identifier (RFC 2132 §9.14).
    pub const CLIENT_ID: u8 = 61;
    /// Boot server's name (RFC 2132 §9.4).
    pub const BOOT_SERVER: u8 = 66;
    /// Boot file's name (RFC 2132 §9.5).
    pub const BOOT_FILE: u8 = 67;
    /// User class: `iPXE` (RFC 3004 §4).
    pub const USER_CLASS: u8 = 77;
    /// What a DHCP relay agent says of the socket that the client hangs on (RFC 3046 §2).
    pub const RELAY_AGENT: u8 = 82;
    /// Client's architecture (RFC 4578 §2.1).
    pub const ARCHITECTURE: u8 = 93;
    /// Client's network interface (RFC 4578 §2.2).
    pub const INTERFACE: u8 = 94;
    /// Client's machine identifier (RFC 4578 §2.3).
    pub const MACHINE_ID: u8 = 97;
    /// iPXE's own encapsulated options (site-specific range, RFC 3942).
    pub const IPXE: u8 = 175;
}

const PAD: u8 = 0;
const END: u8 = 255;

/// Options in the order of their first appearance; pieces of one code are joined (RFC 3396 §7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options(Vec<(u8, Vec<u8>)>);

impl Options {
    /// The bytes of an option.
    pub fn get(&self, code: u8) -> Option<&[u8]> {
        self.0.iter().find(|(c, _)| *c == code).map(|(_, bytes)| bytes.as_slice())
    }
    /// Sets an option, replacing what it held. Pad and End are no options: they are ignored.
    pub fn set(&mut self, code: u8, bytes: impl Into<Vec<u8>>) {
        if code == PAD || code == END {
            return;
        }
        let bytes = bytes.into();
        match self.0.iter_mut().find(|(c, _)| *c == code) {
            Some((_, old)) => *old = bytes,
            None => self.0.push((code, bytes)),
        }
    }
    /// Removes an option and gives what it held.
    pub fn take(&mut self, code: u8) -> Option<Vec<u8>> {
        let at = self.0.iter().position(|(c, _)| *c == code)?;
        Some(self.0.remove(at).1)
    }
    /// A one-byte option.
    pub fn byte(&self, code: u8) -> Option<u8> {
        <[u8; 1]>::try_from(self.get(code)?).ok().map(|[b]| b)
    }
    /// A two-byte number in network order.
    pub fn number16(&self, code: u8) -> Option<u16> {
        Some(u16::from_be_bytes(self.get(code)?.try_into().ok()?))
    }
    /// A four-byte number in network order.
    pub fn number32(&self, code: u8) -> Option<u32> {
        Some(u32::from_be_bytes(self.get(code)?.try_into().ok()?))
    }
    /// One IPv4 address.
    pub fn address(&self, code: u8) -> Option<Ipv4Addr> {
        self.number32(code).map(Ipv4Addr::from)
    }
    /// A text, without the zero that some clients add (RFC 2132 §2 tells receivers to expect it).
    pub fn text(&self, code: u8) -> Option<String> {
        let bytes = self.get(code)?;
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// Reads one field of options. A truncated option ends the field: what stands before it is kept, as every
    /// firmware does.
    pub(super) fn read(&mut self, mut field: &[u8]) {
        while let [code, rest @ ..] = field {
            field = match *code {
                PAD => rest,
                END => return,
                code => {
                    let Some((bytes, rest)) = rest.split_first().and_then(|(len, r)| r.split_at_checked(*len as usize))
                    else {
                        return;
                    };
                    match self.0.iter_mut().find(|(c, _)| *c == code) {
                        Some((_, all)) => all.extend_from_slice(bytes),
                        None => self.0.push((code, bytes.to_vec())),
                    }
                    rest
                }
            }
        }
    }

    /// Writes all options and the end mark; long ones in pieces (RFC 3396 §6).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (code, bytes) in &self.0 {
            if bytes.is_empty() {
                out.extend([*code, 0]);
            }
            for piece in bytes.chunks(255) {
                out.extend([*code, piece.len() as u8]);
                out.extend_from_slice(piece);
            }
        }
        out.push(END);
    }
}
