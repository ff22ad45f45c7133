//! Reading what stands where the image wants something, and telling right from wrong.
use super::{BLOCK_BYTES, Place, Work, ranges::Ranges};
use crate::block::AlignedBuffer;
use socle_image::{
    ChunkId, WriteAt,
    page::{Content, Entry},
};
use socle_texts::{Fault, Result};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
};

/// Entries are read together up to this, and over gaps of at most the next.
const SPAN_BYTES: u64 = 2 << 20;
const GAP_BYTES: u64 = 64 << 10;
/// Long zeroes are looked at in pieces of this.
const ZERO_PIECE_BYTES: u64 = 1 << 20;
/// The longest span: entries are at most 1 MiB, and begin within [`SPAN_BYTES`]; and the rests of two blocks.
const BUFFER_BYTES: usize = (4 << 20) + 2 * BLOCK_BYTES as usize;

/// What stands on the disk, beside the image.
#[derive(Default)]
pub struct Scanned {
    /// Chunks' parts that are not where they belong.
    pub wrong: Vec<Place>,
    /// What should be zero and is not, block by block.
    pub not_zero: Ranges,
    /// What is right.
    pub in_place: Ranges,
    /// Everything that the image names.
    pub named: Ranges,
    /// Bytes read and compared.
    pub compared_bytes: u64,
}

/// Entries that are read together.
struct Span {
    range: Range<u64>,
    entries: Vec<(u64, Entry)>,
}

/// What the threads found.
#[derive(Default)]
struct Seen {
    /// Parts whose chunk is not complete in one span, or not right.
    open: Vec<Place>,
    not_zero: Vec<Range<u64>>,
    in_place: Vec<Range<u64>>,
    compared_bytes: u64,
}

/// Reads everything that the image names.
pub fn scan(work: &Work<'_>) -> Result<Scanned> {
    let (sender, receiver) = mpsc::sync_channel::<Span>(64);
    let receiver = Mutex::new(receiver);
    let seen = Mutex::new(Seen::default());
    let mut named: Vec<Range<u64>> = Vec::new();
    let driven = thread::scope(|scope| {
        for _ in 0..work.threads() {
            scope.spawn(|| worker(work, &receiver, &seen));
        }
        let mut span: Option<Span> = None;
        let answer = work.entries(&mut |at, entry| {
            add(&mut named, at..at + entry.bytes);
            for (at, piece) in pieces(at, entry) {
                let end = at + piece.bytes;
                match &mut span {
                    Some(open) if at <= open.range.end + GAP_BYTES && at < open.range.start + SPAN_BYTES => {
                        open.range.end = end;
                        open.entries.push((at, piece));
                    }
                    _ => {
                        let next = Span { range: at..end, entries: vec![(at, piece)] };
                        if let Some(full) = span.replace(next) {
                            work.cancelled()?;
                            let _ = sender.send(full);
                        }
                    }
                }
            }
            Ok(())
        });
        if let Some(last) = span.take() {
            let _ = sender.send(last);
        }
        drop(sender);
        answer
    });
    driven?;
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let wrong = resolve(work, &mut seen)?;
    work.cancelled()?;
    Ok(Scanned {
        wrong,
        not_zero: Ranges::of(seen.not_zero),
        in_place: Ranges::of(seen.in_place),
        named: Ranges::of(named),
        compared_bytes: seen.compared_bytes,
    })
}

/// An entry, in pieces where it is a long zero.
fn pieces(at: u64, entry: &Entry) -> impl Iterator<Item = (u64, Entry)> {
    let (entry, end) = (*entry, at + entry.bytes);
    let mut next = at;
    std::iter::from_fn(move || {
        if next >= end {
            return None;
        }
        let from = next;
        next = match entry.content {
            Content::Zero => ((from / ZERO_PIECE_BYTES + 1) * ZERO_PIECE_BYTES).min(end),
            Content::Chunk { .. } => end,
        };
        Some((from, Entry { bytes: next - from, ..entry }))
    })
}

