//! An interface of this machine, and sockets that speak on it alone.
use crate::Mac;
use socket2::{Domain, Protocol, Socket, Type};
use socle_texts::{Fault, Result};
use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
};
use tokio::net::UdpSocket;

/// A network interface that has an IPv4 address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name: `eth0`.
    pub name: String,
    /// Its first IPv4 address.
    pub address: Ipv4Addr,
    /// Length of that address's prefix.
    pub prefix_bits: u8,
    /// Its hardware address, where it has one.
    pub mac: Option<Mac>,
}

impl Interface {
    /// All interfaces that have an IPv4 address, each with its first one.
    ///
    /// # Errors
    /// `boot-interfaces-unreadable`.
    pub fn all() -> Result<Vec<Interface>> {
        let all: Vec<_> = nix::ifaddrs::getifaddrs()
            .map_err(|e| Fault::new("boot-interfaces-unreadable").because(e))?
            .take(4_096)
            .collect();
        let mac_of = |name: &str| {
            let mut links = all.iter().filter(|a| a.interface_name == name).filter_map(|a| a.address.as_ref());
            links.find_map(|a| a.as_link_addr()?.addr()).map(Mac)
        };
        let mut found: Vec<Interface> = Vec::new();
        for one in &all {
            let Some(address) = one.address.as_ref().and_then(|a| a.as_sockaddr_in()) else { continue };
            if found.iter().any(|f| f.name == one.interface_name) {
                continue;
            }
            let mask = one.netmask.as_ref().and_then(|m| m.as_sockaddr_in()).map_or(Ipv4Addr::BROADCAST, |m| m.ip());
            found.push(Interface {
                name: one.interface_name.clone(),
                address: address.ip(),
                prefix_bits: u32::from(mask).leading_ones() as u8,
                mac: mac_of(&one.interface_name),
            });
        }
        Ok(found)
    }

    /// The interface of that name.
    ///
    /// # Errors
    /// `boot-interface-missing` when there is none with an IPv4 address.
    pub fn find(name: &str) -> Result<Interface> {
        let all = Interface::all()?;
        let names: Vec<_> = all.iter().map(|i| i.name.as_str()).collect();
        let missing = Fault::new("boot-interface-missing").with("name", name).with("names", names.join(", "));
        all.into_iter().find(|i| i.name == name).ok_or(missing)
    }

    /// The address of everybody on its network.
    pub fn broadcast(&self) -> Ipv4Addr {
        let host_bits = 32 - self.prefix_bits.min(32) as u32;
        self.address | Ipv4Addr::from(1u32.checked_shl(host_bits).map_or(u32::MAX, |one| one.wrapping_sub(1)))
    }

    /// Whether an address is of its network.
    pub fn holds(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix_bits.min(32))).unwrap_or(0);
        u32::from(self.address) & mask == u32::from(address) & mask
    }

    /// A UDP socket that receives and sends on this interface alone (SO_BINDTODEVICE), whatever the routes say.
    pub(crate) fn udp(&self, address: Ipv4Addr, port: u16) -> io::Result<UdpSocket> {
        UdpSocket::from_std(self.socket(address, port, false)?.into())
    }

    fn socket(&self, address: Ipv4Addr, port: u16, shared: bool) -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(shared)?;
        socket.set_broadcast(true)?;
        socket.set_nonblocking(true)?;
        socket.bind_device(Some(self.name.as_bytes()))?;
        socket.bind(&SocketAddrV4::new(address, port).into())?;
        Ok(socket)
    }

    /// Sockets for a port that must be ours: one for each of the addresses. They share the port among themselves and
    /// with nobody else: a first try without sharing finds any other program there, even one that would share (a
    /// DHCP server of this computer, whose unicast messages we would steal).
    ///
    /// # Errors
    /// `boot-port-busy`, `boot-port-forbidden`, `boot-socket-failed`.
    pub(crate) fn listen<const N: usize>(&self, addresses: [Ipv4Addr; N], port: u16) -> Result<[UdpSocket; N]> {
        let open = || {
            for address in addresses {
                self.socket(address, port, false)?;
            }
            let mut sockets = Vec::with_capacity(N);
            for address in addresses {
                sockets.push(UdpSocket::from_std(self.socket(address, port, N > 1)?.into())?);
            }
            sockets.try_into().map_err(|_| io::Error::from(io::ErrorKind::Other))
        };
        open().map_err(|e: io::Error| {
            let code = match e.kind() {
                io::ErrorKind::AddrInUse => "boot-port-busy",
                io::ErrorKind::PermissionDenied => "boot-port-forbidden",
                _ => "boot-socket-failed",
            };
            Fault::new(code).with("port", port.to_string()).with("interface", &self.name).because(e)
        })
    }
}
