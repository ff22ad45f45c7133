//! What is checked before a target is touched.
use socle_image::{
    ChunkId, ImageId, Manifest, PackName, PageDigest, Source,
    page::{self, Content, Entry},
};
use socle_texts::{Fault, Result};
use std::collections::BTreeSet;

/// The manifest of `root`, verified against it. Check its signature before you believe in `root`.
pub fn open_image(source: &dyn Source, root: &ImageId) -> Result<Manifest> {
    Manifest::open(root, &source.manifest(root)?)
}

/// The entries of a page, verified against its digest.
pub(super) fn page(source: &dyn Source, root: &ImageId, digest: &PageDigest, size_bytes: u64) -> Result<Vec<Entry>> {
    let damaged = || Fault::new("disk-image-page-damaged").with("image", root.to_string());
    let bytes = source.page(digest)?;
    if !digest.is_of(&bytes) {
        return Err(damaged());
    }
    page::decode(&bytes, size_bytes).ok_or_else(damaged)
}

/// Checks, before anything is written, that the image can be restored: manifest, all pages, every chunk present, packs
/// unaltered where they rest. [`super::restore`] does it by itself; a sequence may want to know earlier.
pub fn check_image(source: &dyn Source, root: &ImageId) -> Result<Manifest> {
    let manifest = open_image(source, root)?;
    let (mut packs, mut missing) = (BTreeSet::new(), 0_u64);
    for partition in &manifest.partitions {
        let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
        let mut end = 0;
        for digests in partition.pages.chunks(8) {
            let mut wanted: Vec<(ChunkId, u64)> = Vec::new();
            for digest in digests {
                for entry in page(source, root, digest, size_bytes)? {
                    if entry.offset_bytes < end {
                        return Err(Fault::new("disk-image-page-damaged").with("image", root.to_string()));
                    }
                    end = entry.end_bytes();
                    if let Content::Chunk { id, offset_bytes } = entry.content {
                        wanted.push((id, u64::from(offset_bytes) + entry.bytes));
                    }
                }
            }
            missing += locate(source, &wanted, &mut packs)?;
        }
    }
    if missing > 0 {
        let fault = Fault::new("disk-image-chunk-missing").with("image", root.to_string());
        return Err(fault.with("count", missing));
    }
    let packs: Vec<PackName> = packs.into_iter().collect();
    source.check_packs(&packs)?;
    Ok(manifest)
}

/// How many of these chunks are missing, or too short.
fn locate(source: &dyn Source, wanted: &[(ChunkId, u64)], packs: &mut BTreeSet<PackName>) -> Result<u64> {
    let ids: Vec<ChunkId> = wanted.iter().map(|w| w.0).collect();
    let mut missing = 0;
    let mut places = source.locate(&ids)?.into_iter();
    for (_, needed_bytes) in wanted {
        match places.next().flatten() {
            Some(place) if u64::from(place.chunk_bytes) >= *needed_bytes && place.is_sane() => {
                packs.insert(place.pack);
            }
            _ => missing += 1,
        }
    }
    Ok(missing)
}
