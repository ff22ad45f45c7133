//! From a disk to packs: one thread reads and cuts, some hash and compress, one sends packs, and this one decides.
//!
//! What is decided here is decided in the order of the disk, so that the same disk makes the same packs however many
//! threads there are.
use super::{
    CaptureOptions, CaptureStats, Progress, Work,
    batch::Batch,
    pool::{Done, Frame, Pool},
    reader,
};
use socle_image::{
    ChunkId, MAX_FRAME_BYTES, PackBuilder, Sink,
    frame::Method,
    page::{Content, Entry},
};
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        atomic::Ordering,
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
};

/// What came of reading all partitions.
pub struct Made {
    /// The entries of each partition, in no order.
    pub entries: Vec<Vec<Entry>>,
    /// Figures of chunks and packs.
    pub stats: CaptureStats,
}

/// Reads all partitions into the sink.
pub fn run(works: &[Work], sink: &dyn Sink, options: &CaptureOptions) -> Result<Made> {
    let pool = Pool::default();
    let (done_in, done) = mpsc::channel();
    let (packs, ready) = mpsc::sync_channel::<PackBuilder>(1);
    thread::scope(|scope| {
        let reader_done = done_in.clone();
        scope.spawn(|| {
            let done = reader_done;
            let mut number = 0;
            let answer = reader::read(works, &pool.batches, &mut |batch| {
                pool.put_batch(number, batch)?;
                number += 1;
                Ok(())
            });
            let _ = done.send(answer.map_or_else(Done::Failed, |()| Done::Read(number)));
        });
        for _ in 0..options.threads.max(1) {
            let done = done_in.clone();
            scope.spawn(|| {
                let done = done;
                pool.work(options.level, &done);
            });
        }
        drop(done_in);
        let sender = scope.spawn(|| {
            let answer = send(ready, sink);
            if answer.is_err() {
                pool.close();
            }
            answer
        });
        let mut desk = Desk::new(works, sink, options, &pool);
        let answer = desk.run(&done, &packs);
        pool.close();
        drop(packs);
        let sent = sender.join().unwrap_or_else(|_| Err(Fault::new("disk-cancelled")));
        // A pack that could not be kept is why the rest stopped.
        let (stored_bytes, packs) = sent?;
        answer?;
        let stats = CaptureStats { stored_bytes, packs, ..desk.stats };
        Ok(Made { entries: desk.entries, stats })
    })
}

/// Closes packs and hands them to the sink, until there are no more.
fn send(ready: Receiver<PackBuilder>, sink: &dyn Sink) -> Result<(u64, u64)> {
    let (mut stored_bytes, mut packs) = (0, 0);
    for pack in ready {
        let (name, bytes) = pack.finish();
        sink.put_pack(&name, &bytes)?;
        stored_bytes += bytes.len() as u64;
        packs += 1;
    }
    Ok((stored_bytes, packs))
}

/// A compressed frame and its chunks.
type Packed = (Method, Vec<u8>, Vec<(ChunkId, u32)>);

/// Where decisions are taken.
struct Desk<'a> {
    sink: &'a dyn Sink,
    options: &'a CaptureOptions<'a>,
    pool: &'a Pool,
    numbers: Vec<u32>,
    entries: Vec<Vec<Entry>>,
    stats: CaptureStats,
    seen: HashSet<ChunkId>,
    /// Batches that came before their turn.
    batches: BTreeMap<u64, (Batch, Vec<Option<ChunkId>>)>,
    next_batch: u64,
    frame: Frame,
    frames_sent: u64,
    /// Frames that came before their turn.
    frames: BTreeMap<u64, Packed>,
    next_frame: u64,
    pack: PackBuilder,
    done_bytes: u64,
    total_bytes: u64,
    packed_bytes: u64,
}

