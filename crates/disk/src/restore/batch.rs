//! A stretch of a partition as it is to be written: pieces of at most 1 MiB, and which chunk fills what.
use crate::block::AlignedBuffer;
use socle_image::{
    ChunkId,
    page::{Content, Entry},
};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// A piece is never longer, and never crosses a multiple of it.
pub const PIECE_BYTES: u64 = 1 << 20;

/// Where a part of a chunk goes.
#[derive(Clone, Copy)]
pub struct Target {
    piece: usize,
    /// Where in the piece.
    at: u32,
    /// From where in the chunk.
    from: u32,
    bytes: u32,
}

impl Target {
    /// How long the part is.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }
}

struct Piece {
    offset_bytes: u64,
    bytes: u32,
    state: Mutex<State>,
}

struct State {
    buffer: Option<AlignedBuffer>,
    /// Bytes still to come.
    missing_bytes: u32,
    /// What came: where, and how long.
    filled: Vec<(u32, u32)>,
    /// Whether every part of it was read from where it goes.
    stands: bool,
}

/// A piece that is complete.
pub struct Ready {
    /// Where it goes on the disk.
    pub offset_bytes: u64,
    /// What it holds.
    pub bytes: AlignedBuffer,
    /// Whether it stands there already.
    pub stands: bool,
}

/// A stretch of a partition.
pub struct Batch {
    pieces: Vec<Piece>,
    /// Which parts of which chunk go where.
    pub chunks: HashMap<ChunkId, Vec<Target>>,
    /// Long zeroes, on the disk.
    pub zeroes: Vec<Range<u64>>,
    /// Bytes of chunks in it.
    pub data_bytes: u64,
    /// Bytes of zeroes in it.
    pub zero_bytes: u64,
}

impl Batch {
    /// Of these entries of a partition that begins at `start` on the disk.
    pub fn new(start: u64, entries: &[Entry]) -> Batch {
        let mut batch =
            Batch { pieces: Vec::new(), chunks: HashMap::new(), zeroes: Vec::new(), data_bytes: 0, zero_bytes: 0 };
        for entry in entries {
            let (mut at, end) = (start + entry.offset_bytes, start + entry.end_bytes());
            match entry.content {
                Content::Zero => {
                    batch.zero_bytes += entry.bytes;
                    if entry.bytes >= PIECE_BYTES / 4 {
                        batch.zeroes.push(at..end);
                        continue;
                    }
                }
                Content::Chunk { .. } => batch.data_bytes += entry.bytes,
            }
            let mut taken = 0;
            while at < end {
                let border = (at / PIECE_BYTES + 1) * PIECE_BYTES;
                let bytes = (end.min(border) - at) as u32;
                let (piece, offset) = batch.extend(at, bytes, entry.content == Content::Zero);
                if let Content::Chunk { id, offset_bytes } = entry.content {
                    let target = Target { piece, at: offset, from: offset_bytes + taken, bytes };
                    batch.chunks.entry(id).or_default().push(target);
                }
                taken += bytes;
                at += u64::from(bytes);
            }
        }
        batch
    }

    /// Makes room for a range in the last piece, or in a new one: which, and where in it.
    fn extend(&mut self, at: u64, bytes: u32, zero: bool) -> (usize, u32) {
        let new_bytes = if zero { 0 } else { bytes };
        if let Some(last) = self.pieces.last_mut()
            && last.offset_bytes + u64::from(last.bytes) == at
            && !at.is_multiple_of(PIECE_BYTES)
        {
            let offset = last.bytes;
            last.bytes += bytes;
            let state = last.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            state.missing_bytes += new_bytes;
            state.stands &= !zero;
            return (self.pieces.len() - 1, offset);
        }
        let state = State { buffer: None, missing_bytes: new_bytes, filled: Vec::new(), stands: !zero };
        let state = Mutex::new(state);
        self.pieces.push(Piece { offset_bytes: at, bytes, state });
        (self.pieces.len() - 1, 0)
    }

    /// Puts a verified chunk where it goes; answers the pieces that are complete by it. `stands`: it was read from there.
    pub fn fill(&self, chunk: &[u8], targets: &[Target], stands: bool) -> Vec<Ready> {
        let mut ready = Vec::new();
        for target in targets {
            let piece = &self.pieces[target.piece];
            let (from, at, bytes) = (target.from as usize, target.at as usize, target.bytes as usize);
            let Some(source) = chunk.get(from..from + bytes) else { continue };
            let mut state = piece.state.lock().unwrap_or_else(PoisonError::into_inner);
            let buffer = state.buffer.get_or_insert_with(|| AlignedBuffer::zeroed(piece.bytes as usize));
            buffer[at..at + bytes].copy_from_slice(source);
            state.missing_bytes -= target.bytes;
            state.filled.push((target.at, target.bytes));
            state.stands &= stands;
            if state.missing_bytes == 0
                && let Some(bytes) = state.buffer.take()
            {
                ready.push(Ready { offset_bytes: piece.offset_bytes, bytes, stands: state.stands });
            }
        }
        ready
    }

    /// What came for pieces that are not complete: where on the disk, and the bytes.
    pub fn leftovers(&self) -> impl Iterator<Item = (u64, Vec<u8>)> {
        self.pieces.iter().flat_map(|piece| {
            let mut state = piece.state.lock().unwrap_or_else(PoisonError::into_inner);
            let filled = std::mem::take(&mut state.filled);
            let buffer = state.buffer.take();
            filled.into_iter().filter_map(move |(at, bytes)| {
                let range = at as usize..(at + bytes) as usize;
                Some((piece.offset_bytes + u64::from(at), buffer.as_ref()?.get(range)?.to_vec()))
            })
        })
    }

    /// The first piece that a chunk goes to.
    pub fn first_piece(&self, id: &ChunkId) -> usize {
        self.chunks.get(id).and_then(|targets| targets.iter().map(|t| t.piece).min()).unwrap_or(usize::MAX)
    }

    /// Pieces that hold nothing but zeroes.
    pub fn all_zero(&self) -> Vec<Range<u64>> {
        let of = |p: &Piece| p.offset_bytes..p.offset_bytes + u64::from(p.bytes);
        let empty = |p: &&Piece| p.state.lock().unwrap_or_else(PoisonError::into_inner).missing_bytes == 0;
        self.pieces.iter().filter(empty).map(of).collect()
    }

    /// Whether every piece became complete: a page that asks for more than its chunk holds leaves one open.
    pub fn is_complete(&self) -> bool {
        self.pieces.iter().all(|p| p.state.lock().unwrap_or_else(PoisonError::into_inner).missing_bytes == 0)
    }

    /// Where on the disk the parts of a chunk of this length stand, in the chunk's order; none where a part of it has no
    /// place in this batch.
    pub fn places(&self, targets: &[Target], chunk_bytes: u32) -> Option<Vec<(u64, u32)>> {
        let mut by_start: Vec<&Target> = targets.iter().collect();
        by_start.sort_by_key(|t| t.from);
        let (mut places, mut end) = (Vec::new(), 0);
        for target in by_start.into_iter() {
            // A chunk that goes to several places has several parts of the same start: the first will do.
            if target.from == end {
                places.push((self.pieces[target.piece].offset_bytes + u64::from(target.at), target.bytes));
                end += target.bytes;
            }
        }
        (end == chunk_bytes).then_some(places)
    }
}
