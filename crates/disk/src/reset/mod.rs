//! A disk brought back to its image in place: what stands right is read and left alone, the rest is written, in runs of
//! 4 KiB that differ.
//!
//! 1. *Scan*: every range that the image names is read past the cache and its chunks are compared with their names.
//! 2. *Search*: missing chunks are looked for on the disk itself: at another place of the image, in files and in free
//!    space; then it is planned in which order they can move ([`socle_image::moves`]).
//! 3. *Fill*: chunks that move; then those that come from elsewhere, the nearest origin first; then zeroes. Each was
//!    compared with its name before a byte of it was written, and what was written is read back.
//! 4. *Gone*: where it is asked for, everything that the image does not name is discarded, and read back as zeroes.
//!
//! Interrupted at any point it is done again from the start: what was written is found in place. The last copy of a
//! chunk that can be had nowhere else is never overwritten before it is durable at another place.
mod aside;
mod fetch;
mod fill;
mod gone;
mod notes;
mod ranges;
mod scan;
mod search;

use crate::{capture::Progress, layout::Plan, table};
pub use fetch::{From, Origin};
use ranges::Ranges;
use serde::{Deserialize, Serialize};
use socle_image::{ChunkId, Guid, ImageId, Manifest, WriteAt, manifest::Method, moves, page::Entry};
use socle_texts::{Fault, Result};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

/// What is compared and written at once.
pub const BLOCK_BYTES: u64 = 4096;
/// The most bytes of chunks aside, and of those held in memory meanwhile.
const ASIDE_MAX_BYTES: u64 = 4 << 30;
const HELD_MAX_BYTES: u64 = 64 << 20;

/// Where missing chunks are looked for on the disk itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// At other places of the image only.
    Image,
    /// In its files and its free space too, where that reads no more than some times what is missing; and anyway where
    /// something can be had nowhere else.
    #[default]
    Worthwhile,
    /// Everywhere.
    Everywhere,
}

/// What happens to what the image does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Free {
    /// It keeps what it held.
    #[default]
    Leave,
    /// It is discarded and reads as zeroes afterwards, all of it, or the reset fails.
    Gone,
}

/// What an interrupted reset left for the next one. Without it only what stood aside is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetPoint {
    /// Of which image.
    pub root: ImageId,
    /// The disk GUID of the plan.
    pub disk_guid: Guid,
    /// Where on the disk chunks were copied aside.
    pub aside_bytes: Range<u64>,
}

/// How a reset is done.
pub struct ResetOptions<'a> {
    /// Where missing chunks are looked for on the disk.
    pub search: Search,
    /// Partitions of the image, by number, that keep what they hold.
    pub keep: &'a [u32],
    /// What happens to what the image does not name in the other partitions, and between partitions.
    pub free: Free,
    /// Nothing is written: it is only said what would be.
    pub dry_run: bool,
    /// What the interrupted one left.
    pub resume_from: Option<ResetPoint>,
    /// Called when chunks stand aside, before anything else is written. A fault from it stops the work.
    pub checkpoint: &'a (dyn Fn(&ResetPoint) -> Result<()> + Sync),
    /// Threads that read, compare, fetch and write.
    pub threads: usize,
    /// Called from time to time, from any thread.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
    /// Set to true to stop; the answer is then `disk-cancelled`.
    pub cancel: &'a AtomicBool,
}

/// What a reset did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResetDone {
    /// Bytes that the image names and that were read and compared.
    pub compared_bytes: u64,
    /// Of these, found right where they stand.
    pub in_place_bytes: u64,
    /// Bytes read to look for chunks elsewhere on the disk.
    pub searched_bytes: u64,
    /// Chunks that were missing at some place, and their bytes.
    pub missing_chunks: u64,
    /// Their bytes.
    pub missing_bytes: u64,
    /// Bytes of chunks found elsewhere on the disk.
    pub found_bytes: u64,
    /// Bytes of chunks from the cache on the disk.
    pub cache_bytes: u64,
    /// Bytes of chunks from the repository.
    pub repository_bytes: u64,
    /// Bytes that came from the repository, as they travel.
    pub fetched_bytes: u64,
    /// Chunks that an origin had, damaged, and that came from the next one.
    pub damaged_chunks: u64,
    /// Bytes written to the image's places: runs of blocks that differed.
    pub written_bytes: u64,
    /// Bytes made zero at the image's places.
    pub zeroed_bytes: u64,
    /// Bytes of chunks copied aside before their place was overwritten.
    pub aside_bytes: u64,
    /// Bytes read back after they were written, and right.
    pub read_back_bytes: u64,
    /// Bytes that the image does not name, found to be zero at the end.
    pub gone_bytes: u64,
    /// Whether the partition table was written.
    pub table_written: bool,
}

/// A part of a chunk at its place on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    at: u64,
    bytes: u32,
    /// From where in the chunk.
    from: u32,
    id: ChunkId,
}

impl Place {
    fn range(&self) -> Range<u64> {
        self.at..self.at + u64::from(self.bytes)
    }
}

