//! What the firmwares of many makers send, field by field: each line of the table is a message and what it must get.
//!
//! The messages are written after RFC 2131, 2132, 3004, 3046 and 4578, PXE 2.1 and UEFI 2.10, with the habits that make
//! makers differ: which options there are, in which order, in one field or another.
use crate::machine::{self, SERVER, ask};
use socle_boot::{
    Why,
    dhcp::{
        Client, Decision, Destination, MAX_PACKET_BYTES, MessageType, Mode, Packet, Port, fuzz_dhcp, options::code,
    },
};
use std::net::Ipv4Addr;

/// Options by code and content; written in this order.
type Wire = &'static [(u8, &'static [u8])];

const UUID: &[u8] = &[0, 0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
/// What the PXE 2.1 specification tells clients to ask for, vendor options and 128–135 included.
const PXE_WISHES: &[u8] = &[
    1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 128, 129,
    130, 131, 132, 133, 134, 135,
];
const SCRIPT: &str = "http://10.77.0.1:8080/autoexec.ipxe";
const LOADER_URL: &str = "http://10.77.0.1:8080/snponly.efi";

/// Who sends it, its options, and what it is told to load.
type Row = (&'static str, Wire, Result<&'static str, Why>);

#[rustfmt::skip]
fn table() -> Vec<Row> {
    vec![
        ("a BIOS card after PXE 2.1", &[
            (53, &[1]), (57, &[0x05, 0xc0]), (55, PXE_WISHES), (97, UUID), (93, &[0, 0]), (94, &[1, 2, 1]),
            (60, b"PXEClient:Arch:00000:UNDI:002001"),
        ], Ok("undionly.kpxe")),
        ("the same with a short limit and few wishes", &[
            (53, &[1]), (57, &[0x04, 0xec]), (55, &[1, 3, 43, 54, 60, 66, 67]), (97, UUID), (93, &[0, 0]), (94, &[1, 2, 1]),
            (60, b"PXEClient:Arch:00000:UNDI:002001"),
        ], Ok("undionly.kpxe")),
        ("a card that says its architecture in its class alone", &[
            (53, &[1]), (55, PXE_WISHES), (60, b"PXEClient:Arch:00000:UNDI:002001"), (97, UUID),
        ], Ok("undionly.kpxe")),
        ("a class with a zero at its end", &[
            (53, &[1]), (60, b"PXEClient:Arch:00000:UNDI:002001\0"), (93, &[0, 0]), (97, UUID),
        ], Ok("undionly.kpxe")),
        ("a client identifier that repeats the machine's, before everything else", &[
            (61, UUID), (53, &[1]), (60, b"PXEClient:Arch:00000:UNDI:002001"), (93, &[0, 0]), (97, UUID), (94, &[1, 2, 1]),
        ], Ok("undionly.kpxe")),
        ("UEFI, number 7 as most makers read the list", &[
            (53, &[1]), (57, &[5, 0xc0]), (55, PXE_WISHES), (97, UUID), (94, &[1, 3, 16]), (93, &[0, 7]),
            (60, b"PXEClient:Arch:00007:UNDI:003016"),
        ], Ok("snponly.efi")),
        ("UEFI, number 9 as RFC 4578 numbers it", &[
            (53, &[1]), (57, &[5, 0xc0]), (97, UUID), (94, &[1, 3, 1]), (93, &[0, 9]), (60, b"PXEClient:Arch:00009:UNDI:003001"),
        ], Ok("snponly.efi")),
        ("several architectures, the most wanted first", &[
            (53, &[1]), (93, &[0, 7, 0, 0]), (60, b"PXEClient:Arch:00007:UNDI:003016"), (97, UUID),
        ], Ok("snponly.efi")),
        ("UEFI over HTTP", &[
            (53, &[1]), (57, &[5, 0xc0]), (97, UUID), (94, &[1, 3, 16]), (93, &[0, 16]), (60, b"HTTPClient:Arch:00016:UNDI:003016"),
        ], Ok(LOADER_URL)),
        ("iPXE in a BIOS card: the bare word", &[
            (53, &[1]), (57, &[5, 0xc0]), (93, &[0, 0]), (94, &[1, 2, 1]), (60, b"PXEClient:Arch:00000:UNDI:002001"),
            (77, b"iPXE"), (175, &[0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0, 0xeb, 3, 1, 0, 0]), (97, UUID),
        ], Ok(SCRIPT)),
        ("iPXE among several user classes, each with its length", &[
            (53, &[1]), (93, &[0, 0]), (60, b"PXEClient:Arch:00000:UNDI:002001"), (77, b"\x05class\x04iPXE"), (97, UUID),
        ], Ok(SCRIPT)),
        ("iPXE whose user class somebody changed", &[
            (53, &[1]), (93, &[0, 7]), (60, b"PXEClient:Arch:00007:UNDI:003010"), (77, b"lab"), (175, &[0xeb, 3, 1, 21, 1]),
        ], Ok(SCRIPT)),
        ("gPXE in an old card loads iPXE first", &[
            (53, &[1]), (93, &[0, 0]), (60, b"PXEClient:Arch:00000:UNDI:002001"), (77, b"gPXE"), (175, &[0xb1, 5, 1, 0x10, 0xec]),
        ], Ok("undionly.kpxe")),
        ("no identifier of the machine, and one that was never set", &[
            (53, &[1]), (93, &[0, 0]), (60, b"PXEClient:Arch:00000:UNDI:002001"), (97, &[0; 17]),
        ], Ok("undionly.kpxe")),
        ("an identifier of a kind that nobody defined", &[
            (53, &[1]), (93, &[0, 0]), (60, b"PXEClient:Arch:00000:UNDI:002001"), (97, &[255, 1, 2, 3]),
        ], Ok("undionly.kpxe")),
        ("a relay agent's words: circuit and remote identifier", &[
            (53, &[1]), (93, &[0, 0]), (60, b"PXEClient:Arch:00000:UNDI:002001"), (97, UUID),
            (82, b"\x01\x04\x00\x0c\x01\x07\x02\x08\x00\x06\x00\x1b\x2c\x3d\x4e\x5f"),
        ], Ok("undionly.kpxe")),
        ("vendor options of another world are passed over", &[
            (53, &[1]), (43, b"\x01\x02\x03"), (93, &[0, 7]), (60, b"PXEClient:Arch:00007:UNDI:003016"), (97, UUID),
        ], Ok("snponly.efi")),
        ("UEFI of 32 bits", &[
            (53, &[1]), (93, &[0, 6]), (60, b"PXEClient:Arch:00006:UNDI:003016"), (97, UUID),
        ], Err(Why::Architecture { arch: 6 })),
        ("64-bit ARM", &[
            (53, &[1]), (93, &[0, 11]), (60, b"PXEClient:Arch:00011:UNDI:003000"), (97, UUID),
        ], Err(Why::Architecture { arch: 11 })),
        ("a class without an architecture, and none beside", &[
            (53, &[1]), (60, b"PXEClient"), (97, UUID),
        ], Err(Why::ArchitectureUnsaid)),
        ("half an architecture", &[
            (53, &[1]), (93, &[7]), (60, b"PXEClient"), (97, UUID),
        ], Err(Why::ArchitectureUnsaid)),
        ("an installed Windows", &[
            (53, &[1]), (61, b"\x01\x52\x54\0\0\0\x01"), (12, b"PC-1"), (60, b"MSFT 5.0"), (55, &[1, 3, 6, 15, 31, 33, 43]),
        ], Err(Why::NotNetworkBoot)),
        ("a telephone that wants options 43 and 66 for itself", &[
            (53, &[1]), (60, b"Phone-7941G"), (55, &[1, 3, 43, 66, 150]),
        ], Err(Why::NotNetworkBoot)),
    ]
}

fn bytes(options: Wire) -> Vec<u8> {
    let mut packet = machine::message(machine::MAC, MessageType::Discover);
    packet.broadcast = true;
    packet.options.take(code::MESSAGE_TYPE);
    options.iter().for_each(|(code, content)| packet.options.set(*code, *content));
    packet.encode()
}

#[test]
fn every_maker_s_message_gets_what_it_can_load() {
    for (who, options, expect) in table() {
        let bytes = bytes(options);
        fuzz_dhcp(&bytes);
        let mut service = machine::service(Mode::Proxy);
        let (outcome, answer) = ask(&mut service, &Packet::decode(&bytes).unwrap(), Port::Dhcp, &Decision::Boot, 1);
        let told = match (&outcome.event.kind, &answer) {
            (socle_boot::Kind::Silent { why }, None) => Err(why.clone()),
            (_, Some(answer)) => Ok(answer.options.text(code::BOOT_FILE).unwrap_or_default()),
            other => panic!("{who}: {other:?}"),
        };
        assert_eq!(told.as_deref().map_err(Why::clone), expect, "{who}");
        let Some(answer) = answer else { continue };
        assert_eq!((answer.siaddr, answer.options.address(code::SERVER_ID)), (SERVER, Some(SERVER)), "{who}");
        let repeated =
            |option| (answer.options.get(option), Packet::decode(&bytes).unwrap().options.get(option).map(Vec::from));
        for option in [code::MACHINE_ID, code::RELAY_AGENT] {
            let (said, asked) = repeated(option);
            assert_eq!(said, asked.as_deref(), "{who}: option {option}");
        }
        let wants_server = Packet::decode(&bytes).unwrap().options.get(code::WISHES).is_some_and(|w| w.contains(&66));
        let of_pxe = told.as_deref().is_ok_and(|file| !file.starts_with("http"));
        let server = answer.options.text(code::BOOT_SERVER);
        assert_eq!(server.is_some(), wants_server && of_pxe, "{who}: a server where one is asked for, by its address");
        assert!(server.is_none_or(|s| s == SERVER.to_string()), "{who}");
    }
}

#[test]
fn options_stand_in_any_field_and_in_pieces() {
    // RFC 2132 §9.3 and RFC 3396: the class in two pieces, the architecture in `file`, the identifier in `sname`.
    let mut wire = vec![0; 236];
    wire[..4].copy_from_slice(&[1, 1, 6, 0]);
    wire[28..34].copy_from_slice(&machine::MAC.0);
    let sname: Vec<u8> = [&[97, 17][..], UUID, &[255]].concat();
    wire[44..44 + sname.len()].copy_from_slice(&sname);
    wire[108..113].copy_from_slice(&[93, 2, 0, 0, 255]);
    wire.extend([99, 130, 83, 99, 53, 1, 1, 52, 1, 3, 60, 4]);
    wire.extend(b"PXEC");
    wire.extend([60, 5]);
    wire.extend(b"lient\xff");
    fuzz_dhcp(&wire);
    let request = machine::service(Mode::Proxy).read(&wire, Port::Dhcp).unwrap();
    assert_eq!((request.client, request.arch.map(|a| a.0)), (Client::Pxe, Some(0)));
    assert_eq!(request.uuid.unwrap().to_string(), "00112233-4455-6677-8899-aabbccddeeff");
}

#[test]
fn through_a_relay_agent_an_answer_goes_back_with_the_agent_s_words_last() {
    let words = b"\x01\x04far0\x02\x06\x52\x54\0\0\0\x09";
    for port in [Port::Dhcp, Port::BootServer] {
        let kind = if port == Port::Dhcp { MessageType::Discover } else { MessageType::Request };
        let mut packet = machine::pxe(machine::MAC, kind);
        (packet.giaddr, packet.hops) = (Ipv4Addr::new(10, 78, 0, 1), 1);
        packet.options.set(code::RELAY_AGENT, &words[..]);
        let (outcome, answer) = ask(&mut machine::service(Mode::Proxy), &packet, port, &Decision::Boot, 1);
        let expect = if port == Port::Dhcp { Destination::RelayAgent(packet.giaddr) } else { Destination::Sender };
        let (reply, answer) = (outcome.reply.unwrap(), answer.unwrap());
        assert_eq!((reply.to, answer.giaddr), (expect, packet.giaddr));
        let end: Vec<u8> = [&[82, words.len() as u8][..], words, &[255]].concat();
        let written = &reply.bytes[..=reply.bytes.iter().rposition(|b| *b == 255).unwrap()];
        assert!(written.ends_with(&end), "{port:?}: nothing follows the agent's words but the end");
    }
}

#[test]
fn the_only_server_of_a_network_starts_bios_too() {
    let mut packet = machine::pxe(machine::MAC, MessageType::Discover);
    packet.options.set(code::ARCHITECTURE, [0, 0]);
    packet.options.set(code::VENDOR_CLASS, &b"PXEClient:Arch:00000:UNDI:002001"[..]);
    let mut service = machine::service(Mode::Full(machine::range()));
    let (_, answer) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, 1);
    let answer = answer.unwrap();
    assert_eq!(answer.file, b"undionly.kpxe");
    assert_eq!(answer.options.get(code::VENDOR_CLASS), None, "else it would ask a boot server at port 4011 first");
    // Without a loader for it, it gets its address all the same.
    let mut files = machine::files();
    files.bios_loader = None;
    let config = socle_boot::dhcp::Config { address: SERVER, mode: Mode::Full(machine::range()), files };
    let mut service = socle_boot::dhcp::Service::new(config, Vec::new()).unwrap();
    let (_, answer) = ask(&mut service, &packet, Port::Dhcp, &Decision::Boot, 1);
    let answer = answer.unwrap();
    assert!(!answer.yiaddr.is_unspecified() && answer.options.get(code::BOOT_FILE).is_none());
}

#[test]
fn every_message_cut_short_or_with_a_byte_altered_is_harmless() {
    for (_, options, _) in table() {
        let whole = bytes(options);
        assert!(whole.len() <= MAX_PACKET_BYTES);
        (0..whole.len()).step_by(3).for_each(|end| fuzz_dhcp(&whole[..end]));
        for at in (0..whole.len()).step_by(5) {
            let mut altered = whole.clone();
            altered[at] ^= 0xff;
            fuzz_dhcp(&altered);
        }
    }
}

/// The same messages as seeds for the longer search (`crates/fuzz`): run it after the table has changed.
#[test]
#[ignore = "writes crates/fuzz/corpus/dhcp-server"]
fn write_the_seeds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/dhcp-server");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, (_, options, _)) in table().into_iter().enumerate() {
        std::fs::write(folder.join(format!("firmware-{number:02}")), bytes(options)).unwrap();
    }
}
