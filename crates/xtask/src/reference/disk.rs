//! From a tree of files to a disk that firmware starts.
use super::{Identifiers, boot_loader, grub};
use crate::command::quiet;
use crate::stop;
use crate::trouble::{Done, During};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const MIB: u64 = 1 << 20;
/// Where the first partition begins, as all usual tools do.
const FIRST_MIB: u64 = 1;
/// Where a BIOS finds GRUB's core: it has no filesystem, and its place is written into the code that loads it.
const GRUB_MIB: u64 = 1;
const ESP_MIB: u64 = 64;
const ROOT_MIB: u64 = 640;
/// Room for the second copy of the partition table.
const LAST_MIB: u64 = 1;
const SECTORS_PER_MIB: u64 = MIB / 512;

/// A part of the reference disk.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    at_mib: u64,
    /// Its length.
    pub mib: u64,
}

/// The EFI partition.
pub const ESP: Span = Span { at_mib: FIRST_MIB + GRUB_MIB, mib: ESP_MIB };
/// The root.
pub const ROOT: Span = Span { at_mib: FIRST_MIB + GRUB_MIB + ESP_MIB, mib: ROOT_MIB };

/// So many MiB in sectors.
pub const fn sectors(mib: u64) -> u64 {
    mib * SECTORS_PER_MIB
}

/// Copies a part of a disk into a file of its own.
pub fn take(disk: &Path, span: Span, to: &Path) -> Done {
    let (from, out) = (format!("if={}", disk.display()), format!("of={}", to.display()));
    let (skip, count) = (format!("skip={}", span.at_mib), format!("count={}", span.mib));
    quiet("dd", [&from, &out, &skip, &count, "bs=1M", "conv=sparse", "status=none"].map(String::from))
}

/// Makes both filesystems and joins them under a partition table.
pub fn put_together(work: &Path, tree: &Path, identifiers: &Identifiers) -> Done<PathBuf> {
    let esp = esp(work, tree, identifiers)?;
    let root = root(work, tree, identifiers)?;
    let disk = work.join("disk");
    sparse_file(&disk, FIRST_MIB + GRUB_MIB + ESP_MIB + ROOT_MIB + LAST_MIB)?;
    let grub = FIRST_MIB * SECTORS_PER_MIB;
    let first = (FIRST_MIB + GRUB_MIB) * SECTORS_PER_MIB;
    let middle = first + ESP_MIB * SECTORS_PER_MIB;
    let end = middle + ROOT_MIB * SECTORS_PER_MIB - 1;
    let disk_text = disk.to_string_lossy().into_owned();
    let partitions = [
        format!("--disk-guid={}", identifiers.disk),
        format!("--new=1:{first}:{}", middle - 1),
        "--typecode=1:ef00".into(),
        "--change-name=1:esp".into(),
        format!("--partition-guid=1:{}", identifiers.esp_partition),
        format!("--new=2:{middle}:{end}"),
        "--typecode=2:8304".into(),
        "--change-name=2:root".into(),
        format!("--partition-guid=2:{}", identifiers.root_partition),
        format!("--new=3:{grub}:{}", first - 1),
        "--typecode=3:ef02".into(),
        "--change-name=3:grub".into(),
        disk_text,
    ];
    quiet("sgdisk", partitions)?;
    lay(&esp, &disk, first * 512)?;
    lay(&root, &disk, middle * 512)?;
    grub::install(work, &disk, grub, GRUB_MIB * SECTORS_PER_MIB, 1)?;
    Ok(disk)
}