impl<'a> Desk<'a> {
    fn new(works: &[Work], sink: &'a dyn Sink, options: &'a CaptureOptions, pool: &'a Pool) -> Desk<'a> {
        let zeroes = |work: &Work| -> Vec<Entry> {
            let zero =
                |e: &crate::filesystem::Extent| Entry { offset_bytes: e.start, bytes: e.bytes, content: Content::Zero };
            work.contents.zeroes.iter().map(zero).collect()
        };
        Desk {
            sink,
            options,
            pool,
            numbers: works.iter().map(|w| w.number).collect(),
            entries: works.iter().map(zeroes).collect(),
            stats: CaptureStats::default(),
            seen: HashSet::new(),
            batches: BTreeMap::new(),
            next_batch: 0,
            frame: Frame { plain: Vec::new(), chunks: Vec::new() },
            frames_sent: 0,
            frames: BTreeMap::new(),
            next_frame: 0,
            pack: PackBuilder::new(),
            done_bytes: 0,
            total_bytes: works.iter().map(|w| w.contents.bytes()).sum(),
            packed_bytes: 0,
        }
    }

    fn run(&mut self, done: &Receiver<Done>, packs: &SyncSender<PackBuilder>) -> Result<()> {
        let mut total = None;
        while total != Some(self.next_batch) || self.next_frame != self.frames_sent {
            if self.options.cancel.load(Ordering::Relaxed) {
                return Err(Fault::new("disk-cancelled"));
            }
            let mut message = done.recv().map_err(|_| Fault::new("disk-cancelled"))?;
            loop {
                match message {
                    Done::Named(number, batch, names) => drop(self.batches.insert(number, (batch, names))),
                    Done::Packed(number, method, stored, chunks) => {
                        self.frames.insert(number, (method, stored, chunks));
                    }
                    Done::Read(batches) => total = Some(batches),
                    Done::Failed(fault) => return Err(fault),
                }
                // Whatever else is done is taken too, so that the sink is asked once about many chunks.
                match done.try_recv() {
                    Ok(next) => message = next,
                    Err(_) => break,
                }
            }
            self.take_batches()?;
            if total == Some(self.next_batch) {
                self.close_frame();
            }
            self.take_frames(packs)?;
        }
        if self.pack.is_empty() { Ok(()) } else { hand_over(packs, std::mem::take(&mut self.pack)) }
    }

    /// Deals with all batches whose turn it is.
    fn take_batches(&mut self) -> Result<()> {
        let mut turn = Vec::new();
        while let Some(batch) = self.batches.remove(&self.next_batch) {
            self.next_batch += 1;
            turn.push(batch);
        }
        if turn.is_empty() {
            return Ok(());
        }
        let unknown: Vec<ChunkId> = turn
            .iter()
            .flat_map(|(_, names)| names.iter().flatten())
            .filter(|id| self.seen.insert(**id))
            .copied()
            .collect();
        let there = self.sink.has(&unknown)?;
        let mut new: HashSet<ChunkId> =
            unknown.iter().zip(&there).filter(|(_, there)| !**there).map(|(id, _)| *id).collect();
        self.stats.chunks += unknown.len() as u64;
        for (batch, names) in turn {
            self.take_batch(&batch, &names, &mut new);
            self.pool.batches.give(batch.data);
        }
        Ok(())
    }

    fn take_batch(&mut self, batch: &Batch, names: &[Option<ChunkId>], new: &mut HashSet<ChunkId>) {
        let mut known_bytes = 0;
        for ((bytes, segments), name) in batch.chunks().zip(names) {
            match name {
                Some(id) if new.remove(id) => self.add_chunk(*id, bytes),
                _ => known_bytes += bytes.len(),
            }
            let mut offset = 0;
            for &(start, length) in segments {
                let content = match name {
                    Some(id) => Content::Chunk { id: *id, offset_bytes: offset },
                    None => Content::Zero,
                };
                offset += length;
                self.add_entry(batch.work, Entry { offset_bytes: start, bytes: u64::from(length), content });
                self.done_bytes += u64::from(length);
            }
        }
        self.pool.release(known_bytes);
        (self.options.progress)(&Progress {
            done_bytes: self.done_bytes,
            total_bytes: self.total_bytes,
            transferred_bytes: self.packed_bytes,
            partition: self.numbers[batch.work],
        });
    }

    fn add_entry(&mut self, work: usize, entry: Entry) {
        match self.entries[work].last_mut() {
            Some(last)
                if entry.content == Content::Zero
                    && last.content == Content::Zero
                    && last.end_bytes() == entry.offset_bytes =>
            {
                last.bytes += entry.bytes;
            }
            _ => self.entries[work].push(entry),
        }
    }

    fn add_chunk(&mut self, id: ChunkId, bytes: &[u8]) {
        self.stats.new_chunks += 1;
        self.stats.new_bytes += bytes.len() as u64;
        if self.frame.plain.len() + bytes.len() > MAX_FRAME_BYTES {
            self.close_frame();
        }
        if self.frame.plain.capacity() == 0 {
            self.frame.plain = self.pool.frames.take(MAX_FRAME_BYTES);
        }
        self.frame.plain.extend_from_slice(bytes);
        self.frame.chunks.push((id, bytes.len() as u32));
    }

    fn close_frame(&mut self) {
        if self.frame.chunks.is_empty() {
            return;
        }
        let frame = std::mem::replace(&mut self.frame, Frame { plain: Vec::new(), chunks: Vec::new() });
        self.pool.put_frame(self.frames_sent, frame);
        self.frames_sent += 1;
    }

    /// Puts all frames whose turn it is into packs.
    fn take_frames(&mut self, packs: &SyncSender<PackBuilder>) -> Result<()> {
        while let Some((method, stored, chunks)) = self.frames.remove(&self.next_frame) {
            self.next_frame += 1;
            if self.pack.bytes_with(stored.len(), chunks.len()) > self.sink.pack_limit_bytes() && !self.pack.is_empty()
            {
                hand_over(packs, std::mem::take(&mut self.pack))?;
            }
            self.pack.push(method, &stored, &chunks);
            self.packed_bytes += stored.len() as u64;
            self.pool.release(chunks.iter().map(|c| c.1 as usize).sum());
        }
        Ok(())
    }
}

/// Gives a pack to the thread that sends; a fault when it has given up.
fn hand_over(packs: &SyncSender<PackBuilder>, pack: PackBuilder) -> Result<()> {
    packs.send(pack).map_err(|_| Fault::new("disk-cancelled"))
}
