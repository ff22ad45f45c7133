//! Carrying out a batch: frames are fetched, opened, their chunks verified and put where they go.
use super::{
    Run,
    batch::{Batch, Ready},
};
use socle_image::{ChunkId, FrameLocation, PackName, WriteAt, frame::Opener};
use socle_texts::{Fault, Result};
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

/// Frames that stand side by side are fetched together, up to this.
const FETCH_BYTES: u64 = 2 << 20;
/// And over a gap of at most this.
const GAP_BYTES: u64 = 64 << 10;

/// A frame and the chunks that are wanted of it.
struct Frame {
    place: FrameLocation,
    chunks: Vec<(ChunkId, Range<usize>)>,
}

/// Frames fetched at once.
struct Fetch {
    pack: PackName,
    range_bytes: Range<u64>,
    frames: Vec<Frame>,
}

/// Carries out a batch of a partition.
pub(super) fn carry_out(run: &mut Run, partition: u32, batch: Batch) -> Result<()> {
    let places = locate(run, &batch)?;
    for range in batch.zeroes.iter().cloned().chain(batch.all_zero()) {
        let zeroed = run.target.zero(range.clone());
        zeroed.map_err(|e| Fault::new("disk-target-unwritable").with("offset", range.start).because(e))?;
        run.written.note_zero(range);
    }
    let shared = Shared {
        run,
        batch: &batch,
        partition,
        fetched_bytes: AtomicU64::new(0),
        written_bytes: AtomicU64::new(0),
        failed: AtomicBool::new(false),
        fault: Mutex::new(None),
    };
    let (mut to_look_at, mut others) = (Vec::new(), Vec::new());
    for place in places {
        let may_stand = run.look_first || run.arrived.chunks.contains(&place.0);
        if may_stand {
            to_look_at.push(place)
        } else {
            others.push(place)
        };
    }
    let (not_found, found_bytes) = shared.look(to_look_at)?;
    others.extend(not_found);
    let places = others;
    let fetches = plan(places, &batch);
    shared.all(&fetches);
    if shared.failed.load(Ordering::Relaxed) {
        shared.leave_what_arrived();
    }
    let (fetched, fault) = (shared.fetched_bytes.into_inner(), shared.fault.into_inner());
    run.restored.fetched_bytes += fetched;
    if let Some(fault) = fault.unwrap_or_else(PoisonError::into_inner) {
        return Err(fault);
    }
    if !batch.is_complete() {
        return Err(Fault::new("disk-image-page-damaged").with("image", run.root.to_string()));
    }
    if run.look_first {
        // An earlier attempt wrote in order: where nothing of it was found, nothing follows.
        run.look_first &= found_bytes > 0;
        run.restored.resumed_bytes += found_bytes;
    }
    run.restored.data_bytes += batch.data_bytes;
    run.restored.chunks += batch.chunks.len() as u64;
    run.restored.zero_bytes += batch.zero_bytes;
    run.done_bytes += batch.data_bytes + batch.zero_bytes;
    run.tell(partition, run.done_bytes);
    Ok(())
}

fn locate(run: &Run, batch: &Batch) -> Result<Vec<(ChunkId, FrameLocation)>> {
    let ids: Vec<ChunkId> = batch.chunks.keys().copied().collect();
    let mut places = run.source.locate(&ids)?.into_iter();
    let mut located = Vec::with_capacity(ids.len());
    let mut missing = 0_u64;
    for id in ids {
        match places.next().flatten() {
            Some(place) if place.is_sane() => located.push((id, place)),
            _ => missing += 1,
        }
    }
    if missing > 0 {
        let fault = Fault::new("disk-image-chunk-missing").with("image", run.root.to_string());
        return Err(fault.with("count", missing).may_retry());
    }
    Ok(located)
}

/// What to fetch, in the order in which the disk is filled.
fn plan(places: Vec<(ChunkId, FrameLocation)>, batch: &Batch) -> Vec<Fetch> {
    let mut frames: BTreeMap<(PackName, u32), Frame> = BTreeMap::new();
    for (id, place) in places {
        let frame =
            frames.entry((place.pack, place.offset_bytes)).or_insert_with(|| Frame { place, chunks: Vec::new() });
        // A range outside its frame is an empty one: no chunk is.
        frame.chunks.push((id, place.chunk_range().unwrap_or(0..0)));
    }
    let mut fetches: Vec<Fetch> = Vec::new();
    for ((pack, _), frame) in frames {
        let range = frame.place.range_bytes();
        match fetches.last_mut() {
            Some(last)
                if last.pack == pack
                    && range.start >= last.range_bytes.end
                    && range.start - last.range_bytes.end <= GAP_BYTES
                    && range.end - last.range_bytes.start <= FETCH_BYTES =>
            {
                last.range_bytes.end = range.end;
                last.frames.push(frame);
            }
            _ => fetches.push(Fetch { pack, range_bytes: range, frames: vec![frame] }),
        }
    }
    let first = |fetch: &Fetch| fetch.frames.iter().flat_map(|f| &f.chunks).map(|(id, _)| batch.first_piece(id)).min();
    fetches.sort_by_cached_key(first);
    fetches
}

