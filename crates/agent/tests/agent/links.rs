//! Network cards in trees shaped like /sys/class/net; arguments of the kernel; the two places of the key.
use socle_agent::{
    config::kernel_arg,
    disks::{any_fixed, wait_for},
    key::{AtRest, Found, find_or_make},
    network::link::{Card, is_usable, mac_bytes, mac_text, made_up},
    screen::Screen,
};
use socle_disk::{devices::Disk, efi::Variables};
use socle_domain::sign::PublicKey;
use socle_texts::Lang;
use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

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
    let plain = |seed: [u8; 32]| Some(AtRest::Plain(seed));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Other"), "x").unwrap();
    let firmware = Variables::at(folder.path()).unwrap();
    let made = find_or_make(None, Some(&firmware), None).unwrap();
    assert_eq!((made.found, made.lost), (Found::Made, false));
    let again = find_or_make(None, Some(&firmware), None).unwrap();
    assert_eq!((again.key.at_rest(), again.found), (made.key.at_rest(), Found::Firmware));
    let kept = find_or_make(plain([7; 32]), Some(&firmware), None).unwrap();
    assert_eq!((kept.key.at_rest(), kept.found), (made.key.at_rest(), Found::Firmware));
    assert_eq!(firmware.machine_key().unwrap(), Some(made.key.at_rest().to_bytes()));
    let fresh = tempfile::tempdir().unwrap();
    fs::write(fresh.path().join("Other"), "x").unwrap();
    let forgetful = Variables::at(fresh.path()).unwrap();
    let healed = find_or_make(plain([7; 32]), Some(&forgetful), None).unwrap();
    assert_eq!((healed.key.at_rest(), healed.found), (&AtRest::Plain([7; 32]), Found::Partition));
    assert_eq!(forgetful.machine_key().unwrap(), Some(vec![7; 32]));
    let bare = find_or_make(None, None, None).unwrap();
    assert_eq!(bare.found, Found::Made);
    assert_ne!(bare.key.at_rest(), made.key.at_rest());
    let (made, bare) = (made.key, bare.key);
    assert_eq!(made.derive("a"), made.derive("a"));
    assert_ne!(made.derive("a"), made.derive("b"));
    assert_ne!(made.derive("a"), bare.derive("a"));
}

#[test]
fn what_is_kept_is_read_as_it_was_written() {
    let sealed = AtRest::Sealed { public: PublicKey([4; 32]), sealed: vec![5; 200] };
    for kept in [AtRest::Plain([3; 32]), sealed] {
        assert_eq!(AtRest::read(&kept.to_bytes()), Some(kept));
    }
    assert_eq!((AtRest::read(b""), AtRest::read(b"SoT1"), AtRest::read(&[1; 31])), (None, None, None));
}

#[test]
fn a_card_without_an_address_of_its_own_is_given_one_that_is_no_maker_s() {
    for (mac, expect) in [
        ([0; 6], false),
        ([0xff; 6], false),
        ([0x01, 0x00, 0x5e, 0, 0, 1], false),
        ([0x52, 0x54, 0, 0, 0, 1], true),
        ([0x00, 0x1b, 0x2c, 0, 0, 0], true),
    ] {
        assert_eq!(is_usable(&mac), expect, "{}", mac_text(&mac));
    }
    let made = |machine: &[u8], card| made_up(machine, card);
    assert_eq!(made(b"one", "eth0"), made(b"one", "eth0"), "the same at every start");
    for (machine, card) in [(&b"two"[..], "eth0"), (b"one", "eth1"), (b"onee", "th0")] {
        assert_ne!(made(machine, card), made(b"one", "eth0"));
    }
    for n in 0..64u8 {
        let mac = made(&[n], "eth0");
        assert!(is_usable(&mac) && mac[0] & 2 == 2, "one machine's, given locally: {}", mac_text(&mac));
    }
}

/// Looks at disks of which the first appears at the so many-th look.
fn look_late(after: usize, patience: Duration, stop: bool) -> (usize, usize) {
    let disk = |removable| Disk {
        name: "sda".into(),
        path: "/dev/sda".into(),
        size_bytes: 1 << 30,
        logical_sector_bytes: 512,
        model: None,
        serial: None,
        rotational: false,
        removable,
        read_only: false,
        transport: "scsi",
        partitions: vec![],
    };
    let looks = AtomicUsize::new(0);
    let look = || {
        let looked = looks.fetch_add(1, Ordering::SeqCst) + 1;
        // A stick is no disk that a system could be written to.
        Ok(vec![disk(looked < after)])
    };
    let screen = Screen::silent(Lang::En);
    let found = wait_for(&screen, patience, &AtomicBool::new(stop), any_fixed, look).unwrap();
    (found.iter().filter(|d| !d.removable).count(), looks.into_inner())
}

#[test]
fn a_disk_that_comes_late_is_waited_for_within_a_limit() {
    assert_eq!(look_late(1, Duration::ZERO, false), (1, 1), "it is there already");
    assert_eq!(look_late(3, Duration::from_secs(30), false), (1, 3), "it comes");
    assert_eq!(look_late(9, Duration::ZERO, false), (0, 1), "nobody waits");
    assert_eq!(look_late(99, Duration::from_secs(30), true), (0, 1), "the step was stopped");
    let (found, looks) = look_late(99, Duration::from_millis(600), false);
    assert!(found == 0 && (2..=3).contains(&looks), "it does not come: {looks}");
}
