//! Where the partitions of an image go on a target.
use crate::{gpt, mbr};
use serde::{Deserialize, Serialize};
use socle_image::{
    Guid, Manifest, ReadAt, WriteAt,
    manifest::{GAP, Method, TableSector},
};
use socle_texts::{Fault, Result};

/// The type of the partition that holds a BIOS loader's core on a GPT disk, and nothing of anybody (GRUB's manual, "BIOS
/// installation").
pub const BIOS_LOADER_TYPE: Guid =
    Guid::of(0x2168_6148, 0x6449, 0x6e6f, [0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49]);
/// The type of an EFI system partition (UEFI 2.10 section 5.3.3).
pub const ESP_TYPE: Guid = Guid::of(0xc12a_7328, 0xf81f, 0x11d2, [0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b]);
/// The type of Socle's own partition: where a machine keeps its key, its journal and its resume point.
pub const SOCLE_TYPE: Guid = Guid::of(0x50c1_e0a7, 0x5f2b, 0x4d0e, [0x9b, 0x61, 0x3e, 0x70, 0x12, 0x84, 0xc6, 0x5a]);
/// The type of the partition that keeps the chunks of an image on the machine's own disk: its cache.
pub const CACHE_TYPE: Guid = Guid::of(0x50c1_e0a7, 0x5f2b, 0x4d0e, [0x9b, 0x61, 0x3e, 0x70, 0x12, 0x84, 0xc6, 0x5b]);
/// The length of Socle's own.
pub const SOCLE_PARTITION_BYTES: u64 = 16 << 20;
/// Its name in the partition table.
pub const SOCLE_NAME: &str = "socle";
/// Partitions begin on multiples of this.
pub(crate) const ALIGNMENT_BYTES: u64 = 1 << 20;

/// Which partition takes the room that is left on a larger disk.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grow {
    /// None: the rest stays free.
    None,
    /// The last one of the image.
    #[default]
    Last,
    /// The one of this name.
    Named(String),
    /// The one of this number.
    Number(u32),
}

/// Where Socle's own partition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoclePlace {
    /// Nowhere: an image written by hand.
    #[default]
    None,
    /// New, before the image's partitions.
    Start,
    /// New, after them.
    End,
    /// Where it is already, untouched, with what it holds.
    Keep {
        /// First sector.
        first_lba: u64,
        /// Last sector, itself included.
        last_lba: u64,
        /// Its GUID.
        unique_guid: Guid,
    },
}

/// Where the machine's cache stands: the partition that keeps its images' chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CachePlace {
    /// Nowhere.
    #[default]
    None,
    /// New, after the image's partitions.
    New {
        /// How long; rounded up to whole MiB.
        bytes: u64,
    },
    /// Where it is already, with what it holds.
    Keep {
        /// First sector.
        first_lba: u64,
        /// Last sector, itself included.
        last_lba: u64,
        /// Its GUID.
        unique_guid: Guid,
    },
}

/// What the one who restores wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// The new GUID of the disk.
    pub disk_guid: Guid,
    /// New GUIDs of partitions, at least one for each of the image's, one for Socle's and one for a new cache.
    pub partition_guids: Vec<Guid>,
    /// What grows.
    pub grow: Grow,
    /// Socle's own partition.
    pub socle: SoclePlace,
    /// The machine's cache.
    pub cache: CachePlace,
}

/// What a planned partition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The image's partition of this number.
    Image(u32),
    /// Socle's own, to be made.
    Socle,
    /// Socle's own, kept as it is.
    SocleKept,
    /// The machine's cache, to be made.
    Cache,
    /// Another one that stands there and stays: the machine's cache, or one that is to be kept.
    Kept,
}

/// A partition of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What it is.
    pub role: Role,
    /// Its number on the target, from 1. The image's partitions keep theirs.
    pub number: u32,
    /// What it is for.
    pub type_guid: Guid,
    /// Its own GUID.
    pub unique_guid: Guid,
    /// Its name.
    pub name: String,
    /// Attribute bits.
    pub attributes: u64,
    /// First sector.
    pub first_lba: u64,
    /// Last sector, itself included.
    pub last_lba: u64,
    /// Whether it is longer than in the image, so that its filesystem can grow.
    pub grown: bool,
}

