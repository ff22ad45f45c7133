//! Wake-on-LAN.
use socle_boot::{Mac, wake::magic_packet};

#[test]
fn the_magic_packet() {
    let mac: Mac = "52-54-00-aa-bb-cc".parse().unwrap();
    let packet = magic_packet(mac, None);
    assert_eq!(packet.len(), 102);
    assert_eq!(&packet[..6], [0xff; 6]);
    assert!(packet[6..].chunks(6).all(|c| c == mac.0));
    assert_eq!(&magic_packet(mac, Some([1, 2, 3, 4, 5, 6]))[102..], [1, 2, 3, 4, 5, 6]);
}

#[test]
fn hardware_addresses_are_read_in_three_forms() {
    for text in ["52:54:00:aa:bb:cc", "52-54-00-AA-BB-CC", "525400aabbcc"] {
        assert_eq!(text.parse::<Mac>().unwrap().to_string(), "52:54:00:aa:bb:cc");
    }
    for bad in [
        "",
        "52:54:00:aa:bb",
        "52:54:00:aa:bb:cg",
        "5:254:00:aa:bb:cc",
        "52:54:00:aa:bb:cc:dd",
        "+2:54:00:aa:bb:cc",
        "é25400aabbc",
    ] {
        assert!(bad.parse::<Mac>().is_err(), "{bad}");
    }
}
