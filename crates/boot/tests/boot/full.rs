//! The DHCP server of a closed network: RFC 2131 §4.3.
use crate::machine::*;
use socle_boot::{
    Kind, Mac, Why,
    dhcp::{Config, Decision, Destination, Lease, MessageType, Mode, Packet, Port, Range, Service, options::code},
};
use std::net::Ipv4Addr;

fn lab() -> Service {
    service(Mode::Full(range()))
}

fn mac(n: u8) -> Mac {
    Mac([0x52, 0x54, 0, 0, 0, n])
}

fn discover(service: &mut Service, mac: Mac, now: u64) -> Option<Packet> {
    ask(service, &message(mac, MessageType::Discover), Port::Dhcp, &Decision::Boot, now).1
}

/// The REQUEST that answers an offer (RFC 2131 §4.3.2, SELECTING).
fn take(service: &mut Service, mac: Mac, wanted: Ipv4Addr, now: u64) -> (Kind, Option<Packet>, Option<Lease>) {
    let mut packet = message(mac, MessageType::Request);
    packet.options.set(code::REQUESTED_ADDRESS, wanted.octets());
    packet.options.set(code::SERVER_ID, SERVER.octets());
    let (outcome, answer) = ask(service, &packet, Port::Dhcp, &Decision::Boot, now);
    (outcome.event.kind, answer, outcome.keep)
}

fn lease(service: &mut Service, mac: Mac, now: u64) -> Ipv4Addr {
    let offer = discover(service, mac, now).unwrap();
    let (_, ack, keep) = take(service, mac, offer.yiaddr, now);
    let ack = ack.unwrap();
    assert_eq!(ack.message_type(), Some(MessageType::Ack));
    assert_eq!(keep, Some(Lease { mac, address: ack.yiaddr, expires_unix_seconds: now + 3600 }));
    assert_eq!(ack.yiaddr, offer.yiaddr);
    ack.yiaddr
}

#[test]
fn an_address_comes_with_its_network() {
    let mut service = lab();
    let offer = discover(&mut service, mac(1), NOW).unwrap();
    assert_eq!(offer.options.address(code::SUBNET_MASK), Some(Ipv4Addr::new(255, 255, 255, 0)));
    assert_eq!(offer.options.address(code::ROUTERS), Some(SERVER));
    assert_eq!(offer.options.address(code::NAME_SERVERS), Some(Ipv4Addr::new(10, 77, 0, 53)));
    assert_eq!(offer.options.address(code::BROADCAST), Some(Ipv4Addr::new(10, 77, 0, 255)));
    assert_eq!(offer.options.number32(code::LEASE_SECONDS), Some(3600));
    assert_eq!(offer.options.get(code::BOOT_FILE), None, "it did not ask to boot");
}

#[test]
fn a_machine_keeps_its_address_through_expiry_and_our_restart() {
    let mut service = lab();
    let first = lease(&mut service, mac(7), NOW);
    assert_eq!(lease(&mut service, mac(7), NOW + 100_000), first);
    let config = Config { address: SERVER, mode: Mode::Full(range()), files: files() };
    let mut again = Service::new(config, service.leases()).unwrap();
    assert_eq!(lease(&mut again, mac(7), NOW + 100_010), first);
}

#[test]
fn machines_never_share_an_address_and_the_range_ends() {
    let mut service = lab();
    let mut given: Vec<_> = (1..=4).map(|n| lease(&mut service, mac(n), NOW)).collect();
    given.sort();
    given.dedup();
    assert_eq!(given.len(), 4);
    let ask_fifth = |service: &mut Service, now| {
        ask(service, &message(mac(5), MessageType::Discover), Port::Dhcp, &Decision::Boot, now)
    };
    let (outcome, answer) = ask_fifth(&mut service, NOW);
    assert_eq!((outcome.event.kind, answer), (Kind::Silent { why: Why::NoAddressLeft }, None));
    // Once they have expired, the one that did so longest ago is given again.
    lease(&mut service, mac(2), NOW + 3500);
    let (_, answer) = ask_fifth(&mut service, NOW + 3700);
    assert!(given.contains(&answer.unwrap().yiaddr));
    assert_eq!(service.leases().len(), 4);
}

#[test]
fn an_offer_that_is_not_taken_is_let_go() {
    let mut service = lab();
    (1..=4).for_each(|n| assert!(discover(&mut service, mac(n), NOW).is_some()));
    assert!(discover(&mut service, mac(5), NOW + 30).is_none());
    assert!(discover(&mut service, mac(5), NOW + 61).is_some());
}

