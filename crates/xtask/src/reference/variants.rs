//! The same reference system on other disks: with an older partition table, and with sectors of 4096 bytes. Its filesystems are
//! taken from the usual reference disk.
use super::{disk, grub};
use crate::command::{command, output, quiet};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The signature of the older disk.
const SIGNATURE: &str = "5001e0ca";
/// The partition that holds its root: a logical one.
const ROOT_NUMBER: u32 = 6;

/// How a disk differs from the usual one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Variant {
    /// An older partition table: swap space, an extended partition, and in it the EFI partition's filesystem, which no BIOS
    /// needs, and the root with GRUB's files, at the end.
    Mbr,
    /// Sectors of 4096 bytes, a GUID table.
    LargeSectors,
}

/// Such a disk, made when it is missing or older than what it is made of.
pub fn provide(variant: Variant) -> Done<PathBuf> {
    let usual = super::provide()?;
    let name = if variant == Variant::Mbr { "reference-mbr" } else { "reference-4096" };
    let image = usual.with_file_name(format!("{name}.img"));
    let stamp = image.with_extension("made-of");
    let made_of = fs::read_to_string(usual.with_extension("made-of"))
        .during("reading what the reference is made of")?
        + include_str!("variants.rs");
    if image.exists() && fs::read_to_string(&stamp).is_ok_and(|text| text == made_of) {
        return Ok(image);
    }
    let work = usual.with_file_name(format!("{name}.work"));
    if work.exists() {
        fs::remove_dir_all(&work).during("removing an unfinished disk")?;
    }
    places::folder(work.clone())?;
    let made = if variant == Variant::Mbr { older(&work, &usual)? } else { large(&work, &usual)? };
    fs::rename(&made, &image).during("moving a reference disk into place")?;
    places::write(&stamp, &made_of)?;
    fs::remove_dir_all(&work).during("removing what a reference disk was made of")?;
    say("✓", &format!("Reference system on another kind of disk: {name}."));
    Ok(image)
}

