//! The partition table of a disk, whichever kind it has. An older one is told as if it were a GUID table, with what stands for
//! GUIDs there ([`mbr`]).
use crate::{
    gpt,
    layout::{ESP_TYPE, SOCLE_NAME, SOCLE_TYPE},
    mbr,
};
use socle_image::ReadAt;
use socle_texts::{Fault, Result};

/// Bit 2 of a GUID table's attributes: started by a BIOS (UEFI 2.10, table 5.8).
const STARTED: u64 = 1 << 2;
/// The boot code of the first sector.
const BOOT_CODE_BYTES: usize = 440;

/// Reads the table of a disk; none where there is none of either kind.
///
/// # Errors
/// `disk-table-unreadable`; `disk-table-damaged` when a table is there but contradicts itself.
pub fn read(disk: &dyn ReadAt) -> Result<Option<gpt::Table>> {
    match gpt::read(disk)? {
        Some(table) => Ok(Some(table)),
        None => mbr::read(disk)?.map(|older| as_guid_table(disk, &older)).transpose(),
    }
}

/// An older table in the words of a GUID table, in the order of the disk.
pub(crate) fn as_guid_table(disk: &dyn ReadAt, older: &mbr::Table) -> Result<gpt::Table> {
    let size = u64::from(disk.logical_sector_bytes());
    let one = |p: &mbr::Partition| {
        let own =
            (p.kind == mbr::SOCLE_KIND).then(|| mbr::label_at(disk, p.first_lba * size, p.sectors * size)).flatten();
        let type_guid = match (own, p.kind) {
            (Some(_), _) => SOCLE_TYPE,
            (None, mbr::ESP_KIND) => ESP_TYPE,
            (None, kind) => mbr::kind_guid(kind),
        };
        gpt::Partition {
            number: p.number,
            type_guid,
            unique_guid: own.unwrap_or(mbr::partition_guid(older.signature, p.number)),
            first_lba: p.first_lba,
            last_lba: p.first_lba + p.sectors.max(1) - 1,
            attributes: if p.active { STARTED } else { 0 },
            name: own.map_or_else(String::new, |_| SOCLE_NAME.to_string()),
        }
    };
    let mut partitions: Vec<gpt::Partition> = older.partitions.iter().map(one).collect();
    partitions.sort_by_key(|p| p.first_lba);
    if let Some(pair) = partitions.windows(2).find(|pair| pair[1].first_lba <= pair[0].last_lba) {
        return Err(Fault::new("disk-table-damaged").with("partition", pair[1].number));
    }
    let code = older.sectors.first().map_or(&[][..], |(_, bytes)| &bytes[..BOOT_CODE_BYTES.min(bytes.len())]);
    let boot_code = if code.iter().all(|&b| b == 0) { Vec::new() } else { code.to_vec() };
    Ok(gpt::Table { disk_guid: mbr::disk_guid(older.signature), boot_code, partitions })
}