fn worker(work: &Work<'_>, spans: &Mutex<Receiver<Span>>, seen: &Mutex<Seen>) {
    let mut buffer = AlignedBuffer::zeroed(BUFFER_BYTES);
    let mut mine = Seen::default();
    loop {
        let next = spans.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(span) = next else { break };
        // Cancelled: the rest is only taken off the line.
        if work.cancelled().is_ok() {
            look(work, &span, &mut buffer, &mut mine);
            let total = {
                let mut all = seen.lock().unwrap_or_else(PoisonError::into_inner);
                all.compared_bytes += std::mem::take(&mut mine.compared_bytes);
                all.compared_bytes
            };
            work.tell(total);
        }
    }
    let mut all = seen.lock().unwrap_or_else(PoisonError::into_inner);
    all.open.append(&mut mine.open);
    all.not_zero.append(&mut mine.not_zero);
    all.in_place.append(&mut mine.in_place);
}

/// Reads blocks around a range: answers where in the buffer it begins; none where it can't be read.
pub fn read_around<'b>(
    target: &dyn WriteAt,
    range: &Range<u64>,
    buffer: &'b mut AlignedBuffer,
) -> Option<&'b mut [u8]> {
    let start = range.start / BLOCK_BYTES * BLOCK_BYTES;
    let end = range.end.next_multiple_of(BLOCK_BYTES).min(target.size_bytes());
    let slice = buffer.get_mut(..(end - start) as usize)?;
    target.read_back(start, slice).ok()?;
    slice.get_mut((range.start - start) as usize..(range.end - start) as usize)
}

fn look(work: &Work<'_>, span: &Span, buffer: &mut AlignedBuffer, seen: &mut Seen) {
    let Some(bytes) = read_around(work.target, &span.range, buffer) else {
        return one_by_one(work, span, buffer, seen);
    };
    let slice = |at: u64, length: u64| &bytes[(at - span.range.start) as usize..][..length as usize];
    let mut parts: Vec<Place> = Vec::new();
    for (at, entry) in &span.entries {
        match entry.content {
            Content::Zero => zeroes(*at, slice(*at, entry.bytes), seen),
            Content::Chunk { id, offset_bytes } => {
                seen.compared_bytes += entry.bytes;
                // A chunk that is one piece is right as soon as its name says so.
                if offset_bytes == 0 && id.is_of(slice(*at, entry.bytes)) {
                    add(&mut seen.in_place, *at..at + entry.bytes);
                } else {
                    parts.push(Place { at: *at, bytes: entry.bytes as u32, from: offset_bytes, id });
                }
            }
        }
    }
    if parts.is_empty() {
        return;
    }
    let read = |place: &Place, hasher: &mut blake3::Hasher| {
        hasher.update(slice(place.at, u64::from(place.bytes)));
        true
    };
    let (right, open) = complete(parts, read);
    right.iter().for_each(|p| seen.in_place.push(p.range()));
    seen.open.extend(open);
}

fn add(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Notes which blocks of what should be zero are not.
fn zeroes(start: u64, bytes: &[u8], seen: &mut Seen) {
    seen.compared_bytes += bytes.len() as u64;
    let mut at = start;
    let end = start + bytes.len() as u64;
    while at < end {
        let next = ((at / BLOCK_BYTES + 1) * BLOCK_BYTES).min(end);
        let block = &bytes[(at - start) as usize..(next - start) as usize];
        let to = if is_zero(block) { &mut seen.in_place } else { &mut seen.not_zero };
        add(to, at..next);
        at = next;
    }
}

/// Whether all bytes are zero.
pub fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(1024).all(|part| part.iter().fold(0, |sum, byte| sum | byte) == 0)
}

