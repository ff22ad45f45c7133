//! Requests come in, decisions are asked, answers go out.
use super::{Callers, Ports, stopped};
use crate::{
    Kind, Why,
    dhcp::{Decision, Destination, MAX_PACKET_BYTES, Outcome, Port, Request, Service},
};
use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{net::UdpSocket, sync::watch, task::JoinSet};

/// Who decides has this long: firmware asks again after 4 seconds (PXE 2.1 §2.2.2).
const DECISION: Duration = Duration::from_secs(2);
/// Requests that wait for a decision at once; more are dropped, and their machines ask again.
const MAX_WAITING: usize = 256;

pub(super) struct DhcpLoop {
    pub service: Arc<Mutex<Service>>,
    /// Takes what is sent to everybody.
    pub everybody: UdpSocket,
    /// Takes what is sent to our address, and sends.
    pub ours: Arc<UdpSocket>,
    /// Port 4011.
    pub boot_server: Arc<UdpSocket>,
    pub ports: Ports,
    pub callers: Callers,
}

impl DhcpLoop {
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut waiting = JoinSet::new();
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
            if waiting.len() >= MAX_WAITING {
                let event = Outcome::silent(&request, Why::Busy).event;
                (self.callers.events)(event);
                continue;
            }
            let socket = if port == Port::BootServer { &self.boot_server } else { &self.ours }.clone();
            waiting.spawn(one(self.service.clone(), self.callers.clone(), self.ports, socket, sender, request));
        }
    }
}

async fn one(
    service: Arc<Mutex<Service>>,
    callers: Callers,
    ports: Ports,
    socket: Arc<UdpSocket>,
    sender: SocketAddrV4,
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
    if let Some(lease) = &outcome.keep
        && let Err(fault) = (callers.keep)(lease)
    {
        tracing::error!(%fault, "a DHCP lease could not be kept");
        return (callers.events)(Outcome::silent(&request, Why::LeaseNotKept).event);
    }
    if let Some(reply) = &outcome.reply {
        let to = match reply.to {
            Destination::Everybody => SocketAddrV4::new(Ipv4Addr::BROADCAST, ports.dhcp_client),
            Destination::Client(address) => SocketAddrV4::new(address, ports.dhcp_client),
            Destination::RelayAgent(address) => SocketAddrV4::new(address, ports.dhcp),
            Destination::Sender => sender,
        };
        if let Err(e) = socket.send_to(&reply.bytes, to).await {
            outcome.event.kind = Kind::Silent { why: Why::NotSent { cause: e.to_string() } };
        }
    }
    (callers.events)(outcome.event);
}