/// A chunk that is missing: where it goes.
struct Missing {
    places: Vec<Place>,
    /// How long it is at least.
    bytes: u64,
}

/// Brings `target` back to `root` as `plan` lays it. The nearest origin of chunks comes first.
///
/// # Errors
/// Before anything is written: `disk-reset-piece-missing` (some chunk is neither on the disk nor at any origin),
/// `disk-reset-no-room` (chunks that are nowhere else stand in each other's place, and nothing is free),
/// `disk-image-page-damaged`, `disk-target-too-small`. Later: `disk-image-chunk-damaged`, `disk-target-unwritable`,
/// `disk-target-unreadable`, `disk-read-back-differs`, `disk-not-gone`, `disk-cancelled`.
pub fn reset(
    origins: &[Origin<'_>],
    root: &ImageId,
    target: &dyn WriteAt,
    plan: &Plan,
    options: &ResetOptions<'_>,
) -> Result<ResetDone> {
    let fetcher = fetch::Fetcher::new(origins, root, options);
    let manifest = fetcher.manifest()?;
    if target.size_bytes() < plan.disk_bytes || target.logical_sector_bytes() != plan.logical_sector_bytes {
        let fault = Fault::new("disk-target-too-small").with("needed", plan.disk_bytes);
        return Err(fault.with("found", target.size_bytes()));
    }
    crate::restore::fits(&manifest, plan)?;
    let mut work = Work {
        fetcher: &fetcher,
        manifest: &manifest,
        target,
        plan,
        options,
        done: ResetDone::default(),
        written: notes::Notes::default(),
        total_bytes: total_bytes(&manifest, options.keep),
    };
    // A table that can't be read says nothing of where old files are.
    let old = table::read(target).ok().flatten();
    let scanned = scan::scan(&work)?;
    work.done.compared_bytes = scanned.compared_bytes;
    work.done.in_place_bytes = scanned.in_place.bytes();
    let mut missing = gather(&scanned.wrong);
    work.done.missing_chunks = missing.len() as u64;
    work.done.missing_bytes = missing.values().map(|m| m.bytes).sum();
    let nowhere = nowhere(&work, &missing)?;
    let own = search::search(&mut work, &scanned, &missing, &nowhere, old.as_ref())?;
    let ordered = order(&mut work, &scanned, &missing, &nowhere, own)?;
    if options.dry_run {
        return Ok(work.done);
    }
    if !plan.stands_whole_on(target)? {
        plan.write(target)?;
        work.done.table_written = true;
    }
    work.move_own(&ordered, &mut missing)?;
    work.fetch_rest(&missing)?;
    work.zeroes(&scanned.not_zero)?;
    work.read_back()?;
    if options.free == Free::Gone {
        work.done.gone_bytes = gone::make(&work, &scanned.named)?;
    }
    let (cache, repository, fetched, damaged) = fetcher.figures();
    work.done.cache_bytes = cache;
    work.done.repository_bytes = repository;
    work.done.fetched_bytes = fetched;
    work.done.damaged_chunks = damaged;
    Ok(work.done)
}

fn total_bytes(manifest: &Manifest, keep: &[u32]) -> u64 {
    let counted = manifest.partitions.iter().filter(|p| !keep.contains(&p.number));
    counted.map(|p| p.data_bytes.saturating_add(p.zero_bytes)).fold(0, u64::saturating_add)
}

fn gather(wrong: &[Place]) -> HashMap<ChunkId, Missing> {
    let mut missing: HashMap<ChunkId, Missing> = HashMap::new();
    for place in wrong {
        let one = missing.entry(place.id).or_insert_with(|| Missing { places: Vec::new(), bytes: 0 });
        one.places.push(*place);
        one.bytes = one.bytes.max(u64::from(place.from) + u64::from(place.bytes));
    }
    missing
}

/// Where a chunk stands on the disk, in its own order.
type Segments = Vec<Range<u64>>;

/// The chunks that move on the disk, and how.
struct Ordered {
    chunks: Vec<(ChunkId, Segments)>,
    order: moves::Order,
    /// Whether each can be had from an origin too.
    elsewhere: Vec<bool>,
    aside: Range<u64>,
}

/// The chunks that no origin has.
fn nowhere(work: &Work<'_>, missing: &HashMap<ChunkId, Missing>) -> Result<HashSet<ChunkId>> {
    let mut ids: Vec<ChunkId> = missing.keys().copied().collect();
    ids.sort_unstable();
    let there = work.fetcher.has(&ids)?;
    Ok(ids.into_iter().zip(there).filter(|(_, there)| !there).map(|(id, _)| id).collect())
}

/// Plans the moves, and makes sure before anything is written that every missing chunk comes from somewhere.
fn order(
    work: &mut Work<'_>,
    scanned: &scan::Scanned,
    missing: &HashMap<ChunkId, Missing>,
    nowhere: &HashSet<ChunkId>,
    own: search::Found,
) -> Result<Ordered> {
    let lost = nowhere.iter().filter(|id| !own.contains_key(*id)).count();
    if lost > 0 {
        let fault = Fault::new("disk-reset-piece-missing").with("image", work.fetcher.root.to_string());
        return Err(fault.with("count", lost).may_retry());
    }
    let mut chunks: Vec<(ChunkId, Segments)> = own.into_iter().collect();
    chunks.sort_unstable_by_key(|(id, at)| (at.first().map_or(0, |r| r.start), id.0));
    let elsewhere: Vec<bool> = chunks.iter().map(|(id, _)| !nowhere.contains(id)).collect();
    let one = |((id, reads), elsewhere): (&(ChunkId, Segments), &bool)| moves::Move {
        reads: reads.clone(),
        writes: missing.get(id).map_or_else(Vec::new, |m| m.places.iter().map(Place::range).collect()),
        bytes: missing.get(id).map_or(0, |m| m.bytes),
        elsewhere: *elsewhere,
    };
    let all: Vec<moves::Move> = chunks.iter().zip(&elsewhere).map(one).collect();
    let reads = Ranges::of(chunks.iter().flat_map(|(_, at)| at.iter().cloned()));
    let room = aside::room(work, &scanned.named, &reads);
    let no_room = || Fault::new("disk-reset-no-room");
    let capacity = aside::capacity(&room).min(ASIDE_MAX_BYTES);
    let mut order = moves::order(&all, capacity, HELD_MAX_BYTES).ok_or_else(no_room)?;
    // There is one place aside at a time: what an interrupted reset left in the old one goes into the new one too.
    if let Some(point) = work.options.resume_from.as_ref().filter(|_| !order.aside.is_empty()) {
        let there = |r: &Range<u64>| r.start >= point.aside_bytes.start && r.end <= point.aside_bytes.end;
        let left = |n: &usize| !elsewhere[*n] && chunks[*n].1.iter().all(there) && !order.aside.contains(n);
        let left: Vec<usize> = (0..chunks.len()).filter(left).collect();
        order.aside.extend(left);
        if order.aside.iter().map(|&n| all[n].bytes).sum::<u64>() > capacity {
            return Err(no_room());
        }
    }
    work.done.found_bytes = all.iter().map(|m| m.bytes).sum();
    for &number in &order.given_up {
        work.done.found_bytes -= all[number].bytes;
    }
    Ok(Ordered { chunks, order, elsewhere, aside: room })
}

/// A reset at work.
struct Work<'a> {
    fetcher: &'a fetch::Fetcher<'a>,
    manifest: &'a Manifest,
    target: &'a dyn WriteAt,
    plan: &'a Plan,
    options: &'a ResetOptions<'a>,
    done: ResetDone,
    written: notes::Notes,
    total_bytes: u64,
}

