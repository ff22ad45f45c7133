//! Boot entries, as OVMF and efibootmgr write them, in a folder shaped like efivarfs.
use socle_disk::{
    boot_entry::{Entry, OURS, Place, file_entry, list, network, next, order, put_ours, start_next},
    efi::Variables,
};
use socle_image::Guid;
use std::{fs, path::Path};

const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

fn hex(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    text.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}
fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}
/// `PciRoot(0)/Pci(2,0)/MAC/IPv4`, as OVMF names its card.
fn over_network(name: &str) -> Vec<u8> {
    let path = [
        hex("02010c00 d041030a 00000000 01010600 0002"),
        [hex("030b2500 52540050c101"), vec![0; 26], vec![1]].concat(),
        [hex("030c1b00"), vec![0; 23]].concat(),
        hex("7fff0400"),
    ]
    .concat();
    [hex("01000000"), (path.len() as u16).to_le_bytes().to_vec(), wide(name), path].concat()
}
fn place() -> Place {
    Place { number: 1, first_lba: 2048, blocks: 131_072, guid: Guid([0x11; 16]) }
}
fn put(folder: &Path, name: &str, value: &[u8]) {
    fs::write(folder.join(format!("{name}-{GLOBAL}")), [&[7, 0, 0, 0], value].concat()).unwrap();
}

#[test]
fn our_entry_is_written_as_the_specification_says() {
    let bytes = file_entry(place(), "\\EFI\\socle\\vmlinuz", "initrd=x");
    let drive = "04012a00 01000000 0008000000000000 0000020000000000 11111111111111111111111111111111 02 02";
    let path = wide("\\EFI\\socle\\vmlinuz");
    let file = [hex("0404"), ((path.len() + 4) as u16).to_le_bytes().to_vec(), path].concat();
    let device = [hex(drive), file, hex("7fff0400")].concat();
    let expect = [hex("01000000"), (device.len() as u16).to_le_bytes().to_vec(), wide(OURS), device, wide("initrd=x")];
    assert_eq!(bytes, expect.concat());
    let read = Entry::read(3, &bytes).unwrap();
    assert_eq!((read.number, read.active, read.name.as_str(), read.is_network()), (3, true, "Socle", false));
}

#[test]
fn the_next_start_is_chosen_and_the_order_stays() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "BootOrder", &[2, 0, 4, 0, 1, 0]);
    put(folder.path(), "Boot0001", &over_network("UEFI HTTPv4"));
    put(folder.path(), "Boot0002", &file_entry(place(), "\\EFI\\BOOT\\BOOTX64.EFI", ""));
    put(folder.path(), "Boot0004", &over_network("UEFI PXEv4"));
    put(folder.path(), "BootCurrent", &[2, 0]);
    put(folder.path(), "Boot00zz", &[1]);
    let before = fs::read(folder.path().join(format!("BootOrder-{GLOBAL}"))).unwrap();
    let firmware = Variables::at(folder.path()).unwrap();
    assert_eq!(order(&firmware).unwrap(), [2, 4, 1]);
    assert_eq!(list(&firmware).unwrap().len(), 3);
    // The first that the firmware would try itself.
    assert_eq!(network(&firmware).unwrap().unwrap().name, "UEFI PXEv4");
    assert_eq!(next(&firmware).unwrap(), None);
    // The one of our name that stands in the order is not ours to write over.
    let ours = put_ours(&firmware, &file_entry(place(), "\\a", "")).unwrap();
    assert_eq!(ours, 3);
    assert_eq!(put_ours(&firmware, &file_entry(place(), "\\b", "")).unwrap(), 3, "not one more each time");
    start_next(&firmware, ours).unwrap();
    assert_eq!(next(&firmware).unwrap(), Some(3));
    assert_eq!(fs::read(folder.path().join(format!("BootOrder-{GLOBAL}"))).unwrap(), before);
}

#[test]
fn a_firmware_without_a_network_entry_has_none() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "Boot0000", &file_entry(place(), "\\EFI\\BOOT\\BOOTX64.EFI", ""));
    let firmware = Variables::at(folder.path()).unwrap();
    assert_eq!((network(&firmware).unwrap(), order(&firmware).unwrap()), (None, vec![]));
}

#[test]
fn what_is_no_entry_is_passed_over() {
    for bytes in ["", "01000000", "01000000ffff", "010000000400410042", "01000000ffff41000000", "01000000040000000102"]
    {
        assert!(Entry::read(0, &hex(bytes)).is_none_or(|entry| !entry.is_network()), "{bytes}");
    }
}