#[test]
fn a_wish_is_granted_when_it_can_be() {
    let mut service = lab();
    let wish = |service: &mut Service, n, address: [u8; 4]| {
        let mut packet = message(mac(n), MessageType::Discover);
        packet.options.set(code::REQUESTED_ADDRESS, address);
        ask(service, &packet, Port::Dhcp, &Decision::Boot, NOW).1.unwrap().yiaddr.octets()
    };
    assert_eq!(wish(&mut service, 1, [10, 77, 0, 102]), [10, 77, 0, 102]);
    assert_ne!(wish(&mut service, 2, [10, 77, 0, 102]), [10, 77, 0, 102], "held for another machine");
    let outside = wish(&mut service, 3, [10, 77, 0, 1]);
    assert!((100..=103).contains(&outside[3]));
}

#[test]
fn wrong_addresses_are_refused_aloud_and_unknown_ones_in_silence() {
    let mut service = lab();
    let mine = lease(&mut service, mac(1), NOW);
    let theirs = lease(&mut service, mac(2), NOW);
    let reboot = |service: &mut Service, n, wanted: Ipv4Addr| {
        let mut packet = message(mac(n), MessageType::Request);
        packet.options.set(code::REQUESTED_ADDRESS, wanted.octets());
        let (outcome, answer) = ask(service, &packet, Port::Dhcp, &Decision::Boot, NOW);
        let to = outcome.reply.map(|r| r.to);
        (outcome.event.kind, answer.and_then(|a| a.message_type()), to)
    };
    let refused =
        |wanted, why| (Kind::AddressRefused { wanted, why }, Some(MessageType::Nak), Some(Destination::Everybody));
    let elsewhere = Ipv4Addr::new(192, 168, 1, 20);
    assert_eq!(reboot(&mut service, 1, elsewhere), refused(elsewhere, Why::AnotherNetwork));
    assert_eq!(reboot(&mut service, 1, theirs), refused(theirs, Why::AnotherAddress));
    assert_eq!(reboot(&mut service, 1, mine).1, Some(MessageType::Ack));
    assert_eq!(reboot(&mut service, 9, mine), (Kind::Silent { why: Why::UnknownLease }, None, None));
    let (kind, answer, _) = take(&mut service, mac(9), mine, NOW);
    assert_eq!(kind, Kind::AddressRefused { wanted: mine, why: Why::AnotherMachine });
    assert_eq!(answer.unwrap().message_type(), Some(MessageType::Nak));
}

#[test]
fn a_lease_is_renewed_by_unicast() {
    let mut service = lab();
    let mine = lease(&mut service, mac(1), NOW);
    let mut packet = message(mac(1), MessageType::Request);
    packet.ciaddr = mine;
    let (outcome, _) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, NOW + 1800);
    assert_eq!(outcome.keep.unwrap().expires_unix_seconds, NOW + 1800 + 3600);
    assert_eq!(outcome.reply.unwrap().to, Destination::Client(mine));
}

#[test]
fn the_choice_of_another_server_is_left_alone() {
    let mut service = lab();
    let offered = discover(&mut service, mac(1), NOW).unwrap().yiaddr;
    let mut packet = message(mac(1), MessageType::Request);
    packet.options.set(code::REQUESTED_ADDRESS, offered.octets());
    packet.options.set(code::SERVER_ID, [10, 77, 0, 2]);
    let (outcome, answer) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, NOW);
    assert_eq!((outcome.event.kind, answer), (Kind::Silent { why: Why::AnotherServer }, None));
}

#[test]
fn release_inform_and_decline() {
    let mut service = lab();
    let mine = lease(&mut service, mac(1), NOW);
    let say = |service: &mut Service, kind, change: &dyn Fn(&mut Packet), now| {
        let mut packet = message(mac(1), kind);
        change(&mut packet);
        ask(service, &packet, Port::Dhcp, &Decision::Boot, now)
    };
    let (_, answer) = say(&mut service, MessageType::Inform, &|p| p.ciaddr = mine, NOW);
    let answer = answer.unwrap();
    assert_eq!(answer.message_type(), Some(MessageType::Ack));
    assert!(answer.yiaddr.is_unspecified() && answer.options.get(code::LEASE_SECONDS).is_none());

    let (outcome, answer) = say(&mut service, MessageType::Release, &|p| p.ciaddr = mine, NOW + 10);
    assert_eq!(outcome.event.kind, Kind::AddressReleased { given: mine });
    assert_eq!((outcome.keep.unwrap().expires_unix_seconds, answer), (NOW + 10, None));

    assert_eq!(lease(&mut service, mac(1), NOW + 20), mine);
    let wish = |p: &mut Packet| p.options.set(code::REQUESTED_ADDRESS, mine.octets());
    let (outcome, answer) = say(&mut service, MessageType::Decline, &wish, NOW + 30);
    assert_eq!((outcome.event.kind, answer), (Kind::AddressDeclined { given: mine }, None));
    let rest: Vec<_> = (1..=4).filter_map(|n| discover(&mut service, mac(n), NOW + 31)).map(|o| o.yiaddr).collect();
    assert_eq!(rest.len(), 3);
    assert!(!rest.contains(&mine), "set aside");
    assert_eq!(discover(&mut service, mac(9), NOW + 631).map(|o| o.yiaddr), Some(mine), "and free again");
}

