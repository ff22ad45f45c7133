//! The partition table of older machines: the master boot record and its chain of extended ones. It is only read, for
//! those who must know what a disk holds: images are of disks with a GUID table.
//!
//! There is no standard; what is read here is what DOS, Windows and Linux write (UEFI 2.10 section 5.2.1 describes the first
//! sector): four entries of 16 bytes at 446, the mark `55 aa` at 510; an entry of an extended kind leads to a chain of
//! sectors of the same form, each with one logical partition and the place of the next.
use socle_image::ReadAt;
use socle_texts::{Fault, Result};
use std::io;

const ENTRIES_AT: usize = 446;
const ENTRY_BYTES: usize = 16;
const MARK_AT: usize = 510;
/// Extended partitions by the kinds that DOS, Windows 95 and Linux give them.
const EXTENDED: [u8; 3] = [0x05, 0x0f, 0x85];
/// The kind that guards a GUID table.
const PROTECTIVE: u8 = 0xee;
/// Logical partitions are numbered from here.
const FIRST_LOGICAL: u32 = 5;
/// No system numbers more: what goes on after them is a chain in a circle.
const LOGICAL_MAX: u32 = 124;

/// A partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// Its number: 1 to 4 by its place in the first sector, from 5 on where it is a logical one.
    pub number: u32,
    /// What it is for: `0x83` Linux, `0x07` NTFS…
    pub kind: u8,
    /// Whether it is the one that is started.
    pub active: bool,
    /// First sector.
    pub first_lba: u64,
    /// Its length in sectors.
    pub sectors: u64,
}

/// A partition table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The disk's signature, by which Windows and Linux know it.
    pub signature: u32,
    /// Its partitions, without the extended one, by number.
    pub partitions: Vec<Partition>,
}

/// Reads the table of a disk; none where there is none, or where it only guards a GUID table.
///
/// A filesystem's own first sector ends with the same mark: only entries that could be partitions of this disk count.
///
/// # Errors
/// `disk-table-unreadable`; `disk-table-damaged` when the chain of logical partitions leaves the disk or turns in a circle.
pub fn read(disk: &dyn ReadAt) -> Result<Option<Table>> {
    let size = u64::from(disk.logical_sector_bytes());
    let sectors = disk.size_bytes() / size;
    if sectors < 2 {
        return Ok(None);
    }
    let first = sector(disk, 0)?;
    let Some(entries) = entries(&first) else { return Ok(None) };
    let is_of_disk = |e: &Entry| e.first > 0 && u64::from(e.first) + u64::from(e.sectors) <= sectors;
    let used: Vec<(u32, Entry)> = (1..).zip(entries).filter(|(_, e)| e.kind != 0).collect();
    if used.is_empty() || used.iter().any(|(_, e)| e.kind == PROTECTIVE) || !used.iter().all(|(_, e)| is_of_disk(e)) {
        return Ok(None);
    }
    let mut table = Table { signature: le32(&first, 440), partitions: Vec::new() };
    for (number, entry) in &used {
        if EXTENDED.contains(&entry.kind) {
            logical(disk, entry, sectors, &mut table.partitions)?;
        } else {
            table.partitions.push(entry.partition(*number, u64::from(entry.first)));
        }
    }
    table.partitions.sort_by_key(|p| p.number);
    Ok(Some(table))
}

/// Follows the chain of an extended partition: each link holds a partition, counted from itself, and the next link, counted
/// from the extended partition's beginning.
fn logical(disk: &dyn ReadAt, extended: &Entry, sectors: u64, found: &mut Vec<Partition>) -> Result<()> {
    let damaged = |number: u32| Fault::new("disk-table-damaged").with("partition", number);
    let begin = u64::from(extended.first);
    let mut link = begin;
    let mut number = FIRST_LOGICAL + found.iter().filter(|p| p.number >= FIRST_LOGICAL).count() as u32;
    for _ in 0..LOGICAL_MAX {
        if link >= sectors {
            return Err(damaged(number));
        }
        let bytes = sector(disk, link)?;
        let Some([partition, next, ..]) = entries(&bytes) else { return Err(damaged(number)) };
        if partition.kind != 0 && partition.sectors > 0 {
            let first = link + u64::from(partition.first);
            if partition.first == 0 || first + u64::from(partition.sectors) > sectors {
                return Err(damaged(number));
            }
            found.push(partition.partition(number, first));
            number += 1;
        }
        if !EXTENDED.contains(&next.kind) || next.sectors == 0 {
            return Ok(());
        }
        link = begin + u64::from(next.first);
    }
    Err(damaged(number))
}

/// One of four.
#[derive(Debug, Clone, Copy)]
struct Entry {
    active: bool,
    kind: u8,
    first: u32,
    sectors: u32,
}

impl Entry {
    fn partition(&self, number: u32, first_lba: u64) -> Partition {
        Partition { number, kind: self.kind, active: self.active, first_lba, sectors: u64::from(self.sectors) }
    }
}

fn sector(disk: &dyn ReadAt, lba: u64) -> Result<Vec<u8>> {
    let size = disk.logical_sector_bytes();
    let mut bytes = vec![0; size as usize];
    let unreadable = |e: io::Error| Fault::new("disk-table-unreadable").because(e);
    disk.read_at(lba * u64::from(size), &mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// The four entries of a sector that could be such a table's: the mark at its end, and each entry started or not.
fn entries(sector: &[u8]) -> Option<[Entry; 4]> {
    if sector.get(MARK_AT..MARK_AT + 2)? != [0x55, 0xaa] {
        return None;
    }
    let read = |index: usize| {
        let at = ENTRIES_AT + index * ENTRY_BYTES;
        let (state, kind) = (*sector.get(at)?, *sector.get(at + 4)?);
        let (first, sectors) = (le32(sector, at + 8), le32(sector, at + 12));
        matches!(state, 0 | 0x80).then_some(Entry { active: state == 0x80, kind, first, sectors })
    };
    Some([read(0)?, read(1)?, read(2)?, read(3)?])
}
