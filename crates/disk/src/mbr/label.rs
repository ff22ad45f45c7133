//! What says that a partition of an older table is Socle's own: such a table has a byte for the kind of a partition, and no
//! kind of it is ours alone.
//!
//! The label stands in a page that the memory leaves free (see [`crate::memory`]): a mark, the partition's own GUID, and a
//! CRC-32 of both. It is written once, before the table names the partition.
use crate::layout::SOCLE_PARTITION_BYTES;
use socle_image::{Guid, ReadAt, WriteAt};
use socle_texts::{Fault, Result};

/// After the two superblocks of the memory.
const AT_BYTES: u64 = 8192;
const MARK: &[u8; 8] = b"SoclePrt";
/// A page: what is written at once.
const BYTES: usize = 4096;

fn encode(guid: &Guid) -> Vec<u8> {
    let mut page = Vec::with_capacity(BYTES);
    page.extend_from_slice(MARK);
    page.extend_from_slice(&guid.0);
    let crc = crc32fast::hash(&page);
    page.extend_from_slice(&crc.to_le_bytes());
    page.resize(BYTES, 0);
    page
}

/// The GUID in the label of the partition that begins there and is so long; none where it is not Socle's own.
pub fn read(disk: &dyn ReadAt, start_bytes: u64, size_bytes: u64) -> Option<Guid> {
    if size_bytes < SOCLE_PARTITION_BYTES {
        return None;
    }
    let mut page = vec![0; BYTES];
    disk.read_at(start_bytes.checked_add(AT_BYTES)?, &mut page).ok()?;
    let guid = Guid(page.get(8..24)?.try_into().ok()?);
    (page == encode(&guid)).then_some(guid)
}

/// Writes the label, unless it stands there already.
pub(super) fn write(disk: &dyn WriteAt, start_bytes: u64, size_bytes: u64, guid: &Guid) -> Result<()> {
    if read(disk, start_bytes, size_bytes) == Some(*guid) {
        return Ok(());
    }
    let at = start_bytes + AT_BYTES;
    let written = disk.write_at(at, &encode(guid)).and_then(|()| disk.flush());
    written.map_err(|e| Fault::new("disk-target-unwritable").with("offset", at).because(e))
}
