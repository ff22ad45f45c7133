//! What differs between two images: by partition, in bytes and chunks. File names stand in no manifest.
use crate::{
    ChunkId, Manifest, PageDigest, Source,
    manifest::Partition,
    page::{self, Content, Entry},
};
use serde::Serialize;
use socle_texts::{Fault, Result};
use std::collections::HashSet;

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// By partition, in the order of the newer image, then those that are gone.
    pub partitions: Vec<PartitionDifference>,
}

/// What differs in a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionDifference {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// What.
    pub difference: Difference,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// Only the newer image has it.
    Added,
    /// Only the older image has it.
    Removed,
    /// Every byte in use is where it was.
    Same,
    /// Something.
    Changed {
        /// Bytes in use whose place holds something else than before, or held nothing.
        changed_bytes: u64,
        /// Chunks that the older image does not have anywhere in this partition.
        new_chunks: u64,
        /// Bytes of the newer image that they fill.
        new_bytes: u64,
        /// Chunks of the older image that are gone.
        gone_chunks: u64,
    },
}

/// Compares two images, partition by partition (those of the same number).
pub fn diff(source: &dyn Source, old: &Manifest, new: &Manifest) -> Result<Differences> {
    let mut partitions = Vec::new();
    for part in &new.partitions {
        let before = old.partitions.iter().find(|p| p.number == part.number);
        let difference = match before {
            None => Difference::Added,
            Some(before) if before.pages == part.pages => Difference::Same,
            Some(before) => compare(source, (before, old), (part, new))?,
        };
        partitions.push(PartitionDifference { number: part.number, name: part.name.clone(), difference });
    }
    for gone in old.partitions.iter().filter(|o| new.partitions.iter().all(|n| n.number != o.number)) {
        let name = gone.name.clone();
        partitions.push(PartitionDifference { number: gone.number, name, difference: Difference::Removed });
    }
    Ok(Differences { partitions })
}

type Of<'a> = (&'a Partition, &'a Manifest);

fn entries(source: &dyn Source, (part, manifest): Of, skip: &HashSet<PageDigest>) -> Result<Vec<Entry>> {
    let size_bytes = part.size_bytes(manifest.disk.logical_sector_bytes);
    let mut all = Vec::new();
    for digest in part.pages.iter().filter(|d| !skip.contains(d)) {
        let bytes = source.page(digest)?;
        let page = page::decode(&bytes, size_bytes).filter(|_| digest.is_of(&bytes));
        let damaged = || Fault::new("image-page-damaged").with("page", digest.to_string());
        all.extend(page.ok_or_else(damaged)?);
    }
    Ok(all)
}

fn compare(source: &dyn Source, old: Of, new: Of) -> Result<Difference> {
    // A page that both have says the same of the same place.
    let theirs: HashSet<PageDigest> = old.0.pages.iter().copied().collect();
    let shared: HashSet<PageDigest> = new.0.pages.iter().filter(|d| theirs.contains(d)).copied().collect();
    let (before, after) = (entries(source, old, &shared)?, entries(source, new, &shared)?);
    let kept = entries(source, new, &HashSet::new())?;
    let all_before = entries(source, old, &HashSet::new())?;
    let (old_chunks, now) = (chunks(&all_before), chunks(&kept));
    let same: HashSet<(u64, u64, Content)> = before.iter().map(|e| (e.offset_bytes, e.bytes, e.content)).collect();
    let moved = |e: &&Entry| !same.contains(&(e.offset_bytes, e.bytes, e.content));
    let changed_bytes = after.iter().filter(moved).map(|e| e.bytes).sum();
    let is_new = |e: &&Entry| matches!(e.content, Content::Chunk { id, .. } if !old_chunks.contains(&id));
    Ok(Difference::Changed {
        changed_bytes,
        new_chunks: now.difference(&old_chunks).count() as u64,
        new_bytes: kept.iter().filter(is_new).map(|e| e.bytes).sum(),
        gone_chunks: old_chunks.difference(&now).count() as u64,
    })
}

fn chunks(entries: &[Entry]) -> HashSet<ChunkId> {
    let id = |e: &Entry| match e.content {
        Content::Chunk { id, .. } => Some(id),
        Content::Zero => None,
    };
    entries.iter().filter_map(id).collect()
}