/// The layout of a target, complete: nothing is drawn or decided after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The size of the target.
    pub disk_bytes: u64,
    /// Its sectors.
    pub logical_sector_bytes: u32,
    /// Its GUID.
    pub disk_guid: Guid,
    /// The boot code of the first sector: 440 bytes or none.
    pub boot_code: Vec<u8>,
    /// Its partitions, in the order of the disk.
    pub partitions: Vec<Planned>,
    /// The sectors of an older table, as they will stand; none where the target gets a GUID table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table_sectors: Vec<TableSector>,
}

impl Planned {
    /// Where it begins on a disk of such sectors.
    pub fn start_bytes(&self, logical_sector_bytes: u32) -> u64 {
        self.first_lba * u64::from(logical_sector_bytes)
    }
    /// Its length on a disk of such sectors.
    pub fn size_bytes(&self, logical_sector_bytes: u32) -> u64 {
        (self.last_lba - self.first_lba + 1) * u64::from(logical_sector_bytes)
    }
}

impl Plan {
    /// Socle's own partition, new or kept.
    pub fn socle(&self) -> Option<&Planned> {
        self.partitions.iter().find(|p| matches!(p.role, Role::Socle | Role::SocleKept))
    }
    /// The machine's cache, new or kept.
    pub fn cache(&self) -> Option<&Planned> {
        self.partitions.iter().find(|p| p.type_guid == CACHE_TYPE)
    }
    /// Where the image's partition of this number goes.
    pub fn image(&self, number: u32) -> Option<&Planned> {
        self.partitions.iter().find(|p| p.role == Role::Image(number))
    }
    /// The numbers of its partitions, as the system will know them.
    pub fn numbers(&self) -> Vec<u32> {
        self.partitions.iter().map(|p| p.number).filter(|number| *number != GAP).collect()
    }
    /// The GUID table that it makes.
    pub(crate) fn table(&self) -> gpt::Table {
        gpt::Table {
            disk_guid: self.disk_guid,
            boot_code: self.boot_code.clone(),
            partitions: self
                .partitions
                .iter()
                .map(|p| gpt::Partition {
                    number: p.number,
                    type_guid: p.type_guid,
                    unique_guid: p.unique_guid,
                    first_lba: p.first_lba,
                    last_lba: p.last_lba,
                    attributes: p.attributes,
                    name: p.name.clone(),
                })
                .collect(),
        }
    }
    /// Writes the partition tables and returns once they are on the medium. See [`gpt::write`] for a power cut.
    pub fn write(&self, target: &dyn WriteAt) -> Result<()> {
        if self.table_sectors.is_empty() { gpt::write(&self.table(), target) } else { mbr::write(self, target) }
    }
    /// Whether both copies of the tables hold exactly what [`Plan::write`] would write.
    pub fn stands_whole_on(&self, target: &dyn WriteAt) -> Result<bool> {
        if self.table_sectors.is_empty() { gpt::stands_whole(&self.table(), target) } else { self.stands_on(target) }
    }
    /// Whether the target has this layout already.
    pub fn stands_on(&self, target: &dyn ReadAt) -> Result<bool> {
        if !self.table_sectors.is_empty() {
            return mbr::stands_on(self, target);
        }
        Ok(gpt::read(target)?
            .is_some_and(|found| found.partitions == self.table().partitions && found.disk_guid == self.disk_guid))
    }
}

/// A stretch of sectors: first, and the one after the last.
#[derive(Clone, Copy)]
struct Room {
    start: u64,
    end: u64,
}

