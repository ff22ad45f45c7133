//! Threads that hash and compress, and the bound on what waits for them.
use super::batch::Batch;
use socle_image::{
    ChunkId,
    frame::{Method, Packer},
};
use socle_texts::{Fault, Result};
use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc::Sender},
};

/// The plain bytes of a frame, and its chunks.
pub struct Frame {
    /// Its bytes.
    pub plain: Vec<u8>,
    /// Its chunks and their lengths.
    pub chunks: Vec<(ChunkId, u32)>,
}

/// What is to be done.
pub enum Job {
    /// Name the chunks of a batch.
    Name(u64, Batch),
    /// Compress a frame.
    Pack(u64, Frame),
}

/// What was done.
pub enum Done {
    /// A batch and the names of its chunks.
    Named(u64, Batch, Vec<Option<ChunkId>>),
    /// A compressed frame.
    Packed(u64, Method, Vec<u8>, Vec<(ChunkId, u32)>),
    /// Everything was read: so many batches.
    Read(u64),
    /// It can't go on.
    Failed(Fault),
}

/// Plain bytes that may be on their way at once.
const LIMIT_BYTES: usize = 24 << 20;

#[derive(Default)]
struct Queue {
    // Frames go before batches: they are nearer to leaving the memory.
    frames: VecDeque<Job>,
    batches: VecDeque<Job>,
    in_flight_bytes: usize,
    closed: bool,
}

/// Memory that was used and is used again: fresh memory costs the kernel more than its filling costs us.
#[derive(Default)]
pub struct Spare(Mutex<Vec<Vec<u8>>>);

/// No more is kept than can be on its way.
const MAX_SPARE: usize = 32;

impl Spare {
    /// An empty buffer of at least this capacity.
    pub fn take(&self, capacity: usize) -> Vec<u8> {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        used.filter(|b| b.capacity() >= capacity).unwrap_or_else(|| Vec::with_capacity(capacity))
    }
    /// Gives one back.
    pub fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.capacity() > 0 && spare.len() < MAX_SPARE {
            spare.push(buffer);
        }
    }
}

/// What waits for a thread.
#[derive(Default)]
pub struct Pool {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Of batches' bytes.
    pub batches: Spare,
    /// Of frames' bytes.
    pub frames: Spare,
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a batch, once there is room; a fault when the pool was closed meanwhile.
    pub fn put_batch(&self, number: u64, batch: Batch) -> Result<()> {
        let mut queue = self.lock();
        while queue.in_flight_bytes > LIMIT_BYTES && !queue.closed {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.closed {
            return Err(Fault::new("disk-cancelled"));
        }
        queue.in_flight_bytes += batch.data.len();
        queue.batches.push_back(Job::Name(number, batch));
        self.changed.notify_all();
        Ok(())
    }

    /// Adds a frame; its bytes count already.
    pub fn put_frame(&self, number: u64, frame: Frame) {
        self.lock().frames.push_back(Job::Pack(number, frame));
        self.changed.notify_all();
    }

    /// So many bytes have left.
    pub fn release(&self, bytes: usize) {
        let mut queue = self.lock();
        queue.in_flight_bytes = queue.in_flight_bytes.saturating_sub(bytes);
        self.changed.notify_all();
    }

    /// Nobody waits any longer.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn take(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.frames.pop_front() {
                return Some(job);
            }
            if let Some(job) = queue.batches.pop_front() {
                return Some(job);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Works until the pool is closed.
    pub fn work(&self, level: i32, done: &Sender<Done>) {
        let answer = |job, packer: &mut Packer| -> Result<Done> {
            Ok(match job {
                Job::Name(number, batch) => {
                    let names = batch.name();
                    Done::Named(number, batch, names)
                }
                Job::Pack(number, frame) => {
                    let (method, stored) = packer.pack(&frame.plain)?;
                    self.frames.give(frame.plain);
                    Done::Packed(number, method, stored, frame.chunks)
                }
            })
        };
        let mut packer = match Packer::new(level) {
            Ok(packer) => packer,
            Err(fault) => {
                let _ = done.send(Done::Failed(fault));
                return;
            }
        };
        while let Some(job) = self.take() {
            let message = answer(job, &mut packer).unwrap_or_else(Done::Failed);
            if done.send(message).is_err() {
                return;
            }
        }
    }
}
