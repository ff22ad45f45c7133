//! Network cards in trees shaped like /sys/class/net; arguments of the kernel; the two places of the key.
use socle_agent::{
    config::kernel_arg,
    key::{Found, find_or_make},
    network::link::{Card, mac_bytes, mac_text},
};
use socle_disk::efi::Variables;
use std::fs;

#[test]
fn wired_cards_that_are_hardware_come_with_the_one_that_booted_first() {
    let folder = tempfile::tempdir().unwrap();
    for (name, mac, kind, hardware, wireless) in [
        ("lo", "00:00:00:00:00:00", "772", false, false),
        ("eth0", "52:54:00:00:00:01", "1", true, false),
        ("eth1", "52:54:00:00:00:02", "1", true, false),
        ("wlan0", "52:54:00:00:00:03", "1", true, true),
        ("br0", "52:54:00:00:00:04", "1", false, false),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("address"), format!("{mac}\n")).unwrap();
        fs::write(path.join("type"), format!("{kind}\n")).unwrap();
        [("device", hardware), ("wireless", wireless)]
            .iter()
            .filter(|f| f.1)
            .for_each(|f| fs::create_dir(path.join(f.0)).unwrap());
    }
    let names = |first| Card::all_at(folder.path(), first).into_iter().map(|c| c.name).collect::<Vec<_>>();
    assert_eq!(names(None), ["eth0", "eth1"]);
    assert_eq!(names(mac_bytes("52-54-00-00-00-02")), ["eth1", "eth0"]);
    assert_eq!(mac_text(&mac_bytes("52:54:00:00:00:0a").unwrap()), "52:54:00:00:00:0a");
    assert_eq!((mac_bytes("52:54:00"), mac_bytes("zz:54:00:00:00:01")), (None, None));
}

#[test]
fn the_kernels_arguments_are_read_by_name() {
    let line = "BOOT_IMAGE=vmlinuz console=ttyS0 socle.lang=en quiet BOOTIF=01-52-54-00-00-00-01 socle.lang=fr";
    assert_eq!(kernel_arg(line, "socle.lang").as_deref(), Some("fr"));
    assert_eq!(kernel_arg(line, "BOOTIF").as_deref(), Some("01-52-54-00-00-00-01"));
    assert_eq!((kernel_arg(line, "lang"), kernel_arg(line, "quiet")), (None, None));
}

#[test]
fn the_key_is_made_once_and_a_disk_from_elsewhere_does_not_change_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Other"), "x").unwrap();
    let firmware = Variables::at(folder.path()).unwrap();
    let (made, how) = find_or_make(None, Some(&firmware)).unwrap();
    assert_eq!(how, Found::Made);
    let (again, how) = find_or_make(None, Some(&firmware)).unwrap();
    assert_eq!((again.seed(), how), (made.seed(), Found::Firmware));
    let (kept, how) = find_or_make(Some([7; 32]), Some(&firmware)).unwrap();
    assert_eq!((kept.seed(), how, firmware.machine_seed().unwrap()), (made.seed(), Found::Firmware, Some(made.seed())));
    let fresh = tempfile::tempdir().unwrap();
    fs::write(fresh.path().join("Other"), "x").unwrap();
    let forgetful = Variables::at(fresh.path()).unwrap();
    let (healed, how) = find_or_make(Some([7; 32]), Some(&forgetful)).unwrap();
    assert_eq!((healed.seed(), how, forgetful.machine_seed().unwrap()), ([7; 32], Found::Partition, Some([7; 32])));
    let (bare, how) = find_or_make(None, None).unwrap();
    assert_eq!(how, Found::Made);
    assert_ne!(bare.seed(), made.seed());
    assert_eq!(made.derive("a"), made.derive("a"));
    assert_ne!(made.derive("a"), made.derive("b"));
    assert_ne!(made.derive("a"), bare.derive("a"));
}
