//! What a disk holds, partition by partition, without changing a byte of it.
use super::{choose::View, walk};
use socle_disk::{
    devices::Disk,
    gpt,
    identity::{Mounted, Options},
    layout::{BIOS_LOADER_TYPE, CACHE_TYPE, SOCLE_TYPE},
    table,
};
use socle_domain::census::{Census, Level, Part};
use socle_image::ReadAt;
use socle_texts::Result;
use std::{ops::Range, path::Path, sync::atomic::AtomicBool};

const PROBE_BYTES: usize = 128 << 10;
/// Places of an otherwise unknown range that are looked at before it is called empty.
const SAMPLES: u64 = 256;
const SAMPLE_BYTES: u64 = 64 << 10;

/// Counts what a disk holds. `ours`: the GUID of the disk that holds nothing but what Socle began to write. `scratch`: an
/// empty folder for mounting.
pub fn of_disk(disk: &Disk, ours: Option<[u8; 16]>, scratch: &Path, stop: &AtomicBool) -> Result<Census> {
    let view = View::of(disk)?;
    let whole = 0..disk.size_bytes;
    // An older table that contradicts itself says nothing of partitions; the kernel may still know some.
    let table = match gpt::read(&view) {
        Ok(None) => Ok(table::read(&view).unwrap_or_default()),
        found => found,
    };
    let parts = match table {
        Ok(Some(table)) => {
            let unfinished = ours == Some(table.disk_guid.0);
            let sector = u64::from(disk.logical_sector_bytes);
            table
                .partitions
                .iter()
                .map(|p| {
                    let range = p.first_lba * sector..(p.last_lba + 1).saturating_mul(sector);
                    if p.type_guid == SOCLE_TYPE || p.type_guid == CACHE_TYPE || unfinished {
                        return part(p.number, "socle", Level::Counted, 0, range.end - range.start);
                    }
                    if p.type_guid == BIOS_LOADER_TYPE {
                        return part(p.number, "boot-loader", Level::Counted, 0, 0);
                    }
                    let node = disk.partition(p.number).map(|n| n.path.as_path());
                    range_part(&view, p.number, range, node, scratch, stop)
                })
                .collect()
        }
        // Not a table of ours to read: another kind, which the kernel may know, or none.
        Ok(None) if !disk.partitions.is_empty() => disk
            .partitions
            .iter()
            .map(|p| {
                let range = p.start_bytes..p.start_bytes + p.size_bytes;
                range_part(&view, p.number, range, Some(&p.path), scratch, stop)
            })
            .collect(),
        Ok(None) => vec![range_part(&view, 0, whole, Some(&disk.path), scratch, stop)],
        Err(_) => vec![part(0, "unknown", Level::Unreadable, 0, disk.size_bytes)],
    };
    Ok(Census { parts })
}

fn part(number: u32, kind: &str, level: Level, items: u64, bytes: u64) -> Part {
    let part = if number == 0 { "disk".into() } else { format!("partition {number}") };
    Part { part, kind: kind.into(), level, items, bytes, digest: None }
}

fn range_part(
    view: &View,
    number: u32,
    range: Range<u64>,
    node: Option<&Path>,
    scratch: &Path,
    stop: &AtomicBool,
) -> Part {
    let size = range.end.saturating_sub(range.start);
    let mut head = vec![0; PROBE_BYTES.min(size as usize)];
    if view.read_at(range.start, &mut head).is_err() {
        return part(number, "unknown", Level::Unreadable, 0, size);
    }
    let kind = probe(&head);
    match kind {
        "ext4" | "vfat" => {
            let counted = node.and_then(|node| mounted(node, kind, scratch, stop));
            match counted.or_else(|| from_superblock(kind, &head)) {
                Some(count) => part(number, kind, Level::Counted, count.items, count.bytes),
                None => part(number, kind, Level::Unreadable, 0, size),
            }
        }
        "unknown" if is_empty(view, &range) => part(number, "empty", Level::Counted, 0, 0),
        // Swap space holds no file of anybody.
        "swap" => part(number, kind, Level::Counted, 0, 0),
        _ => part(number, kind, Level::Unreadable, 0, size),
    }
}

/// Counts by the kernel's own reading.
fn mounted(node: &Path, kind: &str, scratch: &Path, stop: &AtomicBool) -> Option<walk::Count> {
    let mounted = Mounted::new(node, kind, &scratch.join("census"), Options::ReadOnly).ok()?;
    let count = walk::count(mounted.folder(), stop).ok();
    mounted.close().ok()?;
    count
}

/// What an ext filesystem says of itself, where it can't be mounted: inodes and blocks in use (superblock at 1024:
/// inodes 0x00, blocks 0x04, free blocks 0x0c, free inodes 0x10, log2 of the block size over 1 KiB 0x18).
fn from_superblock(kind: &str, head: &[u8]) -> Option<walk::Count> {
    if kind != "ext4" {
        return None;
    }
    let at = |i: usize| Some(u64::from(u32::from_le_bytes(*head.get(1024 + i..)?.first_chunk()?)));
    let items = at(0)?.checked_sub(at(0x10)?)?;
    let blocks = at(4)?.checked_sub(at(0xc)?)?;
    Some(walk::Count { items, bytes: blocks.checked_shl(10 + at(0x18)?.min(6) as u32)? })
}

/// What a filesystem's first bytes say that it is.
pub fn probe(head: &[u8]) -> &'static str {
    let has = |at: usize, magic: &[u8]| head.get(at..at + magic.len()) == Some(magic);
    let signs: &[(usize, &[u8], &str)] = &[
        (1024 + 0x38, &[0x53, 0xef], "ext4"),
        (3, b"NTFS    ", "ntfs"),
        (0, b"XFSB", "xfs"),
        (0x10040, b"_BHRfS_M", "btrfs"),
        (0, b"LUKS\xba\xbe", "encrypted"),
        (3, b"-FVE-FS-", "encrypted"),
        (4096 - 10, b"SWAPSPACE2", "swap"),
        (512, b"LABELONE", "lvm"),
        (3, b"EXFAT   ", "exfat"),
        (82, b"FAT32   ", "vfat"),
        (54, b"FAT16   ", "vfat"),
        (54, b"FAT12   ", "vfat"),
    ];
    signs.iter().find(|(at, magic, _)| has(*at, magic)).map_or("unknown", |(_, _, kind)| kind)
}

/// Whether a range holds nothing but zeroes: its first and last MiB in full, and samples between.
fn is_empty(view: &View, range: &Range<u64>) -> bool {
    let size = range.end.saturating_sub(range.start);
    let mut buffer = vec![0; SAMPLE_BYTES as usize];
    let mut zero = |at: u64| {
        let at = at.min(range.end.saturating_sub(SAMPLE_BYTES)).max(range.start);
        let len = SAMPLE_BYTES.min(range.end - at) as usize;
        view.read_at(at, &mut buffer[..len]).is_ok() && buffer[..len].iter().all(|b| *b == 0)
    };
    let edge = (1 << 20) / SAMPLE_BYTES;
    let first = (0..edge).map(|i| range.start + i * SAMPLE_BYTES);
    let last = (1..=edge).map(|i| range.end.saturating_sub(i * SAMPLE_BYTES));
    let between = (0..SAMPLES).map(|i| range.start + size / SAMPLES * i / SAMPLE_BYTES * SAMPLE_BYTES);
    size == 0 || first.chain(last).chain(between).all(&mut zero)
}
