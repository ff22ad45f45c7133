//! What real firmware sent, byte for byte: options of DISCOVERs captured from OVMF 2025.02 (its PXE and its HTTP
//! driver) and from iPXE of May 2025, in QEMU.
use crate::machine::{self, SERVER, ask};
use socle_boot::{
    Mac,
    dhcp::{Arch, Client, Decision, Mode, Packet, Port, fuzz_dhcp, options::code},
};

const OVMF_PXE: &str = "350101390205c037230102030405060c0d0f111216171c28292a2b3233363a3b3c4243618081828384858687\
    611100443322116655887799aabbccddeeff005e030103005d0200073c20505845436c69656e743a417263683a30303030373a554e44493a30\
    3033303030ff";
const OVMF_HTTP: &str = "350101390205c0371b0102030405060c0d0f111216171c28292a2b3233363a3b3ce84361611100443322116655\
    887799aabbccddeeff005e030103005d0200103c2148545450436c69656e743a417263683a30303031363a554e44493a303033303030ff";
const IPXE: &str = "350101390205c05d0200075e0301030a3c20505845436c69656e743a417263683a30303030373a554e44493a3030333031\
    304d04695058453718010306070c0f111a2a2b3c4243778081828384858687afcbaf2ab105011af41000eb0301000026010117010127010124\
    01011301011401011101012901011501011201013d0701525400000001611100443322116655887799aabbccddeeff00ff";

/// The bytes of a DISCOVER with these options.
fn bytes(options: &str) -> Vec<u8> {
    let fixed = "0101060049ed0c5600008000000000000000000000000000000000005254000000010000";
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    };
    let mut all = hex(fixed);
    all.resize(236, 0);
    all.extend([99, 130, 83, 99]);
    all.extend(hex(&options.replace(char::is_whitespace, "")));
    all
}

fn check(options: &str, client: Client, arch: u16, file: &str, class: &str) {
    let bytes = bytes(options);
    fuzz_dhcp(&bytes);
    let mut service = machine::service(Mode::Proxy);
    let request = service.read(&bytes, Port::Dhcp).unwrap();
    assert_eq!((request.client, request.arch), (client, Some(Arch(arch))));
    assert_eq!(request.mac, Mac([0x52, 0x54, 0, 0, 0, 1]));
    // QEMU was told -uuid 11223344-5566-7788-99aa-bbccddeeff00, and Linux shows it so on that machine.
    assert_eq!(request.uuid.unwrap().to_string(), "11223344-5566-7788-99aa-bbccddeeff00");
    assert_eq!(request.takes_bytes(), 1472 - 28);
    let (_, answer) = ask(&mut service, &Packet::decode(&bytes).unwrap(), Port::Dhcp, &Decision::Boot, machine::NOW);
    let answer = answer.unwrap();
    assert_eq!(answer.options.text(code::BOOT_FILE).as_deref(), Some(file));
    assert_eq!(answer.options.text(code::VENDOR_CLASS).as_deref(), Some(class));
    assert_eq!(answer.siaddr, SERVER);
}

#[test]
fn ovmf_over_tftp() {
    check(OVMF_PXE, Client::Pxe, 7, "snponly.efi", "PXEClient");
}

#[test]
fn ovmf_over_http() {
    check(OVMF_HTTP, Client::Http, 16, "http://10.77.0.1:8080/snponly.efi", "HTTPClient");
}

#[test]
fn ipxe() {
    check(IPXE, Client::Ipxe, 7, "http://10.77.0.1:8080/autoexec.ipxe", "PXEClient");
}