#[test]
fn a_machine_that_boots_gets_address_and_file_in_one_answer() {
    let mut service = lab();
    let mut check = |packet: Packet, file: Option<&str>, class: Option<&str>| {
        let (outcome, answer) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, NOW);
        let answer = answer.unwrap();
        assert_eq!(answer.options.text(code::BOOT_FILE).as_deref(), file);
        assert_eq!(answer.options.text(code::VENDOR_CLASS).as_deref(), class);
        assert_eq!(answer.siaddr == SERVER, file.is_some());
        outcome.event.kind
    };
    check(pxe(mac(1), MessageType::Discover), Some("snponly.efi"), None);
    check(http(mac(1), MessageType::Discover), Some("http://10.77.0.1:8080/snponly.efi"), Some("HTTPClient"));
    check(ipxe(mac(1), MessageType::Discover), Some("http://10.77.0.1:8080/autoexec.ipxe"), None);
    let mut small = pxe(mac(1), MessageType::Discover);
    small.options.set(code::ARCHITECTURE, [0, 6]);
    let kind = check(small, None, None);
    assert!(
        matches!(kind, Kind::AddressOffered { withheld: Some(Why::Architecture { arch: 6 }), file: None, .. }),
        "{kind:?}"
    );
}

#[test]
fn a_machine_that_may_not_boot_still_gets_its_address() {
    let no = Decision::NoBoot { code: "boot-why-decided".into() };
    let (outcome, answer) = ask(&mut lab(), &pxe(mac(1), MessageType::Discover), Port::Dhcp, &no, NOW);
    assert_eq!(answer.unwrap().options.get(code::BOOT_FILE), None);
    assert!(matches!(outcome.event.kind, Kind::AddressOffered { file: None, withheld: Some(Why::Decided { .. }), .. }));
}

#[test]
fn what_a_relay_agent_passes_on_is_not_our_network() {
    let mut packet = message(mac(1), MessageType::Discover);
    packet.giaddr = Ipv4Addr::new(10, 99, 0, 254);
    let (outcome, answer) = ask(&mut lab(), &packet, Port::Dhcp, &Decision::Boot, NOW);
    assert_eq!((outcome.event.kind, answer), (Kind::Silent { why: Why::RelayAgent }, None));
}

#[test]
fn ranges_that_cannot_work_are_refused() {
    let check = |change: &dyn Fn(&mut Range)| {
        let mut range = range();
        change(&mut range);
        let config = Config { address: SERVER, mode: Mode::Full(range), files: files() };
        assert!(Service::new(config, Vec::new()).unwrap_err().is("boot-range-impossible"));
    };
    check(&|r| r.last = Ipv4Addr::new(10, 77, 0, 99));
    check(&|r| r.last = Ipv4Addr::new(10, 77, 1, 99));
    check(&|r| r.prefix_bits = 31);
    check(&|r| r.prefix_bits = 0);
    check(&|r| r.first = Ipv4Addr::new(10, 78, 0, 1));
    check(&|r| r.router = Some(Ipv4Addr::new(192, 168, 0, 1)));
    check(&|r| r.lease_seconds = 5);
}

#[test]
fn our_own_and_the_edges_are_never_given() {
    let mut range = range();
    (range.first, range.last) = (Ipv4Addr::new(10, 77, 0, 0), Ipv4Addr::new(10, 77, 0, 3));
    let mut service = service(Mode::Full(range));
    let given: Vec<_> =
        (1..=4).filter_map(|n| discover(&mut service, mac(n), NOW)).map(|o| o.yiaddr.octets()[3]).collect();
    assert_eq!(given.len(), 2);
    assert!(given.iter().all(|last| [2, 3].contains(last)), "{given:?}");
}
