//! The BIOS half of the reference disk: Debian's GRUB, put where `grub-install` would put it on a GPT disk, without a
//! device to install to.
//!
//! The first sector's code (`boot.img`) loads one sector by its number; that one (the first of `core.img`) loads the rest
//! by the number and length in its last twelve bytes (GRUB 2.06, include/grub/i386/pc/boot.h and
//! include/grub/offsets.h).
use crate::command::{command, output};
use crate::setup::private::{self, PrivateApt};
use crate::setup::wanted::STABLE;
use crate::stop;
use crate::trouble::{Done, During};
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const PACKAGE: &str = "grub-pc-bin";
/// Of the first sector only so many bytes are code: the disk's signature and partition table follow.
const CODE_BYTES: usize = 440;
/// Where `boot.img` holds the number of the sector that it loads (`GRUB_BOOT_MACHINE_KERNEL_SECTOR`).
const LOADED_SECTOR_AT: usize = 0x5c;
/// Where the first sector of `core.img` holds the number of the next one (`512 - GRUB_BOOT_MACHINE_LIST_SIZE`).
const REST_AT: usize = 0x1f4;
/// What must be in `core.img` to read its configuration from the EFI partition and to start Linux from there.
const MODULES: [&str; 6] = ["biosdisk", "part_gpt", "fat", "normal", "configfile", "linux"];

/// GRUB's files, unpacked into the cache.
fn files() -> Done<PathBuf> {
    if private::version(PACKAGE).is_none() {
        PrivateApt::open(STABLE, "grub")?.unpack_with_needs(PACKAGE)?;
    }
    Ok(private::place(PACKAGE))
}

/// GRUB's configuration: the kernel that stands beside it, at once.
pub fn settings(options: &str) -> String {
    format!("set timeout=0\nlinux /debian/vmlinuz {options}\nboot\n")
}

/// Writes GRUB onto a disk whose partition for it begins at this sector and is so long; it looks for `/grub/grub.cfg` on
/// the disk's partition of number `settings_on`.
pub fn install(work: &Path, disk: &Path, first_sector: u64, sectors: u64, settings_on: u32) -> Done {
    put(work, disk, first_sector..first_sector + sectors, &format!("(hd0,gpt{settings_on})/grub"), &MODULES)
}

/// Writes GRUB onto a disk with an older partition table: behind its first sector, as `grub-install` does where the first
/// partition leaves room. It looks for `/boot/grub/grub.cfg` in the ext4 filesystem of the partition `settings_on`.
pub fn install_behind_table(work: &Path, disk: &Path, settings_on: u32) -> Done {
    let modules = MODULES.map(|m| match m {
        "part_gpt" => "part_msdos",
        "fat" => "ext2",
        other => other,
    });
    put(work, disk, 1..2048, &format!("(hd0,msdos{settings_on})/boot/grub"), &modules)
}

fn put(work: &Path, disk: &Path, place: Range<u64>, prefix: &str, modules: &[&str]) -> Done {
    let (first_sector, sectors) = (place.start, place.end - place.start);
    let place = files()?;
    let images = place.join("usr/lib/grub/i386-pc");
    let core_file = work.join("core.img");
    let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|l| place.join(l).display().to_string());
    let mut mkimage = command(place.join("usr/bin/grub-mkimage"), ["-O", "i386-pc", "-d"]);
    mkimage.arg(&images).args(["-p", prefix, "-o"]).arg(&core_file).args(modules);
    output(mkimage.env("LD_LIBRARY_PATH", libraries.join(":")))?;
    let mut core = fs::read(&core_file).during("reading GRUB's core")?;
    let mut boot = fs::read(images.join("boot.img")).during("reading GRUB's first sector")?;
    if boot.len() != 512 || core.len() < 1024 || core.len() as u64 > sectors * 512 {
        stop!("GRUB's images have unexpected sizes: {} and {} bytes", boot.len(), core.len());
    }
    boot[LOADED_SECTOR_AT..LOADED_SECTOR_AT + 8].copy_from_slice(&first_sector.to_le_bytes());
    core[REST_AT..REST_AT + 8].copy_from_slice(&(first_sector + 1).to_le_bytes());
    let act = || format!("writing GRUB onto {}", disk.display());
    let disk = File::options().write(true).open(disk).during(act())?;
    disk.write_all_at(&boot[..CODE_BYTES], 0).during(act())?;
    disk.write_all_at(&core, first_sector * 512).during(act())
}
