//! The network: bursts out, bursts in. Segmentation and gathering are the kernel's (UDP GSO and GRO), where it has them.
use crate::packet::PACKET_BYTES;
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, Socket, Type};
use socle_texts::{Fault, Result};
use std::{
    io::{self, IoSliceMut},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    os::fd::AsFd,
    time::Duration,
};

/// What the kernel may hold for a receiver that is busy for a moment: an eighth of a second at wire speed of 1 Gb/s.
const RECEIVE_BUFFER_BYTES: usize = 16 << 20;
const SEND_BUFFER_BYTES: usize = 1 << 20;
/// Packets in a burst: what fits in 64 KiB.
pub const MAX_BURST: usize = 44;
/// Bursts taken with one call.
const BATCH: usize = 8;
const BUFFER_BYTES: usize = 64 << 10;

fn unavailable(group: SocketAddrV4, interface: Ipv4Addr) -> impl Fn(io::Error) -> Fault {
    move |e| {
        let fault = Fault::new("cast-network-unavailable").with("group", group.to_string());
        fault.with("interface", interface.to_string()).because(e)
    }
}

fn udp() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))
}

fn wait(socket: &Socket, flags: PollFlags, long: Duration) -> io::Result<bool> {
    let long = Timespec { tv_sec: long.as_secs() as _, tv_nsec: long.subsec_nanos().into() };
    let mut asked = [PollFd::from_borrowed_fd(socket.as_fd(), flags)];
    match poll(&mut asked, Some(&long)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Where a session is sent from.
pub struct Mouth {
    socket: Socket,
    state: UdpSocketState,
    group: SocketAddr,
}

impl Mouth {
    /// Sends to `group` through the interface that has this address; `hops`: 1 stays in the network, more crosses routers
    /// that forward multicast.
    ///
    /// # Errors
    /// `cast-network-unavailable`.
    pub fn open(group: SocketAddrV4, interface: Ipv4Addr, hops: u32) -> Result<Mouth> {
        let open = || -> io::Result<Mouth> {
            let socket = udp()?;
            socket.bind(&SocketAddrV4::new(interface, 0).into())?;
            socket.set_multicast_if_v4(&interface)?;
            socket.set_multicast_ttl_v4(hops)?;
            // More than the usual is not needed: it is paced.
            let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
            let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
            Ok(Mouth { socket, state, group: group.into() })
        };
        open().map_err(unavailable(group, interface))
    }

    /// Sends packets of [`PACKET_BYTES`] each, at most [`MAX_BURST`] of them at once.
    ///
    /// # Errors
    /// The system's: the network is gone. What a full queue drops is not told.
    pub fn send(&self, packets: &[u8]) -> io::Result<()> {
        let mut rest = packets;
        while !rest.is_empty() {
            // It becomes 1 where a card can't segment.
            let most = usize::from(self.state.max_gso_segments()).min(MAX_BURST);
            let (burst, after) = rest.split_at(rest.len().min(most * PACKET_BYTES));
            let segment_size = (burst.len() > PACKET_BYTES).then_some(PACKET_BYTES);
            let transmit = Transmit { destination: self.group, ecn: None, contents: burst, segment_size, src_ip: None };
            match self.state.try_send(UdpSockRef::from(&self.socket), &transmit) {
                Ok(()) => rest = after,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    wait(&self.socket, PollFlags::OUT, Duration::from_millis(100))?;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // The queue is full: lost like on any wire.
                Err(e) if e.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => rest = after,
                // The card can't segment: from now on one by one.
                Err(_) if most > 1 && usize::from(self.state.max_gso_segments()) == 1 => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// Where a session is heard.
pub struct Ear {
    socket: Socket,
    state: UdpSocketState,
    buffers: Vec<Vec<u8>>,
    meta: Vec<RecvMeta>,
}

impl Ear {
    /// Joins `group` on the interface that has this address.
    ///
    /// # Errors
    /// `cast-network-unavailable`.
    pub fn open(group: SocketAddrV4, interface: Ipv4Addr) -> Result<Ear> {
        let open = || -> io::Result<Ear> {
            let socket = udp()?;
            socket.set_reuse_address(true)?;
            // Beyond the system's limit, where we may; the usual 208 KiB lose at any speed.
            if rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER_BYTES).is_err() {
                let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
            }
            socket.bind(&group.into())?;
            socket.join_multicast_v4(group.ip(), &interface)?;
            let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
            let buffers = vec![vec![0; BUFFER_BYTES]; BATCH];
            Ok(Ear { socket, state, buffers, meta: vec![RecvMeta::default(); BATCH] })
        };
        open().map_err(unavailable(group, interface))
    }

    /// Hands every packet that has come to `take`; waits at most so long for the first. Whether any came.
    ///
    /// # Errors
    /// The system's.
    pub fn hear(&mut self, long: Duration, take: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        if !wait(&self.socket, PollFlags::IN, long)? {
            return Ok(false);
        }
        let mut slices: Vec<IoSliceMut<'_>> = self.buffers.iter_mut().map(|b| IoSliceMut::new(b)).collect();
        let count = match self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut self.meta) {
            Ok(count) => count,
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return Ok(false),
            Err(e) => return Err(e),
        };
        for (buffer, meta) in self.buffers.iter().zip(&self.meta).take(count) {
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            bytes.chunks(meta.stride.max(1)).for_each(&mut *take);
        }
        Ok(count > 0)
    }
}
