//! The GUID partition table (UEFI 2.10, chapter 5).
use crate::mbr;
use socle_image::{Guid, ReadAt, WriteAt};
use socle_texts::{Fault, Result};
use std::{io, ops::Range};

/// Entries in the tables that we write.
const SLOTS: u32 = 128;
const ENTRY_BYTES: u32 = 128;
const HEADER_BYTES: u32 = 92;
pub(crate) const SIGNATURE: &[u8; 8] = b"EFI PART";
/// Where the boot code of the first sector ends.
const BOOT_CODE_BYTES: usize = 440;
/// The backup table: 128 entries of 128 bytes and a header, for sectors of 512 bytes.
pub(crate) const BACKUP_SECTORS_AT_MOST: u64 = 33;

/// A partition of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its number, from 1.
    pub number: u32,
    /// What it is for.
    pub type_guid: Guid,
    /// Its own GUID.
    pub unique_guid: Guid,
    /// First sector.
    pub first_lba: u64,
    /// Last sector, itself included.
    pub last_lba: u64,
    /// Attribute bits.
    pub attributes: u64,
    /// Its name.
    pub name: String,
}

/// A partition table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The disk's GUID.
    pub disk_guid: Guid,
    /// The boot code of the first sector: 440 bytes or none.
    pub boot_code: Vec<u8>,
    /// Partitions in the order of the disk.
    pub partitions: Vec<Partition>,
}

/// The sectors that partitions may use on a disk of so many.
pub fn usable(disk_sectors: u64, logical_sector_bytes: u32) -> Range<u64> {
    let table = u64::from(SLOTS * ENTRY_BYTES / logical_sector_bytes);
    2 + table..disk_sectors.saturating_sub(1 + table).max(2 + table)
}

/// Reads the table of a disk; none where there is none.
///
/// The primary one, or the backup at the end of the disk when the primary is damaged. Where an older table stands in the first
/// sector, what is left of a GUID table counts no more, as for every system.
///
/// # Errors
/// `disk-source-unreadable`; `disk-table-damaged` when a table is there but contradicts itself.
pub fn read(disk: &dyn ReadAt) -> Result<Option<Table>> {
    let sector = disk.logical_sector_bytes();
    let sectors = disk.size_bytes() / u64::from(sector);
    if sectors < 2 * BACKUP_SECTORS_AT_MOST {
        return Ok(None);
    }
    let unreadable = |e: io::Error| Fault::new("disk-table-unreadable").because(e);
    let mut boot = vec![0; sector as usize];
    disk.read_at(0, &mut boot).map_err(unreadable)?;
    if mbr::hides_a_guid_table(&boot, sectors) {
        return Ok(None);
    }
    let entries = match read_at(disk, 1, sectors).map_err(unreadable)? {
        Some(entries) => Some(entries),
        None => read_at(disk, sectors - 1, sectors).map_err(unreadable)?,
    };
    let Some((disk_guid, mut partitions)) = entries else { return Ok(None) };
    partitions.sort_by_key(|p| p.first_lba);
    let mut end = 0;
    for p in &partitions {
        if p.first_lba <= end || p.last_lba < p.first_lba || p.last_lba >= sectors {
            return Err(Fault::new("disk-table-damaged").with("partition", p.number));
        }
        end = p.last_lba;
    }
    let code = &boot[..BOOT_CODE_BYTES];
    let boot_code = if code.iter().all(|&b| b == 0) { Vec::new() } else { code.to_vec() };
    Ok(Some(Table { disk_guid, boot_code, partitions }))
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from(le32(bytes, at)) | u64::from(le32(bytes, at + 4)) << 32
}
fn guid(bytes: &[u8], at: usize) -> Guid {
    let mut guid = Guid::ZERO;
    guid.0.copy_from_slice(&bytes[at..at + 16]);
    guid
}

