//! What every program expects to be mounted.
use rustix::mount::{MountFlags, mount};
use std::{fs, path::Path};

/// Source, folder, kind, options. Order counts.
const MOUNTS: &[(&str, &str, &str, &str)] = &[
    ("proc", "/proc", "proc", ""),
    ("sysfs", "/sys", "sysfs", ""),
    ("devtmpfs", "/dev", "devtmpfs", "mode=0755"),
    ("tmpfs", "/run", "tmpfs", "mode=0755"),
    ("tmpfs", "/tmp", "tmpfs", "mode=1777"),
    // What firmware says was measured into the security chip.
    ("securityfs", "/sys/kernel/security", "securityfs", ""),
    // Fails on a BIOS machine, as it should: then there are no firmware variables.
    ("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", ""),
];

/// Mounts what can be mounted. What is there already stays.
pub fn mount_all() {
    for (source, folder, kind, options) in MOUNTS {
        let _ = fs::create_dir_all(folder);
        let flags = MountFlags::NOSUID;
        let options = std::ffi::CString::new(*options).unwrap_or_default();
        let _ = mount(*source, *folder, *kind, flags, options.as_c_str());
    }
    // Tools look for their own descriptors here.
    if !Path::new("/dev/fd").exists() {
        let _ = std::os::unix::fs::symlink("/proc/self/fd", "/dev/fd");
    }
}

/// Mounts efivarfs again once its module is loaded.
pub fn mount_efivars() {
    let (folder, flags) = ("/sys/firmware/efi/efivars", MountFlags::NOSUID);
    if Path::new(folder).exists() && fs::read_dir(folder).is_ok_and(|mut d| d.next().is_none()) {
        let _ = mount("efivarfs", folder, "efivarfs", flags, c"");
    }
}
