//! The manifest: what disk it was, and the digests of the pages that say what it holds. Layout: docs/format.md.
use crate::{Guid, ImageId, MAX_MANIFEST_BYTES, PageDigest};
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};

/// The version of the format of images of disks with a GUID table.
pub const FORMAT: u32 = 1;
/// The version of the format of images of disks with an older table (MBR): the same, with [`Disk::table_sectors`]. A reader
/// that knows only the first says so, rather than leaving a table out.
pub const FORMAT_MBR: u32 = 2;
/// The number that stands for what lies between an older table's first sector and its first partition, where a BIOS loader
/// keeps its core. No partition has it.
pub const GAP: u32 = 0;
/// The first sector of an older table, and a chain of as many logical partitions as systems number.
pub const MAX_TABLE_SECTORS: usize = 125;
/// What is kept of each sector of an older table.
pub const TABLE_SECTOR_BYTES: usize = 512;
/// The most partitions of a GPT that we read.
pub const MAX_PARTITIONS: usize = 128;
/// The most pages of one partition: 32 TiB.
pub const MAX_PAGES: usize = 1 << 20;

/// An image. What the content key signs is its id, in `domain`'s `ImageRelease`. Its canonical bytes are JSON (docs/format.md, "Manifest"); its id is their BLAKE3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`], or [`FORMAT_MBR`] where the disk has an older table.
    pub format: u32,
    /// Under which name it was captured. See [`valid_name`].
    pub name: String,
    /// When, in seconds since 1970; what the one who captured said.
    pub captured_at_unix_seconds: u64,
    /// The disk.
    pub disk: Disk,
    /// Its partitions, in the order of the disk.
    pub partitions: Vec<Partition>,
}

/// The disk that was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Its size.
    pub size_bytes: u64,
    /// 512 or 4096: a filesystem moves only between disks that agree.
    pub logical_sector_bytes: u32,
    /// The GUID of its partition table.
    pub guid: Guid,
    /// The 440 bytes of boot code in its first sector, in hexadecimal; empty when they are all zero.
    pub boot_code: String,
    /// An older table as it stood on the disk, the first sector first, then the chain of the logical partitions; none where
    /// the disk has a GUID table. With them, identifiers of disk and partitions are made of the disk's signature
    /// (docs/format.md, "Older partition tables").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table_sectors: Vec<TableSector>,
}

/// A sector of an older partition table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSector {
    /// Where it stood.
    pub lba: u64,
    /// Its first [`TABLE_SECTOR_BYTES`] bytes, in hexadecimal.
    pub bytes: String,
}

impl TableSector {
    /// From a sector's bytes.
    pub fn new(lba: u64, bytes: &[u8]) -> TableSector {
        TableSector { lba, bytes: data_encoding::HEXLOWER.encode(bytes) }
    }
    /// Its bytes; none when they are not as many as they must be.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let bytes = data_encoding::HEXLOWER.decode(self.bytes.as_bytes()).ok()?;
        (bytes.len() == TABLE_SECTOR_BYTES).then_some(bytes)
    }
}

/// How a partition was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The filesystem was understood: each file was cut by itself.
    FileAware,
    /// Blocks in use, in the order of the disk: something in the filesystem is not understood by file.
    UsedBlocks,
    /// Everything but zeroes: no filesystem that we know.
    Whole,
    /// Nothing: a partition of Socle's own, which every machine has for itself.
    Omitted,
}

/// What was counted in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Census {
    /// Regular files.
    pub files: u64,
    /// Folders.
    pub directories: u64,
    /// Links, devices, sockets, pipes.
    pub others: u64,
    /// Bytes of the files as they are listed.
    pub file_bytes: u64,
}

/// The filesystem of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filesystem {
    /// `ext4`, `vfat`, or what we recognise without understanding it (`swap`, `ntfs`…).
    pub kind: String,
    /// Its block (cluster) size; 0 where we don't know.
    pub block_bytes: u32,
    /// How much of the partition it covers; 0 where we don't know.
    pub size_bytes: u64,
    /// How much of it is in use; 0 where we don't know.
    pub used_bytes: u64,
    /// Its identifier as tools print it; empty when it has none.
    pub uuid: String,
    /// Its label; empty when it has none.
    pub label: String,
}

/// A partition, and what of it the image holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Its number, from 1, as the system calls it.
    pub number: u32,
    /// What it is for.
    pub type_guid: Guid,
    /// Its own GUID on the source; a target gets another.
    pub unique_guid: Guid,
    /// Its name.
    pub name: String,
    /// Attribute bits (UEFI 2.10, table 5.8).
    pub attributes: u64,
    /// First sector.
    pub first_lba: u64,
    /// Last sector, itself included.
    pub last_lba: u64,
    /// How it was captured.
    pub method: Method,
    /// Why not file by file: a constant of the code, for people who look closer; empty otherwise.
    pub why: String,
    /// Its filesystem, where there is one that we recognise.
    pub filesystem: Option<Filesystem>,
    /// What was counted in it, where it was understood.
    pub census: Option<Census>,
    /// Bytes kept as chunks.
    pub data_bytes: u64,
    /// Bytes in use that are zero.
    pub zero_bytes: u64,
    /// Its pages, in the order of the disk.
    pub pages: Vec<PageDigest>,
}

