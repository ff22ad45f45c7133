//! Filling a cache: what an image needs and the cache lacks is brought from a source, each chunk compared with its name.
use super::{BODY_MAX_BYTES, Cache, Header, Held, Kind, PAGE_BYTES};
use crate::{block::AlignedBuffer, capture::Progress};
use serde::{Deserialize, Serialize};
use socle_image::{
    ChunkId, FrameLocation, ImageId, Manifest, PackBuilder, PackName, Source, frame, pack::Footer, page,
};
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
};

/// Packs of a cache are no longer than this: what a power cut costs.
const PACK_BYTES: usize = 16 << 20;
/// Pages that are written together.
const PAGES_TOGETHER_BYTES: usize = 4 << 20;
/// Chunks that are asked for at once.
const ASK_MAX: usize = 4096;

/// What filling a cache did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Filled {
    /// Chunks of the image.
    pub chunks: u64,
    /// Those that the cache lacked.
    pub new_chunks: u64,
    /// Bytes written to the cache.
    pub written_bytes: u64,
    /// Whether older images had to go for it.
    pub began_anew: bool,
}

/// A record to write.
struct New<'b> {
    kind: Kind,
    name: [u8; 32],
    body: &'b [u8],
}

impl Cache<'_> {
    /// Brings an image whole into the cache. Interrupted, it goes on where it was. `fresh_id` is drawn by the caller and
    /// used where the cache has to begin anew for lack of room.
    ///
    /// # Errors
    /// `disk-cache-full` where the image is larger than the cache (what fits stays there), those of the source,
    /// `disk-image-chunk-damaged`, `disk-target-unwritable`, `disk-cancelled`.
    pub fn fill(
        &self,
        source: &dyn Source,
        root: &ImageId,
        signature: Option<&[u8]>,
        fresh_id: [u8; 16],
        progress: &dyn Fn(&Progress),
        cancel: &AtomicBool,
    ) -> Result<Filled> {
        match self.bring(source, root, signature, progress, cancel) {
            Err(fault) if fault.is("disk-cache-full") && self.holds_others(root) => {
                self.begin_anew(fresh_id)?;
                let filled = self.bring(source, root, signature, progress, cancel)?;
                Ok(Filled { began_anew: true, ..filled })
            }
            answer => answer,
        }
    }

    fn holds_others(&self, root: &ImageId) -> bool {
        self.held().manifests.keys().any(|id| id != root)
    }

    fn begin_anew(&self, id: [u8; 16]) -> Result<()> {
        self.write_superblocks(&id)?;
        *self.held_mut() = Held::new(id);
        Ok(())
    }

    fn bring(
        &self,
        source: &dyn Source,
        root: &ImageId,
        signature: Option<&[u8]>,
        progress: &dyn Fn(&Progress),
        cancel: &AtomicBool,
    ) -> Result<Filled> {
        let before = self.held().tail;
        let bytes = source.manifest(root)?;
        let manifest = Manifest::open(root, &bytes)?;
        if self.held().manifests.contains_key(root) && self.held().complete.contains(root) {
            return Ok(Filled::default());
        }
        self.append(&[New { kind: Kind::Manifest, name: root.0, body: &bytes }])?;
        if let Some(signature) = signature {
            self.append(&[New { kind: Kind::Signature, name: root.0, body: signature }])?;
        }
        let wanted = self.pages(source, root, &manifest)?;
        let missing: Vec<ChunkId> = {
            let held = self.held();
            wanted.iter().filter(|id| !held.chunks.contains_key(*id)).copied().collect()
        };
        self.chunks(source, root, &missing, progress, cancel)?;
        self.append(&[New { kind: Kind::Complete, name: root.0, body: &[] }])?;
        Ok(Filled {
            chunks: wanted.len() as u64,
            new_chunks: missing.len() as u64,
            written_bytes: self.held().tail - before,
            began_anew: false,
        })
    }

    /// Brings the pages that are missing; answers every chunk that the image names, in the order of the disk.
    fn pages(&self, source: &dyn Source, root: &ImageId, manifest: &Manifest) -> Result<Vec<ChunkId>> {
        let damaged = || Fault::new("disk-image-page-damaged").with("image", root.to_string());
        let (mut wanted, mut seen) = (Vec::new(), HashSet::new());
        let mut together: Vec<([u8; 32], Vec<u8>)> = Vec::new();
        let mut bytes_together = 0;
        for partition in &manifest.partitions {
            let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
            for digest in &partition.pages {
                let bytes = source.page(digest)?;
                let entries = page::decode(&bytes, size_bytes).filter(|_| digest.is_of(&bytes)).ok_or_else(damaged)?;
                for entry in entries {
                    if let page::Content::Chunk { id, .. } = entry.content
                        && seen.insert(id)
                    {
                        wanted.push(id);
                    }
                }
                if !self.held().pages.contains_key(digest) {
                    bytes_together += bytes.len();
                    together.push((digest.0, bytes));
                }
                if bytes_together >= PAGES_TOGETHER_BYTES {
                    self.append_pages(&std::mem::take(&mut together))?;
                    bytes_together = 0;
                }
            }
        }
        self.append_pages(&together)?;
        Ok(wanted)
    }

    fn append_pages(&self, pages: &[([u8; 32], Vec<u8>)]) -> Result<()> {
        let new = |(name, body): &([u8; 32], Vec<u8>)| (*name, body.clone());
        let all: Vec<([u8; 32], Vec<u8>)> = pages.iter().map(new).collect();
        let records: Vec<New<'_>> =
            all.iter().map(|(name, body)| New { kind: Kind::Page, name: *name, body }).collect();
        self.append(&records)
    }

    fn chunks(
        &self,
        source: &dyn Source,
        root: &ImageId,
        missing: &[ChunkId],
        progress: &dyn Fn(&Progress),
        cancel: &AtomicBool,
    ) -> Result<()> {
        let mut frames: BTreeMap<(PackName, u32), (FrameLocation, Vec<(ChunkId, FrameLocation)>)> = BTreeMap::new();
        let mut lost = 0_u64;
        for some in missing.chunks(ASK_MAX) {
            for (id, place) in some.iter().zip(source.locate(some)?) {
                match place.filter(FrameLocation::is_sane) {
                    Some(place) => {
                        let frame = frames.entry((place.pack, place.offset_bytes));
                        frame.or_insert_with(|| (place, Vec::new())).1.push((*id, place));
                    }
                    None => lost += 1,
                }
            }
        }
        if lost > 0 {
            let fault = Fault::new("disk-image-chunk-missing").with("image", root.to_string());
            return Err(fault.with("count", lost).may_retry());
        }
        let total_bytes = frames.values().map(|(f, _)| u64::from(f.stored_bytes)).sum();
        let (mut opener, mut packer) = (frame::Opener::new()?, frame::Packer::new(3)?);
        let (mut builder, mut done_bytes) = (PackBuilder::new(), 0);
        for (place, mut held) in frames.into_values() {
            if cancel.load(Ordering::Relaxed) {
                return Err(Fault::new("disk-cancelled"));
            }
            let stored = source.read(&place.pack, place.range_bytes())?;
            let damaged = || {
                let fault = Fault::new("disk-image-chunk-damaged").with("image", root.to_string());
                fault.with("pack", place.pack.to_string())
            };
            held.sort_unstable_by_key(|(_, at)| at.chunk_offset_bytes);
            let plain = opener.open(place.method, &stored, place.plain_bytes).ok_or_else(damaged)?;
            let (mut kept, mut lines) = (Vec::new(), Vec::new());
            for (id, at) in &held {
                let bytes = at.chunk_range().and_then(|r| plain.get(r)).filter(|b| id.is_of(b)).ok_or_else(damaged)?;
                kept.extend_from_slice(bytes);
                lines.push((*id, at.chunk_bytes));
            }
            // A frame that is wanted whole goes as it is.
            let (method, bytes) = if kept == plain { (place.method, stored) } else { packer.pack(&kept)? };
            if builder.bytes_with(bytes.len(), lines.len()) > PACK_BYTES && !builder.is_empty() {
                self.append_pack(std::mem::take(&mut builder))?;
            }
            builder.push(method, &bytes, &lines);
            done_bytes += u64::from(place.stored_bytes);
            progress(&Progress { done_bytes, total_bytes, transferred_bytes: done_bytes, partition: 0 });
        }
        if builder.is_empty() { Ok(()) } else { self.append_pack(builder) }
    }

    fn append_pack(&self, builder: PackBuilder) -> Result<()> {
        let (name, bytes) = builder.finish();
        debug_assert!(Footer::of_pack(&bytes).is_some());
        self.append(&[New { kind: Kind::Pack, name: name.0, body: &bytes }])
    }

    /// Adds records: bodies first, durable; then the headers that tell of them.
    fn append(&self, records: &[New<'_>]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let (start, mut sequence, id) = {
            let held = self.held();
            (held.tail, held.next_sequence, held.id)
        };
        let mut headers = Vec::with_capacity(records.len());
        let mut at = start;
        for record in records {
            let body_bytes = record.body.len() as u64;
            let header = Header { sequence, kind: record.kind, body_bytes, name: record.name };
            let needed = PAGE_BYTES + body_bytes.next_multiple_of(PAGE_BYTES);
            if body_bytes > BODY_MAX_BYTES || at + needed > self.limit() {
                let size = self.size();
                return Err(Fault::new("disk-cache-full").with("size", size).with("needed", at + needed));
            }
            headers.push((at, header));
            at += needed;
            sequence += 1;
        }
        for ((at, _), record) in headers.iter().zip(records).filter(|(_, r)| !r.body.is_empty()) {
            let mut buffer = AlignedBuffer::zeroed(record.body.len().next_multiple_of(PAGE_BYTES as usize));
            buffer[..record.body.len()].copy_from_slice(record.body);
            self.write(at + PAGE_BYTES, &buffer)?;
        }
        self.flush()?;
        for (at, header) in &headers {
            let page = header.to_page(&id);
            let mut buffer = AlignedBuffer::zeroed(page.len());
            buffer.copy_from_slice(&page);
            self.write(*at, &buffer)?;
        }
        self.flush()?;
        let mut held = self.held_mut();
        for (_, header) in &headers {
            self.take(&mut held, header);
        }
        Ok(())
    }
}
