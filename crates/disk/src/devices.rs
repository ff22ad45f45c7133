//! The disks of this machine: which there are, what they are, and which may hold a system.
pub use crate::memory::Window;
use socle_texts::{Fault, Result};
use std::{
    fs::{self, File},
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

/// What the kernel calls a sector in /sys, whatever the disk's own sector is.
const SYS_SECTOR_BYTES: u64 = 512;
/// More block devices than this on one machine are not looked at.
const DEVICES_MAX: usize = 512;

/// A whole disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The kernel's name, `nvme0n1`. It may change from one start to the next: never an identity.
    pub name: String,
    /// The device node.
    pub path: PathBuf,
    /// Capacity.
    pub size_bytes: u64,
    /// What it is addressed by: 512 or 4096.
    pub logical_sector_bytes: u32,
    /// What it says of itself.
    pub model: Option<String>,
    /// Its serial number, where it says one.
    pub serial: Option<String>,
    /// Whether it turns.
    pub rotational: bool,
    /// Whether a hand can take it away.
    pub removable: bool,
    /// Whether it refuses writing.
    pub read_only: bool,
    /// How it is attached: `nvme`, `ata`, `usb`, `virtio`, `mmc`, `scsi`, or `other`.
    pub transport: &'static str,
    /// Its partitions as the kernel knows them.
    pub partitions: Vec<PartitionNode>,
}

/// A partition as the kernel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionNode {
    /// From 1, as in the partition table.
    pub number: u32,
    /// The device node.
    pub path: PathBuf,
    /// Where it begins on the disk.
    pub start_bytes: u64,
    /// How long it is.
    pub size_bytes: u64,
}

/// Why a disk can't be the one that a system is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It refuses writing.
    ReadOnly,
    /// A stick or a card: the machine may have been started from it.
    Removable,
    /// It is smaller than what must fit.
    TooSmall {
        /// What must fit.
        needed_bytes: u64,
    },
}

impl Unfit {
    /// The key of its text.
    pub fn key(&self) -> &'static str {
        match self {
            Unfit::ReadOnly => "disk-unfit-read-only",
            Unfit::Removable => "disk-unfit-removable",
            Unfit::TooSmall { .. } => "disk-unfit-too-small",
        }
    }
}

impl Disk {
    /// Why this disk can't hold a system of so many bytes; nothing if it can.
    pub fn unfit(&self, needed_bytes: u64) -> Option<Unfit> {
        if self.read_only {
            Some(Unfit::ReadOnly)
        } else if self.removable || self.transport == "usb" {
            Some(Unfit::Removable)
        } else if self.size_bytes < needed_bytes {
            Some(Unfit::TooSmall { needed_bytes })
        } else {
            None
        }
    }

    /// Opens a piece of the disk for reading and writing.
    pub fn window(&self, start_bytes: u64, size_bytes: u64) -> Result<Window> {
        let file = File::options().read(true).write(true).open(&self.path);
        let file = file.map_err(|e| Fault::new("disk-unopenable").with("disk", &self.path).because(e))?;
        Ok(Window::new(file, start_bytes, size_bytes))
    }

    /// The node of a partition by its number.
    pub fn partition(&self, number: u32) -> Option<&PartitionNode> {
        self.partitions.iter().find(|p| p.number == number)
    }
}

/// The whole disks of this machine, by name. Loop devices, memory disks, CD drives and composed devices are none.
pub fn list() -> Result<Vec<Disk>> {
    list_at(Path::new("/sys"), Path::new("/dev"))
}

/// Like [`list`], of a tree shaped like `/sys` and a folder of nodes.
pub fn list_at(sys: &Path, dev: &Path) -> Result<Vec<Disk>> {
    let block = sys.join("block");
    let entries =
        fs::read_dir(&block).map_err(|e| Fault::new("disk-list-unreadable").with("path", &block).because(e))?;
    let mut disks: Vec<Disk> = entries.flatten().take(DEVICES_MAX).filter_map(|e| disk(&e.path(), dev)).collect();
    disks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(disks)
}

/// One disk anew, as after a new partition table.
pub fn find(name: &str) -> Result<Disk> {
    let missing = || Fault::new("disk-not-found").with("disk", name);
    disk(&Path::new("/sys/block").join(name), Path::new("/dev")).ok_or_else(missing)
}

