//! A DHCP client's words (RFC 2131, RFC 2132): bytes in, bytes out.
use std::net::Ipv4Addr;

const FIXED_BYTES: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Every server takes a message of this length (RFC 1542 section 2.1).
const MIN_BYTES: usize = 300;
const BROADCAST: u8 = 0x80;

/// What an address came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The address.
    pub address: Ipv4Addr,
    /// Length of its network's prefix.
    pub prefix_bits: u8,
    /// The way out, where there is one.
    pub router: Option<Ipv4Addr>,
    /// Who gave it.
    pub server: Ipv4Addr,
    /// For how long.
    pub seconds: u32,
}

/// A server's answer to this client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An address may be had.
    Offer(Lease),
    /// The address is given.
    Ack(Lease),
    /// It is refused: begin again.
    Nak,
}

/// One exchange of one network card.
#[derive(Debug, Clone, Copy)]
pub struct Exchange {
    /// The card's address.
    pub mac: [u8; 6],
    /// The number that ties answers to questions: drawn by the caller.
    pub xid: u32,
}

impl Exchange {
    /// "Who gives me an address?"
    pub fn discover(&self) -> Vec<u8> {
        self.message(1, Ipv4Addr::UNSPECIFIED, &[], true)
    }
    /// "I take this one." Broadcast, so that the other servers know too (RFC 2131 section 4.3.2, SELECTING).
    pub fn request(&self, offer: &Lease) -> Vec<u8> {
        let (address, server) = (offer.address.octets(), offer.server.octets());
        self.message(3, Ipv4Addr::UNSPECIFIED, &[(50, &address), (54, &server)], true)
    }
    /// "May I keep it?" The address is in use: it stands in `ciaddr` and nowhere else (RENEWING).
    pub fn renew(&self, lease: &Lease) -> Vec<u8> {
        self.message(3, lease.address, &[], false)
    }

    fn message(&self, kind: u8, ciaddr: Ipv4Addr, options: &[(u8, &[u8])], broadcast: bool) -> Vec<u8> {
        let mut out = vec![0; FIXED_BYTES];
        out[..3].copy_from_slice(&[1, 1, 6]);
        out[4..8].copy_from_slice(&self.xid.to_be_bytes());
        out[10] = if broadcast { BROADCAST } else { 0 };
        out[12..16].copy_from_slice(&ciaddr.octets());
        out[28..34].copy_from_slice(&self.mac);
        out.extend(COOKIE);
        out.extend([53, 1, kind]);
        // The hardware type and address as client identifier (RFC 2132 section 9.14).
        out.extend([61, 7, 1]);
        out.extend(self.mac);
        out.extend([55, 4, 1, 3, 51, 54]);
        for (code, value) in options {
            out.extend([*code, value.len() as u8]);
            out.extend_from_slice(value);
        }
        out.push(255);
        out.resize(out.len().max(MIN_BYTES), 0);
        out
    }

    /// The answer in these bytes, if it is one to this exchange that an address can be had from. A ProxyDHCP offer,
    /// which gives no address, is none.
    pub fn read(&self, bytes: &[u8]) -> Option<Reply> {
        let fixed = bytes.get(..FIXED_BYTES)?;
        let ours = fixed[0] == 2 && fixed[4..8] == self.xid.to_be_bytes() && fixed[28..34] == self.mac;
        let options = bytes.get(FIXED_BYTES..)?.strip_prefix(&COOKIE)?;
        if !ours {
            return None;
        }
        let byte = |code| option(options, code).and_then(|v| v.first().copied());
        let ip = |code| option(options, code)?.first_chunk::<4>().map(|b| Ipv4Addr::from(*b));
        let kind = byte(53)?;
        if kind == 6 {
            return Some(Reply::Nak);
        }
        let address = Ipv4Addr::from(*fixed[16..20].first_chunk::<4>()?);
        let usable =
            !(address.is_unspecified() || address.is_multicast() || address.is_broadcast() || address.is_loopback());
        if !usable {
            return None;
        }
        let mask = ip(1).map_or(u32::from(Ipv4Addr::new(255, 255, 255, 0)), u32::from);
        let lease = Lease {
            address,
            prefix_bits: if mask.leading_ones() + mask.trailing_zeros() == 32 { mask.leading_ones() as u8 } else { 24 },
            router: ip(3).filter(|r| !r.is_unspecified()),
            server: ip(54)?,
            seconds: option(options, 51).and_then(|v| v.first_chunk::<4>()).map_or(3600, |b| u32::from_be_bytes(*b)),
        };
        match kind {
            2 => Some(Reply::Offer(lease)),
            5 => Some(Reply::Ack(lease)),
            _ => None,
        }
    }
}

/// The value of an option; pieces of one are not joined, since none of ours is long.
fn option(mut field: &[u8], wanted: u8) -> Option<&[u8]> {
    loop {
        field = match field {
            [0, rest @ ..] => rest,
            [255, ..] | [] | [_] => return None,
            [code, len, rest @ ..] => {
                let (value, rest) = rest.split_at_checked(*len as usize)?;
                if *code == wanted {
                    return Some(value);
                }
                rest
            }
        }
    }
}
