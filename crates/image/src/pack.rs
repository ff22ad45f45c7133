//! Packs: frames in one immutable object that says by itself what it holds. Layout: docs/format.md, "Pack".
use crate::{ChunkId, MAX_CHUNK_BYTES, MAX_FRAME_BYTES, MAX_PACK_BYTES, PackName, frame::Method};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// First bytes of a pack.
pub const MAGIC: &[u8; 8] = b"SOCLEPK1";
/// Last bytes of a pack.
pub const END_MAGIC: &[u8; 8] = b"SOCLEPE1";
/// Length of what closes a pack: footer length (u32), zero (u32), BLAKE3 of the footer (32), [`END_MAGIC`].
pub const TRAILER_BYTES: usize = 48;
const FRAME_ENTRY_BYTES: usize = 12;
const CHUNK_ENTRY_BYTES: usize = 36;

/// Where a chunk rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameLocation {
    /// In which pack.
    pub pack: PackName,
    /// Where its frame begins in the pack.
    pub offset_bytes: u32,
    /// How long the frame is as it rests.
    pub stored_bytes: u32,
    /// How long the frame is in plain.
    pub plain_bytes: u32,
    /// How the frame is kept.
    pub method: Method,
    /// Where the chunk begins in the plain frame.
    pub chunk_offset_bytes: u32,
    /// How long the chunk is.
    pub chunk_bytes: u32,
}

impl FrameLocation {
    /// Whether a pack could say this: what comes from afar must not make anyone ask for more than a frame.
    pub fn is_sane(&self) -> bool {
        self.stored_bytes > 0
            && self.stored_bytes as usize <= MAX_FRAME_BYTES
            && self.plain_bytes as usize <= MAX_FRAME_BYTES
            && self.chunk_range().is_some_and(|r| !r.is_empty())
    }
    /// The frame's range in its pack.
    pub fn range_bytes(&self) -> Range<u64> {
        let start = u64::from(self.offset_bytes);
        start..start + u64::from(self.stored_bytes)
    }
    /// The chunk's range in the plain frame; none when it does not lie inside.
    pub fn chunk_range(&self) -> Option<Range<usize>> {
        let end = self.chunk_offset_bytes.checked_add(self.chunk_bytes)?;
        (end <= self.plain_bytes).then_some(self.chunk_offset_bytes as usize..end as usize)
    }
}

/// A frame as a pack's footer tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameInfo {
    /// Where it begins in the pack.
    pub offset_bytes: u32,
    /// Its length as it rests.
    pub stored_bytes: u32,
    /// Its length in plain.
    pub plain_bytes: u32,
    /// How it is kept.
    pub method: Method,
    /// Its chunks: which of [`Footer::chunks`].
    pub chunks: Range<usize>,
}

/// What a pack holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footer {
    /// Its frames, in their order.
    pub frames: Vec<FrameInfo>,
    /// Every chunk and its plain length, in the order of the frames.
    pub chunks: Vec<(ChunkId, u32)>,
}

impl Footer {
    /// Every chunk with where it rests in `pack`.
    pub fn locations(&self, pack: PackName) -> impl Iterator<Item = (ChunkId, FrameLocation)> + '_ {
        self.frames.iter().flat_map(move |frame| {
            let mut at = 0;
            self.chunks[frame.chunks.clone()].iter().map(move |&(id, chunk_bytes)| {
                let location = FrameLocation {
                    pack,
                    offset_bytes: frame.offset_bytes,
                    stored_bytes: frame.stored_bytes,
                    plain_bytes: frame.plain_bytes,
                    method: frame.method,
                    chunk_offset_bytes: at,
                    chunk_bytes,
                };
                at += chunk_bytes;
                (id, location)
            })
        })
    }

    /// Its bytes in a pack, without the trailer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(8 + self.frames.len() * FRAME_ENTRY_BYTES + self.chunks.len() * CHUNK_ENTRY_BYTES);
        out.extend((self.frames.len() as u32).to_le_bytes());
        out.extend((self.chunks.len() as u32).to_le_bytes());
        for frame in &self.frames {
            out.extend(frame.stored_bytes.to_le_bytes());
            out.extend(frame.plain_bytes.to_le_bytes());
            out.extend((frame.chunks.len() as u16).to_le_bytes());
            out.extend([frame.method.code(), 0]);
        }
        for (id, bytes) in &self.chunks {
            out.extend(id.0);
            out.extend(bytes.to_le_bytes());
        }
        out
    }

    /// From its bytes; none when they are not a footer, whatever they are.
    pub fn parse(bytes: &[u8]) -> Option<Footer> {
        let mut rest = bytes;
        let frame_count = take_u32(&mut rest)? as usize;
        let chunk_count = take_u32(&mut rest)? as usize;
        let expected =
            frame_count.checked_mul(FRAME_ENTRY_BYTES)?.checked_add(chunk_count.checked_mul(CHUNK_ENTRY_BYTES)?)?;
        if rest.len() != expected {
            return None;
        }
        let (frame_bytes, chunk_bytes) = rest.split_at(frame_count * FRAME_ENTRY_BYTES);
        let chunks: Vec<(ChunkId, u32)> = chunk_bytes
            .chunks_exact(CHUNK_ENTRY_BYTES)
            .map(|c| Some((ChunkId(c[..32].try_into().ok()?), u32::from_le_bytes(c[32..].try_into().ok()?))))
            .collect::<Option<_>>()?;
        let mut frames = Vec::with_capacity(frame_count);
        let (mut offset, mut first) = (MAGIC.len(), 0_usize);
        for entry in frame_bytes.chunks_exact(FRAME_ENTRY_BYTES) {
            let mut entry = entry;
            let (stored_bytes, plain_bytes) = (take_u32(&mut entry)?, take_u32(&mut entry)?);
            let last = first.checked_add(usize::from(u16::from_le_bytes([entry[0], entry[1]])))?;
            let held = chunks.get(first..last)?;
            let held_bytes: u64 = held.iter().map(|c| u64::from(c.1)).sum();
            let sane = !held.is_empty()
                && entry[3] == 0
                && stored_bytes > 0
                && plain_bytes as usize <= MAX_FRAME_BYTES
                && stored_bytes as usize <= MAX_FRAME_BYTES
                && held_bytes == u64::from(plain_bytes)
                && held.iter().all(|c| c.1 > 0 && c.1 as usize <= MAX_CHUNK_BYTES);
            if !sane || offset > MAX_PACK_BYTES {
                return None;
            }
            frames.push(FrameInfo {
                offset_bytes: offset as u32,
                stored_bytes,
                plain_bytes,
                method: Method::from_code(entry[2])?,
                chunks: first..last,
            });
            offset += stored_bytes as usize;
            first = last;
        }
        (first == chunks.len() && offset <= MAX_PACK_BYTES).then_some(Footer { frames, chunks })
    }

    /// Where the frames end and the footer begins.
    pub fn frames_end(&self) -> usize {
        self.frames.last().map_or(MAGIC.len(), |f| f.offset_bytes as usize + f.stored_bytes as usize)
    }

    /// From a whole pack.
    pub fn of_pack(pack: &[u8]) -> Option<Footer> {
        if pack.len() > MAX_PACK_BYTES || !pack.starts_with(MAGIC) {
            return None;
        }
        let range = Trailer::parse(pack.last_chunk()?, pack.len() as u64)?;
        let footer = range.open(pack.get(range.start as usize..range.end as usize)?)?;
        (footer.frames_end() as u64 == range.start).then_some(footer)
    }
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_le_bytes(*head))
}

