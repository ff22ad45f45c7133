//! Through a real DHCP relay agent (dnsmasq's), from a network where nobody else answers.
use crate::{
    machine,
    namespaces::{EVERYBODY, Net, Server, ask, must},
};
use socle_boot::dhcp::{MessageType, Mode, Packet, options::code};
use std::{
    net::{Ipv4Addr, SocketAddrV4},
    process::{Child, Command, Stdio},
    time::Duration,
};

const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 79, 0, 1);
const MACHINE: Ipv4Addr = Ipv4Addr::new(10, 79, 0, 50);

struct Killed(Child);
impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A BIOS card's message, as in `firmwares`.
fn bios(kind: MessageType) -> Packet {
    let mut packet = machine::pxe(machine::MAC, kind);
    packet.options.set(code::ARCHITECTURE, [0, 0]);
    packet.options.set(code::INTERFACE, [1, 2, 1]);
    packet.options.set(code::VENDOR_CLASS, &b"PXEClient:Arch:00000:UNDI:002001"[..]);
    packet
}

#[test]
fn a_machine_behind_a_relay_agent_is_answered_on_67_and_on_4011() {
    let Some(net) = Net::new("relay") else { return };
    if Command::new("dnsmasq").arg("--version").output().is_err() {
        assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "the program dnsmasq is not installed");
        println!("skipped: the program dnsmasq is not installed");
        return;
    }
    let (server, router, machine_side) = (net.of("s"), net.of("f"), net.of("m"));
    must(&format!("-n {router} link add far0 type veth peer name eth2 netns {machine_side}"));
    must(&format!("-n {router} addr add {ROUTER}/24 dev far0"));
    must(&format!("-n {router} link set far0 up"));
    must(&format!("-n {machine_side} link set eth2 up"));
    must(&format!("-n {server} route add 10.79.0.0/24 via 10.77.0.2"));
    let forward = || std::fs::write("/proc/sys/net/ipv4/ip_forward", "1");
    net.within("f", forward).join().unwrap().expect("a namespace of ours can be a router");
    let _serving = Server::start(&net, Mode::Proxy);
    let relay = Command::new("ip")
        .args(["netns", "exec", &router, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"])
        .args(["--pid-file=", "--log-facility=-", "--user=root", "--dhcp-relay=10.79.0.1,10.77.0.1"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let _relay = Killed(relay.unwrap());
    let mut offers = Vec::new();
    for _try in 0..20 {
        let ask = || ask("eth2", &bios(MessageType::Discover), EVERYBODY, 1, Duration::from_millis(500));
        offers = net.within("m", ask).join().unwrap();
        if !offers.is_empty() {
            break; // the agent takes a moment to start
        }
    }
    let (offer, _) = offers.pop().expect("an offer through the relay agent");
    assert_eq!((offer.message_type(), &offer.file[..]), (Some(MessageType::Offer), &b"undionly.kpxe"[..]));
    assert_eq!((offer.giaddr, offer.siaddr), (ROUTER, machine::SERVER), "for the agent to find the way back");

    // With its address, given by somebody else, it asks the boot server itself, through the router.
    must(&format!("-n {machine_side} addr add {MACHINE}/24 dev eth2"));
    must(&format!("-n {machine_side} route add default via {ROUTER}"));
    let again = net.within("m", || {
        let mut packet = bios(MessageType::Request);
        packet.ciaddr = MACHINE;
        ask("eth2", &packet, SocketAddrV4::new(machine::SERVER, 4011), 1, Duration::from_secs(3))
    });
    let (ack, from) = again.join().unwrap().pop().expect("an answer on 4011 from another network");
    assert_eq!(from, SocketAddrV4::new(machine::SERVER, 4011));
    assert_eq!((ack.message_type(), &ack.file[..]), (Some(MessageType::Ack), &b"undionly.kpxe"[..]));
}