/// Lays the image's partitions on a disk of this size: as they were where it can be, packed together where it must,
/// and one of them grown. Nothing is written.
///
/// # Errors
/// `disk-target-too-small`, `disk-sector-size-differs`, `disk-grow-unknown`, `disk-too-few-guids`,
/// `disk-bios-loader-moved`; of an image with an older table also `disk-mbr-no-slot`, `disk-mbr-unusual`,
/// `disk-mbr-windows`, `disk-socle-in-the-way`.
pub fn plan(manifest: &Manifest, disk_bytes: u64, logical_sector_bytes: u32, wishes: &Wishes) -> Result<Plan> {
    if logical_sector_bytes != manifest.disk.logical_sector_bytes {
        return Err(Fault::new("disk-sector-size-differs")
            .with("image", manifest.disk.logical_sector_bytes)
            .with("target", logical_sector_bytes));
    }
    if manifest.is_mbr() {
        return mbr::plan(manifest, disk_bytes, logical_sector_bytes, wishes);
    }
    let sector = u64::from(logical_sector_bytes);
    let align = ALIGNMENT_BYTES / sector;
    let disk_sectors = disk_bytes / sector;
    let usable = gpt::usable(disk_sectors, logical_sector_bytes);
    let parts: Vec<_> = manifest.partitions.iter().filter(|p| p.method != Method::Omitted).collect();
    let socle_sectors = SOCLE_PARTITION_BYTES / sector;
    let too_small = || {
        let needed = needed_bytes(manifest, wishes.socle != SoclePlace::None);
        Fault::new("disk-target-too-small").with("needed", needed).with("found", disk_bytes)
    };

    let mut room = Room { start: usable.start.next_multiple_of(align), end: usable.end };
    let mut socle = None;
    match wishes.socle {
        SoclePlace::None => {}
        SoclePlace::Start => {
            socle = Some((Role::Socle, room.start, room.start + socle_sectors - 1));
            room.start = (room.start + socle_sectors).next_multiple_of(align);
        }
        SoclePlace::End => {
            let first = room.end.checked_sub(socle_sectors).ok_or_else(too_small)? / align * align;
            socle = Some((Role::Socle, first, first + socle_sectors - 1));
            room.end = first;
        }
        SoclePlace::Keep { first_lba, last_lba, .. } => {
            if first_lba < usable.start || last_lba < first_lba || last_lba >= usable.end {
                return Err(too_small());
            }
            socle = Some((Role::SocleKept, first_lba, last_lba));
            if first_lba < disk_sectors / 2 {
                room.start = room.start.max((last_lba + 1).next_multiple_of(align));
            } else {
                room.end = room.end.min(first_lba);
            }
        }
    }

    let mut cache = None;
    match wishes.cache {
        CachePlace::None => {}
        CachePlace::New { bytes } => {
            let sectors = bytes.next_multiple_of(ALIGNMENT_BYTES) / sector;
            let end = room.end / align * align;
            let first = end.checked_sub(sectors).ok_or_else(too_small)?;
            cache = Some((Role::Cache, first, end - 1, None));
            room.end = first;
        }
        CachePlace::Keep { first_lba, last_lba, unique_guid } => {
            if first_lba < room.start || last_lba < first_lba || last_lba >= room.end {
                return Err(too_small());
            }
            cache = Some((Role::Kept, first_lba, last_lba, Some(unique_guid)));
            room.end = first_lba;
        }
    }

    let sizes: Vec<u64> = parts.iter().map(|p| p.last_lba - p.first_lba + 1).collect();
    let as_they_were = parts.iter().all(|p| p.first_lba >= room.start && p.last_lba < room.end);
    let mut spans: Vec<Room> = if as_they_were {
        parts.iter().map(|p| Room { start: p.first_lba, end: p.last_lba + 1 }).collect()
    } else {
        packed(&sizes, room, align)
    };
    if spans.last().is_some_and(|s| s.end > room.end) {
        return Err(too_small());
    }
    let grown = match &wishes.grow {
        Grow::None => None,
        Grow::Last => parts.len().checked_sub(1),
        Grow::Named(name) => Some(position(&parts, name, |p| p.name == *name)?),
        Grow::Number(number) => Some(position(&parts, &number.to_string(), |p| p.number == *number)?),
    };
    if let Some(grown) = grown {
        grow(&mut spans, grown, room, align);
    }
    // The code of the first sector knows the number of the sector that it loads, and that one the rest: elsewhere they
    // would start nothing.
    let moved = |(part, span): (&&socle_image::manifest::Partition, &Room)| {
        part.type_guid == BIOS_LOADER_TYPE && span.start != part.first_lba
    };
    if !manifest.disk.boot_code.is_empty() && parts.iter().zip(&spans).any(moved) {
        return Err(Fault::new("disk-bios-loader-moved"));
    }

    let mut guids = wishes.partition_guids.iter().copied();
    let mut guid = || guids.next().ok_or_else(|| Fault::new("disk-too-few-guids"));
    let mut partitions = Vec::with_capacity(parts.len() + 1);
    for ((part, span), size) in parts.iter().zip(&spans).zip(&sizes) {
        partitions.push(Planned {
            role: Role::Image(part.number),
            number: part.number,
            type_guid: part.type_guid,
            unique_guid: guid()?,
            name: part.name.clone(),
            attributes: part.attributes,
            first_lba: span.start,
            last_lba: span.end - 1,
            grown: span.end - span.start > *size,
        });
    }
    if let Some((role, first_lba, last_lba)) = socle {
        let number = (1..).find(|n| partitions.iter().all(|p| p.number != *n)).unwrap_or(1);
        let unique_guid = match wishes.socle {
            SoclePlace::Keep { unique_guid, .. } => unique_guid,
            _ => guid()?,
        };
        let name = SOCLE_NAME.to_string();
        let (type_guid, attributes, grown) = (SOCLE_TYPE, 0, false);
        partitions.push(Planned { role, number, type_guid, unique_guid, name, attributes, first_lba, last_lba, grown });
    }
    if let Some((role, first_lba, last_lba, kept)) = cache {
        let number = (1..).find(|n| partitions.iter().all(|p| p.number != *n)).unwrap_or(1);
        let unique_guid = match kept {
            Some(unique_guid) => unique_guid,
            None => guid()?,
        };
        let name = crate::cache::CACHE_NAME.to_string();
        let (type_guid, attributes, grown) = (CACHE_TYPE, 0, false);
        partitions.push(Planned { role, number, type_guid, unique_guid, name, attributes, first_lba, last_lba, grown });
    }
    partitions.sort_by_key(|p| p.first_lba);
    let boot_code = manifest.boot_code().unwrap_or_default();
    Ok(Plan {
        disk_bytes,
        logical_sector_bytes,
        disk_guid: wishes.disk_guid,
        boot_code,
        partitions,
        table_sectors: Vec::new(),
    })
}

