//! From bytes to an answer.
use super::{
    Config, Mode,
    boot_file::{BootFiles, Decision, boot_file},
    full,
    packet::Packet,
    pool::{Lease, Pool, Range},
    proxy,
    reply::Outcome,
    request::{NotARequest, Port, Request},
};
use crate::{BootEvent, Kind, Why};
use socle_texts::Result;
use std::net::Ipv4Addr;

/// Both modes behind one door. No I/O: the caller owns sockets, clock and the leases' file.
#[derive(Debug, Clone)]
pub struct Service {
    config: Config,
    pool: Option<Pool>,
}

impl Service {
    /// A service, with the leases that an earlier one kept (none beside another server).
    ///
    /// # Errors
    /// `boot-range-impossible`.
    pub fn new(config: Config, kept: Vec<Lease>) -> Result<Service> {
        let pool = match &config.mode {
            Mode::Proxy => None,
            Mode::Full(range) => Some(Pool::new(range.clone(), config.address, kept)?),
        };
        Ok(Service { config, pool })
    }

    /// Reads a message; what asks nothing of us is a silence to be told, or nothing at all when it is the answer of
    /// another server, or our own.
    pub fn read(&self, bytes: &[u8], port: Port) -> std::result::Result<Request, Option<Box<BootEvent>>> {
        let silent = |mac, why| {
            let kind = Kind::Silent { why };
            Some(Box::new(BootEvent { mac, uuid: None, arch: None, address: None, asked: String::new(), kind }))
        };
        let packet = Packet::decode(bytes).map_err(|_| silent(None, Why::Malformed))?;
        let mac = packet.mac();
        Request::read(packet, port).map_err(|why| match why {
            NotARequest::FromAServer => None,
            NotARequest::MessageType => silent(mac, Why::NotAskedHere),
            NotARequest::HardwareAddress => silent(None, Why::Malformed),
        })
    }

    /// Whether the answer depends on a [`Decision`]: only a machine that could be started needs one.
    pub fn needs_decision(&self, request: &Request) -> bool {
        boot_file(&self.config.files, request).is_ok()
    }

    /// The answer to a request. `now` counts seconds since 1970.
    pub fn answer(&mut self, request: &Request, decision: &Decision, now_unix_seconds: u64) -> Outcome {
        match &mut self.pool {
            None => proxy::answer(&self.config, request, decision),
            Some(pool) => full::answer(&self.config, pool, request, decision, now_unix_seconds),
        }
    }

    /// The leases, where we give addresses.
    pub fn leases(&self) -> Vec<Lease> {
        self.pool.iter().flat_map(|p| p.leases().cloned()).collect()
    }
}

/// Replayable entry for any bytes: reading never panics, what was read is written and read again unchanged, and
/// both modes answer it, or not, without panicking.
pub fn fuzz_dhcp(bytes: &[u8]) {
    if let Ok(packet) = Packet::decode(bytes) {
        let again = packet.encode();
        if again.len() <= super::MAX_PACKET_BYTES {
            assert_eq!(Packet::decode(&again).as_ref(), Ok(&packet), "writing and reading again changed a message");
        }
    }
    let address = Ipv4Addr::new(10, 0, 0, 1);
    let range = Range {
        first: Ipv4Addr::new(10, 0, 0, 100),
        last: Ipv4Addr::new(10, 0, 0, 103),
        prefix_bits: 24,
        router: None,
        name_servers: vec![address],
        lease_seconds: 3600,
    };
    let files = BootFiles {
        loader: "a".into(),
        bios_loader: Some("d".into()),
        loader_url: "http://b".repeat(40),
        script_url: "http://c".into(),
    };
    for mode in [Mode::Proxy, Mode::Full(range)] {
        let Ok(mut service) = Service::new(Config { address, mode, files: files.clone() }, Vec::new()) else { return };
        for port in [Port::Dhcp, Port::BootServer] {
            let Ok(request) = service.read(bytes, port) else { continue };
            let outcome = service.answer(&request, &Decision::Boot, 1_000);
            if let Some(reply) = outcome.reply {
                assert!(reply.bytes.len() <= request.takes_bytes());
                assert!(Packet::decode(&reply.bytes).is_ok(), "we wrote a message that we can't read");
            }
        }
    }
}
