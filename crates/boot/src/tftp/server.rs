//! Transfers on real sockets: each has its own, whose port is the transfer's identifier (RFC 1350 §4).
use super::{
    Files,
    packet::{ErrorCode, MAX_REQUEST_BYTES, Message, Request, error},
    transfer::{End, Step, Transfer},
};
use crate::{
    BootEvent, Interface, Kind, Why,
    dhcp::printable,
    rates::{Gate, Let, WINDOW_SECONDS},
    server::{Events, stopped},
};
use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{net::UdpSocket, sync::watch, task::JoinSet, time::Instant};

/// How much is served at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Transfers at once.
    pub transfers: usize,
    /// Transfers at once to one address. Firmware needs two: it opens a file again before the first is let go.
    pub transfers_per_address: usize,
    /// The longest time that one transfer may take.
    pub transfer_seconds: u64,
    /// Requests of one address in a window of ten seconds, and of all together. Firmware sends half a dozen.
    pub requests_per_address: u64,
    /// The same for all together.
    pub requests: u64,
    /// Bytes begun for one address in such a window: whole files count when they begin, whoever then leaves.
    pub bytes_per_address: u64,
    /// The same for all together: what a line of 10 Gbit/s carries.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            transfers: 256,
            transfers_per_address: 8,
            transfer_seconds: 300,
            requests_per_address: 100,
            requests: 10_000,
            bytes_per_address: 1 << 30,
            bytes: WINDOW_SECONDS * 1_250_000_000,
        }
    }
}

/// A TFTP server on one interface.
pub struct Server {
    /// The interface: answers leave by it alone.
    pub interface: Interface,
    /// What is served.
    pub files: Arc<dyn Files>,
    /// Who is told.
    pub events: Events,
    /// How much at once.
    pub limits: Limits,
}

type Running = Arc<Mutex<BTreeSet<SocketAddrV4>>>;

impl Server {
    /// Serves on `socket` until `stop` says true (or its sender is gone), then ends the transfers that run.
    pub async fn run(&self, socket: UdpSocket, mut stop: watch::Receiver<bool>) {
        let running: Running = Arc::default();
        let mut tasks = JoinSet::new();
        let mut buffer = [0; MAX_REQUEST_BYTES + 1];
        let begin = Instant::now();
        let mut asked = Gate::new(self.limits.requests_per_address, self.limits.requests);
        let mut begun = Gate::new(self.limits.bytes_per_address, self.limits.bytes);
        loop {
            let received = tokio::select! {
                _ = stopped(&mut stop) => break,
                Some(_) = tasks.join_next() => continue,
                received = socket.recv_from(&mut buffer) => received,
            };
            // An error here is an earlier answer that a machine refused (ICMP): it concerns that machine alone.
            let Ok((length, SocketAddr::V4(client))) = received else { continue };
            // Who asks too often is not even told so: an answer is what he wants.
            match asked.count(*client.ip(), 1, begin.elapsed().as_secs()) {
                Let::In => {}
                Let::Out => continue,
                Let::OutAloud => {
                    (self.events)(event(client, Kind::FileFailed { file: String::new(), why: Why::TooOften }));
                    continue;
                }
            }
            let refuse = |why: Why, file: String, code, words| {
                (self.events)(event(client, Kind::FileFailed { file, why }));
                let bytes = error(code, words);
                let _ = socket.try_send_to(&bytes, client.into());
            };
            let request = match Message::decode(&buffer[..length]) {
                Some(Message::Read(request)) => request,
                Some(Message::Write) => {
                    refuse(Why::ReadOnly, String::new(), ErrorCode::AccessViolation, "read only");
                    continue;
                }
                _ => {
                    (self.events)(event(client, Kind::Silent { why: Why::Malformed }));
                    continue;
                }
            };
            let shown = printable(&request.file, 120);
            if !request.octet {
                refuse(Why::Mode, shown, ErrorCode::IllegalOperation, "octet mode only");
                continue;
            }
            let Some(bytes) = self.files.find(&request.file) else {
                (self.events)(event(client, Kind::FileMissing { file: shown }));
                let _ = socket.try_send_to(&error(ErrorCode::FileNotFound, "no such file"), client.into());
                continue;
            };
            match enter(&running, client, &self.limits) {
                Entered::Yes => {}
                Entered::Already => continue, // the same request again: the machine was impatient
                Entered::Full => {
                    refuse(Why::Busy, shown, ErrorCode::NotDefined, "too many transfers");
                    continue;
                }
            }
            let weight = bytes.len() as u64;
            if begun.count(*client.ip(), weight, begin.elapsed().as_secs()) != Let::In {
                running.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
                refuse(Why::TooOften, shown, ErrorCode::NotDefined, "too much at once");
                continue;
            }
            let (interface, events) = (self.interface.clone(), self.events.clone());
            let (limit, stop, running) = (self.limits.transfer_seconds, stop.clone(), running.clone());
            tasks.spawn(async move {
                let kind = one(&interface, client, bytes, &request, limit, stop).await;
                running.lock().unwrap_or_else(PoisonError::into_inner).remove(&client);
                events(event(client, kind.named(shown)));
            });
        }
        while tasks.join_next().await.is_some() {}
    }
}