/// Where a pack's footer stands, and its digest: read first, from the last [`TRAILER_BYTES`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// First byte of the footer in the pack.
    pub start: u64,
    /// The byte after its last.
    pub end: u64,
    digest: [u8; 32],
}

impl Trailer {
    /// From the last bytes of a pack of this length.
    pub fn parse(bytes: &[u8; TRAILER_BYTES], pack_bytes: u64) -> Option<Trailer> {
        if &bytes[40..] != END_MAGIC || bytes[4..8] != [0; 4] {
            return None;
        }
        let footer_bytes = u64::from(u32::from_le_bytes(bytes[..4].try_into().ok()?));
        let end = pack_bytes.checked_sub(TRAILER_BYTES as u64)?;
        let start = end.checked_sub(footer_bytes).filter(|&s| s >= MAGIC.len() as u64)?;
        Some(Trailer { start, end, digest: bytes[8..40].try_into().ok()? })
    }
    /// The footer, if these are its bytes.
    pub fn open(&self, footer: &[u8]) -> Option<Footer> {
        if *blake3::hash(footer).as_bytes() != self.digest {
            return None;
        }
        Footer::parse(footer)
    }
}

/// Gathers frames into a pack.
pub struct PackBuilder {
    bytes: Vec<u8>,
    footer: Footer,
}

impl Default for PackBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl PackBuilder {
    /// An empty pack.
    pub fn new() -> PackBuilder {
        PackBuilder { bytes: MAGIC.to_vec(), footer: Footer::default() }
    }
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.footer.frames.is_empty()
    }
    /// How long the pack would be if it were closed after one more frame like this.
    pub fn bytes_with(&self, stored_bytes: usize, chunks: usize) -> usize {
        self.bytes.len()
            + stored_bytes
            + 8
            + (self.footer.frames.len() + 1) * FRAME_ENTRY_BYTES
            + (self.footer.chunks.len() + chunks) * CHUNK_ENTRY_BYTES
            + TRAILER_BYTES
    }
    /// Adds a frame of these chunks, in the order of its plain bytes.
    pub fn push(&mut self, method: Method, stored: &[u8], chunks: &[(ChunkId, u32)]) {
        let first = self.footer.chunks.len();
        self.footer.chunks.extend_from_slice(chunks);
        self.footer.frames.push(FrameInfo {
            offset_bytes: self.bytes.len() as u32,
            stored_bytes: stored.len() as u32,
            plain_bytes: chunks.iter().map(|c| c.1).sum(),
            method,
            chunks: first..self.footer.chunks.len(),
        });
        self.bytes.extend_from_slice(stored);
    }
    /// The pack and its name.
    pub fn finish(mut self) -> (PackName, Vec<u8>) {
        let footer = self.footer.to_bytes();
        self.bytes.extend_from_slice(&footer);
        self.bytes.extend((footer.len() as u32).to_le_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend(blake3::hash(&footer).as_bytes());
        self.bytes.extend(END_MAGIC);
        (PackName::of(&self.bytes), self.bytes)
    }
}
