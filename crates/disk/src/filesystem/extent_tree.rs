//! Which blocks a file has: extent trees, and the block maps of ext2 and ext3.
use super::{Part, Refusal, le16, le32, superblock::Superblock};

/// Blocks in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub first: u64,
    pub count: u64,
    /// Allocated, never written: it reads as zeroes, whatever the disk holds.
    pub unwritten: bool,
}

/// Nothing legitimate has more.
const MAX_RUNS: usize = 1 << 24;
const MAX_DEPTH: u16 = 5;
const UNWRITTEN_ABOVE: u16 = 32768;

/// A map that makes no sense.
#[derive(Debug)]
pub(super) enum Broken {
    /// The map contradicts itself.
    Nonsense,
    /// The disk can't be read.
    Refusal(Refusal),
}
impl From<Refusal> for Broken {
    fn from(refusal: Refusal) -> Self {
        Broken::Refusal(refusal)
    }
}

/// Reads the maps of all files of a filesystem.
///
/// A block of a map belongs to one file only: so there are no more of them than the filesystem has blocks, and maps
/// that point at each other in circles come to an end.
pub(super) struct Maps<'a> {
    part: &'a Part<'a>,
    sb: &'a Superblock,
    blocks_left: u64,
}

impl<'a> Maps<'a> {
    pub fn new(part: &'a Part<'a>, sb: &'a Superblock) -> Maps<'a> {
        Maps { part, sb, blocks_left: sb.blocks }
    }

    /// The runs of a file by its extent tree, in logical order. `root` is the 60 bytes of the inode.
    pub fn by_extents(&mut self, root: &[u8]) -> Result<Vec<Run>, Broken> {
        let mut runs = Vec::new();
        if le16(root, 6) > MAX_DEPTH {
            return Err(Broken::Nonsense);
        }
        self.node(root, le16(root, 6), &mut runs)?;
        Ok(runs)
    }

    fn node(&mut self, bytes: &[u8], depth: u16, runs: &mut Vec<Run>) -> Result<(), Broken> {
        let entries = usize::from(le16(bytes, 2));
        if le16(bytes, 0) != 0xf30a || le16(bytes, 6) != depth || 12 + entries * 12 > bytes.len() {
            return Err(Broken::Nonsense);
        }
        for entry in bytes[12..12 + entries * 12].chunks_exact(12) {
            if depth > 0 {
                let block = u64::from(le32(entry, 4)) | u64::from(le16(entry, 8)) << 32;
                let child = self.block(block)?;
                self.node(&child, depth - 1, runs)?;
                continue;
            }
            let length = le16(entry, 4);
            let unwritten = length > UNWRITTEN_ABOVE;
            let count = u64::from(if unwritten { length - UNWRITTEN_ABOVE } else { length });
            let first = u64::from(le32(entry, 8)) | u64::from(le16(entry, 6)) << 32;
            push(self.sb, runs, Run { first, count, unwritten })?;
        }
        Ok(())
    }

    fn block(&mut self, block: u64) -> Result<Vec<u8>, Broken> {
        self.blocks_left = self.blocks_left.checked_sub(1).ok_or(Broken::Nonsense)?;
        if block < self.sb.first_block || block >= self.sb.blocks {
            return Err(Broken::Nonsense);
        }
        Ok(self.part.read_vec(block * self.sb.block_bytes, self.sb.block_bytes as usize)?)
    }

    /// The runs of a file by its block map: twelve blocks, then one, two and three levels.
    pub fn by_map(&mut self, root: &[u8]) -> Result<Vec<Run>, Broken> {
        let mut runs = Vec::new();
        for slot in 0..15 {
            let block = u64::from(le32(root, slot * 4));
            if block != 0 {
                self.indirect(block, slot.saturating_sub(11), &mut runs)?;
            }
        }
        Ok(runs)
    }

    fn indirect(&mut self, block: u64, level: usize, runs: &mut Vec<Run>) -> Result<(), Broken> {
        if level == 0 {
            return push(self.sb, runs, Run { first: block, count: 1, unwritten: false });
        }
        let bytes = self.block(block)?;
        for pointer in bytes.chunks_exact(4).map(|p| u64::from(le32(p, 0))).filter(|&p| p != 0) {
            self.indirect(pointer, level - 1, runs)?;
        }
        Ok(())
    }
}

fn push(sb: &Superblock, runs: &mut Vec<Run>, run: Run) -> Result<(), Broken> {
    let inside = run.first >= sb.first_block && run.first.checked_add(run.count).is_some_and(|end| end <= sb.blocks);
    if run.count == 0 || !inside || runs.len() >= MAX_RUNS {
        return Err(Broken::Nonsense);
    }
    match runs.last_mut() {
        Some(last) if last.first + last.count == run.first && last.unwritten == run.unwritten => {
            last.count += run.count
        }
        _ => runs.push(run),
    }
    Ok(())
}
