//! Writing: only blocks that differ, in runs, each read back later.
use super::{
    BLOCK_BYTES, Missing, Ordered, Place, ResetPoint, Segments, Work, aside, ranges::Ranges, scan::read_around,
};
use crate::block::AlignedBuffer;
use socle_image::ChunkId;
use socle_texts::{Fault, Result};
use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

/// What is written together never crosses a multiple of this.
const WINDOW_BYTES: u64 = 1 << 20;
/// Nor is what lies between two pieces read when it is longer.
const GAP_BYTES: u64 = 64 << 10;
/// Bytes of chunks in memory at once.
const GROUP_BYTES: u64 = 32 << 20;
/// Zeroes from this length on are left to the disk.
const LONG_ZERO_BYTES: u64 = 256 << 10;
/// What was written is read back after so many bytes.
const READ_BACK_EVERY_BYTES: u64 = 256 << 20;
const ZEROES: [u8; WINDOW_BYTES as usize] = [0; WINDOW_BYTES as usize];

/// Bytes and where they go.
struct Piece<'b> {
    at: u64,
    bytes: &'b [u8],
}

impl Work<'_> {
    /// Carries out the moves on the disk; what it did is no longer missing.
    pub(super) fn move_own(&mut self, ordered: &Ordered, missing: &mut HashMap<ChunkId, Missing>) -> Result<()> {
        let mut stands: HashMap<ChunkId, Segments> = HashMap::new();
        if !ordered.order.aside.is_empty() {
            stands = aside::put(self, ordered, &mut |id, at| self.read_chunk(id, at))?;
            self.done.aside_bytes = stands.values().flatten().map(|r| r.end - r.start).sum();
            (self.options.checkpoint)(&ResetPoint {
                root: *self.fetcher.root,
                disk_guid: self.plan.disk_guid,
                aside_bytes: ordered.aside.clone(),
            })?;
        }
        let mut held: HashMap<ChunkId, Vec<u8>> = HashMap::new();
        for &number in &ordered.order.held {
            let (id, at) = &ordered.chunks[number];
            held.insert(*id, self.read_chunk(id, at)?);
        }
        let mut unsafe_until_flushed = false;
        for wave in &ordered.order.waves {
            if std::mem::take(&mut unsafe_until_flushed) {
                self.flush()?;
            }
            for group in groups(wave, |&n| missing.get(&ordered.chunks[n].0).map_or(0, |m| m.bytes)) {
                let mut chunks = Vec::with_capacity(group.len());
                for &number in group {
                    let (id, at) = &ordered.chunks[number];
                    let bytes = match held.remove(id) {
                        Some(bytes) => bytes,
                        None => self.read_chunk(id, stands.get(id).unwrap_or(at))?,
                    };
                    unsafe_until_flushed |= !ordered.elsewhere[number];
                    if let Some(one) = missing.remove(id) {
                        chunks.push((one, bytes));
                    }
                }
                self.write_chunks(&chunks)?;
            }
        }
        // The origins' chunks may overwrite what was read from.
        if unsafe_until_flushed { self.flush() } else { Ok(()) }
    }

    /// Reads a chunk where it stands, and makes sure that it is it.
    pub(super) fn read_chunk(&self, id: &ChunkId, at: &Segments) -> Result<Vec<u8>> {
        let longest = at.iter().map(|r| r.end - r.start).max().unwrap_or(0);
        let mut buffer = AlignedBuffer::zeroed((longest + 2 * BLOCK_BYTES) as usize);
        let mut bytes = Vec::with_capacity(at.iter().map(|r| (r.end - r.start) as usize).sum());
        for range in at {
            let unreadable = || Fault::new("disk-target-unreadable").with("offset", range.start);
            bytes.extend_from_slice(read_around(self.target, range, &mut buffer).ok_or_else(unreadable)?);
        }
        let offset = at.first().map_or(0, |r| r.start);
        if id.is_of(&bytes) { Ok(bytes) } else { Err(Fault::new("disk-read-back-differs").with("offset", offset)) }
    }

    /// Fetches and writes what is still missing, in the order of the disk.
    pub(super) fn fetch_rest(&mut self, missing: &HashMap<ChunkId, Missing>) -> Result<()> {
        let mut wanted: Vec<(ChunkId, &Missing)> = missing.iter().map(|(id, m)| (*id, m)).collect();
        wanted.sort_unstable_by_key(|(_, m)| m.places.first().map_or(0, |p| p.at));
        let rest: u64 = wanted.iter().map(|(_, m)| m.bytes).sum();
        let mut done_bytes = 0;
        for group in groups(&wanted, |(_, m)| m.bytes) {
            self.cancelled()?;
            let ids: Vec<ChunkId> = group.iter().map(|(id, _)| *id).collect();
            let (mut got, answer) = self.fetcher.fetch(&ids);
            let chunks: Vec<(Missing, Vec<u8>)> = group
                .iter()
                .filter_map(|(id, m)| Some((Missing { places: m.places.clone(), bytes: m.bytes }, got.remove(id)?)))
                .collect();
            // What came is written even where the rest did not: the next attempt finds it in place.
            self.write_chunks(&chunks)?;
            answer?;
            done_bytes += group.iter().map(|(_, m)| m.bytes).sum::<u64>();
            self.tell(self.total_bytes.saturating_sub(rest) + done_bytes);
            if self.written.bytes() >= READ_BACK_EVERY_BYTES {
                self.read_back()?;
            }
        }
        Ok(())
    }

    fn write_chunks(&mut self, chunks: &[(Missing, Vec<u8>)]) -> Result<()> {
        let mut pieces = Vec::new();
        for (one, bytes) in chunks {
            for Place { at, bytes: length, from, .. } in &one.places {
                // A page that asks for more than its chunk holds.
                let end = *from as usize + *length as usize;
                let part = bytes.get(*from as usize..end).ok_or_else(|| self.fetcher.page_damaged())?;
                split(*at, part, &mut pieces);
            }
        }
        self.done.written_bytes += self.write(pieces)?;
        Ok(())
    }

    /// Makes zero what should be.
    pub(super) fn zeroes(&mut self, not_zero: &Ranges) -> Result<()> {
        let mut pieces = Vec::new();
        for range in not_zero.iter() {
            let (start, end) = (range.start.next_multiple_of(BLOCK_BYTES), range.end / BLOCK_BYTES * BLOCK_BYTES);
            if start < end && end - start >= LONG_ZERO_BYTES {
                let zeroed = self.target.zero(start..end);
                zeroed.map_err(|e| Fault::new("disk-target-unwritable").with("offset", start).because(e))?;
                self.written.note_zero(start..end);
                self.done.zeroed_bytes += end - start;
                for part in [range.start..start, end..range.end] {
                    split(part.start, &ZEROES[..(part.end - part.start) as usize], &mut pieces);
                }
                continue;
            }
            let mut at = range.start;
            while at < range.end {
                let length = (range.end - at).min(WINDOW_BYTES);
                split(at, &ZEROES[..length as usize], &mut pieces);
                at += length;
            }
        }
        self.done.zeroed_bytes += self.write(pieces)?;
        Ok(())
    }

    /// Writes the blocks that these pieces change; answers how many bytes that were.
    fn write(&self, mut pieces: Vec<Piece<'_>>) -> Result<u64> {
        pieces.sort_unstable_by_key(|p| p.at);
        let windows = windows(&pieces);
        let (next, written, fault) = (AtomicUsize::new(0), AtomicU64::new(0), Mutex::new(None));
        let worker = || {
            let mut buffer = AlignedBuffer::zeroed(WINDOW_BYTES as usize);
            while let Some(window) = windows.get(next.fetch_add(1, Ordering::Relaxed)) {
                match self.one_window(window, &mut buffer) {
                    Ok(bytes) => drop(written.fetch_add(bytes, Ordering::Relaxed)),
                    Err(one) => {
                        next.store(windows.len(), Ordering::Relaxed);
                        fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(one);
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.threads().min(windows.len().max(1)) {
                scope.spawn(worker);
            }
            worker();
        });
        match fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(fault) => Err(fault),
            None => Ok(written.into_inner()),
        }
    }

    fn one_window(&self, pieces: &[Piece<'_>], buffer: &mut AlignedBuffer) -> Result<u64> {
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return Ok(0) };
        let start = first.at / BLOCK_BYTES * BLOCK_BYTES;
        let end = (last.at + last.bytes.len() as u64).next_multiple_of(BLOCK_BYTES).min(self.target.size_bytes());
        let held = &mut buffer[..(end - start) as usize];
        let known = self.target.read_back(start, held).is_ok();
        let mut dirty = vec![false; held.len().div_ceil(BLOCK_BYTES as usize)];
        for piece in pieces {
            let mut at = (piece.at - start) as usize;
            let mut rest = piece.bytes;
            while !rest.is_empty() {
                let block = at / BLOCK_BYTES as usize;
                let length = rest.len().min((block + 1) * BLOCK_BYTES as usize - at);
                let (part, after) = rest.split_at(length);
                let place = &mut held[at..at + length];
                // What can't be read is written whole, whatever it may have held.
                if !known || *place != *part {
                    place.copy_from_slice(part);
                    dirty[block] = true;
                }
                at += length;
                rest = after;
            }
        }
        let mut written = 0;
        let mut block = 0;
        while block < dirty.len() {
            if !dirty[block] {
                block += 1;
                continue;
            }
            let run = dirty[block..].iter().take_while(|d| **d).count();
            let (from, to) = (block * BLOCK_BYTES as usize, ((block + run) * BLOCK_BYTES as usize).min(held.len()));
            let at = start + from as u64;
            let answer = self.target.write_at(at, &held[from..to]);
            answer.map_err(|e| Fault::new("disk-target-unwritable").with("offset", at).because(e))?;
            self.written.note(at, &held[from..to]);
            written += (to - from) as u64;
            block += run;
        }
        Ok(written)
    }
}

