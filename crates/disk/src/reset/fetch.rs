//! Chunks that do not stand on the disk: from the nearest origin that has them sound.
use super::ResetOptions;
use socle_image::{
    ChunkId, FrameLocation, ImageId, Manifest, PackName, PageDigest, Source,
    frame::Opener,
    page::{self, Entry},
};
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

/// Frames that stand side by side are fetched together, up to this, and over a gap of at most the next.
const FETCH_BYTES: u64 = 2 << 20;
const GAP_BYTES: u64 = 64 << 10;
/// Chunks that are asked for at once.
const ASK_MAX: usize = 4096;

/// What kind of place chunks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The cache on the target's own disk.
    Cache,
    /// A repository, near or far.
    Repository,
}

/// A place that chunks come from.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// What kind.
    pub from: From,
    /// How it is asked.
    pub source: &'a dyn Source,
}

/// Asks the origins, the nearest first, and believes none of them.
pub struct Fetcher<'a> {
    origins: &'a [Origin<'a>],
    /// The image.
    pub root: &'a ImageId,
    options: &'a ResetOptions<'a>,
    cache_bytes: AtomicU64,
    repository_bytes: AtomicU64,
    fetched_bytes: AtomicU64,
    damaged_chunks: AtomicU64,
}

/// Chunks by name, verified.
pub type Chunks = HashMap<ChunkId, Vec<u8>>;

struct Fetch {
    pack: PackName,
    range_bytes: Range<u64>,
    /// Frames, and which chunks are wanted of each.
    frames: Vec<(FrameLocation, Vec<(ChunkId, Range<usize>)>)>,
}

impl<'a> Fetcher<'a> {
    pub fn new(origins: &'a [Origin<'a>], root: &'a ImageId, options: &'a ResetOptions<'a>) -> Fetcher<'a> {
        Fetcher {
            origins,
            root,
            options,
            cache_bytes: AtomicU64::new(0),
            repository_bytes: AtomicU64::new(0),
            fetched_bytes: AtomicU64::new(0),
            damaged_chunks: AtomicU64::new(0),
        }
    }

    /// Bytes of chunks from caches and from repositories, bytes as they travelled from repositories, damaged chunks.
    pub fn figures(&self) -> (u64, u64, u64, u64) {
        let of = |n: &AtomicU64| n.load(Ordering::Relaxed);
        (of(&self.cache_bytes), of(&self.repository_bytes), of(&self.fetched_bytes), of(&self.damaged_chunks))
    }