fn position(
    parts: &[&socle_image::manifest::Partition],
    wish: &str,
    is: impl Fn(&socle_image::manifest::Partition) -> bool,
) -> Result<usize> {
    parts.iter().position(|p| is(p)).ok_or_else(|| Fault::new("disk-grow-unknown").with("partition", wish))
}

fn packed(sizes: &[u64], room: Room, align: u64) -> Vec<Room> {
    let mut at = room.start;
    sizes
        .iter()
        .map(|size| {
            let span = Room { start: at, end: at + size };
            at = span.end.next_multiple_of(align);
            span
        })
        .collect()
}

/// Pushes what follows `grown` to the end of the room, and gives it what is between.
fn grow(spans: &mut [Room], grown: usize, room: Room, align: u64) {
    let mut end = room.end / align * align;
    for span in spans[grown + 1..].iter_mut().rev() {
        let size = span.end - span.start;
        let start = end.saturating_sub(size) / align * align;
        if start <= span.start {
            return; // no room to give: everything stays where it is
        }
        *span = Room { start, end: start + size };
        end = start;
    }
    spans[grown].end = spans[grown].end.max(end);
}

/// The smallest disk that takes the image, in bytes.
pub fn needed_bytes(manifest: &Manifest, with_socle: bool) -> u64 {
    if manifest.is_mbr() {
        return mbr::needed_bytes(manifest, with_socle);
    }
    let sector = u64::from(manifest.disk.logical_sector_bytes);
    let parts: u64 = manifest
        .partitions
        .iter()
        .filter(|p| p.method != Method::Omitted)
        .map(|p| p.size_bytes(manifest.disk.logical_sector_bytes).next_multiple_of(ALIGNMENT_BYTES))
        .sum();
    let socle = if with_socle { SOCLE_PARTITION_BYTES } else { 0 };
    // Before the first partition: 1 MiB; after the last: the backup table.
    ALIGNMENT_BYTES + parts + socle + gpt::BACKUP_SECTORS_AT_MOST * sector
}
