//! Switching a sleeping machine on: Wake-on-LAN ("Magic Packet Technology", AMD publication 20213, §2).
use crate::{Interface, Mac};
use socle_texts::{Fault, Result};
use std::net::{Ipv4Addr, SocketAddrV4};

/// The usual port (discard). The card looks for the pattern anywhere in a frame and minds no port.
const WAKE_PORT: u16 = 9;
/// UDP may be lost and nothing is ever answered: it is said several times.
const REPEATS: usize = 3;

/// Six bytes of ones, the address sixteen times, and the card's password if it was given one.
pub fn magic_packet(mac: Mac, password: Option<[u8; 6]>) -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    for _ in 0..16 {
        packet.extend(mac.0);
    }
    packet.extend(password.into_iter().flatten());
    packet
}

/// Sends the packet to everybody on the interface. That it was sent says nothing of the machine: its own first word
/// does.
///
/// # Errors
/// `boot-wake-not-sent`.
pub async fn wake(interface: &Interface, mac: Mac, password: Option<[u8; 6]>) -> Result<()> {
    let failed = |e: std::io::Error| {
        let fault = Fault::new("boot-wake-not-sent").with("mac", mac.to_string()).with("interface", &interface.name);
        fault.because(e).may_retry()
    };
    let socket = interface.udp(interface.address, 0).map_err(failed)?;
    let packet = magic_packet(mac, password);
    for _ in 0..REPEATS {
        // The network's own broadcast address as well: some switches drop the other one.
        for to in [Ipv4Addr::BROADCAST, interface.broadcast()] {
            socket.send_to(&packet, SocketAddrV4::new(to, WAKE_PORT)).await.map_err(failed)?;
        }
    }
    Ok(())
}
