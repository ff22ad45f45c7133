//! Requests come in, decisions are asked, answers go out.
use super::{Callers, Ports, stopped};
use crate::{
    Interface, Kind, Mac, Why,
    dhcp::{Decision, Destination, MAX_PACKET_BYTES, Outcome, Port, Request, Service},
    rates::{Gate, Let},
};
use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::UdpSocket, sync::watch, task::JoinSet};

/// Who decides has this long: firmware asks again after 4 seconds (PXE 2.1 §2.2.2).
const DECISION: Duration = Duration::from_secs(2);
/// Requests that wait for a decision at once; more are dropped, and their machines ask again.
const MAX_WAITING: usize = 256;
/// Messages of one machine in a window: firmware, its loader and an agent together send a dozen.
const MAX_OF_MACHINE: u64 = 40;
/// Messages of all in a window: three thousand machines that are switched on at once.
const MAX_OF_ALL: u64 = 10_000;
/// Leases written down in a window: each is a file that is made durable.
const MAX_LEASES: u64 = 500;

pub(super) struct DhcpLoop {
    pub service: Arc<Mutex<Service>>,
    /// Takes what is sent to everybody.
    pub everybody: UdpSocket,
    /// Takes what is sent to our address, and sends.
    pub ours: Arc<UdpSocket>,
    /// Port 4011.
    pub boot_server: Arc<UdpSocket>,
    pub interface: Interface,
    pub ports: Ports,
    pub callers: Callers,
}

impl DhcpLoop {
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut waiting = JoinSet::new();
        let begin = Instant::now();
        let mut gate: Gate<Mac> = Gate::new(MAX_OF_MACHINE, MAX_OF_ALL);
        let leases = Arc::new(Mutex::new(Gate::new(MAX_LEASES, MAX_LEASES)));
        let (mut a, mut b, mut c) = ([0; MAX_PACKET_BYTES + 1], [0; MAX_PACKET_BYTES + 1], [0; MAX_PACKET_BYTES + 1]);
        loop {
            let (received, bytes, port) = tokio::select! {
                _ = stopped(&mut stop) => return,
                Some(_) = waiting.join_next() => continue,
                got = self.everybody.recv_from(&mut a) => (got, &a, Port::Dhcp),
                got = self.ours.recv_from(&mut b) => (got, &b, Port::Dhcp),
                got = self.boot_server.recv_from(&mut c) => (got, &c, Port::BootServer),
            };
            let (bytes, sender) = match received {
                Ok((length, sender)) => (&bytes[..length], sender),
                // An earlier answer refused (ICMP), or an interface that is down: never turn in circles for it.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            let SocketAddr::V4(sender) = sender else { continue };
            let request = match self.service.lock().unwrap_or_else(PoisonError::into_inner).read(bytes, port) {
                Ok(request) => request,
                Err(event) => {
                    event.into_iter().for_each(|e| (self.callers.events)(*e));
                    continue;
                }
            };
            match gate.count(request.mac, 1, begin.elapsed().as_secs()) {
                Let::In => {}
                Let::Out => continue,
                Let::OutAloud => {
                    (self.callers.events)(Outcome::silent(&request, Why::TooOften).event);
                    continue;
                }
            }
            if waiting.len() >= MAX_WAITING {
                let event = Outcome::silent(&request, Why::Busy).event;
                (self.callers.events)(event);
                continue;
            }
            let socket = if port == Port::BootServer { &self.boot_server } else { &self.ours }.clone();
            let may_keep = {
                let leases = leases.clone();
                move || {
                    let mut leases = leases.lock().unwrap_or_else(PoisonError::into_inner);
                    leases.count((), 1, begin.elapsed().as_secs()) == Let::In
                }
            };
            // An address in a message is what somebody says: an answer leaves this network only for where it came from.
            let near = Near { sender, interface: self.interface.clone() };
            let with = (self.service.clone(), self.callers.clone(), self.ports);
            waiting.spawn(one(with, may_keep, socket, near, request));
        }
    }
}

/// Where a message came from.
struct Near {
    sender: SocketAddrV4,
    interface: Interface,
}

impl Near {
    /// Whether an answer may go to an address that the message names.
    fn may_hear(&self, address: Ipv4Addr) -> bool {
        address == *self.sender.ip() || self.interface.holds(address)
    }
}

async fn one(
    (service, callers, ports): (Arc<Mutex<Service>>, Callers, Ports),
    may_keep: impl Fn() -> bool,
    socket: Arc<UdpSocket>,
    near: Near,
    request: Request,
) {
    let lock = || service.lock().unwrap_or_else(PoisonError::into_inner);
    let mut decision = Decision::Boot;
    if lock().needs_decision(&request) {
        match tokio::time::timeout(DECISION, (callers.decide)(request.clone())).await {
            Ok(said) => decision = said,
            Err(_) => return (callers.events)(Outcome::silent(&request, Why::Undecided).event),
        }
    }
    let mut outcome = lock().answer(&request, &decision, (callers.now)());
    if outcome.keep.is_some() && !may_keep() {
        return (callers.events)(Outcome::silent(&request, Why::TooOften).event);
    }
    if let Some(lease) = &outcome.keep
        && let Err(fault) = (callers.keep)(lease)
    {
        tracing::error!(%fault, "a DHCP lease could not be kept");
        return (callers.events)(Outcome::silent(&request, Why::LeaseNotKept).event);
    }
    if let Some(reply) = &outcome.reply {
        let to = match reply.to {
            Destination::Everybody => SocketAddrV4::new(Ipv4Addr::BROADCAST, ports.dhcp_client),
            Destination::Client(address) if !near.may_hear(address) => {
                SocketAddrV4::new(Ipv4Addr::BROADCAST, ports.dhcp_client)
            }
            Destination::Client(address) => SocketAddrV4::new(address, ports.dhcp_client),
            Destination::RelayAgent(address) => SocketAddrV4::new(address, ports.dhcp),
            Destination::Sender => near.sender,
        };
        if let Err(e) = socket.send_to(&reply.bytes, to).await {
            outcome.event.kind = Kind::Silent { why: Why::NotSent { cause: e.to_string() } };
        }
    }
    (callers.events)(outcome.event);
}
