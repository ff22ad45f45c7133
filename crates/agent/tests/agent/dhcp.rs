//! A DHCP client's words, against replies made by hand as real servers make them.
use proptest::prelude::*;
use socle_agent::network::dhcp::{Exchange, Lease, Reply};
use std::net::Ipv4Addr;

const EXCHANGE: Exchange = Exchange { mac: [0x52, 0x54, 0, 0, 0, 1], xid: 0x1234_5678 };

fn reply(kind: u8, address: [u8; 4], options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 236];
    bytes[0] = 2;
    bytes[4..8].copy_from_slice(&EXCHANGE.xid.to_be_bytes());
    bytes[16..20].copy_from_slice(&address);
    bytes[28..34].copy_from_slice(&EXCHANGE.mac);
    bytes.extend([99, 130, 83, 99, 53, 1, kind]);
    for (code, value) in options {
        bytes.extend([*code, value.len() as u8]);
        bytes.extend_from_slice(value);
    }
    bytes.push(255);
    bytes
}

const FULL: &[(u8, &[u8])] =
    &[(54, &[10, 77, 0, 2]), (1, &[255, 255, 240, 0]), (3, &[10, 77, 0, 254]), (51, &[0, 0, 14, 16]), (0x2b, b"pxe")];

#[test]
fn an_offer_and_its_acknowledgement_are_read() {
    let lease = Lease {
        address: Ipv4Addr::new(10, 77, 0, 100),
        prefix_bits: 20,
        router: Some(Ipv4Addr::new(10, 77, 0, 254)),
        server: Ipv4Addr::new(10, 77, 0, 2),
        seconds: 3600,
    };
    assert_eq!(EXCHANGE.read(&reply(2, [10, 77, 0, 100], FULL)), Some(Reply::Offer(lease.clone())));
    assert_eq!(EXCHANGE.read(&reply(5, [10, 77, 0, 100], FULL)), Some(Reply::Ack(lease)));
    assert_eq!(EXCHANGE.read(&reply(6, [0; 4], &[(54, &[10, 77, 0, 2])])), Some(Reply::Nak));
}

#[test]
fn what_gives_no_address_or_is_for_another_is_passed_over() {
    assert_eq!(EXCHANGE.read(&reply(2, [0; 4], FULL)), None, "a ProxyDHCP offer");
    assert_eq!(EXCHANGE.read(&reply(2, [255; 4], FULL)), None);
    assert_eq!(EXCHANGE.read(&reply(2, [10, 0, 0, 9], &[])), None, "nobody to ask for it");
    for at in [0, 4, 33, 236] {
        let mut other = reply(2, [10, 77, 0, 100], FULL);
        other[at] ^= 1;
        assert_eq!(EXCHANGE.read(&other), None, "byte {at}");
    }
}

#[test]
fn questions_have_the_form_that_servers_expect() {
    let discover = EXCHANGE.discover();
    assert!(discover.len() >= 300);
    assert_eq!((discover[0], discover[10]), (1, 0x80), "a question, to be answered by broadcast");
    let lease = Lease {
        address: Ipv4Addr::new(10, 0, 0, 9),
        prefix_bits: 24,
        router: None,
        server: Ipv4Addr::new(10, 0, 0, 1),
        seconds: 60,
    };
    let request = EXCHANGE.request(&lease);
    assert!(
        request.windows(6).any(|w| w == [50, 4, 10, 0, 0, 9]) && request.windows(6).any(|w| w == [54, 4, 10, 0, 0, 1])
    );
    let renew = EXCHANGE.renew(&lease);
    assert_eq!(renew[12..16], [10, 0, 0, 9]);
    assert!(!renew.windows(6).any(|w| w == [54, 4, 10, 0, 0, 1]), "RFC 2131 section 4.3.6");
}

proptest! {
    #[test]
    fn whatever_arrives_is_read_or_passed_over(bytes in prop::collection::vec(any::<u8>(), 0..700), tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = EXCHANGE.read(&bytes);
        let mut near = reply(2, [10, 0, 0, 9], &[]);
        near.truncate(243);
        near.extend(tail);
        let _ = EXCHANGE.read(&near);
    }
}
