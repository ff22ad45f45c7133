//! Growing real ext4 filesystems in files.
use crate::identity::ext4;
use socle_disk::grow::{Checked, check_ext4, check_vfat, grow_ext4};
use std::{fs::File, os::unix::fs::FileExt, process::Command};

/// Blocks of a filesystem by its own superblock: number at 4, log2 of their size over 1 KiB at 0x18.
fn filesystem_bytes(image: &std::path::Path) -> u64 {
    let mut superblock = [0; 64];
    File::open(image).unwrap().read_exact_at(&mut superblock, 1024).unwrap();
    let at = |i: usize| u32::from_le_bytes(superblock[i..i + 4].try_into().unwrap());
    u64::from(at(4)) << (10 + at(0x18))
}

#[test]
fn a_filesystem_fills_its_larger_place() {
    let folder = tempfile::tempdir().unwrap();
    let image = ext4(folder.path(), 16 << 20);
    File::options().write(true).open(&image).unwrap().set_len(48 << 20).unwrap();
    assert_eq!(filesystem_bytes(&image), 16 << 20);
    grow_ext4(&image, 0).unwrap();
    assert_eq!(filesystem_bytes(&image), 48 << 20);
    assert_eq!(grow_ext4(&image, 0).unwrap(), Checked::Clean, "twice is harmless");
    let held = Command::new("debugfs").args(["-R", "cat /etc/hostname"]).arg(&image).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&held.stdout), "reference\n");
}

#[test]
fn a_clock_of_1980_grows_what_was_mounted_in_2026() {
    let folder = tempfile::tempdir().unwrap();
    let image = ext4(folder.path(), 16 << 20);
    let set =
        Command::new("debugfs").args(["-w", "-R", "set_super_value mtime 20991231"]).arg(&image).output().unwrap();
    assert!(set.status.success());
    File::options().write(true).open(&image).unwrap().set_len(32 << 20).unwrap();
    grow_ext4(&image, 315_532_800).unwrap();
    assert_eq!(filesystem_bytes(&image), 32 << 20);
}

#[test]
fn what_is_no_filesystem_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("noise");
    std::fs::write(&image, vec![0x5a; 1 << 20]).unwrap();
    assert!(check_ext4(&image, 0).unwrap_err().is("disk-filesystem-unreadable"));
    assert_eq!(std::fs::read(&image).unwrap(), vec![0x5a; 1 << 20]);
}

#[test]
fn a_vfat_that_a_power_cut_left_inconsistent_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("esp");
    std::fs::File::create(&image).unwrap().set_len(40 << 20).unwrap();
    let done = |program: &str, args: &[&str]| {
        let output = std::process::Command::new(program).args(args).arg(&image).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    done("mkfs.vfat", &["-F", "32"]);
    assert_eq!(check_vfat(&image).unwrap(), Checked::Clean);
    // The first cluster of the second table of files says something else than the first table: a write was cut between.
    let mut bytes = std::fs::read(&image).unwrap();
    let word = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let (reserved, sectors) = (word(14), u32::from_le_bytes(bytes[36..40].try_into().unwrap()) as usize);
    let second = (reserved + sectors) * 512;
    bytes[second + 12..second + 16].copy_from_slice(&0x0fff_fff7_u32.to_le_bytes());
    std::fs::write(&image, bytes).unwrap();
    assert_eq!(check_vfat(&image).unwrap(), Checked::Repaired);
    assert_eq!(check_vfat(&image).unwrap(), Checked::Clean);
    std::fs::write(&image, vec![0; 40 << 20]).unwrap();
    assert!(check_vfat(&image).unwrap_err().is("disk-check-failed"));
}
