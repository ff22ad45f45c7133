//! What a session sends, in which order: every frame that an image needs, gathered in blocks.
//!
//! The plan is made by the server and given to each member over its own line. It names ranges of packs and nothing more:
//! a receiver takes from it where the bytes belong, and still verifies each chunk.
use socle_image::{MAX_FRAME_BYTES, PackName};
use socle_texts::{Fault, Result};
use std::{collections::HashMap, ops::Range};

const MAGIC: &[u8; 8] = b"SOCLECP1";
/// Frames in one plan: 300 GB of an ordinary image.
pub const MAX_FRAMES: usize = 1 << 19;
const MAX_PACKS: usize = 1 << 16;
/// The longest plan, in bytes.
pub const MAX_PLAN_BYTES: usize = 8 + 8 + 8 + MAX_PACKS * 32 + MAX_FRAMES * FRAME_BYTES;
const FRAME_BYTES: usize = 12;
/// A block is closed as soon as it holds so many bytes.
pub const BLOCK_BYTES: usize = 256 << 10;
/// The longest block: nearly [`BLOCK_BYTES`], and a frame of the longest kind.
pub const MAX_BLOCK_BYTES: usize = BLOCK_BYTES + MAX_FRAME_BYTES;

/// A frame: a range of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// In which pack.
    pub pack: PackName,
    /// Where it begins in the pack.
    pub offset_bytes: u32,
    /// How long it is there.
    pub stored_bytes: u32,
}

/// What a session sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    session: u64,
    frames: Vec<Frame>,
    /// Which frames each block holds.
    blocks: Vec<Range<u32>>,
    bytes: u64,
}

fn wrong() -> Fault {
    Fault::new("cast-plan-unreadable")
}

impl Plan {
    /// Of these frames, in this order; the same frame twice counts once.
    ///
    /// # Errors
    /// `cast-plan-unreadable` where there is none, too many, or one that no pack could hold.
    pub fn new(session: u64, frames: impl IntoIterator<Item = Frame>) -> Result<Plan> {
        let mut seen = std::collections::HashSet::new();
        let frames: Vec<Frame> = frames.into_iter().filter(|f| seen.insert((f.pack, f.offset_bytes))).collect();
        let sane = |f: &Frame| {
            f.stored_bytes > 0
                && f.stored_bytes as usize <= MAX_FRAME_BYTES
                && f.offset_bytes.checked_add(f.stored_bytes).is_some()
        };
        if frames.is_empty() || frames.len() > MAX_FRAMES || !frames.iter().all(sane) {
            return Err(wrong());
        }
        let (mut blocks, mut first, mut held) = (Vec::new(), 0_u32, 0_usize);
        for (next, frame) in (1_u32..).zip(&frames) {
            held += frame.stored_bytes as usize;
            if held >= BLOCK_BYTES {
                blocks.push(first..next);
                (first, held) = (next, 0);
            }
        }
        if held > 0 {
            blocks.push(first..frames.len() as u32);
        }
        let bytes = frames.iter().map(|f| u64::from(f.stored_bytes)).sum();
        Ok(Plan { session, frames, blocks, bytes })
    }

    /// Which session it is of.
    pub fn session(&self) -> u64 {
        self.session
    }
    /// How many blocks there are.
    pub fn blocks(&self) -> u32 {
        self.blocks.len() as u32
    }
    /// The frames of a block.
    pub fn frames_of(&self, block: u32) -> &[Frame] {
        let range = self.blocks.get(block as usize).cloned().unwrap_or(0..0);
        &self.frames[range.start as usize..range.end as usize]
    }
    /// Bytes of the frames of a block.
    pub fn bytes_of(&self, block: u32) -> usize {
        self.frames_of(block).iter().map(|f| f.stored_bytes as usize).sum()
    }
    /// Bytes of all frames: the image as it rests in the repository.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
    /// All frames, in the order of the stream.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Its bytes: magic, session (u64), packs and frames (u32 each), the packs' names, then for each frame the number of
    /// its pack, its offset and its length (u32 each). Little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut packs, mut number) = (Vec::new(), HashMap::new());
        for frame in &self.frames {
            number.entry(frame.pack).or_insert_with(|| {
                packs.push(frame.pack);
                packs.len() as u32 - 1
            });
        }
        let mut out = Vec::with_capacity(24 + packs.len() * 32 + self.frames.len() * FRAME_BYTES);
        out.extend(MAGIC);
        out.extend(self.session.to_le_bytes());
        out.extend((packs.len() as u32).to_le_bytes());
        out.extend((self.frames.len() as u32).to_le_bytes());
        packs.iter().for_each(|p| out.extend(p.0));
        for frame in &self.frames {
            out.extend(number[&frame.pack].to_le_bytes());
            out.extend(frame.offset_bytes.to_le_bytes());
            out.extend(frame.stored_bytes.to_le_bytes());
        }
        out
    }

    /// From its bytes, whatever they are.
    ///
    /// # Errors
    /// `cast-plan-unreadable`.
    pub fn parse(bytes: &[u8]) -> Result<Plan> {
        Self::read(bytes).ok_or_else(wrong)?
    }

    fn read(bytes: &[u8]) -> Option<Result<Plan>> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (session, rest) = rest.split_first_chunk::<8>()?;
        let (packs, rest) = rest.split_first_chunk::<4>()?;
        let (frames, rest) = rest.split_first_chunk::<4>()?;
        let (packs, frames) = (u32::from_le_bytes(*packs) as usize, u32::from_le_bytes(*frames) as usize);
        if packs > MAX_PACKS || frames > MAX_FRAMES || rest.len() != packs * 32 + frames * FRAME_BYTES {
            return None;
        }
        let (names, rest) = rest.split_at(packs * 32);
        let names: Vec<PackName> = names.chunks_exact(32).filter_map(|n| Some(PackName(n.try_into().ok()?))).collect();
        let number = |b: &[u8]| Some(u32::from_le_bytes(b.try_into().ok()?));
        let frames: Option<Vec<Frame>> = rest
            .chunks_exact(FRAME_BYTES)
            .map(|f| {
                let pack = *names.get(number(&f[..4])? as usize)?;
                Some(Frame { pack, offset_bytes: number(&f[4..8])?, stored_bytes: number(&f[8..])? })
            })
            .collect();
        let frames = frames?;
        let count = frames.len();
        let plan = Plan::new(u64::from_le_bytes(*session), frames);
        // One that names a frame twice was not written by us.
        Some(plan.and_then(|p| if p.frames.len() == count { Ok(p) } else { Err(wrong()) }))
    }
}
