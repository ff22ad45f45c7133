//! Real block devices: loop devices, which take root's rights, as the lab does.
use super::{
    make,
    scene::{Scene, bytes, files},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file as a block device, while it lives.
pub struct Device(pub PathBuf);

impl Device {
    pub fn of(file: &Path, options: &[&str]) -> Device {
        let output = make::run("losetup", &[&["--find", "--show"], options, &[make::text(file)]].concat());
        Device(String::from_utf8(output.stdout).unwrap().trim().into())
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = std::process::Command::new("/sbin/losetup").arg("--detach").arg(&self.0).status();
    }
}

fn blank(s: &Scene, name: &str) -> PathBuf {
    let file = s.path(name);
    drop(make::dirty(&file, fs::metadata(&s.disk).unwrap().len()));
    file
}

#[test]
fn a_device_is_captured_and_a_device_is_written() {
    let s = Scene::new();
    let source = Device::of(&s.disk, &["--read-only"]);
    s.ok(&["capture", make::text(&source.0), "--name", "base"]);
    drop(source);
    let file = blank(&s, "target");
    let target = Device::of(&file, &[]);
    let deployed =
        s.ok(&["deploy", "base", "--to", make::text(&target.0), "--yes-erase", "--grow", "none", "--discard"]);
    assert!(deployed["restored"]["read_back_bytes"].as_u64() > deployed["restored"]["data_bytes"].as_u64());
    // And once more over itself, sampled.
    s.ok(&["deploy", "base", "--to", make::text(&target.0), "--yes-erase", "--grow", "none", "--sample", "10"]);
    drop(target);
    s.holds(&file);
    // A capture of what was deployed finds every chunk already there but what is new in a deployed disk: nothing.
    let again = s.ok(&["capture", make::text(&file), "--name", "again"]);
    assert_eq!(again["stats"]["new_chunks"], 0, "{again}");
    s.sound();
}

#[test]
fn a_device_with_other_sectors_is_refused_and_untouched() {
    let s = Scene::captured();
    let file = blank(&s, "target");
    let before = bytes(&file);
    let target = Device::of(&file, &["--sector-size", "4096"]);
    let code = s.fault(&["deploy", "base", "--to", make::text(&target.0), "--yes-erase"]);
    assert_eq!(code, "disk-sector-size-differs");
    drop(target);
    assert!(bytes(&file) == before);
}

#[test]
fn a_mounted_disk_is_refused() {
    let s = Scene::captured();
    let place = s.path("mounted");
    fs::create_dir(&place).unwrap();
    // The root of the disk: behind the first MiB and the ESP.
    let offset = ((1 + 36) << 20).to_string();
    let root = Device::of(&s.disk, &["--offset", &offset, "--sizelimit", &(64_u64 << 20).to_string()]);
    make::run("mount", &["-o", "ro", make::text(&root.0), make::text(&place)]);
    let codes = [
        s.fault(&["capture", make::text(&s.disk), "--name", "live"]),
        s.fault(&["capture", make::text(&root.0), "--name", "live"]),
        s.fault(&["deploy", "base", "--to", make::text(&s.disk), "--yes-erase"]),
        s.fault(&["deploy", "base", "--to", make::text(&root.0), "--yes-erase"]),
    ];
    make::run("umount", &[make::text(&place)]);
    assert_eq!(codes, ["disk-in-use"; 4]);
    drop(root);
    assert_eq!(s.images(), 1);
}

#[test]
fn what_another_program_holds_is_refused() {
    let s = Scene::captured();
    let file = blank(&s, "target");
    let target = Device::of(&file, &[]);
    let holder = socle_disk::block::Block::open_target(&target.0).unwrap();
    assert_eq!(s.fault(&["deploy", "base", "--to", make::text(&target.0), "--yes-erase"]), "disk-in-use");
    assert_eq!(s.fault(&["capture", make::text(&target.0), "--name", "x"]), "disk-in-use");
    drop(holder);
    s.ok(&["deploy", "base", "--to", make::text(&target.0), "--yes-erase", "--grow", "none"]);
}

#[test]
fn a_filesystem_mounted_for_writing_is_refused_from_outside_too() {
    // Copied while it is mounted, as a careless person would: the copy says of itself that it is live.
    let s = Scene::new();
    let place = s.path("mounted");
    fs::create_dir(&place).unwrap();
    let offset = ((1 + 36) << 20).to_string();
    let root = Device::of(&s.disk, &["--offset", &offset, "--sizelimit", &(64_u64 << 20).to_string()]);
    make::run("mount", &[make::text(&root.0), make::text(&place)]);
    fs::write(place.join("written"), "while it lives").unwrap();
    make::run("sync", &["-f", make::text(&place)]);
    let copy = s.path("copy");
    fs::copy(&s.disk, &copy).unwrap();
    make::run("umount", &[make::text(&place)]);
    drop(root);
    assert_eq!(s.fault(&["capture", make::text(&copy), "--name", "live"]), "disk-filesystem-unclean");
    assert_eq!(s.images(), 0);
    assert!(files(&s.repo.join("packs")).is_empty());
    // Unmounted, it is captured.
    s.ok(&["capture", make::text(&s.disk), "--name", "base"]);
}
