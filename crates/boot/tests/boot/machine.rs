//! Machines as they speak on the wire.
use socle_boot::{
    Mac,
    dhcp::{BootFiles, Config, Decision, MessageType, Mode, Op, Outcome, Packet, Port, Range, Service, options::code},
};
use std::net::Ipv4Addr;

pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
pub const NOW: u64 = 1_800_000_000;
pub const MAC: Mac = Mac([0x52, 0x54, 0, 0, 0, 1]);

pub fn files() -> BootFiles {
    BootFiles {
        loader: "snponly.efi".into(),
        bios_loader: Some("undionly.kpxe".into()),
        loader_url: "http://10.77.0.1:8080/snponly.efi".into(),
        script_url: "http://10.77.0.1:8080/autoexec.ipxe".into(),
    }
}

pub fn range() -> Range {
    Range {
        first: Ipv4Addr::new(10, 77, 0, 100),
        last: Ipv4Addr::new(10, 77, 0, 103),
        prefix_bits: 24,
        router: Some(SERVER),
        name_servers: vec![Ipv4Addr::new(10, 77, 0, 53)],
        lease_seconds: 3600,
    }
}

pub fn service(mode: Mode) -> Service {
    Service::new(Config { address: SERVER, mode, files: files() }, Vec::new()).unwrap()
}

/// A message of an ordinary system.
pub fn message(mac: Mac, kind: MessageType) -> Packet {
    let mut packet = Packet::new(Op::Request);
    packet.xid = 0x1234_5678;
    packet.chaddr[..6].copy_from_slice(&mac.0);
    packet.options.set(code::MESSAGE_TYPE, [kind as u8]);
    packet
}

/// What OVMF's PXE driver sends: vendor class, architecture 7, interface, identifier, as a trace shows them.
pub fn pxe(mac: Mac, kind: MessageType) -> Packet {
    let mut packet = message(mac, kind);
    packet.broadcast = true;
    packet.options.set(code::MAX_MESSAGE_BYTES, 1472u16.to_be_bytes());
    packet.options.set(code::MACHINE_ID, machine_id());
    packet.options.set(code::INTERFACE, [1, 3, 16]);
    packet.options.set(code::ARCHITECTURE, [0, 7]);
    packet.options.set(code::VENDOR_CLASS, &b"PXEClient:Arch:00007:UNDI:003016"[..]);
    packet
}

pub fn http(mac: Mac, kind: MessageType) -> Packet {
    let mut packet = pxe(mac, kind);
    packet.options.set(code::ARCHITECTURE, [0, 16]);
    packet.options.set(code::VENDOR_CLASS, &b"HTTPClient:Arch:00016:UNDI:003001"[..]);
    packet
}

pub fn ipxe(mac: Mac, kind: MessageType) -> Packet {
    let mut packet = pxe(mac, kind);
    packet.options.set(code::USER_CLASS, &b"iPXE"[..]);
    packet.options.set(code::IPXE, [0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0]);
    packet
}

pub fn machine_id() -> Vec<u8> {
    let mut id = vec![0];
    id.extend(0x0011_2233_4455_6677_8899_aabb_ccdd_eeffu128.to_be_bytes());
    id
}

/// Sends a message as bytes and reads the answer's bytes: nothing is compared but what the wire holds.
pub fn ask(
    service: &mut Service,
    packet: &Packet,
    port: Port,
    decision: &Decision,
    now: u64,
) -> (Outcome, Option<Packet>) {
    let request = service.read(&packet.encode(), port).expect("a request");
    let outcome = service.answer(&request, decision, now);
    let answer = outcome.reply.as_ref().map(|r| Packet::decode(&r.bytes).expect("an answer"));
    (outcome, answer)
}