/// The table whose header is at this sector; none when it is not a sound one.
fn read_at(disk: &dyn ReadAt, lba: u64, sectors: u64) -> io::Result<Option<(Guid, Vec<Partition>)>> {
    let sector = disk.logical_sector_bytes() as usize;
    let mut header = vec![0; sector];
    disk.read_at(lba * sector as u64, &mut header)?;
    let header_bytes = le32(&header, 12) as usize;
    if !header.starts_with(SIGNATURE) || !(HEADER_BYTES as usize..=sector).contains(&header_bytes) {
        return Ok(None);
    }
    let expected = le32(&header, 16);
    header[16..20].fill(0);
    if crc32fast::hash(&header[..header_bytes]) != expected || le64(&header, 24) != lba {
        return Ok(None);
    }
    let (table_lba, slots, entry_bytes) = (le64(&header, 72), le32(&header, 80), le32(&header, 84));
    if table_lba >= sectors || !(1..=1024).contains(&slots) || !(128..=4096).contains(&entry_bytes) {
        return Ok(None);
    }
    let table_bytes = slots as usize * entry_bytes as usize;
    if table_lba * sector as u64 + table_bytes as u64 > disk.size_bytes() {
        return Ok(None);
    }
    let mut table = vec![0; table_bytes];
    disk.read_at(table_lba * sector as u64, &mut table)?;
    if crc32fast::hash(&table) != le32(&header, 88) {
        return Ok(None);
    }
    let mut partitions = Vec::new();
    for (slot, entry) in table.chunks_exact(entry_bytes as usize).enumerate() {
        let type_guid = guid(entry, 0);
        if type_guid == Guid::ZERO {
            continue;
        }
        let units: Vec<u16> =
            entry[56..128].chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).take_while(|&u| u != 0).collect();
        partitions.push(Partition {
            number: slot as u32 + 1,
            type_guid,
            unique_guid: guid(entry, 16),
            first_lba: le64(entry, 32),
            last_lba: le64(entry, 40),
            attributes: le64(entry, 48),
            name: String::from_utf16_lossy(&units),
        });
    }
    Ok(Some((guid(&header, 56), partitions)))
}

/// The bytes of the entries and of a header at `lba`.
fn encode(table: &Table, lba: u64, disk_sectors: u64, sector: u32) -> (Vec<u8>, Vec<u8>) {
    let mut entries = vec![0; (SLOTS * ENTRY_BYTES) as usize];
    for p in &table.partitions {
        let at = (p.number as usize - 1) * ENTRY_BYTES as usize;
        let Some(entry) = entries.get_mut(at..at + ENTRY_BYTES as usize) else { continue };
        entry[..16].copy_from_slice(&p.type_guid.0);
        entry[16..32].copy_from_slice(&p.unique_guid.0);
        entry[32..40].copy_from_slice(&p.first_lba.to_le_bytes());
        entry[40..48].copy_from_slice(&p.last_lba.to_le_bytes());
        entry[48..56].copy_from_slice(&p.attributes.to_le_bytes());
        for (unit, place) in p.name.encode_utf16().zip(entry[56..128].chunks_exact_mut(2)) {
            place.copy_from_slice(&unit.to_le_bytes());
        }
    }
    let backup = disk_sectors - 1;
    let table_sectors = u64::from(SLOTS * ENTRY_BYTES / sector);
    let (other, table_lba) = if lba == 1 { (backup, 2) } else { (1, backup - table_sectors) };
    let usable = usable(disk_sectors, sector);
    let mut header = vec![0; sector as usize];
    header[..8].copy_from_slice(SIGNATURE);
    header[8..12].copy_from_slice(&0x0001_0000_u32.to_le_bytes());
    header[12..16].copy_from_slice(&HEADER_BYTES.to_le_bytes());
    header[24..32].copy_from_slice(&lba.to_le_bytes());
    header[32..40].copy_from_slice(&other.to_le_bytes());
    header[40..48].copy_from_slice(&usable.start.to_le_bytes());
    header[48..56].copy_from_slice(&(usable.end - 1).to_le_bytes());
    header[56..72].copy_from_slice(&table.disk_guid.0);
    header[72..80].copy_from_slice(&table_lba.to_le_bytes());
    header[80..84].copy_from_slice(&SLOTS.to_le_bytes());
    header[84..88].copy_from_slice(&ENTRY_BYTES.to_le_bytes());
    header[88..92].copy_from_slice(&crc32fast::hash(&entries).to_le_bytes());
    let crc = crc32fast::hash(&header[..HEADER_BYTES as usize]);
    header[16..20].copy_from_slice(&crc.to_le_bytes());
    (entries, header)
}