impl Work<'_> {
    fn cancelled(&self) -> Result<()> {
        match self.options.cancel.load(Ordering::Relaxed) {
            true => Err(Fault::new("disk-cancelled")),
            false => Ok(()),
        }
    }

    fn threads(&self) -> usize {
        self.options.threads.max(1)
    }

    /// The image's partitions that are brought back: their number, where they begin and end on the disk.
    fn partitions(&self) -> impl Iterator<Item = (&socle_image::manifest::Partition, Range<u64>)> {
        let sector = self.plan.logical_sector_bytes;
        let wanted = |p: &&socle_image::manifest::Partition| {
            p.method != Method::Omitted && !self.options.keep.contains(&p.number)
        };
        self.manifest.partitions.iter().filter(wanted).filter_map(move |p| {
            let place = self.plan.image(p.number)?;
            let start = place.start_bytes(sector);
            Some((p, start..start + place.size_bytes(sector)))
        })
    }

    /// Shows every entry of the image, by partition and in the order of the disk.
    fn entries(&self, see: &mut dyn FnMut(u64, &Entry) -> Result<()>) -> Result<()> {
        for (partition, place) in self.partitions() {
            let size_bytes = partition.size_bytes(self.manifest.disk.logical_sector_bytes);
            let mut end = 0;
            for digest in &partition.pages {
                for entry in self.fetcher.page(digest, size_bytes)? {
                    if entry.offset_bytes < end {
                        return Err(self.fetcher.page_damaged());
                    }
                    end = entry.end_bytes();
                    see(place.start + entry.offset_bytes, &entry)?;
                }
            }
        }
        Ok(())
    }

    fn tell(&self, done_bytes: u64) {
        (self.options.progress)(&Progress {
            done_bytes: done_bytes.min(self.total_bytes),
            total_bytes: self.total_bytes,
            transferred_bytes: self.fetcher.figures().2,
            partition: 0,
        });
    }

    fn flush(&self) -> Result<()> {
        self.target.flush().map_err(|e| Fault::new("disk-target-unwritable").with("offset", 0_u64).because(e))
    }

    /// Makes what was written durable and reads it back.
    fn read_back(&mut self) -> Result<()> {
        self.flush()?;
        let threads = self.threads();
        self.done.read_back_bytes += self.written.read_back(self.target, threads)?;
        Ok(())
    }
}
