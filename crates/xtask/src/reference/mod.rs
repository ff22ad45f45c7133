//! The reference system: a real, small Debian on a disk of its own, which stories capture and deploy.
//!
//! Built without mounting anything: filesystems are filled from a folder, the disk is put together from files.
mod disk;
mod grub;
mod signed;
mod tree;
pub mod variants;

pub use signed::provide as provide_signed;

use crate::command::{output, quiet};
use crate::places;
use crate::setup::private::{self, PrivateApt};
use crate::setup::wanted::BOOT_LOADER;
use crate::talk::{elapsed_seconds, say, size};
use crate::trouble::{Done, During};
use std::fs;
use std::path::PathBuf;

/// Identifiers of a disk and its parts, drawn anew for each build.
pub struct Identifiers {
    /// GPT identifier of the disk.
    pub disk: String,
    /// GPT identifier of the EFI system partition.
    pub esp_partition: String,
    /// GPT identifier of the root partition.
    pub root_partition: String,
    /// Serial number of the vfat filesystem, as in `ABCD-1234`.
    pub esp_serial: String,
    /// UUID of the ext4 filesystem.
    pub root_filesystem: String,
}

impl Identifiers {
    fn draw() -> Done<Identifiers> {
        let serial = uuid()?.to_uppercase();
        Ok(Identifiers {
            disk: uuid()?,
            esp_partition: uuid()?,
            root_partition: uuid()?,
            esp_serial: format!("{}-{}", &serial[..4], &serial[4..8]),
            root_filesystem: uuid()?,
        })
    }
}

fn uuid() -> Done<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/uuid").during("drawing an identifier")?.trim().to_string())
}

/// The reference disk, built when it is missing or when what it is made of has changed.
pub fn provide() -> Done<PathBuf> {
    let image = places::folder(places::cache())?.join("reference.img");
    let stamp = image.with_extension("made-of");
    let ingredients = ingredients()?;
    if image.exists() && fs::read_to_string(&stamp).is_ok_and(|text| text == ingredients) {
        return Ok(image);
    }
    let start = elapsed_seconds();
    say("+", "Building the reference system, a small real Debian that the lab captures and deploys (about a minute).");
    let work = places::cache().join("reference.work");
    if work.exists() {
        fs::remove_dir_all(&work).during("removing an unfinished reference system")?;
    }
    places::folder(work.clone())?;
    let identifiers = Identifiers::draw()?;
    let grown = tree::grow(&work, &identifiers)?;
    let made = disk::put_together(&work, &grown, &identifiers)?;
    fs::rename(&made, &image).during("moving the reference disk into place")?;
    places::write(&stamp, &ingredients)?;
    fs::remove_dir_all(&work).during("removing the reference system's tree")?;
    let (whole, used) = disk::sizes(&image)?;
    let seconds = elapsed_seconds() - start;
    say("✓", &format!("Reference system: {} disk, {} used, built in {seconds:.0} s.", size(whole), size(used)));
    Ok(image)
}

/// Everything that, when it changes, makes another reference system.
fn ingredients() -> Done<String> {
    let mut text = String::new();
    for file in ["packages", "customize.sh"] {
        let path = places::root().join("lab/reference").join(file);
        text += &fs::read_to_string(&path).during(format!("reading {}", path.display()))?;
    }
    for source in [include_str!("tree.rs"), include_str!("disk.rs"), include_str!("grub.rs")] {
        text += source;
    }
    Ok(text + &public_key()?)
}

/// The lab's own SSH key, with which stories look into installed machines.
pub fn private_key_file() -> Done<PathBuf> {
    let file = places::folder(places::cache())?.join("ssh_key");
    if !file.exists() {
        quiet("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "socle-lab", "-f", &file.to_string_lossy()])?;
    }
    Ok(file)
}

fn public_key() -> Done<String> {
    let file = private_key_file()?.with_extension("pub");
    Ok(fs::read_to_string(file).during("reading the lab's public key")?.trim().to_string())
}

/// systemd-boot, unpacked into the cache.
fn boot_loader() -> Done<PathBuf> {
    if private::version(BOOT_LOADER.name).is_none() {
        PrivateApt::open(BOOT_LOADER.suite, "reference")?.unpack(&BOOT_LOADER)?;
    }
    Ok(private::place(BOOT_LOADER.name).join("usr/lib/systemd/boot/efi/systemd-bootx64.efi"))
}

/// Runs `mmdebstrap` and such with the person's language out of the way.
fn plain(command: &mut std::process::Command) -> Done {
    output(command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
}
