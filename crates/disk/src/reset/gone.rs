//! What the image does not name is gone: discarded, read back, and made zero where it was not.
use super::{Work, ranges::Ranges, scan::is_zero};
use crate::block::AlignedBuffer;
use socle_texts::{Fault, Result};
use std::{
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

/// Looked at in pieces of this.
const PIECE_BYTES: u64 = 1 << 20;

/// Everything on the disk that is free for good: in partitions that are brought back, what the image does not name; and
/// what lies between the partitions. Kept partitions, Socle's own and the tables are not in it.
fn free(work: &Work<'_>, named: &Ranges) -> Vec<Range<u64>> {
    let sector = work.plan.logical_sector_bytes;
    let mut taken: Vec<Range<u64>> = named.iter().collect();
    let ours: Vec<Range<u64>> = work.partitions().map(|(_, place)| place).collect();
    for planned in &work.plan.partitions {
        let start = planned.start_bytes(sector);
        let place = start..start + planned.size_bytes(sector);
        if !ours.contains(&place) {
            taken.push(place);
        }
    }
    let size = u64::from(sector);
    if work.plan.table_sectors.is_empty() {
        let usable = crate::gpt::usable(work.plan.disk_bytes / size, sector);
        return Ranges::of(taken).outside(usable.start * size..usable.end * size);
    }
    // An older table has sectors of its own all over the disk.
    taken.extend(work.plan.table_sectors.iter().map(|s| s.lba * size..(s.lba + 1) * size));
    Ranges::of(taken).outside(size..work.plan.disk_bytes / size * size)
}

/// Discards, and proves it. Answers how many bytes read as zeroes.
pub fn make(work: &Work<'_>, named: &Ranges) -> Result<u64> {
    let free = free(work, named);
    for range in &free {
        // A disk that can't says so here, or by what it is then found to hold.
        let _ = work.target.discard(range.clone());
    }
    work.flush()?;
    let (zero, other) = look(work, &free)?;
    if other.is_empty() {
        return Ok(zero);
    }
    for range in &other {
        let zeroed = work.target.zero(range.clone());
        zeroed.map_err(|e| Fault::new("disk-target-unwritable").with("offset", range.start).because(e))?;
    }
    work.flush()?;
    let (also, still) = look(work, &other)?;
    match still.first() {
        None => Ok(zero + also),
        Some(range) => Err(Fault::new("disk-not-gone").with("offset", range.start)),
    }
}

/// How many bytes are zero, and which pieces are not.
fn look(work: &Work<'_>, ranges: &[Range<u64>]) -> Result<(u64, Vec<Range<u64>>)> {
    let pieces: Vec<Range<u64>> = ranges
        .iter()
        .flat_map(|range| {
            let mut at = range.start;
            std::iter::from_fn(move || {
                let from = at;
                at = ((from / PIECE_BYTES + 1) * PIECE_BYTES).min(range.end);
                (from < range.end).then_some(from..at)
            })
        })
        .collect();
    let (next, zero, other) = (AtomicUsize::new(0), AtomicU64::new(0), Mutex::new(Vec::new()));
    let worker = || -> Result<()> {
        let mut buffer = AlignedBuffer::zeroed(PIECE_BYTES as usize);
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            work.cancelled()?;
            let bytes = &mut buffer[..(piece.end - piece.start) as usize];
            let read = work.target.read_back(piece.start, bytes);
            read.map_err(|e| Fault::new("disk-target-unreadable").with("offset", piece.start).because(e))?;
            if is_zero(bytes) {
                zero.fetch_add(piece.end - piece.start, Ordering::Relaxed);
            } else {
                other.lock().unwrap_or_else(PoisonError::into_inner).push(piece.clone());
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let helpers: Vec<_> = (1..work.threads()).map(|_| scope.spawn(worker)).collect();
        let mut answer = worker();
        for helper in helpers {
            let theirs = helper.join().unwrap_or_else(|_| Err(Fault::new("disk-cancelled")));
            answer = answer.and(theirs);
        }
        answer
    })?;
    Ok((zero.into_inner(), other.into_inner().unwrap_or_else(PoisonError::into_inner)))
}
