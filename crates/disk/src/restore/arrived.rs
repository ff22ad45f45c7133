//! Frames that come by themselves: a stream to a whole room. They are written where they belong as they come, in any order;
//! then the restoration goes its ordinary way and finds them on the disk, verifies them there, and fetches the others.
use super::{Run, batch::PIECE_BYTES, check};
use crate::block::{ALIGNMENT_BYTES, AlignedBuffer};
use socle_image::{
    Arrival, Arrivals, ChunkId, FrameLocation, Manifest, PackName, WriteAt,
    frame::{Method as Packing, Opener},
    manifest::Method,
    page::Content,
};
use socle_texts::{Fault, Result};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

/// Places on the disk that are kept in mind: 64 GB of an ordinary image, some 60 MB of memory. What lies beyond is fetched.
const MAX_PLACES: usize = 1 << 20;

/// What came.
#[derive(Default)]
pub(super) struct Arrived {
    /// Chunks that were verified and written.
    pub chunks: HashSet<ChunkId>,
    /// Bytes of the frames that held them.
    pub stored_bytes: u64,
}

/// Where a part of a chunk goes.
struct Place {
    offset_bytes: u64,
    from: u32,
    bytes: u32,
}

struct Want {
    id: ChunkId,
    /// Where in the plain frame.
    range: std::ops::Range<usize>,
    places: Vec<Place>,
}

struct Frame {
    method: Packing,
    stored_bytes: u32,
    plain_bytes: u32,
    chunks: Vec<Want>,
}

type Frames = HashMap<(PackName, u32), Frame>;

