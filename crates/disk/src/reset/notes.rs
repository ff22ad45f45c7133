//! What was written and is to be read back, block by block: two chunks may share a block, and the last word counts.
use super::{BLOCK_BYTES, scan::is_zero};
use crate::block::AlignedBuffer;
use socle_image::WriteAt;
use socle_texts::{Fault, Result};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Blocks side by side are read together, up to this.
const READ_BYTES: u64 = 1 << 20;
/// Enough of a digest to tell a disk that does not keep what it was given.
type Mark = [u8; 16];

/// What was written since it was last read back.
#[derive(Default)]
pub struct Notes {
    blocks: Mutex<HashMap<u64, Mark>>,
    zeroes: Mutex<Vec<Range<u64>>>,
}

fn mark(bytes: &[u8]) -> Mark {
    let digest = *blake3::hash(bytes).as_bytes();
    std::array::from_fn(|i| digest[i])
}

impl Notes {
    /// These bytes were written there, from a block's beginning.
    pub fn note(&self, offset_bytes: u64, bytes: &[u8]) {
        let marks: Vec<Mark> = bytes.chunks(BLOCK_BYTES as usize).map(mark).collect();
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.extend((offset_bytes..).step_by(BLOCK_BYTES as usize).zip(marks));
    }

    /// This range was made zero, whole blocks.
    pub fn note_zero(&self, range_bytes: Range<u64>) {
        self.zeroes.lock().unwrap_or_else(PoisonError::into_inner).push(range_bytes);
    }

    /// How many bytes were written since they were last read back.
    pub fn bytes(&self) -> u64 {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).len() as u64 * BLOCK_BYTES
    }

    /// Reads back, once it is durable, and forgets. Answers how many bytes were compared.
    pub fn read_back(&mut self, target: &dyn WriteAt, threads: usize) -> Result<u64> {
        let blocks = std::mem::take(self.blocks.get_mut().unwrap_or_else(PoisonError::into_inner));
        let zeroes = std::mem::take(self.zeroes.get_mut().unwrap_or_else(PoisonError::into_inner));
        let mut sorted: Vec<u64> = blocks.keys().copied().collect();
        sorted.sort_unstable();
        let size = target.size_bytes();
        let mut reads: Vec<(Range<u64>, bool)> = Vec::new();
        for at in sorted {
            let end = (at + BLOCK_BYTES).min(size);
            match reads.last_mut() {
                Some((last, _)) if last.end == at && end - last.start <= READ_BYTES => last.end = end,
                _ => reads.push((at..end, false)),
            }
        }
        for range in zeroes {
            let mut at = range.start;
            while at < range.end {
                let end = (at + READ_BYTES).min(range.end);
                reads.push((at..end, true));
                at = end;
            }
        }
        let next = AtomicUsize::new(0);
        let compare = || -> Result<u64> {
            let mut buffer = AlignedBuffer::zeroed(READ_BYTES as usize);
            let mut compared = 0;
            while let Some((range, zero)) = reads.get(next.fetch_add(1, Ordering::Relaxed)) {
                let bytes = &mut buffer[..(range.end - range.start) as usize];
                let read = target.read_back(range.start, bytes);
                read.map_err(|e| Fault::new("disk-target-unreadable").with("offset", range.start).because(e))?;
                let differs = |(at, block): (u64, &[u8])| match zero {
                    true => !is_zero(block),
                    false => blocks.get(&at) != Some(&mark(block)),
                };
                let mut all = (range.start..).step_by(BLOCK_BYTES as usize).zip(bytes.chunks(BLOCK_BYTES as usize));
                if let Some((at, _)) = all.find(|(at, block)| differs((*at, block))) {
                    return Err(Fault::new("disk-read-back-differs").with("offset", at));
                }
                compared += bytes.len() as u64;
            }
            Ok(compared)
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads.clamp(1, reads.len().max(1))).map(|_| scope.spawn(compare)).collect();
            let mut sum = compare();
            for helper in helpers {
                let theirs = helper.join().unwrap_or_else(|_| Err(Fault::new("disk-cancelled")));
                sum = sum.and_then(|sum| theirs.map(|n| sum + n));
            }
            sum
        })
    }
}
