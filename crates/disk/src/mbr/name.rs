//! What stands for a GUID on a disk that has none: made of the disk's signature, so that whoever knows disks and partitions by
//! GUIDs need not know which kind of table they have.
use socle_image::Guid;

const DISK: [u8; 8] = *b"mbr-disk";
const PARTITION: [u8; 8] = *b"mbr-part";
const KIND: [u8; 8] = *b"mbr-kind";

/// Of a disk.
pub const fn disk_guid(signature: u32) -> Guid {
    Guid::of(signature, 0, 0, DISK)
}

/// Of a partition.
pub const fn partition_guid(signature: u32, number: u32) -> Guid {
    Guid::of(signature, number as u16, 0, PARTITION)
}

/// Of a partition's kind: `0x83` Linux, `0x07` NTFS…
pub const fn kind_guid(kind: u8) -> Guid {
    Guid::of(kind as u32, 0, 0, KIND)
}

/// The signature of a disk that is to have this GUID: its first four bytes. Zero is no signature.
pub fn signature_for(disk: &Guid) -> u32 {
    u32::from_le_bytes([disk.0[0], disk.0[1], disk.0[2], disk.0[3]]).max(1)
}

/// Whether the disk that was found is the one that was to have this GUID, whichever kind of table it got.
pub fn is_disk(found: &Guid, wanted: &Guid) -> bool {
    found == wanted || *found == disk_guid(signature_for(wanted))
}

/// How systems write the identifier of a disk or partition: on an older table `1badcafe`, `1badcafe-05` (the kernel's
/// PARTUUID), else the GUID itself.
pub fn text_of(guid: &Guid) -> String {
    let signature = || u32::from_le_bytes([guid.0[0], guid.0[1], guid.0[2], guid.0[3]]);
    let number = u16::from_le_bytes([guid.0[4], guid.0[5]]);
    match guid.0[8..] == DISK {
        true => format!("{:08x}", signature()),
        false if guid.0[8..] == PARTITION => format!("{:08x}-{number:02x}", signature()),
        false => guid.to_string(),
    }
}