/// Makes a file of so many MiB and has a partitioning program act on it, told so on its input.
fn partition(path: &Path, mib: u64, program: &str, arguments: &[&str], told: &str) -> Done {
    disk::sparse_file(path, mib)?;
    let mut tool = command(program, arguments.iter().copied().chain([path.to_string_lossy().as_ref()]));
    let started = tool.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = started.during(format!("starting {program}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(told.as_bytes()).during(format!("telling {program} what to do"))?;
    }
    if !child.wait().during(format!("waiting for {program}"))?.success() {
        stop!("{program} made no partition table");
    }
    Ok(())
}

/// One file inside an ext4 filesystem, written or made anew; folders of its path are made.
fn put(filesystem: &Path, work: &Path, folders: &[&str], path: &str, text: &str) -> Done {
    let content = work.join("content");
    fs::write(&content, text).during("writing a file's content")?;
    let orders: String = folders.iter().map(|f| format!("mkdir {f}\n")).collect();
    let commands = work.join("commands");
    fs::write(&commands, format!("{orders}write {} {path}\n", content.display())).during("writing debugfs's orders")?;
    quiet("debugfs", ["-w", "-f", &commands.to_string_lossy(), &filesystem.to_string_lossy()])?;
    let seen = output(&mut command("debugfs", ["-R", &format!("cat {path}"), &filesystem.to_string_lossy()]))?;
    if !seen.contains(text.trim()) {
        stop!("debugfs did not write {path}");
    }
    Ok(())
}

fn older(work: &Path, usual: &Path) -> Done<PathBuf> {
    let (esp, root) = (work.join("esp"), work.join("root"));
    disk::take(usual, disk::ESP, &esp)?;
    disk::take(usual, disk::ROOT, &root)?;
    let kernel = kernel_of(&root)?;
    let options =
        format!("root=PARTUUID={SIGNATURE}-{ROOT_NUMBER:02x} ro rootwait console=tty0 console=ttyS0,115200 quiet");
    let settings = format!("set timeout=0\nlinux /boot/{kernel} {options}\nboot\n");
    put(&root, work, &["/boot/grub"], "/boot/grub/grub.cfg", &settings)?;
    let made = work.join("disk");
    let (swap, esp_mib, root_mib) = (16, disk::ESP.mib, disk::ROOT.mib);
    // From a whole MiB to the next: each link of the chain has one before its partition.
    let extended = 1 + swap;
    let (esp_at, root_at) = (extended + 1, extended + 1 + esp_mib + 1);
    let lines = format!(
        "label: dos\nlabel-id: 0x{SIGNATURE}\nunit: sectors\n\
         1 : start={}, size={}, type=82\n2 : start={}, size={}, type=5\n\
         5 : start={}, size={}, type=c\n{ROOT_NUMBER} : start={}, size={}, type=83, bootable\n",
        disk::sectors(1),
        disk::sectors(swap),
        disk::sectors(extended),
        disk::sectors(1 + esp_mib + 1 + root_mib),
        disk::sectors(esp_at),
        disk::sectors(esp_mib),
        disk::sectors(root_at),
        disk::sectors(root_mib),
    );
    partition(&made, root_at + root_mib + 1, "sfdisk", &["--quiet"], &lines)?;
    disk::lay(&esp, &made, esp_at << 20)?;
    disk::lay(&root, &made, root_at << 20)?;
    grub::install_behind_table(work, &made, ROOT_NUMBER)?;
    Ok(made)
}

fn kernel_of(root: &Path) -> Done<String> {
    let list = output(&mut command("debugfs", ["-R", "ls -p /boot", &root.to_string_lossy()]))?;
    let names = list.lines().filter_map(|line| line.split('/').nth(5));
    match names.into_iter().find(|name| name.starts_with("vmlinuz-")) {
        Some(name) => Ok(name.to_string()),
        None => stop!("the reference system has no kernel"),
    }
}

fn large(work: &Path, usual: &Path) -> Done<PathBuf> {
    let (old, root) = (work.join("old-esp"), work.join("root"));
    disk::take(usual, disk::ESP, &old)?;
    disk::take(usual, disk::ROOT, &root)?;
    let files = places::folder(work.join("files"))?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    quiet("mcopy", ["-s".into(), "-n".into(), "-i".into(), text(&old), "::*".into(), text(&files)])?;
    let serial = serial_of(&old)?;
    let esp = work.join("esp");
    disk::sparse_file(&esp, disk::ESP.mib)?;
    // A filesystem's own sectors may not be smaller than the disk's.
    quiet("mkfs.vfat", ["-F", "16", "-S", "4096", "-s", "1", "-n", "ESP", "-i", &serial, &text(&esp)])?;
    for entry in fs::read_dir(&files).during("reading the EFI partition's files")?.flatten() {
        quiet("mcopy", ["-s".into(), "-i".into(), text(&esp), text(&entry.path()), "::".into()])?;
    }
    let info = |number: u32, field: &str| -> Done<String> {
        let said = output(&mut command("sgdisk", [format!("--info={number}"), text(usual)]))?;
        let value = said.lines().find_map(|l| l.strip_prefix(field).map(|v| v.trim().to_string()));
        value.ok_or_else(|| format!("sgdisk says no {field}").into())
    };
    let made = work.join("disk");
    let sectors = |mib: u64| (mib << 20) / 4096;
    // sfdisk takes a file's sectors for 512 bytes: fdisk is told what a person would type.
    let (first, length) = (sectors(1), sectors(disk::ESP.mib));
    let told = format!(
        "g\nn\n1\n{first}\n+{}\nt\n1\nn\n2\n{}\n+{}\nx\nu\n1\n{}\nu\n2\n{}\nn\n1\nesp\nn\n2\nroot\nr\nw\n",
        length - 1,
        first + length,
        sectors(disk::ROOT.mib) - 1,
        info(1, "Partition unique GUID:")?,
        info(2, "Partition unique GUID:")?,
    );
    partition(&made, 1 + disk::ESP.mib + disk::ROOT.mib + 1, "fdisk", &["-b", "4096"], &told)?;
    disk::lay(&esp, &made, 1 << 20)?;
    disk::lay(&root, &made, (1 + disk::ESP.mib) << 20)?;
    Ok(made)
}

/// The serial number of a vfat filesystem (FAT32: four bytes at 0x43), as mkfs.vfat takes it.
fn serial_of(esp: &Path) -> Done<String> {
    use std::os::unix::fs::FileExt;
    let mut bytes = [0; 4];
    let file = fs::File::open(esp).during("reading the EFI partition")?;
    file.read_exact_at(&mut bytes, 0x43).during("reading the EFI partition")?;
    Ok(format!("{:08x}", u32::from_le_bytes(bytes)))
}