impl Partition {
    /// Its length on a disk of such sectors.
    pub fn size_bytes(&self, logical_sector_bytes: u32) -> u64 {
        (self.last_lba - self.first_lba + 1) * u64::from(logical_sector_bytes)
    }
}

impl Manifest {
    /// Its bytes and its id.
    pub fn to_bytes(&self) -> Result<(ImageId, Vec<u8>)> {
        let bytes = serde_json::to_vec(self).map_err(|e| Fault::new("image-compression").because(e))?;
        Ok((ImageId::of(&bytes), bytes))
    }

    /// From bytes that must be those of `root`.
    ///
    /// # Errors
    /// `image-manifest-damaged` when they are not, or make no sense; `image-format-unknown` for a later format.
    pub fn open(root: &ImageId, bytes: &[u8]) -> Result<Manifest> {
        if !root.is_of(bytes) {
            return Err(damaged(root).because("digest"));
        }
        Self::parse(bytes)
    }

    /// From bytes that nothing vouches for yet.
    pub fn parse(bytes: &[u8]) -> Result<Manifest> {
        let damaged = || damaged(&ImageId::of(bytes));
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(damaged().because("length"));
        }
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|e| damaged().because(e))?;
        if !matches!(version.format, FORMAT | FORMAT_MBR) {
            return Err(Fault::new("image-format-unknown").with("found", version.format).with("known", FORMAT_MBR));
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| damaged().because(e))?;
        match manifest.nonsense() {
            None => Ok(manifest),
            Some(what) => Err(damaged().because(what)),
        }
    }

    /// What contradicts itself in it, if anything does.
    fn nonsense(&self) -> Option<&'static str> {
        let sector = u64::from(self.disk.logical_sector_bytes);
        if !valid_name(&self.name) {
            return Some("name");
        }
        if !matches!(sector, 512 | 4096) || !self.disk.size_bytes.is_multiple_of(sector) {
            return Some("sector size");
        }
        if self.boot_code().is_none() {
            return Some("boot code");
        }
        if self.partitions.is_empty() || self.partitions.len() > MAX_PARTITIONS {
            return Some("number of partitions");
        }
        let sectors = self.disk.size_bytes / sector;
        if let Some(what) = self.older_table_nonsense(sectors) {
            return Some(what);
        }
        let (mut end, mut numbers) = (0, [false; MAX_PARTITIONS]);
        for partition in &self.partitions {
            if partition.first_lba <= end || partition.last_lba < partition.first_lba || partition.last_lba >= sectors {
                return Some("partition borders");
            }
            end = partition.last_lba;
            let is_gap = partition.number == GAP && partition.first_lba == 1 && self.is_mbr();
            match numbers.get_mut((partition.number as usize).wrapping_sub(1)) {
                Some(taken) if !*taken => *taken = true,
                None if is_gap => {}
                _ => return Some("partition number"),
            }
            if partition.name.encode_utf16().count() > 36 || partition.pages.len() > MAX_PAGES {
                return Some("partition name or pages");
            }
            if partition.method == Method::Omitted && !partition.pages.is_empty() {
                return Some("pages of an omitted partition");
            }
            if partition.data_bytes.saturating_add(partition.zero_bytes) > partition.size_bytes(sector as u32) {
                return Some("partition bytes");
            }
        }
        None
    }

    /// Whether the disk has an older partition table.
    pub fn is_mbr(&self) -> bool {
        !self.disk.table_sectors.is_empty()
    }

    /// What contradicts itself in an older table, as far as it can be said without reading its entries.
    fn older_table_nonsense(&self, sectors: u64) -> Option<&'static str> {
        let table = &self.disk.table_sectors;
        if (self.format == FORMAT_MBR) == table.is_empty() || table.len() > MAX_TABLE_SECTORS {
            return Some("table sectors");
        }
        for (index, one) in table.iter().enumerate() {
            let taken = table[..index].iter().any(|other| other.lba == one.lba);
            let inside = self.partitions.iter().any(|p| (p.first_lba..=p.last_lba).contains(&one.lba));
            if (index == 0) != (one.lba == 0) || one.lba >= sectors || taken || inside || one.to_bytes().is_none() {
                return Some("table sectors");
            }
        }
        None
    }

    /// The boot code as bytes; none when it is not 440 bytes or nothing.
    pub fn boot_code(&self) -> Option<Vec<u8>> {
        let code = data_encoding::HEXLOWER.decode(self.disk.boot_code.as_bytes()).ok()?;
        matches!(code.len(), 0 | 440).then_some(code)
    }

    /// Bytes kept as chunks, all partitions together.
    pub fn data_bytes(&self) -> u64 {
        self.partitions.iter().map(|p| p.data_bytes).fold(0, u64::saturating_add)
    }
}

fn damaged(root: &ImageId) -> Fault {
    Fault::new("image-manifest-damaged").with("image", root.to_string())
}

/// Whether an image may have this name: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or a digit, so that it is
/// a file's name on any system.
pub fn valid_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (1..=64).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
}