/// A span that can't be read whole: its entries one by one; what can't be read is wrong, so that it is written again.
fn one_by_one(work: &Work<'_>, span: &Span, buffer: &mut AlignedBuffer, seen: &mut Seen) {
    for (at, entry) in &span.entries {
        let range = *at..at + entry.bytes;
        match (read_around(work.target, &range, buffer), entry.content) {
            (Some(bytes), Content::Zero) => zeroes(*at, bytes, seen),
            (None, Content::Zero) => seen.not_zero.push(range),
            (Some(bytes), Content::Chunk { id, offset_bytes: 0 }) if id.is_of(bytes) => {
                seen.compared_bytes += entry.bytes;
                seen.in_place.push(range);
            }
            (_, Content::Chunk { id, offset_bytes }) => {
                seen.compared_bytes += entry.bytes;
                seen.open.push(Place { at: *at, bytes: entry.bytes as u32, from: offset_bytes, id });
            }
        }
    }
}

/// Of parts of chunks, those that together are their chunks, and the others. `read` adds a part's bytes.
fn complete(parts: Vec<Place>, read: impl Fn(&Place, &mut blake3::Hasher) -> bool) -> (Vec<Place>, Vec<Place>) {
    let mut by_chunk: HashMap<ChunkId, Vec<Place>> = HashMap::new();
    for part in parts {
        by_chunk.entry(part.id).or_default().push(part);
    }
    let (mut right, mut open) = (Vec::new(), Vec::new());
    for (id, mut parts) in by_chunk {
        parts.sort_by_key(|p| (p.from, p.at));
        // One copy after the other: each takes the first part that goes on where the last one ended.
        while let Some(copy) = take_copy(&mut parts) {
            let mut hasher = blake3::Hasher::new();
            let is_right = copy.iter().all(|part| read(part, &mut hasher)) && *hasher.finalize().as_bytes() == id.0;
            if is_right { right.extend(copy) } else { open.extend(copy) }
        }
        open.extend(parts);
    }
    (right, open)
}

/// Takes the parts of one copy; none where no part begins a chunk.
fn take_copy(parts: &mut Vec<Place>) -> Option<Vec<Place>> {
    let (mut copy, mut rest, mut end) = (Vec::new(), Vec::new(), 0);
    for part in parts.drain(..) {
        if part.from == end && part.bytes > 0 {
            end += part.bytes;
            copy.push(part);
        } else {
            rest.push(part);
        }
    }
    *parts = rest;
    (!copy.is_empty()).then_some(copy)
}

/// Compares chunks whose parts stand far apart; answers what is wrong, in the order of the disk.
fn resolve(work: &Work<'_>, seen: &mut Seen) -> Result<Vec<Place>> {
    let buffer = Mutex::new(AlignedBuffer::zeroed(BUFFER_BYTES));
    let (alone, apart) = split(std::mem::take(&mut seen.open));
    let read = |place: &Place, hasher: &mut blake3::Hasher| {
        let mut buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
        read_around(work.target, &place.range(), &mut buffer).map(|bytes| hasher.update(bytes)).is_some()
    };
    let (right, mut wrong) = complete(apart, read);
    right.iter().for_each(|p| seen.in_place.push(p.range()));
    wrong.extend(alone);
    wrong.sort_unstable_by_key(|p| p.at);
    if wrong.windows(2).any(|w| w[0].range().end > w[1].at) {
        return Err(Fault::new("disk-image-page-damaged").with("image", work.fetcher.root.to_string()));
    }
    Ok(wrong)
}

/// Chunks of one part each were compared already; the others not, where their parts stand in several spans.
fn split(open: Vec<Place>) -> (Vec<Place>, Vec<Place>) {
    let mut parts: HashMap<ChunkId, bool> = HashMap::new();
    for part in &open {
        *parts.entry(part.id).or_insert(false) |= part.from > 0;
    }
    open.into_iter().partition(|p| !parts.get(&p.id).copied().unwrap_or(false))
}
