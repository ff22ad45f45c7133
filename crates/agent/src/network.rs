//! The network, from a card without an address to a server that answers.
//!
//! The kernels we start from have no DHCP of their own, so this room asks for an address itself. With several cards
//! the first that reaches the server wins; the one that the machine was started by is tried first.
pub mod dhcp;
pub mod link;

use dhcp::{Exchange, Lease, Reply};
use link::Card;
use socle_texts::{Fault, Result};
use socle_trust::chance;
use std::{
    io,
    net::{Ipv4Addr, UdpSocket},
    os::fd::AsRawFd,
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a link may take to come up: spanning tree on an old switch holds a port for half a minute.
const CARRIER_PATIENCE: Duration = Duration::from_secs(45);
/// How long one question waits for its answer, the first, second and third time.
const PATIENCE: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// A card with its address.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The card.
    pub card: Card,
    /// What it was given.
    pub lease: Lease,
}

/// Brings the network up through the first card by which `reaches` answers true. `said` hears what happens.
///
/// # Errors
/// `agent-no-network-card`, `agent-no-link`, `agent-no-address`, `agent-server-unreachable`: each may be retried.
pub fn connect(
    started_by: Option<[u8; 6]>,
    mut reaches: impl FnMut(&Connected) -> bool,
    said: &mut dyn FnMut(&Said<'_>),
) -> Result<Connected> {
    let _ = link::up("lo");
    let mut cards = Card::all(started_by);
    if cards.is_empty() {
        return Err(Fault::new("agent-no-network-card").may_retry());
    }
    // A card that can't be switched on must not keep the others from it.
    let mut last = None;
    cards.retain_mut(|card| match ready(card, said) {
        Ok(()) => true,
        Err(e) => {
            said(&Said::Unusable(&card.name, &e));
            last = Some(Fault::new("agent-no-link").with("cards", &card.name).because(e).may_retry());
            false
        }
    });
    if let (true, Some(fault)) = (cards.is_empty(), last) {
        return Err(fault);
    }
    let names = cards.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    if !wait_for_carrier(&cards) {
        return Err(Fault::new("agent-no-link").with("cards", names).may_retry());
    }
    let mut fault = Fault::new("agent-no-address").with("cards", names).may_retry();
    for card in cards.iter().filter(|c| c.has_carrier()) {
        let lease = match ask(card) {
            Ok(Some(lease)) => lease,
            Ok(None) => continue,
            Err(e) => {
                fault = fault.because(e);
                continue;
            }
        };
        let connected = Connected { card: card.clone(), lease };
        said(&Said::Address(&connected));
        if reaches(&connected) {
            keep(connected.clone());
            return Ok(connected);
        }
        let address = connected.lease.address.to_string();
        fault = Fault::new("agent-server-unreachable").with("card", &card.name).with("address", address).may_retry();
        let _ = card.clear_address();
    }
    Err(fault)
}

/// What happens on the way to the server.
#[derive(Debug)]
pub enum Said<'a> {
    /// A card has an address.
    Address(&'a Connected),
    /// A card had no Ethernet address that it could use, and was given one.
    Named(&'a Card),
    /// A card can't be switched on, and why.
    Unusable(&'a str, &'a io::Error),
}

/// Switches a card on; one whose Ethernet address is no card's is given one first, always the same on this machine.
fn ready(card: &mut Card, said: &mut dyn FnMut(&Said<'_>)) -> io::Result<()> {
    if !link::is_usable(&card.mac) {
        let hints = crate::facts::hints(&[]);
        let machine = match (hints.uuid, hints.serial) {
            (None, None) => chance::bytes::<16>().map_err(io::Error::other)?.to_vec(),
            (uuid, serial) => [uuid, serial].map(Option::unwrap_or_default).join("/").into_bytes(),
        };
        card.set_mac(link::made_up(&machine, &card.name))?;
        said(&Said::Named(card));
    }
    card.up()
}

/// Waits for a link; once one is there the others get a moment more to follow.
fn wait_for_carrier(cards: &[Card]) -> bool {
    let begin = Instant::now();
    let mut since: Option<Instant> = None;
    while begin.elapsed() < CARRIER_PATIENCE {
        let up = cards.iter().filter(|c| c.has_carrier()).count();
        if up == cards.len() || since.is_some_and(|s| s.elapsed() > Duration::from_millis(500)) {
            return true;
        }
        // The card that the machine was started by stands first and has no need of the others.
        if up > 0 && cards.first().is_some_and(Card::has_carrier) {
            return true;
        }
        if up > 0 {
            since.get_or_insert_with(Instant::now);
        }
        sleep(Duration::from_millis(20));
    }
    false
}

/// Asks for an address, takes the first that is offered, and gives it to the card. Nothing where nobody answers.
fn ask(card: &Card) -> io::Result<Option<Lease>> {
    let socket = socket(card, Ipv4Addr::UNSPECIFIED)?;
    for patience in PATIENCE {
        let exchange = Exchange { mac: card.mac, xid: number()? };
        socket.send_to(&exchange.discover(), (Ipv4Addr::BROADCAST, 67))?;
        let Some(Reply::Offer(offer)) = hear(&socket, &exchange, patience, |r| matches!(r, Reply::Offer(_)))? else {
            continue;
        };
        socket.send_to(&exchange.request(&offer), (Ipv4Addr::BROADCAST, 67))?;
        let settled = |r: &Reply| matches!(r, Reply::Ack(_) | Reply::Nak);
        if let Some(Reply::Ack(lease)) = hear(&socket, &exchange, patience, settled)? {
            card.set_address(lease.address, lease.prefix_bits, lease.router)?;
            return Ok(Some(lease));
        }
    }
    Ok(None)
}

/// A number for an exchange, that no other client draws.
fn number() -> io::Result<u32> {
    chance::bytes().map(u32::from_le_bytes).map_err(io::Error::other)
}

/// The first answer that `wanted` wants, within the time.
fn hear(
    socket: &UdpSocket,
    exchange: &Exchange,
    patience: Duration,
    wanted: impl Fn(&Reply) -> bool,
) -> io::Result<Option<Reply>> {
    let begin = Instant::now();
    let mut buffer = [0; 1500];
    while let Some(left) = patience.checked_sub(begin.elapsed()).filter(|l| !l.is_zero()) {
        socket.set_read_timeout(Some(left))?;
        match socket.recv_from(&mut buffer) {
            Ok((len, _)) => match exchange.read(&buffer[..len]) {
                Some(reply) if wanted(&reply) => return Ok(Some(reply)),
                _ => {}
            },
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => return Ok(None),
            Err(e) => return Err(e),
        }
    }
    Ok(None)
}

/// The client's socket, tied to one card: it works before there is any address.
fn socket(card: &Card, address: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None)?;
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    let socket = UdpSocket::from(socket);
    socket.set_broadcast(true)?;
    let name = card.name.as_bytes();
    // SAFETY: the option's value is a name of the given length, alive for the call.
    let bound = unsafe {
        let (level, option) = (libc::SOL_SOCKET, libc::SO_BINDTODEVICE);
        libc::setsockopt(socket.as_raw_fd(), level, option, name.as_ptr().cast(), name.len() as libc::socklen_t)
    };
    if bound != 0 {
        return Err(io::Error::last_os_error());
    }
    rustix::net::bind(&socket, &std::net::SocketAddr::from((address, 68)))?;
    Ok(socket)
}

/// Renews the lease at half its time, again at three quarters, for as long as the agent lives (RFC 2131 section 4.4.5).
/// A refusal or silence changes nothing here: the address stays as long as it works, since a run that loses it could
/// only stop.
fn keep(connected: Connected) {
    let keeper = move || {
        let Connected { card, mut lease } = connected;
        loop {
            let half = u64::from(lease.seconds.clamp(60, 7 * 24 * 3600)) / 2;
            sleep(Duration::from_secs(half));
            let renewed = renew(&card, &lease).ok().flatten();
            lease = match renewed {
                Some(next) if next.address == lease.address => next,
                _ => Lease { seconds: (lease.seconds / 2).max(60), ..lease },
            };
        }
    };
    let _ = std::thread::Builder::new().name("lease".into()).spawn(keeper);
}

fn renew(card: &Card, lease: &Lease) -> io::Result<Option<Lease>> {
    let socket = socket(card, lease.address)?;
    let exchange = Exchange { mac: card.mac, xid: number()? };
    for to in [lease.server, Ipv4Addr::BROADCAST] {
        socket.send_to(&exchange.renew(lease), (to, 67))?;
        if let Some(Reply::Ack(lease)) = hear(&socket, &exchange, PATIENCE[1], |r| matches!(r, Reply::Ack(_)))? {
            return Ok(Some(lease));
        }
    }
    Ok(None)
}