fn disk(folder: &Path, dev: &Path) -> Option<Disk> {
    let name = folder.file_name()?.to_str()?.to_string();
    let composed = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "drbd"];
    let hardware_part = name.contains("boot") && name.starts_with("mmcblk");
    if composed.iter().any(|p| name.starts_with(p)) || hardware_part || name.contains("rpmb") {
        return None;
    }
    let size_bytes = number(folder, "size")?.checked_mul(SYS_SECTOR_BYTES)?;
    if size_bytes == 0 {
        return None; // a card reader with no card
    }
    let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    Some(Disk {
        path: dev.join(&name),
        size_bytes,
        logical_sector_bytes: number(folder, "queue/logical_block_size").unwrap_or(512) as u32,
        model: text(folder, "device/model"),
        serial: text(folder, "serial").or_else(|| text(folder, "device/serial")).or_else(|| page_80(folder)),
        rotational: number(folder, "queue/rotational") == Some(1),
        removable: number(folder, "removable") == Some(1),
        read_only: number(folder, "ro") == Some(1),
        transport: transport(&name, &real),
        partitions: partitions(folder, &name, dev),
        name,
    })
}

fn partitions(folder: &Path, disk: &str, dev: &Path) -> Vec<PartitionNode> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().take(DEVICES_MAX) {
        let (name, path) = (entry.file_name(), entry.path());
        let Some(name) = name.to_str().filter(|n| n.starts_with(disk)) else { continue };
        let (Some(index), Some(start), Some(size)) =
            (number(&path, "partition"), number(&path, "start"), number(&path, "size"))
        else {
            continue;
        };
        found.push(PartitionNode {
            number: index as u32,
            path: dev.join(name),
            start_bytes: start.saturating_mul(SYS_SECTOR_BYTES),
            size_bytes: size.saturating_mul(SYS_SECTOR_BYTES),
        });
    }
    found.sort_by_key(|p| p.number);
    found
}

fn transport(name: &str, real: &Path) -> &'static str {
    let path = real.to_string_lossy();
    if path.contains("/usb") {
        "usb"
    } else if name.starts_with("nvme") {
        "nvme"
    } else if name.starts_with("mmcblk") {
        "mmc"
    } else if name.starts_with("vd") || path.contains("/virtio") {
        "virtio"
    } else if path.contains("/ata") {
        "ata"
    } else if name.starts_with("sd") {
        "scsi"
    } else {
        "other"
    }
}

fn text(folder: &Path, file: &str) -> Option<String> {
    let text = fs::read(folder.join(file)).ok()?;
    let text = String::from_utf8_lossy(&text).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_string();
    (!text.is_empty()).then_some(text)
}

/// The serial number of a SCSI or SATA disk (SPC-4 section 7.8.15, unit serial number page): four bytes, then it.
fn page_80(folder: &Path) -> Option<String> {
    let page = fs::read(folder.join("device/vpd_pg80")).ok()?;
    let serial =
        String::from_utf8_lossy(page.get(4..)?).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_string();
    (!serial.is_empty()).then_some(serial)
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    text(folder, file)?.parse().ok()
}

/// `_IO(0x12, 95)` of linux/fs.h.
const BLKRRPART: libc::c_ulong = 0x125f;
const REREAD_PATIENCE: Duration = Duration::from_secs(10);

/// Makes the kernel read the partition table again after it was written, and waits for the nodes of these partitions.
/// Nothing of the disk may be mounted or open, but the whole disk itself.
pub fn reread(disk: &Disk, expected: &[u32]) -> Result<Disk> {
    let fault = |e: io::Error| Fault::new("disk-reread-failed").with("disk", &disk.path).because(e).may_retry();
    let file = File::open(&disk.path).map_err(fault)?;
    let begin = Instant::now();
    loop {
        // SAFETY: BLKRRPART takes no argument; the descriptor is open for the call.
        if unsafe { libc::ioctl(file.as_raw_fd(), BLKRRPART as _) } == 0 {
            break;
        }
        let error = io::Error::last_os_error();
        // The kernel or a helper may still be looking at the old partitions.
        if error.raw_os_error() != Some(libc::EBUSY) || begin.elapsed() > REREAD_PATIENCE {
            return Err(fault(error));
        }
        sleep(Duration::from_millis(100));
    }
    loop {
        let now = find(&disk.name)?;
        let there = |n: &u32| now.partition(*n).is_some_and(|p| p.path.exists());
        if expected.iter().all(there) {
            return Ok(now);
        }
        if begin.elapsed() > REREAD_PATIENCE {
            let missing: Vec<_> = expected.iter().filter(|n| !there(n)).map(u32::to_string).collect();
            return Err(fault(io::Error::other(format!("no node for partition {}", missing.join(", ")))));
        }
        sleep(Duration::from_millis(20));
    }
}
