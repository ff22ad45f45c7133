//! A filesystem's own identifier.
use super::Change;
use crate::grow::{last_words, run};
use socle_texts::{Fault, Result};
use std::{fs::File, os::unix::fs::FileExt, path::Path};

/// The UUID of an ext2, 3 or 4 filesystem.
pub type Ext4Uuid = [u8; 16];
/// The volume serial number of a FAT filesystem, shown as `ABCD-1234`.
pub type VfatId = u32;

const EXT4_SUPERBLOCK: u64 = 1024;

fn unreadable(device: &Path, why: impl std::fmt::Display) -> Fault {
    Fault::new("disk-filesystem-unreadable").with("device", device).because(why)
}

/// Reads the UUID of an ext filesystem (superblock: magic at 0x38, UUID at 0x68).
pub fn ext4_uuid(device: &Path) -> Result<Ext4Uuid> {
    let superblock = ext4_superblock(device)?;
    Ok(std::array::from_fn(|i| superblock[0x68 + i]))
}

fn ext4_superblock(device: &Path) -> Result<[u8; 1024]> {
    let mut superblock = [0; 1024];
    let file = File::open(device).map_err(|e| unreadable(device, e))?;
    file.read_exact_at(&mut superblock, EXT4_SUPERBLOCK).map_err(|e| unreadable(device, e))?;
    if superblock[0x38..0x3a] != [0x53, 0xef] {
        return Err(unreadable(device, "no ext filesystem"));
    }
    Ok(superblock)
}

/// Seconds since 1970 when the filesystem was last mounted, by the clock of whoever mounted it (0x2c, high byte 0x275).
pub(crate) fn ext4_mounted_seconds(device: &Path) -> Result<u64> {
    let superblock = ext4_superblock(device)?;
    let low = u32::from_le_bytes([superblock[0x2c], superblock[0x2d], superblock[0x2e], superblock[0x2f]]);
    Ok(u64::from(low) | u64::from(superblock[0x275]) << 32)
}

/// Gives an unmounted, freshly checked ext filesystem another UUID.
pub fn set_ext4_uuid(device: &Path, uuid: Ext4Uuid) -> Result<Vec<Change>> {
    let old = ext4_uuid(device)?;
    if old == uuid {
        return Ok(Vec::new());
    }
    let text = hyphenated(uuid);
    let output = run("tune2fs", &["-U".as_ref(), text.as_ref(), "--".as_ref(), device.as_os_str()], &[])?;
    if !output.status.success() || ext4_uuid(device)? != uuid {
        return Err(Fault::new("disk-identifier-unwritable").with("device", device).because(last_words(&output)));
    }
    Ok(vec![Change::new("ext4", hyphenated(old), text)])
}

fn hyphenated(uuid: [u8; 16]) -> String {
    let hex: String = uuid.iter().map(|b| format!("{b:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Where the volume id stands in a boot sector, and the copies of that sector.
struct VfatPlaces {
    id: VfatId,
    offsets: Vec<u64>,
}

/// Microsoft's FAT specification, sections 3.2 and 3.3: a valid BPB, then `BS_VolID` after signature 0x29, at 0x27
/// for FAT12 and FAT16, at 0x43 for FAT32 (which has no 16-bit FAT size), whose boot sector has a copy.
fn vfat_places(file: &File, device: &Path) -> Result<VfatPlaces> {
    let mut sector = [0; 512];
    file.read_exact_at(&mut sector, 0).map_err(|e| unreadable(device, e))?;
    let u16_at = |at: usize| u16::from_le_bytes([sector[at], sector[at + 1]]);
    let sector_bytes = u64::from(u16_at(11));
    let fat32 = u16_at(22) == 0;
    let id_at = if fat32 { 0x43 } else { 0x27 };
    if sector[510..] != [0x55, 0xaa] || !(512..=4096).contains(&sector_bytes) || sector[id_at - 1] != 0x29 {
        return Err(unreadable(device, "no FAT filesystem with a volume id"));
    }
    let id = u32::from_le_bytes(std::array::from_fn(|i| sector[id_at + i]));
    let copy = u64::from(u16_at(0x32));
    let mut offsets = vec![id_at as u64];
    if fat32 && copy != 0 && copy != 0xffff {
        offsets.insert(0, copy * sector_bytes + id_at as u64);
    }
    Ok(VfatPlaces { id, offsets })
}

/// Reads the volume id of a FAT filesystem.
pub fn vfat_id(device: &Path) -> Result<VfatId> {
    let file = File::open(device).map_err(|e| unreadable(device, e))?;
    Ok(vfat_places(&file, device)?.id)
}

/// Gives an unmounted FAT filesystem another volume id: in the copy of its boot sector first, then in the one that counts.
pub fn set_vfat_id(device: &Path, id: VfatId) -> Result<Vec<Change>> {
    let shown = |id: VfatId| format!("{:04X}-{:04X}", id >> 16, id & 0xffff);
    let open = File::options().read(true).write(true).open(device);
    let file = open.map_err(|e| unreadable(device, e))?;
    let places = vfat_places(&file, device)?;
    if places.id == id {
        return Ok(Vec::new());
    }
    for offset in &places.offsets {
        let written = file.write_all_at(&id.to_le_bytes(), *offset).and_then(|()| file.sync_data());
        written.map_err(|e| Fault::new("disk-identifier-unwritable").with("device", device).because(e))?;
    }
    Ok(vec![Change::new("vfat", shown(places.id), shown(id))])
}