/// The EFI system partition: systemd-boot, its one entry and the kernel.
fn esp(work: &Path, tree: &Path, identifiers: &Identifiers) -> Done<PathBuf> {
    let esp = work.join("esp");
    sparse_file(&esp, ESP_MIB)?;
    let at = esp.to_string_lossy().into_owned();
    let serial = identifiers.esp_serial.replace('-', "");
    quiet("mkfs.vfat", ["-F", "32", "-n", "ESP", "-i", &serial, &at])?;
    let folders =
        ["EFI", "EFI/BOOT", "EFI/systemd", "loader", "loader/entries", "debian", "grub"].map(|f| format!("::{f}"));
    quiet("mmd", ["-i".to_string(), at.clone()].into_iter().chain(folders))?;
    let settings = work.join("loader.conf");
    fs::write(&settings, "timeout 0\nconsole-mode keep\neditor no\n").during("writing loader.conf")?;
    let entry = work.join("debian.conf");
    // No initial memory disk: the kernel itself finds the root, which it can do by the partition's identifier.
    let options =
        format!("root=PARTUUID={} ro rootwait console=tty0 console=ttyS0,115200 quiet", identifiers.root_partition);
    let text = format!("title Debian\nlinux /debian/vmlinuz\noptions {options}\n");
    fs::write(&entry, text).during("writing the boot entry")?;
    // The same for machines that start by BIOS.
    let grub = work.join("grub.cfg");
    fs::write(&grub, grub::settings(&options)).during("writing grub.cfg")?;
    let loader = boot_loader()?;
    for (from, to) in [
        (loader.as_path(), "EFI/BOOT/BOOTX64.EFI"),
        (loader.as_path(), "EFI/systemd/systemd-bootx64.efi"),
        (&settings, "loader/loader.conf"),
        (&entry, "loader/entries/debian.conf"),
        (&grub, "grub/grub.cfg"),
        (&kernel_in(tree)?, "debian/vmlinuz"),
    ] {
        quiet("mcopy", ["-i", &at, &from.to_string_lossy(), &format!("::{to}")])?;
    }
    Ok(esp)
}

/// The root filesystem, with Debian's own defaults.
fn root(work: &Path, tree: &Path, identifiers: &Identifiers) -> Done<PathBuf> {
    let root = work.join("root");
    sparse_file(&root, ROOT_MIB)?;
    let uuid = &identifiers.root_filesystem;
    quiet(
        "mke2fs",
        ["-q", "-t", "ext4", "-L", "root", "-U", uuid, "-d", &tree.to_string_lossy(), &root.to_string_lossy()],
    )?;
    Ok(root)
}

fn kernel_in(tree: &Path) -> Done<PathBuf> {
    let entries = fs::read_dir(tree.join("boot")).during("reading the tree's /boot")?;
    match entries
        .flatten()
        .map(|e| e.path())
        .find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("vmlinuz-")))
    {
        Some(kernel) => Ok(kernel),
        None => stop!("the reference system got no kernel"),
    }
}

pub fn sparse_file(path: &Path, mib: u64) -> Done {
    let file = File::create(path).during(format!("creating {}", path.display()))?;
    file.set_len(mib * MIB).during(format!("sizing {}", path.display()))
}

/// Copies a file into another at an offset, leaving holes where there are only zeroes.
pub fn lay(from: &Path, to: &Path, at_bytes: u64) -> Done {
    let act = || format!("copying {} into the disk", from.display());
    let mut source = File::open(from).during(act())?;
    let mut target = File::options().write(true).open(to).during(act())?;
    let mut block = vec![0; 64 << 10];
    let mut offset = at_bytes;
    loop {
        let read = source.read(&mut block).during(act())?;
        if read == 0 {
            return Ok(());
        }
        if block[..read].iter().any(|byte| *byte != 0) {
            target.seek(SeekFrom::Start(offset)).during(act())?;
            target.write_all(&block[..read]).during(act())?;
        }
        offset += read as u64;
    }
}

/// `(size, allocated)` in bytes.
pub fn sizes(file: &Path) -> Done<(u64, u64)> {
    let data = file.metadata().during(format!("looking at {}", file.display()))?;
    Ok((data.len(), data.blocks() * 512))
}
