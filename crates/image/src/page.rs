//! Pages: which chunk goes where, in the order of the disk. Layout: docs/format.md, "Page".
use crate::{ChunkId, MAX_CHUNK_BYTES, MAX_PAGE_BYTES};

/// First bytes of a page.
pub const MAGIC: &[u8; 8] = b"SOCLEPG1";
/// A page holds what begins inside one aligned window of this many bytes of its partition, so that a page stays the
/// same from one version to the next where the disk did.
pub const WINDOW_BYTES: u64 = 32 << 20;
/// The most entries in one page; a window with more has several pages.
pub const MAX_ENTRIES: usize = 8192;

/// What a range of a partition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// Zeroes that are in use: they must read as zeroes.
    Zero,
    /// A piece of a chunk, which is the whole chunk unless a file's blocks are scattered.
    Chunk {
        /// Which chunk.
        id: ChunkId,
        /// Where the piece begins in it.
        offset_bytes: u32,
    },
}

/// A range of a partition. What no entry names is free: it may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins, from the start of the partition.
    pub offset_bytes: u64,
    /// How long it is.
    pub bytes: u64,
    /// What it holds.
    pub content: Content,
}

impl Entry {
    /// The byte after its last.
    pub fn end_bytes(&self) -> u64 {
        self.offset_bytes + self.bytes
    }
}

/// The bytes of a page of these entries, which are sorted, do not overlap and are at most [`MAX_ENTRIES`].
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    debug_assert!(entries.len() <= MAX_ENTRIES && entries.windows(2).all(|w| w[0].end_bytes() <= w[1].offset_bytes));
    let mut out = Vec::with_capacity(20 + entries.len() * 40);
    out.extend(MAGIC);
    out.extend((entries.len() as u32).to_le_bytes());
    let mut at = 0;
    for entry in entries {
        put_number(&mut out, entry.offset_bytes - at);
        at = entry.end_bytes();
        match entry.content {
            Content::Zero => put_number(&mut out, entry.bytes << 1),
            Content::Chunk { id, offset_bytes } => {
                put_number(&mut out, entry.bytes << 1 | 1);
                put_number(&mut out, u64::from(offset_bytes));
                out.extend(id.0);
            }
        }
    }
    out
}

/// The entries of a page of a partition of `partition_bytes`; none when these bytes are not one.
pub fn decode(bytes: &[u8], partition_bytes: u64) -> Option<Vec<Entry>> {
    if bytes.len() > MAX_PAGE_BYTES {
        return None;
    }
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let count = u32::from_le_bytes(*rest.split_off_first_chunk()?) as usize;
    if count == 0 || count > MAX_ENTRIES {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    let mut at = 0_u64;
    for _ in 0..count {
        let offset_bytes = at.checked_add(take_number(&mut rest)?)?;
        let head = take_number(&mut rest)?;
        let length = head >> 1;
        at = offset_bytes.checked_add(length).filter(|&end| length > 0 && end <= partition_bytes)?;
        let content = if head & 1 == 0 {
            Content::Zero
        } else {
            let offset_bytes = u32::try_from(take_number(&mut rest)?).ok()?;
            let fits = u64::from(offset_bytes).checked_add(length)? <= MAX_CHUNK_BYTES as u64;
            let id = ChunkId(*rest.split_off_first_chunk::<32>()?);
            fits.then_some(Content::Chunk { id, offset_bytes })?
        };
        entries.push(Entry { offset_bytes, bytes: length, content });
    }
    rest.is_empty().then_some(entries)
}

trait SplitOff {
    fn split_off_first_chunk<const N: usize>(&mut self) -> Option<&[u8; N]>;
}
impl SplitOff for &[u8] {
    fn split_off_first_chunk<const N: usize>(&mut self) -> Option<&[u8; N]> {
        let (head, tail) = self.split_first_chunk::<N>()?;
        *self = tail;
        Some(head)
    }
}

/// LEB128, shortest form only.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for i in 0..10 {
        let byte = *rest.get(i)?;
        let part = u64::from(byte & 0x7f);
        if i == 9 && part > 1 {
            return None;
        }
        number |= part << (7 * i);
        if byte & 0x80 == 0 {
            let shortest = byte != 0 || i == 0;
            *rest = &rest[i + 1..];
            return shortest.then_some(number);
        }
    }
    None
}

/// Cuts sorted entries into pages: at the windows' borders, and where a page is full.
pub fn paginate(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let window = rest.first()?.offset_bytes / WINDOW_BYTES;
        let end = rest.partition_point(|e| e.offset_bytes / WINDOW_BYTES == window).min(MAX_ENTRIES);
        let (page, after) = rest.split_at(end);
        rest = after;
        Some(page)
    })
}