/// Writes what comes until nothing more does.
pub(super) fn take(run: &Run, manifest: &Manifest, arrivals: &dyn Arrivals) -> Result<Arrived> {
    let work = Work {
        run,
        arrivals,
        frames: Mutex::new(wanted(run, manifest)?),
        arrived: Mutex::default(),
        written_bytes: AtomicU64::new(0),
        failed: AtomicBool::new(false),
    };
    let all = thread::scope(|scope| {
        let helpers: Vec<_> = (1..run.options.threads.max(1)).map(|_| scope.spawn(|| work.all())).collect();
        let mut all = work.all();
        for helper in helpers {
            all = all.and(helper.join().unwrap_or_else(|_| Err(Fault::new("disk-cancelled"))));
        }
        all
    });
    all.map(|()| work.arrived.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Every frame that the image needs from here on, and where its chunks go.
fn wanted(run: &Run, manifest: &Manifest) -> Result<Frames> {
    let (mut frames, mut places) = (Frames::new(), 0);
    let mut begun = run.options.resume_from.is_none();
    for partition in manifest.partitions.iter().filter(|p| p.method != Method::Omitted) {
        let from = match run.options.resume_from {
            Some(point) if !begun && point.partition != partition.number => continue,
            Some(point) if !begun => point.offset_bytes,
            _ => 0,
        };
        begun = true;
        let Some(place) = run.plan.image(partition.number) else { continue };
        let start = place.start_bytes(run.plan.logical_sector_bytes);
        let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
        for digests in partition.pages.chunks(8) {
            let mut entries = Vec::new();
            for digest in digests {
                let page = check::page(run.source, run.root, digest, size_bytes)?;
                entries.extend(page.into_iter().filter(|e| e.offset_bytes >= from).filter_map(|e| match e.content {
                    Content::Chunk { id, offset_bytes } => Some((
                        id,
                        Place { offset_bytes: start + e.offset_bytes, from: offset_bytes, bytes: e.bytes as u32 },
                    )),
                    Content::Zero => None,
                }));
            }
            places += entries.len();
            let ids: Vec<ChunkId> = entries.iter().map(|e| e.0).collect();
            for ((id, place), found) in entries.into_iter().zip(run.source.locate(&ids)?) {
                if let Some(found) = found.filter(FrameLocation::is_sane) {
                    add(&mut frames, id, &found, place);
                }
            }
            if places > MAX_PLACES {
                return Ok(frames);
            }
        }
    }
    Ok(frames)
}

fn add(frames: &mut Frames, id: ChunkId, found: &FrameLocation, place: Place) {
    let frame = frames.entry((found.pack, found.offset_bytes)).or_insert_with(|| Frame {
        method: found.method,
        stored_bytes: found.stored_bytes,
        plain_bytes: found.plain_bytes,
        chunks: Vec::new(),
    });
    match frame.chunks.iter_mut().find(|w| w.id == id) {
        Some(want) => want.places.push(place),
        None => frame.chunks.push(Want { id, range: found.chunk_range().unwrap_or(0..0), places: vec![place] }),
    }
}

struct Work<'a, 'r> {
    run: &'a Run<'r>,
    arrivals: &'a dyn Arrivals,
    frames: Mutex<Frames>,
    arrived: Mutex<Arrived>,
    written_bytes: AtomicU64,
    failed: AtomicBool,
}

impl Work<'_, '_> {
    fn all(&self) -> Result<()> {
        let mut opener = Opener::new()?;
        while let Some(arrival) = self.arrivals.next() {
            if self.run.options.cancel.load(Ordering::Relaxed) {
                return Err(Fault::new("disk-cancelled"));
            }
            if self.failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let key = (arrival.pack, arrival.offset_bytes);
            let wanted = self.frames.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            if let Some(frame) = wanted
                && let Err(fault) = self.one(&frame, &arrival, &mut opener)
            {
                self.failed.store(true, Ordering::Relaxed);
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Verifies the chunks of a frame and writes those that are true.
    fn one(&self, frame: &Frame, arrival: &Arrival, opener: &mut Opener) -> Result<()> {
        if arrival.stored.len() != frame.stored_bytes as usize {
            return Ok(());
        }
        let Some(plain) = opener.open(frame.method, &arrival.stored, frame.plain_bytes) else { return Ok(()) };
        let mut parts: Vec<(u64, &[u8])> = Vec::new();
        let mut ids = Vec::new();
        for want in &frame.chunks {
            let Some(chunk) = plain.get(want.range.clone()).filter(|chunk| want.id.is_of(chunk)) else { continue };
            ids.push(want.id);
            let part = |p: &Place| Some((p.offset_bytes, chunk.get(p.from as usize..(p.from + p.bytes) as usize)?));
            parts.extend(want.places.iter().filter_map(part));
        }
        parts.sort_by_key(|p| p.0);
        let bytes: usize = parts.iter().map(|p| p.1.len()).sum();
        self.write(&parts)?;
        let written = self.written_bytes.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.run.tell(0, (self.run.done_bytes + written).min(self.run.total_bytes));
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.chunks.extend(ids);
        arrived.stored_bytes += arrival.stored.len() as u64;
        Ok(())
    }

    /// Writes parts that are sorted; those side by side together.
    fn write(&self, parts: &[(u64, &[u8])]) -> Result<()> {
        let mut rest = parts;
        while let Some((start, _)) = rest.first() {
            let mut end = *start;
            let count = rest.iter().take_while(|(offset, bytes)| {
                let follows = *offset == end && end - start < PIECE_BYTES;
                end += if follows { bytes.len() as u64 } else { 0 };
                follows
            });
            let count = count.count();
            let (run, after) = rest.split_at(count);
            write_run(self.run.target, *start, run)
                .map_err(|e| Fault::new("disk-target-unwritable").with("offset", *start).because(e))?;
            rest = after;
        }
        Ok(())
    }
}

/// Writes parts that stand side by side: past the page cache what can be, its edges through it.
fn write_run(target: &dyn WriteAt, start: u64, parts: &[(u64, &[u8])]) -> std::io::Result<()> {
    let align = ALIGNMENT_BYTES as u64;
    let length: usize = parts.iter().map(|p| p.1.len()).sum();
    let head = ((align - start % align) % align).min(length as u64) as usize;
    let middle = (length - head) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    // The middle stands on aligned memory.
    let lead = (ALIGNMENT_BYTES - head) % ALIGNMENT_BYTES;
    let mut buffer = AlignedBuffer::zeroed(lead + length);
    let mut at = lead;
    for (_, bytes) in parts {
        buffer[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    }
    for (from, bytes) in [(0, head), (head, middle), (head + middle, length - head - middle)] {
        if bytes > 0 {
            target.write_at(start + from as u64, &buffer[lead + from..lead + from + bytes])?;
        }
    }
    Ok(())
}
