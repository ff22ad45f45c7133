//! Beside a DHCP server that we do not control.
use crate::machine::*;
use socle_boot::{
    BootEvent, Kind, Why,
    dhcp::{Decision, Destination, MessageType, Mode, Packet, Port, options::code},
};
use std::net::Ipv4Addr;

/// What comes of a message: the boot file told, or why none was.
fn told(packet: &Packet, port: Port, decision: Decision) -> Result<Packet, Why> {
    let (outcome, answer) = ask(&mut service(Mode::Proxy), packet, port, &decision, NOW);
    assert!(outcome.keep.is_none(), "a proxy gives no address");
    match (outcome.event.kind, answer) {
        (Kind::BootOffered { file }, Some(answer)) => {
            assert_eq!(answer.options.text(code::BOOT_FILE), Some(file));
            assert!(answer.yiaddr.is_unspecified());
            assert_eq!(answer.siaddr, SERVER, "iPXE rejects a proxy's offer without siaddr");
            assert_eq!(answer.options.address(code::SERVER_ID), Some(SERVER));
            assert_eq!((answer.xid, answer.chaddr), (packet.xid, packet.chaddr));
            assert_eq!(answer.options.get(code::MACHINE_ID), packet.options.get(code::MACHINE_ID));
            Ok(answer)
        }
        (Kind::Silent { why }, None) => Err(why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn firmware_is_told_the_loader_on_67_and_on_4011() {
    let offer = told(&pxe(MAC, MessageType::Discover), Port::Dhcp, Decision::Boot).unwrap();
    assert_eq!(offer.message_type(), Some(MessageType::Offer));
    assert_eq!(offer.file, b"snponly.efi");
    assert_eq!(offer.options.text(code::VENDOR_CLASS).as_deref(), Some("PXEClient"));
    assert_eq!(offer.options.get(code::VENDOR), Some(&[6, 1, 8, 255][..]));
    assert!(offer.broadcast);

    let mut again = pxe(MAC, MessageType::Request);
    again.ciaddr = Ipv4Addr::new(10, 77, 0, 150);
    let ack = told(&again, Port::BootServer, Decision::Boot).unwrap();
    assert_eq!(ack.message_type(), Some(MessageType::Ack));
    assert_eq!((ack.file, ack.ciaddr), (b"snponly.efi".to_vec(), again.ciaddr));
}

#[test]
fn each_answer_goes_where_it_is_heard() {
    let check = |packet: &Packet, port, expect| {
        let (outcome, _) = ask(&mut service(Mode::Proxy), packet, port, &Decision::Boot, NOW);
        assert_eq!(outcome.reply.unwrap().to, expect);
    };
    check(&pxe(MAC, MessageType::Discover), Port::Dhcp, Destination::Everybody);
    check(&pxe(MAC, MessageType::Request), Port::BootServer, Destination::Sender);
    let mut relayed = pxe(MAC, MessageType::Discover);
    relayed.giaddr = Ipv4Addr::new(10, 99, 0, 254);
    check(&relayed, Port::Dhcp, Destination::RelayAgent(relayed.giaddr));
}

#[test]
fn firmware_that_loads_over_http_is_told_a_url() {
    let offer = told(&http(MAC, MessageType::Discover), Port::Dhcp, Decision::Boot).unwrap();
    assert_eq!(offer.options.text(code::VENDOR_CLASS).as_deref(), Some("HTTPClient"));
    assert_eq!(offer.options.text(code::BOOT_FILE).as_deref(), Some("http://10.77.0.1:8080/snponly.efi"));
    assert_eq!(offer.options.get(code::VENDOR), None);
}

#[test]
fn ipxe_is_told_the_script() {
    let offer = told(&ipxe(MAC, MessageType::Discover), Port::Dhcp, Decision::Boot).unwrap();
    assert_eq!(offer.file, b"http://10.77.0.1:8080/autoexec.ipxe");
}

#[test]
fn architecture_9_is_uefi_too() {
    let mut packet = pxe(MAC, MessageType::Discover);
    packet.options.set(code::ARCHITECTURE, [0, 9]);
    assert_eq!(told(&packet, Port::Dhcp, Decision::Boot).unwrap().file, b"snponly.efi");
}

#[test]
fn every_silence_has_its_reason() {
    let check = |packet: Packet, port, decision, expect| assert_eq!(told(&packet, port, decision), Err(expect));
    let arch = |number: u8| {
        let mut packet = pxe(MAC, MessageType::Discover);
        packet.options.set(code::ARCHITECTURE, [0, number]);
        packet
    };
    for number in [1, 6, 10, 11, 15, 19] {
        check(arch(number), Port::Dhcp, Decision::Boot, Why::Architecture { arch: number as u16 });
    }
    let mut unsaid = arch(7);
    unsaid.options.take(code::ARCHITECTURE);
    unsaid.options.set(code::VENDOR_CLASS, &b"PXEClient"[..]);
    check(unsaid, Port::Dhcp, Decision::Boot, Why::ArchitectureUnsaid);
    check(message(MAC, MessageType::Discover), Port::Dhcp, Decision::Boot, Why::NotNetworkBoot);
    check(pxe(MAC, MessageType::Request), Port::Dhcp, Decision::Boot, Why::NotOurAddresses);
    check(pxe(MAC, MessageType::Discover), Port::BootServer, Decision::Boot, Why::NotAskedHere);
    let code = String::from("boot-why-decided");
    let no = Decision::NoBoot { code: code.clone() };
    check(pxe(MAC, MessageType::Discover), Port::Dhcp, no.clone(), Why::Decided { code: code.clone() });
    check(pxe(MAC, MessageType::Request), Port::BootServer, no, Why::Decided { code });
}

#[test]
fn a_picked_boot_server_is_repeated() {
    let mut packet = pxe(MAC, MessageType::Request);
    packet.options.set(code::VENDOR, [71, 4, 0x80, 1, 0, 0, 255]);
    let ack = told(&packet, Port::BootServer, Decision::Boot).unwrap();
    assert_eq!(ack.options.get(code::VENDOR), Some(&[71, 4, 0x80, 1, 0, 0, 6, 1, 8, 255][..]));
}

#[test]
fn an_answer_longer_than_the_client_takes_is_not_sent() {
    let mut config = socle_boot::dhcp::Config { address: SERVER, mode: Mode::Proxy, files: files() };
    config.files.loader_url = format!("http://10.77.0.1/{}", "a".repeat(300));
    let mut service = socle_boot::dhcp::Service::new(config, Vec::new()).unwrap();
    let mut packet = http(MAC, MessageType::Discover);
    let (outcome, answer) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, NOW);
    assert!(answer.is_some(), "{outcome:?}");
    packet.options.set(code::MAX_MESSAGE_BYTES, 576u16.to_be_bytes());
    let (outcome, answer) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, NOW);
    assert_eq!((outcome.event.kind, answer), (Kind::Silent { why: Why::AnswerTooLong }, None));
}

#[test]
fn a_servers_message_is_nobodys_event_and_nonsense_is_one() {
    let service = service(Mode::Proxy);
    let mut packet = message(MAC, MessageType::Offer);
    packet.op = socle_boot::dhcp::Op::Reply;
    assert_eq!(service.read(&packet.encode(), Port::Dhcp), Err(None));
    let why = |r: Result<_, Option<Box<BootEvent>>>| r.unwrap_err().unwrap().kind;
    assert_eq!(why(service.read(b"nonsense", Port::Dhcp)), Kind::Silent { why: Why::Malformed });
    let group = message(socle_boot::Mac([1, 0, 0x5e, 0, 0, 1]), MessageType::Discover);
    assert_eq!(why(service.read(&group.encode(), Port::Dhcp)), Kind::Silent { why: Why::Malformed });
}

#[test]
fn events_are_said_in_both_languages_and_travel() {
    let (outcome, _) =
        ask(&mut service(Mode::Proxy), &pxe(MAC, MessageType::Discover), Port::Dhcp, &Decision::Boot, NOW);
    let event = outcome.event;
    assert_eq!(
        event.say(socle_texts::Lang::En),
        "52:54:00:00:00:01 asked to start from the network and was told to load snponly.efi."
    );
    assert!(event.say(socle_texts::Lang::Fr).contains("doit charger snponly.efi"));
    assert!(!event.is_routine());
    let json = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<BootEvent>(&json).unwrap(), event);
    assert!(json.contains(r#""kind":"boot-offered""#), "{json}");
}