/// What the threads of a batch share.
struct Shared<'a, 'r> {
    run: &'a Run<'r>,
    batch: &'a Batch,
    partition: u32,
    fetched_bytes: AtomicU64,
    written_bytes: AtomicU64,
    failed: AtomicBool,
    fault: Mutex<Option<Fault>>,
}

impl Shared<'_, '_> {
    fn fail(&self, fault: Fault) {
        self.failed.store(true, Ordering::Relaxed);
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
    }

    fn all(&self, fetches: &[Fetch]) {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut opener = match Opener::new() {
                Ok(opener) => opener,
                Err(fault) => return self.fail(fault),
            };
            while let Some(fetch) = fetches.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.run.options.cancel.load(Ordering::Relaxed) {
                    return self.fail(Fault::new("disk-cancelled"));
                }
                if self.failed.load(Ordering::Relaxed) {
                    return;
                }
                if let Err(fault) = self.one(fetch, &mut opener) {
                    return self.fail(fault);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.run.options.threads.clamp(1, fetches.len().max(1)) {
                scope.spawn(work);
            }
            work();
        });
    }

    fn one(&self, fetch: &Fetch, opener: &mut Opener) -> Result<()> {
        let wanted = (fetch.range_bytes.end - fetch.range_bytes.start) as usize;
        let bytes = self.run.source.read(&fetch.pack, fetch.range_bytes.clone())?;
        self.fetched_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let damaged = || {
            let fault = Fault::new("disk-image-chunk-damaged").with("image", self.run.root.to_string());
            fault.with("pack", fetch.pack.to_string())
        };
        if bytes.len() != wanted {
            return Err(damaged());
        }
        for frame in &fetch.frames {
            let at = (frame.place.range_bytes().start - fetch.range_bytes.start) as usize;
            let stored = &bytes[at..at + frame.place.stored_bytes as usize];
            let plain = opener.open(frame.place.method, stored, frame.place.plain_bytes).ok_or_else(damaged)?;
            for (id, range) in &frame.chunks {
                // Here every chunk is verified before a byte of it goes to the disk.
                let chunk = plain.get(range.clone()).filter(|chunk| id.is_of(chunk)).ok_or_else(damaged)?;
                self.put(id, chunk, false)?;
            }
        }
        Ok(())
    }

    /// Puts a verified chunk in its places; `stands`: it was read from all of them.
    fn put(&self, id: &ChunkId, chunk: &[u8], stands: bool) -> Result<()> {
        let targets = self.batch.chunks.get(id).map_or(&[][..], Vec::as_slice);
        for Ready { offset_bytes, bytes, stands } in self.batch.fill(chunk, targets, stands) {
            let target: &dyn WriteAt = self.run.target;
            if !stands {
                let written = target.write_at(offset_bytes, &bytes);
                written.map_err(|e| Fault::new("disk-target-unwritable").with("offset", offset_bytes).because(e))?;
            }
            self.run.written.note(offset_bytes, &bytes);
            let written = self.written_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed) + bytes.len() as u64;
            self.run.tell(self.partition, self.run.done_bytes + written);
        }
        Ok(())
    }

    /// Writes the chunks of pieces that will not be complete, so that the next attempt finds them. A failure is no
    /// matter: nothing counts on them.
    fn leave_what_arrived(&self) {
        for (offset_bytes, bytes) in self.batch.leftovers() {
            let _ = self.run.target.write_at(offset_bytes, &bytes);
        }
    }

    /// Takes from the target the chunks that stand there already; answers the others, and the bytes found.
    fn look(&self, places: Vec<(ChunkId, FrameLocation)>) -> Result<(Vec<(ChunkId, FrameLocation)>, u64)> {
        let (mut others, mut found_bytes) = (Vec::new(), 0);
        for (id, place) in places {
            let targets = self.batch.chunks.get(&id).map_or(&[][..], Vec::as_slice);
            let stands = self.batch.places(targets, place.chunk_bytes).and_then(|places| {
                let mut bytes = vec![0; place.chunk_bytes as usize];
                let mut rest = bytes.as_mut_slice();
                for (offset_bytes, length) in places {
                    let (part, after) = rest.split_at_mut(length as usize);
                    self.run.target.read_at(offset_bytes, part).ok()?;
                    rest = after;
                }
                id.is_of(&bytes).then_some(bytes)
            });
            match stands {
                Some(bytes) => {
                    found_bytes += bytes.len() as u64;
                    // A chunk that goes to several places was read from one of them.
                    let stands = targets.iter().map(|t| u64::from(t.bytes())).sum::<u64>() == bytes.len() as u64;
                    self.put(&id, &bytes, stands)?;
                }
                None => others.push((id, place)),
            }
        }
        Ok((others, found_bytes))
    }
}
