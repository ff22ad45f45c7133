//! Looking for missing chunks on the disk itself: beside an interrupted reset, at other places of the image, in files of
//! the filesystems that stand there, and in free space.
use super::{Missing, Place, Search, Segments, Work, aside, ranges::Ranges, scan::Scanned};
use crate::{
    capture,
    filesystem::{self, Contents, Extent, Part},
    gpt::Table,
    layout::{CACHE_TYPE, Role, SOCLE_TYPE},
};
use socle_image::{ChunkId, page::Content};
use socle_texts::Result;
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::{Mutex, PoisonError},
};

/// A search is worthwhile where it reads no more than so many times what is missing.
const WORTH: u64 = 4;

/// What was found: where each chunk stands, in its own order.
pub type Found = HashMap<ChunkId, Segments>;

/// Looks for missing chunks. `nowhere`: those that no origin has.
pub fn search(
    work: &mut Work<'_>,
    scanned: &Scanned,
    missing: &HashMap<ChunkId, Missing>,
    nowhere: &HashSet<ChunkId>,
    old: Option<&Table>,
) -> Result<Found> {
    let mut found = Found::new();
    if missing.is_empty() {
        return Ok(found);
    }
    left_aside(work, missing, &mut found);
    in_image(work, scanned, missing, &mut found)?;
    let parts = parts(work, old);
    let mut used: Vec<Range<u64>> = scanned.in_place.iter().collect();
    let mut looked: Vec<(Range<u64>, Contents)> = Vec::new();
    for part in &parts {
        let view = Part { disk: work.target, start: part.start, bytes: part.end - part.start };
        let Ok(mut contents) = filesystem::look(&view) else { continue };
        if contents.method == socle_image::manifest::Method::Whole {
            continue;
        }
        let on_disk = |e: &Extent| part.start + e.start..part.start + e.end();
        used.extend(contents.all().iter().map(on_disk));
        // What is right where it stands is known already.
        contents.retain(|extents| !extents.iter().all(|e| scanned.in_place.covers(&on_disk(e))));
        looked.push((part.clone(), contents));
    }
    let bytes = looked.iter().map(|(_, contents)| contents.bytes()).sum();
    if wanted(work, missing, nowhere, &found, bytes) {
        for (part, contents) in looked {
            read(work, &part, contents, missing, &mut found)?;
        }
    }
    let used = Ranges::of(used);
    let free: Vec<(Range<u64>, Vec<Range<u64>>)> =
        parts.iter().map(|part| (part.clone(), used.outside(part.clone()))).collect();
    let bytes = free.iter().flat_map(|(_, gaps)| gaps).map(|r| r.end - r.start).sum();
    if wanted(work, missing, nowhere, &found, bytes) {
        for (part, gaps) in free {
            let inside = |r: &Range<u64>| Extent { start: r.start - part.start, bytes: r.end - r.start };
            read(work, &part, Contents::raw(gaps.iter().map(inside)), missing, &mut found)?;
        }
    }
    Ok(found)
}

/// Whether so many bytes are to be read for what is still missing.
fn wanted(
    work: &Work<'_>,
    missing: &HashMap<ChunkId, Missing>,
    nowhere: &HashSet<ChunkId>,
    found: &Found,
    bytes: u64,
) -> bool {
    if nowhere.iter().any(|id| !found.contains_key(id)) {
        return true;
    }
    let open: u64 = missing.iter().filter(|(id, _)| !found.contains_key(*id)).map(|(_, m)| m.bytes).sum();
    match work.options.search {
        Search::Image => false,
        Search::Worthwhile => open > 0 && bytes <= open.saturating_mul(WORTH),
        Search::Everywhere => open > 0,
    }
}

/// What an interrupted reset copied aside.
fn left_aside(work: &Work<'_>, missing: &HashMap<ChunkId, Missing>, found: &mut Found) {
    let ours = |p: &&super::ResetPoint| p.root == *work.fetcher.root && p.disk_guid == work.plan.disk_guid;
    let Some(point) = work.options.resume_from.as_ref().filter(ours) else { return };
    for (id, at) in aside::left(work.target, work.fetcher.root, &point.aside_bytes) {
        if missing.contains_key(&id) && work.read_chunk(&id, &at).is_ok() {
            found.insert(id, at);
        }
    }
}

/// At other places where the image wants the same chunk, and has it.
fn in_image(work: &Work<'_>, scanned: &Scanned, missing: &HashMap<ChunkId, Missing>, found: &mut Found) -> Result<()> {
    let mut parts: HashMap<ChunkId, Vec<Place>> = HashMap::new();
    work.entries(&mut |at, entry| {
        if let Content::Chunk { id, offset_bytes } = entry.content
            && missing.contains_key(&id)
            && !found.contains_key(&id)
            && scanned.in_place.covers(&(at..at + entry.bytes))
        {
            let place = Place { at, bytes: entry.bytes as u32, from: offset_bytes, id };
            parts.entry(id).or_default().push(place);
        }
        Ok(())
    })?;
    for (id, mut parts) in parts {
        parts.sort_by_key(|p| (p.from, p.at));
        let (mut end, mut segments) = (0, Segments::new());
        for part in parts {
            if part.from == end {
                end += part.bytes;
                segments.push(part.range());
            }
        }
        if u64::from(end) >= missing.get(&id).map_or(u64::MAX, |m| m.bytes) && work.read_chunk(&id, &segments).is_ok() {
            found.insert(id, segments);
        }
    }
    Ok(())
}

/// Partitions whose content may be searched: those of the table that stands there, else those of the plan; never
/// Socle's own.
fn parts(work: &Work<'_>, old: Option<&Table>) -> Vec<Range<u64>> {
    let sector = u64::from(work.plan.logical_sector_bytes);
    let size = work.target.size_bytes();
    let mut parts: Vec<Range<u64>> = match old {
        Some(table) => table
            .partitions
            .iter()
            .filter(|p| p.type_guid != SOCLE_TYPE && p.type_guid != CACHE_TYPE)
            .map(|p| p.first_lba * sector..((p.last_lba + 1) * sector).min(size))
            .collect(),
        None => Vec::new(),
    };
    if parts.is_empty() {
        let images = work.plan.partitions.iter().filter(|p| matches!(p.role, Role::Image(_)));
        parts = images.map(|p| p.first_lba * sector..((p.last_lba + 1) * sector).min(size)).collect();
    }
    parts.retain(|r| r.start < r.end);
    parts
}

/// Cuts what stands in a part as a capture would, and keeps what is missing.
fn read(
    work: &mut Work<'_>,
    part: &Range<u64>,
    contents: Contents,
    missing: &HashMap<ChunkId, Missing>,
    found: &mut Found,
) -> Result<()> {
    work.cancelled()?;
    work.done.searched_bytes += contents.bytes();
    let view = Part { disk: work.target, start: part.start, bytes: part.end - part.start };
    let met = Mutex::new(std::mem::take(found));
    let see = |id: ChunkId, segments: &[(u64, u32)]| {
        if missing.contains_key(&id) {
            let on_disk = |(start, bytes): &(u64, u32)| part.start + start..part.start + start + u64::from(*bytes);
            let mut met = met.lock().unwrap_or_else(PoisonError::into_inner);
            met.entry(id).or_insert_with(|| segments.iter().map(on_disk).collect());
        }
    };
    // What can't be read holds nothing for us; what is missing then comes from elsewhere, or the reset says that it lacks.
    let _ = capture::names(view, contents, work.threads(), work.options.cancel, &see);
    *found = met.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(())
}