/// Cuts bytes where windows end.
fn split<'b>(at: u64, mut bytes: &'b [u8], pieces: &mut Vec<Piece<'b>>) {
    let mut at = at;
    while !bytes.is_empty() {
        let length = bytes.len().min(((at / WINDOW_BYTES + 1) * WINDOW_BYTES - at) as usize);
        let (part, after) = bytes.split_at(length);
        pieces.push(Piece { at, bytes: part });
        at += length as u64;
        bytes = after;
    }
}

/// Sorted pieces by what is read and written together: no two of these touch the same block.
fn windows<'p, 'b>(pieces: &'p [Piece<'b>]) -> Vec<&'p [Piece<'b>]> {
    let together = |a: &Piece<'_>, b: &Piece<'_>| {
        a.at / WINDOW_BYTES == b.at / WINDOW_BYTES && b.at <= a.at + a.bytes.len() as u64 + GAP_BYTES
    };
    pieces.chunk_by(together).collect()
}

/// Cuts a list into groups of about [`GROUP_BYTES`].
fn groups<T>(list: &[T], bytes_of: impl Fn(&T) -> u64) -> Vec<&[T]> {
    let (mut groups, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (at, one) in list.iter().enumerate() {
        bytes += bytes_of(one);
        if bytes >= GROUP_BYTES {
            groups.push(&list[from..=at]);
            (from, bytes) = (at + 1, 0);
        }
    }
    if from < list.len() {
        groups.push(&list[from..]);
    }
    groups
}
