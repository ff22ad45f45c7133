//! Reading back what was written, once it is on the medium.
use super::{ReadBack, batch::PIECE_BYTES};
use crate::block::AlignedBuffer;
use socle_image::{ImageId, WriteAt};
use socle_texts::{Fault, Result};
use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A range of the disk, and what it must hold.
struct Piece {
    offset_bytes: u64,
    bytes: u32,
    /// None: zeroes.
    digest: Option<[u8; 32]>,
}

/// What was written since the last checkpoint.
pub struct Written {
    policy: ReadBack,
    salt: [u8; 32],
    pieces: Mutex<Vec<Piece>>,
    bytes: Mutex<u64>,
}

impl Written {
    pub fn new(policy: ReadBack, root: &ImageId) -> Written {
        Written { policy, salt: root.0, pieces: Mutex::default(), bytes: Mutex::default() }
    }

    fn chosen(&self, offset_bytes: u64) -> bool {
        match self.policy {
            ReadBack::All => true,
            ReadBack::Sampled(n) => {
                let mut hasher = blake3::Hasher::new_keyed(&self.salt);
                hasher.update(&offset_bytes.to_le_bytes());
                let digest = *hasher.finalize().as_bytes();
                u64::from_le_bytes([
                    digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
                ])
                .is_multiple_of(u64::from(n.max(1)))
            }
        }
    }

    fn add(&self, piece: Piece) {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
    }

    /// These bytes were written there.
    pub fn note(&self, offset_bytes: u64, bytes: &[u8]) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) += bytes.len() as u64;
        if self.chosen(offset_bytes) {
            let digest = Some(*blake3::hash(bytes).as_bytes());
            self.add(Piece { offset_bytes, bytes: bytes.len() as u32, digest });
        }
    }

    /// This range was zeroed.
    pub fn note_zero(&self, range_bytes: Range<u64>) {
        let mut at = range_bytes.start;
        while at < range_bytes.end {
            let bytes = PIECE_BYTES.min(range_bytes.end - at);
            if self.chosen(at) {
                self.add(Piece { offset_bytes: at, bytes: bytes as u32, digest: None });
            }
            at += bytes;
        }
    }

    /// How many bytes were written since the last checkpoint.
    pub fn bytes(&self) -> u64 {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads back and forgets. Answers how many bytes were compared.
    pub fn read_back(&mut self, target: &dyn WriteAt, threads: usize) -> Result<u64> {
        let pieces = std::mem::take(self.pieces.get_mut().unwrap_or_else(PoisonError::into_inner));
        *self.bytes.get_mut().unwrap_or_else(PoisonError::into_inner) = 0;
        let next = AtomicUsize::new(0);
        let compare = || -> Result<u64> {
            let mut buffer = AlignedBuffer::zeroed(PIECE_BYTES as usize);
            let mut compared = 0;
            while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                let buffer = &mut buffer[..piece.bytes as usize];
                let at = |code| Fault::new(code).with("offset", piece.offset_bytes);
                let read = target.read_back(piece.offset_bytes, buffer);
                read.map_err(|e| at("disk-target-unreadable").because(e))?;
                let same = match piece.digest {
                    Some(digest) => *blake3::hash(buffer).as_bytes() == digest,
                    None => buffer.chunks(1024).all(|c| c.iter().fold(0, |a, b| a | b) == 0),
                };
                if !same {
                    return Err(at("disk-read-back-differs"));
                }
                compared += buffer.len() as u64;
            }
            Ok(compared)
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(compare)).collect();
            let mut sum = compare();
            for helper in helpers {
                let theirs = helper.join().unwrap_or_else(|_| Err(Fault::new("disk-cancelled")));
                sum = sum.and_then(|sum| theirs.map(|n| sum + n));
            }
            sum
        })
    }
}
