//! Changes in the sectors of a table: as few bytes as may be, everything else stays as it stood.
use super::{ENTRIES_AT, ENTRY_BYTES, MARK_AT};
use socle_image::manifest::TABLE_SECTOR_BYTES;

/// What an entry says of places in cylinders, heads and sectors where they can't be said: that the other numbers count.
const ELSEWHERE: [u8; 3] = [0xfe, 0xff, 0xff];
const SIGNATURE_AT: usize = 440;

fn entry(sector: &mut [u8], index: usize) -> &mut [u8] {
    let at = ENTRIES_AT + index * ENTRY_BYTES;
    &mut sector[at..at + ENTRY_BYTES]
}

/// Another signature of the disk.
pub fn set_signature(first: &mut [u8], signature: u32) {
    first[SIGNATURE_AT..SIGNATURE_AT + 4].copy_from_slice(&signature.to_le_bytes());
}

/// Another length of a partition; nothing where it is that already.
pub fn set_length(sector: &mut [u8], index: usize, sectors: u32) {
    let entry = entry(sector, index);
    if entry[12..16] != sectors.to_le_bytes() {
        entry[5..8].copy_from_slice(&ELSEWHERE);
        entry[12..16].copy_from_slice(&sectors.to_le_bytes());
    }
}

/// A new entry, not started from.
pub fn set_entry(sector: &mut [u8], index: usize, kind: u8, first: u32, sectors: u32) {
    let entry = entry(sector, index);
    entry[0] = 0;
    entry[1..4].copy_from_slice(&ELSEWHERE);
    entry[4] = kind;
    entry[5..8].copy_from_slice(&ELSEWHERE);
    entry[8..12].copy_from_slice(&first.to_le_bytes());
    entry[12..16].copy_from_slice(&sectors.to_le_bytes());
}

/// No entry any more.
pub fn clear(sector: &mut [u8], index: usize) {
    entry(sector, index).fill(0);
}

/// A link of the chain that holds nothing yet.
pub fn new_link() -> Vec<u8> {
    let mut sector = vec![0; TABLE_SECTOR_BYTES];
    sector[MARK_AT..MARK_AT + 2].copy_from_slice(&[0x55, 0xaa]);
    sector
}
