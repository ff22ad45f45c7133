//! Bringing images from one repository to another.
use crate::{Image, Local, Session};
use serde::Serialize;
use socle_image::{ChunkId, FrameLocation, ImageId, MAX_PACK_BYTES, PackBuilder, Sink, Source, frame, page};
use socle_texts::{Fault, Result};
use std::collections::{BTreeMap, HashSet};

/// What was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Synced {
    /// Images that were not there.
    pub images: u64,
    /// Images that were there already, whole.
    pub present: u64,
    /// Bytes of frames copied.
    pub copied_bytes: u64,
}

/// A frame as it is asked for: pack, offset, length.
type FrameKey = (socle_image::PackName, u32, u32);

impl Local {
    /// Brings these images of `from` here, with their signatures; what is here already is not copied.
    ///
    /// Every chunk is opened and compared with its name on the way, so that damage does not travel.
    pub fn sync(&self, from: &Local, images: &[Image], progress: &dyn Fn(u64, u64)) -> Result<Synced> {
        let (here, there) = (self.session()?, from.session()?);
        self.refresh()?;
        let mut synced = Synced::default();
        for (done, image) in images.iter().enumerate() {
            progress(done as u64, images.len() as u64);
            let copied = bring(&here, &there, image)?;
            synced.copied_bytes += copied;
            let new = self.by_root(&image.root).is_err();
            let bytes = there.manifest(&image.root)?;
            here.put_manifest(&image.root, &bytes)?;
            if let Some(signature) = from.signature(image)? {
                self.put_signature(&self.by_root(&image.root)?, &signature)?;
            }
            if new || copied > 0 {
                synced.images += 1;
            } else {
                synced.present += 1;
            }
        }
        progress(images.len() as u64, images.len() as u64);
        Ok(synced)
    }
}

/// Copies the pages and chunks of an image that are not here. Answers how many bytes of frames.
fn bring(here: &Session, there: &Session, image: &Image) -> Result<u64> {
    let manifest = there.repository().manifest_of(image)?;
    let mut wanted: Vec<ChunkId> = Vec::new();
    let mut seen = HashSet::new();
    for partition in &manifest.partitions {
        let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
        for digest in &partition.pages {
            let bytes = there.page(digest)?;
            let entries = page::decode(&bytes, size_bytes)
                .ok_or_else(|| Fault::new("repository-page-damaged").with("page", digest.to_string()))?;
            for entry in entries {
                if let page::Content::Chunk { id, .. } = entry.content
                    && seen.insert(id)
                {
                    wanted.push(id);
                }
            }
            here.put_page(digest, &bytes)?;
        }
    }
    let have = here.has(&wanted)?;
    let missing: Vec<ChunkId> = wanted.into_iter().zip(have).filter(|(_, have)| !have).map(|(id, _)| id).collect();
    copy_chunks(here, there, &image.root, &missing)
}

fn copy_chunks(here: &Session, there: &Session, root: &ImageId, missing: &[ChunkId]) -> Result<u64> {
    let mut frames: BTreeMap<FrameKey, Vec<(ChunkId, FrameLocation)>> = BTreeMap::new();
    let mut lost = 0_u64;
    for (id, place) in missing.iter().zip(there.locate(missing)?) {
        match place {
            Some(p) => frames.entry((p.pack, p.offset_bytes, p.stored_bytes)).or_default().push((*id, p)),
            None => lost += 1,
        }
    }
    if lost > 0 {
        let fault = Fault::new("repository-image-incomplete").with("image", root.to_string());
        return Err(fault.with("count", lost));
    }
    let mut opener = frame::Opener::new()?;
    let mut packer = frame::Packer::new(3)?;
    let mut builder = PackBuilder::new();
    let mut copied = 0;
    for mut chunks in frames.into_values() {
        chunks.sort_by_key(|(_, place)| place.chunk_offset_bytes);
        let Some(&(_, place)) = chunks.first() else { continue };
        let stored = there.read(&place.pack, place.range_bytes())?;
        let damaged = || Fault::new("repository-pack-damaged").with("pack", place.pack.to_string());
        let plain = opener.open(place.method, &stored, place.plain_bytes).ok_or_else(damaged)?;
        let mut held = Vec::with_capacity(chunks.len());
        let mut kept = Vec::new();
        for (id, place) in &chunks {
            let bytes = place.chunk_range().and_then(|r| plain.get(r)).filter(|b| id.is_of(b)).ok_or_else(damaged)?;
            kept.extend_from_slice(bytes);
            held.push((*id, place.chunk_bytes));
        }
        // A frame that is wanted whole goes as it is; of another, only what is wanted.
        let (method, bytes) = if kept == plain { (place.method, stored) } else { packer.pack(&kept)? };
        if builder.bytes_with(bytes.len(), held.len()) > MAX_PACK_BYTES {
            let (name, pack) = std::mem::take(&mut builder).finish();
            here.put_pack(&name, &pack)?;
        }
        copied += bytes.len() as u64;
        builder.push(method, &bytes, &held);
    }
    if !builder.is_empty() {
        let (name, pack) = builder.finish();
        here.put_pack(&name, &pack)?;
    }
    Ok(copied)
}
