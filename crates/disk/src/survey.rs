//! What a disk holds, at a glance: for those who must agree to lose it.
use crate::{
    filesystem::{self, Part, Refusal},
    gpt, mbr,
};
use serde::Serialize;
use socle_image::{ReadAt, manifest::Filesystem};
use socle_texts::{Fault, Result};

/// What a disk holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survey {
    /// Its size.
    pub disk_bytes: u64,
    /// Its partitions; one of number 0 where the whole disk is a filesystem.
    pub partitions: Vec<Surveyed>,
}

/// A partition of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Surveyed {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Its length.
    pub size_bytes: u64,
    /// Its filesystem, where we recognise one.
    pub filesystem: Option<Filesystem>,
}

impl Survey {
    /// Whether nothing was found that could be lost.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }
}

/// Looks at a disk. Where it has no partition table that we read, the disk itself is looked at; what is not zero at its
/// beginning and is not recognised counts as something that could be lost.
pub fn survey(disk: &dyn ReadAt) -> Result<Survey> {
    let disk_bytes = disk.size_bytes();
    let sector = u64::from(disk.logical_sector_bytes());
    let mut partitions = Vec::new();
    for Found { number, name, start, bytes } in found(disk, sector)? {
        let part = Part { disk, start, bytes };
        // What can't be read is shown without its filesystem.
        let filesystem = filesystem::recognise(&part).unwrap_or_default();
        partitions.push(Surveyed { number, name, size_bytes: bytes, filesystem });
    }
    if partitions.is_empty() {
        let part = Part { disk, start: 0, bytes: disk_bytes };
        let filesystem = filesystem::recognise(&part).map_err(unreadable)?;
        let mut head = vec![0; (1_u64 << 20).min(disk_bytes) as usize];
        part.read(0, &mut head).map_err(unreadable)?;
        if filesystem.is_some() || head.iter().any(|&b| b != 0) {
            partitions.push(Surveyed { number: 0, name: String::new(), size_bytes: disk_bytes, filesystem });
        }
    }
    Ok(Survey { disk_bytes, partitions })
}

/// A partition of either kind of table.
struct Found {
    number: u32,
    name: String,
    start: u64,
    bytes: u64,
}

/// The partitions of a disk's GUID table, else of its older one.
fn found(disk: &dyn ReadAt, sector: u64) -> Result<Vec<Found>> {
    if let Some(table) = gpt::read(disk)? {
        let one = |p: gpt::Partition| {
            let bytes = (p.last_lba - p.first_lba + 1) * sector;
            Found { number: p.number, name: p.name, start: p.first_lba * sector, bytes }
        };
        return Ok(table.partitions.into_iter().map(one).collect());
    }
    // One that contradicts itself says nothing of partitions: then the disk as a whole is shown.
    let older = mbr::read(disk).unwrap_or_default().map(|t| t.partitions).unwrap_or_default();
    let one = |p: mbr::Partition| Found {
        number: p.number,
        name: String::new(),
        start: p.first_lba * sector,
        bytes: p.sectors * sector,
    };
    Ok(older.into_iter().map(one).collect())
}

fn unreadable(refusal: Refusal) -> Fault {
    let offset = if let Refusal::Unreadable(offset, _) = refusal { offset } else { 0 };
    Fault::new("disk-target-unreadable").with("offset", offset)
}
