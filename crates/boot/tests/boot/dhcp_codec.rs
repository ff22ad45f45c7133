//! Bytes of DHCP: RFC 2131 §2, RFC 2132, RFC 3396.
use crate::machine::{MAC, message, pxe};
use proptest::prelude::*;
use socle_boot::dhcp::{Malformed, MessageType, Op, Packet, Port, Request, fuzz_dhcp, options::code};

#[test]
fn a_message_has_its_place_on_the_wire() {
    let bytes = pxe(MAC, MessageType::Discover).encode();
    assert_eq!(&bytes[..4], [1, 1, 6, 0], "op, htype, hlen, hops");
    assert_eq!(&bytes[4..8], [0x12, 0x34, 0x56, 0x78], "xid");
    assert_eq!(&bytes[10..12], [0x80, 0], "broadcast flag");
    assert_eq!(&bytes[28..34], MAC.0);
    assert_eq!(&bytes[236..243], [99, 130, 83, 99, 53, 1, 1], "cookie, then DISCOVER");
    assert!(bytes.len() >= 300, "BOOTP's shortest message");
}

#[test]
fn a_long_option_goes_in_pieces_and_comes_back_whole() {
    let mut packet = message(MAC, MessageType::Discover);
    let long: Vec<u8> = (0..600u32).map(|i| i as u8).collect();
    packet.options.set(code::BOOT_FILE, long.clone());
    let read = Packet::decode(&packet.encode()).unwrap();
    assert_eq!(read.options.get(code::BOOT_FILE), Some(&long[..]));
}

#[test]
fn fixed_fields_may_hold_options() {
    let mut bytes = message(MAC, MessageType::Discover).encode();
    let end = bytes.iter().rposition(|b| *b == 255).unwrap();
    bytes[end..end + 4].copy_from_slice(&[code::OVERLOAD, 1, 3, 255]);
    bytes[108..114].copy_from_slice(&[code::HOST_NAME, 4, b'p', b'c', b'-', b'1']);
    bytes[114] = 255;
    bytes[44..48].copy_from_slice(&[code::ARCHITECTURE, 2, 0, 7]);
    bytes[48] = 255;
    let read = Packet::decode(&bytes).unwrap();
    assert_eq!(read.options.text(code::HOST_NAME).as_deref(), Some("pc-1"));
    assert_eq!(read.options.number16(code::ARCHITECTURE), Some(7));
    assert!(read.file.is_empty() && read.sname.is_empty() && read.options.get(code::OVERLOAD).is_none());
}

#[test]
fn what_is_no_message_is_refused() {
    let good = message(MAC, MessageType::Discover).encode();
    let check = |change: &dyn Fn(&mut Vec<u8>), expect: Malformed| {
        let mut bytes = good.clone();
        change(&mut bytes);
        assert_eq!(Packet::decode(&bytes), Err(expect));
    };
    check(&|b| b.truncate(100), Malformed::TooShort);
    check(&|b| b.truncate(239), Malformed::TooShort);
    check(&|b| b.resize(1501, 0), Malformed::TooLong);
    check(&|b| b[0] = 3, Malformed::Op);
    check(&|b| b[236] = 0, Malformed::Cookie);
}

#[test]
fn a_truncated_option_loses_nothing_before_it() {
    let mut bytes = pxe(MAC, MessageType::Discover).encode();
    let class = bytes.windows(9).position(|w| w == b"PXEClient").unwrap();
    bytes.truncate(class + 12);
    let read = Packet::decode(&bytes).unwrap();
    assert_eq!(read.message_type(), Some(MessageType::Discover));
    assert_eq!(read.options.number16(code::ARCHITECTURE), Some(7));
    assert_eq!(read.options.get(code::VENDOR_CLASS), None);
}

#[test]
fn a_request_is_read_out_of_its_message() {
    let request = Request::read(pxe(MAC, MessageType::Discover), Port::Dhcp).unwrap();
    // SMBIOS holds the first three fields little-endian; Linux shows them turned (SMBIOS 2.6 §7.2.1).
    assert_eq!(request.uuid.unwrap().to_string(), "33221100-5544-7766-8899-aabbccddeeff");
    assert_eq!(request.takes_bytes(), 1472 - 28);
    let mut old = pxe(MAC, MessageType::Discover);
    old.options.take(code::ARCHITECTURE);
    assert_eq!(Request::read(old, Port::Dhcp).unwrap().arch.unwrap().0, 7, "the vendor class says it as well");
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let options = proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..300)), 0..6);
    let text = |n: usize| proptest::collection::vec(1u8.., 0..n);
    (any::<[u32; 5]>(), any::<[u8; 16]>(), any::<(u8, u8, u16, bool, bool)>(), text(63), text(127), options).prop_map(
        |(words, chaddr, (htype, hlen, secs, broadcast, reply), sname, file, options)| {
            let mut packet = Packet::new(if reply { Op::Reply } else { Op::Request });
            packet.htype = htype;
            packet.hlen = hlen;
            packet.xid = words[0];
            packet.secs = secs;
            packet.broadcast = broadcast;
            packet.ciaddr = words[1].into();
            packet.yiaddr = words[2].into();
            packet.siaddr = words[3].into();
            packet.giaddr = words[4].into();
            packet.chaddr = chaddr;
            packet.sname = sname;
            packet.file = file;
            for (code, bytes) in options.into_iter().filter(|(c, _)| *c != code::OVERLOAD) {
                packet.options.set(code, bytes);
            }
            packet
        },
    )
}

proptest! {
    #[test]
    fn writing_and_reading_changes_nothing(packet in any_packet()) {
        let bytes = packet.encode();
        if bytes.len() <= socle_boot::dhcp::MAX_PACKET_BYTES {
            prop_assert_eq!(Packet::decode(&bytes).unwrap(), packet);
        } else {
            prop_assert_eq!(Packet::decode(&bytes), Err(Malformed::TooLong));
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..1600)) {
        fuzz_dhcp(&bytes);
    }

    #[test]
    fn any_damage_is_survived(kind in 1u8..9, cuts in proptest::collection::vec((0usize..400, any::<u8>()), 0..12), len in 0usize..500) {
        let mut bytes = pxe(MAC, MessageType::from_byte(kind).unwrap()).encode();
        for (at, byte) in cuts {
            let n = bytes.len();
            bytes[at % n] = byte;
        }
        bytes.truncate(len.max(1));
        fuzz_dhcp(&bytes);
    }
}