enum Entered {
    Yes,
    Already,
    Full,
}

fn enter(running: &Running, client: SocketAddrV4, limits: &Limits) -> Entered {
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    let of_this_address = running.iter().filter(|c| c.ip() == client.ip()).count();
    if running.contains(&client) {
        Entered::Already
    } else if running.len() >= limits.transfers || of_this_address >= limits.transfers_per_address {
        Entered::Full
    } else {
        running.insert(client);
        Entered::Yes
    }
}

fn event(client: SocketAddrV4, kind: Kind) -> BootEvent {
    let address: Ipv4Addr = *client.ip();
    BootEvent { mac: None, uuid: None, arch: None, address: Some(address), asked: "RRQ".into(), kind }
}

/// What came of one transfer, before the file's name is added.
enum Came {
    Sent { bytes: u64, milliseconds: u64, blocks_again: u64 },
    SizeAsked,
    Failed(Why),
}

impl Came {
    fn named(self, file: String) -> Kind {
        match self {
            Came::Sent { bytes, milliseconds, blocks_again } => {
                Kind::FileSent { file, bytes, milliseconds, blocks_again }
            }
            Came::SizeAsked => Kind::FileSizeAsked { file },
            Came::Failed(why) => Kind::FileFailed { file, why },
        }
    }
}

async fn one(
    interface: &Interface,
    client: SocketAddrV4,
    bytes: Arc<[u8]>,
    request: &Request,
    limit_seconds: u64,
    mut stop: watch::Receiver<bool>,
) -> Came {
    let not_sent = |e: std::io::Error| Came::Failed(Why::NotSent { cause: e.to_string() });
    // Connected: the kernel drops what others send to this port (RFC 1350 §4, wrong transfer identifier).
    let socket = match interface.udp(interface.address, 0) {
        Ok(socket) => socket,
        Err(e) => return not_sent(e),
    };
    if let Err(e) = socket.connect(client).await {
        return not_sent(e);
    }
    let began = Instant::now();
    let now = || began.elapsed().as_millis() as u64;
    let size = bytes.len() as u64;
    let (mut transfer, mut step) = Transfer::start(bytes, request, 0);
    let mut buffer = [0; MAX_REQUEST_BYTES + 1];
    loop {
        if let Err(e) = send(&socket, &step).await {
            return if e.kind() == std::io::ErrorKind::ConnectionRefused {
                Came::Failed(Why::NoAnswer)
            } else {
                not_sent(e)
            };
        }
        match step.end {
            Some(End::Sent { blocks_again }) => return Came::Sent { bytes: size, milliseconds: now(), blocks_again },
            Some(End::SizeAsked) => return Came::SizeAsked,
            Some(End::Failed(why)) => return Came::Failed(why),
            None => {}
        }
        if now() > limit_seconds * 1_000 {
            let _ = socket.send(&error(ErrorCode::NotDefined, "too slow")).await;
            return Came::Failed(Why::NoAnswer);
        }
        let late = began + Duration::from_millis(transfer.deadline_milliseconds());
        step = tokio::select! {
            _ = stopped(&mut stop) => {
                let _ = socket.send(&error(ErrorCode::NotDefined, "server stops")).await;
                return Came::Failed(Why::Stopping);
            }
            received = socket.recv(&mut buffer) => match received {
                Ok(length) => transfer.receive(&buffer[..length], now()),
                // The machine's port is closed: it left without a word.
                Err(_) => return Came::Failed(Why::NoAnswer),
            },
            _ = tokio::time::sleep_until(late) => transfer.late(now()),
        };
    }
}

async fn send(socket: &UdpSocket, step: &Step) -> std::io::Result<()> {
    for datagram in &step.send {
        socket.send(datagram).await?;
    }
    Ok(())
}
