//! Chunks copied aside: to free space of the image, before what they stand in is overwritten.
//!
//! ```text
//! 0      header, whole blocks: "SOCLEAS1", BLAKE3 of the rest, image, number of chunks (u32), length (u32) and name of each
//! …      the chunks, one after the other, each from a block's beginning
//! ```
//! The header is written when the chunks are durable, so that a header that is right tells of chunks that are there.
use super::{BLOCK_BYTES, Ordered, Segments, Work, ranges::Ranges};
use crate::block::AlignedBuffer;
use socle_image::{ChunkId, ImageId, MAX_CHUNK_BYTES, WriteAt};
use socle_texts::{Fault, Result};
use std::{collections::HashMap, ops::Range};

const MAGIC: &[u8; 8] = b"SOCLEAS1";
const HEAD_BYTES: usize = 8 + 32 + 32 + 4;
const ENTRY_BYTES: usize = 4 + 32;
/// More chunks are never aside at once.
const CHUNKS_MAX: usize = 1 << 20;

/// The longest stretch of the image's partitions that the image does not name and that nothing is read from.
pub fn room(work: &Work<'_>, named: &Ranges, reads: &Ranges) -> Range<u64> {
    let mut taken: Vec<Range<u64>> = named.iter().chain(reads.iter()).collect();
    // What an interrupted reset has left there is only overwritten once it is written elsewhere.
    taken.extend(work.options.resume_from.iter().map(|p| p.aside_bytes.clone()));
    let taken = Ranges::of(taken);
    let free = work.partitions().flat_map(|(_, place)| taken.outside(place));
    let whole = |r: Range<u64>| r.start.next_multiple_of(BLOCK_BYTES)..r.end / BLOCK_BYTES * BLOCK_BYTES;
    free.map(whole).filter(|r| r.start < r.end).max_by_key(|r| r.end - r.start).unwrap_or(0..0)
}

/// Bytes of chunks that surely fit into so much room: each may need a block more than it has, and its line.
pub fn capacity(room: &Range<u64>) -> u64 {
    // Chunks of one block are the worst: their line is less than a hundredth of it, rounded up twice here.
    (room.end - room.start).saturating_sub(4 * BLOCK_BYTES) / 2
}

fn header_bytes(chunks: usize) -> u64 {
    ((HEAD_BYTES + chunks * ENTRY_BYTES) as u64).next_multiple_of(BLOCK_BYTES)
}

fn write(work: &Work<'_>, at: u64, bytes: &[u8]) -> Result<()> {
    let mut buffer = AlignedBuffer::zeroed(bytes.len().next_multiple_of(BLOCK_BYTES as usize));
    buffer[..bytes.len()].copy_from_slice(bytes);
    let written = work.target.write_at(at, &buffer);
    written.map_err(|e| Fault::new("disk-target-unwritable").with("offset", at).because(e))
}

/// Copies the chunks of an order aside, durably; answers where each stands then.
pub fn put(
    work: &Work<'_>,
    ordered: &Ordered,
    read: &mut dyn FnMut(&ChunkId, &Segments) -> Result<Vec<u8>>,
) -> Result<HashMap<ChunkId, Segments>> {
    let aside = &ordered.order.aside;
    let mut placed = HashMap::new();
    let mut lines = Vec::with_capacity(aside.len() * ENTRY_BYTES);
    let mut at = ordered.aside.start + header_bytes(aside.len());
    for &number in aside {
        let (id, segments) = &ordered.chunks[number];
        let bytes = read(id, segments)?;
        let end = at + bytes.len() as u64;
        if end.next_multiple_of(BLOCK_BYTES) > ordered.aside.end {
            return Err(Fault::new("disk-reset-no-room"));
        }
        write(work, at, &bytes)?;
        placed.insert(*id, vec![at..end]);
        lines.extend((bytes.len() as u32).to_le_bytes());
        lines.extend(id.0);
        at = end.next_multiple_of(BLOCK_BYTES);
    }
    work.flush()?;
    let mut body = work.fetcher.root.0.to_vec();
    body.extend((aside.len() as u32).to_le_bytes());
    body.extend(lines);
    let mut header = MAGIC.to_vec();
    header.extend(blake3::hash(&body).as_bytes());
    header.extend(body);
    write(work, ordered.aside.start, &header)?;
    work.flush()?;
    Ok(placed)
}

/// What an interrupted reset of this image left aside: where each chunk should stand. Nobody has looked at the chunks yet.
pub fn left(target: &dyn WriteAt, root: &ImageId, at: &Range<u64>) -> HashMap<ChunkId, Segments> {
    let mut found = HashMap::new();
    let read = |from: u64, length: usize| {
        let mut bytes = vec![0; length];
        let fits = from.checked_add(length as u64).is_some_and(|end| end <= at.end && end <= target.size_bytes());
        (fits && target.read_at(from, &mut bytes).is_ok()).then_some(bytes)
    };
    let Some(head) = read(at.start, HEAD_BYTES) else { return found };
    let count = u32::from_le_bytes([head[72], head[73], head[74], head[75]]) as usize;
    if &head[..8] != MAGIC || head[40..72] != root.0 || count > CHUNKS_MAX {
        return found;
    }
    let Some(whole) = read(at.start, HEAD_BYTES + count * ENTRY_BYTES) else { return found };
    if blake3::hash(&whole[40..]).as_bytes()[..] != whole[8..40] {
        return found;
    }
    let mut next = at.start + header_bytes(count);
    for line in whole[HEAD_BYTES..].chunks_exact(ENTRY_BYTES) {
        let bytes = u64::from(u32::from_le_bytes([line[0], line[1], line[2], line[3]]));
        let mut id = ChunkId([0; 32]);
        id.0.copy_from_slice(&line[4..]);
        if bytes == 0 || bytes > MAX_CHUNK_BYTES as u64 || next + bytes > at.end {
            break;
        }
        found.insert(id, vec![next..next + bytes]);
        next = (next + bytes).next_multiple_of(BLOCK_BYTES);
    }
    found
}
