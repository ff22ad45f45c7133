//! The partition table of older machines: the master boot record and its chain of extended ones.
//!
//! There is no standard; what is read here is what DOS, Windows and Linux write (UEFI 2.10 section 5.2.1 describes the first
//! sector): four entries of 16 bytes at 446, the mark `55 aa` at 510; an entry of an extended kind leads to a chain of
//! sectors of the same form, each with one logical partition and the place of the next.
mod edit;
mod label;
mod name;
mod plan;
mod write;

pub use label::read as label_at;
pub use name::{disk_guid, is_disk, kind_guid, partition_guid, signature_for, text_of};
pub(crate) use plan::{needed_bytes, plan};
pub(crate) use write::{stands_on, write};

use socle_image::{
    ReadAt,
    manifest::{TABLE_SECTOR_BYTES, TableSector},
};
use socle_texts::{Fault, Result};
use std::io;

/// The kind of Socle's own partition in such a table: one of those that are nobody's ("alternative OS development", for local
/// use). What says that it is ours is the label in it.
pub const SOCLE_KIND: u8 = 0x7f;
/// The kind of an EFI system partition.
pub const ESP_KIND: u8 = 0xef;

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
    /// Where its entry stands: in which of the table's sectors, and which of the four there.
    pub entry: (usize, usize),
}

/// The partition that holds the logical ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extended {
    /// Which of the four entries.
    pub slot: usize,
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
    /// The extended ones: systems know one.
    pub extended: Vec<Extended>,
    /// The sectors that it is made of, each with its first 512 bytes: the disk's first one, then the chain.
    pub sectors: Vec<(u64, Vec<u8>)>,
}

/// Whether this first sector of a disk of so many holds such a table, which hides a GUID table that may still be there:
/// systems read the latter only where the former guards it (UEFI 2.10 section 5.2.3).
pub(crate) fn hides_a_guid_table(first: &[u8], sectors: u64) -> bool {
    entries(first).is_some_and(|entries| used(entries, sectors).is_some())
}

/// The entries in use by their numbers; none where they could not be those of this disk.
fn used(entries: [Entry; 4], sectors: u64) -> Option<Vec<(u32, Entry)>> {
    let is_of_disk = |e: &Entry| e.first > 0 && u64::from(e.first) + u64::from(e.sectors) <= sectors;
    let used: Vec<(u32, Entry)> = (1..).zip(entries).filter(|(_, e)| e.kind != 0).collect();
    let guards = used.iter().any(|(_, e)| e.kind == PROTECTIVE);
    (!used.is_empty() && !guards && used.iter().all(|(_, e)| is_of_disk(e))).then_some(used)
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
    parse(&|lba| sector(disk, lba), sectors)
}

/// Reads the table of an image, from the sectors that the image keeps.
///
/// # Errors
/// `disk-table-damaged`.
pub fn of_image(stored: &[TableSector], sectors: u64) -> Result<Table> {
    let damaged = || Fault::new("disk-table-damaged").with("partition", 0_u32);
    let fetch = |lba| stored.iter().find(|s| s.lba == lba).and_then(TableSector::to_bytes).ok_or_else(damaged);
    parse(&fetch, sectors)?.ok_or_else(damaged)
}

/// Where a sector's bytes come from: at least the first 512 of them.
type Fetch<'a> = &'a dyn Fn(u64) -> Result<Vec<u8>>;

fn parse(fetch: Fetch, sectors: u64) -> Result<Option<Table>> {
    let first = fetch(0)?;
    let Some(used) = entries(&first).and_then(|entries| used(entries, sectors)) else { return Ok(None) };
    let mut table = Table {
        signature: le32(&first, 440),
        partitions: Vec::new(),
        extended: Vec::new(),
        sectors: vec![(0, kept(&first))],
    };
    for (number, entry) in &used {
        let slot = *number as usize - 1;
        if EXTENDED.contains(&entry.kind) {
            let (first_lba, length) = (u64::from(entry.first), u64::from(entry.sectors));
            table.extended.push(Extended { slot, first_lba, sectors: length });
            logical(fetch, entry, sectors, &mut table)?;
        } else {
            table.partitions.push(entry.partition(*number, u64::from(entry.first), (0, slot)));
        }
    }
    table.partitions.sort_by_key(|p| p.number);
    Ok(Some(table))
}

fn kept(sector: &[u8]) -> Vec<u8> {
    sector[..TABLE_SECTOR_BYTES.min(sector.len())].to_vec()
}

/// Follows the chain of an extended partition: each link holds a partition, counted from itself, and the next link, counted
/// from the extended partition's beginning.
fn logical(fetch: Fetch, extended: &Entry, sectors: u64, table: &mut Table) -> Result<()> {
    let damaged = |number: u32| Fault::new("disk-table-damaged").with("partition", number);
    let begin = u64::from(extended.first);
    let mut link = begin;
    let mut number = FIRST_LOGICAL + table.partitions.iter().filter(|p| p.number >= FIRST_LOGICAL).count() as u32;
    for _ in 0..LOGICAL_MAX {
        if link >= sectors || table.sectors.iter().any(|(lba, _)| *lba == link) {
            return Err(damaged(number));
        }
        let bytes = fetch(link)?;
        let Some([partition, next, ..]) = entries(&bytes) else { return Err(damaged(number)) };
        let place = (table.sectors.len(), 0);
        table.sectors.push((link, kept(&bytes)));
        if partition.kind != 0 && partition.sectors > 0 {
            let first = link + u64::from(partition.first);
            if partition.first == 0 || first + u64::from(partition.sectors) > sectors {
                return Err(damaged(number));
            }
            table.partitions.push(partition.partition(number, first, place));
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
    fn partition(&self, number: u32, first_lba: u64, entry: (usize, usize)) -> Partition {
        let (kind, active, sectors) = (self.kind, self.active, u64::from(self.sectors));
        Partition { number, kind, active, first_lba, sectors, entry }
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
