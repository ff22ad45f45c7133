//! The reference system as it starts with Secure Boot on: the same disk, with Debian's signed shim and GRUB in the place of
//! systemd-boot, which Debian does not sign. Its kernel is signed by Debian already.
use crate::command::quiet;
use crate::places;
use crate::setup::private;
use crate::stop;
use crate::trouble::{Done, During};
use std::fs;
use std::path::PathBuf;

/// Where the EFI system partition begins: behind the first MiB and GRUB's own.
const ESP_AT: &str = "2M";
const SHIM: (&str, &str) = ("shim-signed", "usr/lib/shim/shimx64.efi.signed");
const GRUB: (&str, &str) = ("grub-efi-amd64-signed", "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed");
/// Debian's GRUB looks for its settings here; they are those of the BIOS half, on the same partition.
const SETTINGS: &str = "configfile /grub/grub.cfg\n";

/// The disk, made again when the reference system was.
pub fn provide() -> Done<PathBuf> {
    let plain = super::provide()?;
    let image = plain.with_file_name("reference-signed.img");
    let is_newer = || Some(image.metadata().ok()?.modified().ok()? >= plain.metadata().ok()?.modified().ok()?);
    if is_newer() == Some(true) {
        return Ok(image);
    }
    let settings = places::cache().join("reference-signed.cfg");
    fs::write(&settings, SETTINGS).during("writing GRUB's settings")?;
    let work = image.with_extension("work");
    quiet("cp", [std::path::Path::new("--sparse=always"), &plain, &work])?;
    let at = format!("{}@@{ESP_AT}", work.display());
    quiet("mmd", ["-i", &at, "::EFI/debian"])?;
    let packaged = |(package, file): (&str, &str)| -> Done<PathBuf> {
        let path = private::place(package).join(file);
        if path.is_file() { Ok(path) } else { stop!("{} is missing: run `cargo xtask setup --lab`", path.display()) }
    };
    for (from, to) in [
        (packaged(SHIM)?, "EFI/BOOT/BOOTX64.EFI"),
        (packaged(GRUB)?, "EFI/BOOT/grubx64.efi"),
        (settings, "EFI/debian/grub.cfg"),
    ] {
        quiet("mcopy", ["-o", "-i", &at, &from.to_string_lossy(), &format!("::{to}")])?;
    }
    fs::rename(&work, &image).during("moving the signed reference disk into place")?;
    Ok(image)
}