    /// What the first origin answers that has it right; else what the last one complained of.
    fn first<T>(&self, ask: impl Fn(&dyn Source) -> Result<T>) -> Result<T> {
        let mut last = Fault::new("disk-reset-no-origin");
        for origin in self.origins {
            match ask(origin.source) {
                Ok(answer) => return Ok(answer),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    pub fn manifest(&self) -> Result<Manifest> {
        self.first(|source| Manifest::open(self.root, &source.manifest(self.root)?))
    }

    pub fn page_damaged(&self) -> Fault {
        Fault::new("disk-image-page-damaged").with("image", self.root.to_string())
    }

    pub fn page(&self, digest: &PageDigest, size_bytes: u64) -> Result<Vec<Entry>> {
        self.first(|source| {
            let bytes = source.page(digest)?;
            let entries = page::decode(&bytes, size_bytes).filter(|_| digest.is_of(&bytes));
            entries.ok_or_else(|| self.page_damaged())
        })
    }

    /// Which of these chunks some origin says that it has.
    pub fn has(&self, ids: &[ChunkId]) -> Result<Vec<bool>> {
        let mut there = vec![false; ids.len()];
        for origin in self.origins {
            let open: Vec<usize> = (0..ids.len()).filter(|&i| !there[i]).collect();
            for some in open.chunks(ASK_MAX) {
                let asked: Vec<ChunkId> = some.iter().map(|&i| ids[i]).collect();
                // An origin that can't be asked has nothing: what it alone has is then said to be missing.
                let Ok(places) = origin.source.locate(&asked) else { break };
                for (&i, place) in some.iter().zip(places) {
                    there[i] = place.is_some_and(|p| p.is_sane());
                }
            }
        }
        Ok(there)
    }

    /// Fetches chunks, each from the first origin that has it sound; and says why some did not come, if they did not.
    pub fn fetch(&self, ids: &[ChunkId]) -> (Chunks, Result<()>) {
        let mut chunks = Chunks::new();
        let mut last = None;
        for origin in self.origins {
            let open: Vec<ChunkId> = ids.iter().filter(|id| !chunks.contains_key(*id)).copied().collect();
            if open.is_empty() {
                break;
            }
            if let Err(fault) = self.fetch_from(origin, &open, &mut chunks) {
                if fault.is("disk-cancelled") {
                    return (chunks, Err(fault));
                }
                last = Some(fault);
            }
        }
        let lost = ids.iter().filter(|id| !chunks.contains_key(*id)).count();
        if lost == 0 {
            return (chunks, Ok(()));
        }
        let missing =
            || Fault::new("disk-image-chunk-missing").with("image", self.root.to_string()).with("count", lost);
        (chunks, Err(last.unwrap_or_else(|| missing().may_retry())))
    }

    fn fetch_from(&self, origin: &Origin<'_>, ids: &[ChunkId], chunks: &mut Chunks) -> Result<()> {
        let fetches = plan(origin.source, ids)?;
        let (next, fault, got) = (AtomicUsize::new(0), Mutex::new(None), Mutex::new(std::mem::take(chunks)));
        let work = || {
            let answer = (|| -> Result<()> {
                let mut opener = Opener::new()?;
                while let Some(fetch) = fetches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if self.options.cancel.load(Ordering::Relaxed) {
                        return Err(Fault::new("disk-cancelled"));
                    }
                    if let Err(one) = self.one(origin, fetch, &mut opener, &got) {
                        // The others may come all the same; this one's chunks come from the next origin.
                        fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(one);
                    }
                }
                Ok(())
            })();
            if let Err(other) = answer {
                *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.options.threads.clamp(1, fetches.len().max(1)) {
                scope.spawn(work);
            }
            work();
        });
        *chunks = got.into_inner().unwrap_or_else(PoisonError::into_inner);
        fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn one(&self, origin: &Origin<'_>, fetch: &Fetch, opener: &mut Opener, got: &Mutex<Chunks>) -> Result<()> {
        let wanted = (fetch.range_bytes.end - fetch.range_bytes.start) as usize;
        let damaged = || {
            let fault = Fault::new("disk-image-chunk-damaged").with("image", self.root.to_string());
            fault.with("pack", fetch.pack.to_string())
        };
        let bytes = origin.source.read(&fetch.pack, fetch.range_bytes.clone())?;
        if origin.from == From::Repository {
            self.fetched_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        if bytes.len() != wanted {
            return Err(damaged());
        }
        let mut wrong = 0_u64;
        for (place, ids) in &fetch.frames {
            let at = (place.range_bytes().start - fetch.range_bytes.start) as usize;
            let stored = &bytes[at..at + place.stored_bytes as usize];
            let plain = opener.open(place.method, stored, place.plain_bytes).unwrap_or(&[]);
            for (id, range) in ids {
                // Here every chunk is verified before a byte of it goes to the disk.
                let Some(chunk) = plain.get(range.clone()).filter(|chunk| id.is_of(chunk)) else {
                    wrong += 1;
                    continue;
                };
                let count = if origin.from == From::Cache { &self.cache_bytes } else { &self.repository_bytes };
                count.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                got.lock().unwrap_or_else(PoisonError::into_inner).insert(*id, chunk.to_vec());
            }
        }
        self.damaged_chunks.fetch_add(wrong, Ordering::Relaxed);
        if wrong == 0 { Ok(()) } else { Err(damaged()) }
    }
}

/// What to fetch of an origin for these chunks, pack by pack.
fn plan(source: &dyn Source, ids: &[ChunkId]) -> Result<Vec<Fetch>> {
    let mut frames: BTreeMap<(PackName, u32), (FrameLocation, Vec<(ChunkId, Range<usize>)>)> = BTreeMap::new();
    for some in ids.chunks(ASK_MAX) {
        for (id, place) in some.iter().zip(source.locate(some)?) {
            let Some(place) = place.filter(FrameLocation::is_sane) else { continue };
            let frame = frames.entry((place.pack, place.offset_bytes)).or_insert_with(|| (place, Vec::new()));
            // A range outside its frame is an empty one: no chunk is.
            frame.1.push((*id, place.chunk_range().unwrap_or(0..0)));
        }
    }
    let mut fetches: Vec<Fetch> = Vec::new();
    for ((pack, _), frame) in frames {
        let range = frame.0.range_bytes();
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
    Ok(fetches)
}
