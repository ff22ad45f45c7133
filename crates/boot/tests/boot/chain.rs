//! By which chain a machine is started, and what each of its loaders is given.
use crate::machine::*;
use socle_boot::{
    Kind,
    chain::{Chain, Enrolled, Known, Stands, choose, grub_script, stands_for},
    dhcp::{Decision, MessageType, Mode, Packet, Port, options::code},
    script::{Argument, Url},
};

const ALL: &[&str] = &["socle.efi", "shimx64.efi", "grubx64.efi"];

fn known(secure_boot: bool, enrolled: Enrolled) -> Option<Known> {
    Some(Known { secure_boot, enrolled })
}

#[test]
fn what_a_machine_said_chooses_its_chain() {
    let check = |over_http, has: &[&str], known, first, expect| {
        let chain = choose(over_http, &|name| has.contains(&name), known, first);
        assert_eq!(chain, expect, "http: {over_http}, has {has:?}, {known:?}, first {first:?}");
    };
    use Chain::*;
    for http in [false, true] {
        check(http, ALL, known(true, Enrolled::Db), Ipxe, Uki);
        check(http, ALL, known(true, Enrolled::Mok), Ipxe, Shim);
        check(http, ALL, known(true, Enrolled::Nowhere), Ipxe, Debian);
        // What the environment has not is offered to nobody.
        check(http, &[], known(true, Enrolled::Db), Debian, Ipxe);
        check(http, &["socle.efi"], known(true, Enrolled::Mok), Ipxe, Ipxe);
        check(http, &["socle.efi", "shimx64.efi"], known(true, Enrolled::Nowhere), Ipxe, Ipxe);
        for first in [Uki, Shim, Debian] {
            check(http, ALL, None, first, first);
        }
    }
    check(false, ALL, known(false, Enrolled::Db), Uki, Ipxe);
    check(true, ALL, known(false, Enrolled::Nowhere), Ipxe, Uki);
    check(false, ALL, None, Ipxe, Ipxe);
    check(true, ALL, None, Ipxe, Uki);
    check(true, &["shimx64.efi"], None, Ipxe, Ipxe);
}

/// What a machine is told when the decision names a file.
fn told(mode: Mode, packet: &Packet, port: Port, file: &str) -> Packet {
    let (outcome, answer) = ask(&mut service(mode), packet, port, &Decision::Load { file: file.into() }, NOW);
    match outcome.event.kind {
        Kind::BootOffered { .. } | Kind::AddressOffered { .. } => answer.expect("an answer"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn firmware_is_told_what_was_decided_for_it_by_its_class() {
    let url = "http://10.77.0.1:8081/boot/socle.efi";
    for mode in [Mode::Proxy, Mode::Full(range())] {
        let offer = told(mode.clone(), &http(MAC, MessageType::Discover), Port::Dhcp, url);
        assert_eq!(offer.options.text(code::BOOT_FILE).as_deref(), Some(url));
        assert_eq!(offer.options.text(code::VENDOR_CLASS).as_deref(), Some("HTTPClient"));
        assert_eq!(offer.siaddr, SERVER);
        let offer = told(mode.clone(), &pxe(MAC, MessageType::Discover), Port::Dhcp, "mok/shimx64.efi");
        assert_eq!(offer.file, b"mok/shimx64.efi", "shim looks for its next file beside this name");
        // Who runs iPXE already has its script, whatever was decided for firmware.
        let offer = told(mode, &ipxe(MAC, MessageType::Discover), Port::Dhcp, "mok/shimx64.efi");
        assert_eq!(offer.options.text(code::BOOT_FILE).as_deref(), Some("http://10.77.0.1:8080/autoexec.ipxe"));
    }
    let mut again = pxe(MAC, MessageType::Request);
    again.ciaddr = std::net::Ipv4Addr::new(10, 77, 0, 150);
    let ack = told(Mode::Proxy, &again, Port::BootServer, "debian/shimx64.efi");
    assert_eq!((ack.message_type(), ack.file), (Some(MessageType::Ack), b"debian/shimx64.efi".to_vec()));
}

#[test]
fn each_loader_finds_what_it_asks_for_beside_itself() {
    let check = |path: &str, expect: Option<Stands>| assert_eq!(stands_for(path), expect, "{path}");
    for chain in [Chain::Uki, Chain::Shim, Chain::Debian] {
        assert!(stands_for(chain.file()).is_some(), "{chain:?}");
    }
    check("mok/grubx64.efi", Some(Stands::File("socle.efi")));
    check("/mok//grubx64.efi", Some(Stands::File("socle.efi")));
    check("debian/grubx64.efi", Some(Stands::File("grubx64.efi")));
    check("debian/mmx64.efi", Some(Stands::File("mmx64.efi")));
    check("grub/x86_64-efi/grub.cfg", Some(Stands::GrubScript));
    check("/grub/grub.cfg", Some(Stands::GrubScript));
    for other in ["own-disk", "mok/../vmlinuz", "mok/revocations_sku.efi", "grub/grub.cfg-01-52-54-00", "", "/"] {
        check(other, None);
    }
}

#[test]
fn grub_is_given_words_and_no_commands() {
    let arguments = ["quiet", "console=ttyS0,115200", "a;b|c&d{e}"].map(|a| Argument::new(a).unwrap());
    let script = grub_script(&Url::new("http://10.77.0.1:8081").unwrap(), &arguments);
    assert!(script.contains(
        "linux '(http,10.77.0.1:8081)/boot/vmlinuz' 'quiet' 'console=ttyS0,115200' 'a;b|c&d{e}' 'socle.chain=debian'"
    ));
    assert!(script.contains("initrd '(http,10.77.0.1:8081)/boot/initrd.img'"));
    assert!(Argument::new("it's").is_err() && Argument::new("a b").is_err(), "a quote would end a word");
}