/// The first sector: boot code, and one entry that covers the disk so that older tools leave it alone (5.2.3).
fn protective(table: &Table, disk_sectors: u64, sector: u32) -> Vec<u8> {
    let mut bytes = vec![0; sector as usize];
    if table.boot_code.len() == BOOT_CODE_BYTES {
        bytes[..BOOT_CODE_BYTES].copy_from_slice(&table.boot_code);
    }
    let entry = &mut bytes[446..462];
    entry[1..4].copy_from_slice(&[0, 2, 0]);
    entry[4] = 0xee;
    entry[5..8].copy_from_slice(&[0xff; 3]);
    entry[8..12].copy_from_slice(&1_u32.to_le_bytes());
    entry[12..16].copy_from_slice(&u32::try_from(disk_sectors - 1).unwrap_or(u32::MAX).to_le_bytes());
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    bytes
}

/// Writes the table, backup first, and returns once it is on the medium.
///
/// Whatever instant the power goes, one sound table is found: the old one until the backup is complete, the new one
/// from then on, since the primary is then either still the old one, or broken, or the new one.
pub fn write(table: &Table, disk: &dyn WriteAt) -> Result<()> {
    let size = u64::from(disk.logical_sector_bytes());
    let steps = steps(table, disk)?;
    for (lba, bytes) in &steps {
        let written = disk.write_at(lba * size, bytes).and_then(|()| disk.flush());
        written.map_err(|e| Fault::new("disk-target-unwritable").with("offset", lba * size).because(e))?;
    }
    for (lba, bytes) in &steps {
        let mut found = vec![0; bytes.len()];
        disk.read_back(lba * size, &mut found)
            .map_err(|e| Fault::new("disk-target-unreadable").with("offset", lba * size).because(e))?;
        if found != *bytes {
            return Err(Fault::new("disk-read-back-differs").with("offset", lba * size));
        }
    }
    Ok(())
}

/// Whether both copies of the table and the first sector hold exactly what [`write`] would write.
pub fn stands_whole(table: &Table, disk: &dyn WriteAt) -> Result<bool> {
    let size = u64::from(disk.logical_sector_bytes());
    let there = |(lba, bytes): &(u64, Vec<u8>)| {
        let mut found = vec![0; bytes.len()];
        disk.read_at(lba * size, &mut found).is_ok() && found == *bytes
    };
    Ok(steps(table, disk)?.iter().all(there))
}

/// What is written for a table, in the order in which it is: the sector and the bytes.
fn steps(table: &Table, disk: &dyn WriteAt) -> Result<[(u64, Vec<u8>); 5]> {
    let sector = disk.logical_sector_bytes();
    let sectors = disk.size_bytes() / u64::from(sector);
    if sectors < 2 * BACKUP_SECTORS_AT_MOST || table.partitions.iter().any(|p| !(1..=SLOTS).contains(&p.number)) {
        return Err(Fault::new("disk-target-too-small").with("needed", 1_u64 << 20).with("found", disk.size_bytes()));
    }
    let size = u64::from(sector);
    let (backup_entries, backup_header) = encode(table, sectors - 1, sectors, sector);
    let (entries, header) = encode(table, 1, sectors, sector);
    Ok([
        (sectors - 1 - u64::from(SLOTS * ENTRY_BYTES) / size, backup_entries),
        (sectors - 1, backup_header),
        (0, protective(table, sectors, sector)),
        (2, entries),
        (1, header),
    ])
}
