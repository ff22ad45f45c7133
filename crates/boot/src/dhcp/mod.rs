//! Telling a machine what to load, and in a lab its address too.
//!
//! Two modes. [`Mode::Proxy`] stands beside a DHCP server that we do not control, the normal case in a school: it
//! gives no address and adds only what to load (PXE 2.1 §2.2, "ProxyDHCP"). [`Mode::Full`] is the DHCP server of a
//! closed network (RFC 2131). Both are decisions without I/O: bytes come in with the time, bytes and an event come
//! out; [`crate::server`] holds the sockets.
//!
//! What real firmware needs, learned from traces and kept by tests: an OFFER beside another server holds *both*
//! `siaddr` and the boot file, else iPXE rejects it; UEFI asks port 4011 again after its lease; UEFI HTTP boot wants
//! its vendor class `HTTPClient` repeated and a URL as boot file. BIOS gets a loader of its own, other processors
//! a reasoned silence. What comes through a relay agent goes back through it, with its words repeated.
mod answer;
mod boot_file;
mod full;
pub mod options;
mod packet;
mod pool;
mod proxy;
mod reply;
mod request;

pub use answer::{Service, fuzz_dhcp};
pub use boot_file::{BootFiles, Decision};
pub use options::Options;
pub use packet::{MAX_PACKET_BYTES, Malformed, MessageType, Op, Packet};
pub use pool::{Lease, Pool, Range};
pub use reply::{Destination, Outcome, Reply};
pub(crate) use request::printable;
pub use request::{Arch, Client, NotARequest, Port, Request};

use std::net::Ipv4Addr;

/// Which part of DHCP we play.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Beside another DHCP server: we say only what to load.
    Proxy,
    /// The only DHCP server of its network: we give addresses from this range.
    Full(Range),
}

/// What every answer is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// Our address on the interface: server identifier, and where the loader is fetched.
    pub address: Ipv4Addr,
    /// Which part we play.
    pub mode: Mode,
    /// What a machine is told to load.
    pub files: BootFiles,
}
