//! Reading from a repository and adding to it.
use crate::{
    Local,
    files::{self, Durable, unreadable},
    local::missing,
    lock::Lock,
};
use socle_image::{
    ChunkId, FrameLocation, ImageId, MAX_FRAME_BYTES, MAX_PACK_BYTES, MAX_PAGE_BYTES, Manifest, PackName, PageDigest,
    Sink, Source, frame, pack::Footer, page,
};
use socle_texts::{Fault, Result};
use std::{
    collections::HashSet,
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt,
};

/// Reads and adds; while it lives nobody prunes. Cheap to make: one for a request is fine.
pub struct Session {
    local: Local,
    _lock: Lock,
}

/// The longest range that is read at once.
const MAX_READ_BYTES: u64 = 16 << 20;

impl Session {
    pub(crate) fn new(local: Local, lock: Lock) -> Session {
        Session { local, _lock: lock }
    }

    /// Its repository.
    pub fn repository(&self) -> &Local {
        &self.local
    }

    /// Keeps a pack that came from a machine: unlike [`Sink::put_pack`], every chunk in it is opened and compared with
    /// its name first, so that a machine can't put false chunks under true names.
    ///
    /// # Errors
    /// `repository-pack-refused`.
    pub fn receive_pack(&self, name: &PackName, bytes: &[u8]) -> Result<()> {
        if self.local.index().knows(name) {
            return Ok(());
        }
        let refused = || Fault::new("repository-pack-refused").with("pack", name.to_string());
        let footer = Footer::of_pack(bytes).filter(|_| name.is_of(bytes)).ok_or_else(refused)?;
        if !chunks_are_sound(bytes, &footer)? {
            return Err(refused());
        }
        self.put_pack(name, bytes)
    }

    /// Whether every page and every chunk that a manifest needs is there, and long enough.
    pub(crate) fn missing_of(&self, manifest: &Manifest) -> Result<u64> {
        let mut lacking = HashSet::new();
        let mut looked_again = false;
        for partition in &manifest.partitions {
            let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
            for digest in &partition.pages {
                let entries = page::decode(&self.page(digest)?, size_bytes)
                    .ok_or_else(|| Fault::new("repository-page-damaged").with("page", digest.to_string()))?;
                for entry in entries {
                    let page::Content::Chunk { id, offset_bytes } = entry.content else { continue };
                    let mut found = self.local.index().locate(&id);
                    if found.is_none() && !looked_again {
                        looked_again = true;
                        self.local.refresh()?;
                        found = self.local.index().locate(&id);
                    }
                    if found.is_none_or(|l| u64::from(offset_bytes) + entry.bytes > u64::from(l.chunk_bytes)) {
                        lacking.insert(id);
                    }
                }
            }
        }
        Ok(lacking.len() as u64)
    }
}

/// Whether every chunk of a pack is what its name says.
pub(crate) fn chunks_are_sound(pack: &[u8], footer: &Footer) -> Result<bool> {
    let mut opener = frame::Opener::new()?;
    for frame in &footer.frames {
        let start = frame.offset_bytes as usize;
        let stored = pack.get(start..start + frame.stored_bytes as usize);
        let Some(mut plain) = stored.and_then(|s| opener.open(frame.method, s, frame.plain_bytes)) else {
            return Ok(false);
        };
        for (id, bytes) in &footer.chunks[frame.chunks.clone()] {
            let Some((chunk, rest)) = plain.split_at_checked(*bytes as usize) else { return Ok(false) };
            if !id.is_of(chunk) {
                return Ok(false);
            }
            plain = rest;
        }
    }
    Ok(true)
}

impl Sink for Session {
    fn has(&self, chunks: &[ChunkId]) -> Result<Vec<bool>> {
        let index = self.local.index();
        Ok(chunks.iter().map(|id| index.has(id)).collect())
    }

    fn put_pack(&self, name: &PackName, bytes: &[u8]) -> Result<()> {
        if self.local.index().knows(name) {
            return Ok(());
        }
        let refused = || Fault::new("repository-pack-refused").with("pack", name.to_string());
        let footer = Footer::of_pack(bytes).filter(|_| bytes.len() <= MAX_PACK_BYTES).ok_or_else(refused)?;
        if !name.is_of(bytes) {
            return Err(refused());
        }
        self.local.put_object("packs", &name.0, bytes, Durable::Now)?;
        self.local.index_mut().add(*name, bytes.len() as u64, footer);
        Ok(())
    }

    /// Two of them are in memory while an image is captured.
    fn pack_limit_bytes(&self) -> usize {
        32 << 20
    }

    fn put_page(&self, digest: &PageDigest, bytes: &[u8]) -> Result<()> {
        if bytes.len() > MAX_PAGE_BYTES || !digest.is_of(bytes) {
            return Err(Fault::new("repository-page-damaged").with("page", digest.to_string()));
        }
        // A page that a power cut emptied has the right name and the wrong bytes.
        let there = fs::read(self.local.object("pages", &digest.0));
        if there.is_ok_and(|found| found == bytes) {
            return Ok(());
        }
        self.local.put_object("pages", &digest.0, bytes, Durable::Later)
    }

    fn put_manifest(&self, root: &ImageId, bytes: &[u8]) -> Result<u32> {
        let manifest = Manifest::open(root, bytes)?;
        let lacking = self.missing_of(&manifest)?;
        if lacking > 0 {
            let fault = Fault::new("repository-image-incomplete").with("image", manifest.name.as_str());
            return Err(fault.with("count", lacking).may_retry());
        }
        let folder = self.local.folder();
        let handle = File::open(folder).map_err(|e| unreadable(folder, e))?;
        rustix::fs::syncfs(&handle).map_err(|e| files::unwritable(folder, e.into()))?;
        let number = self.local.publish(&manifest.name, root, bytes)?;
        // The index only saves time: the image is published whatever becomes of it.
        let _ = self.local.save_index();
        Ok(number)
    }
}

impl Source for Session {
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>> {
        let image = self.local.by_root(root)?;
        let path = self.local.manifest_path(&image);
        fs::read(&path).map_err(|e| unreadable(&path, e))
    }

    fn page(&self, digest: &PageDigest) -> Result<Vec<u8>> {
        let path = self.local.object("pages", &digest.0);
        let lost = || Fault::new("repository-page-damaged").with("page", digest.to_string());
        let length = fs::metadata(&path).map_err(|e| lost().because(e))?.len();
        if length > MAX_PAGE_BYTES as u64 {
            return Err(lost());
        }
        let bytes = fs::read(&path).map_err(|e| unreadable(&path, e))?;
        if digest.is_of(&bytes) { Ok(bytes) } else { Err(lost()) }
    }

    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        let look = || -> Vec<_> {
            let index = self.local.index();
            chunks.iter().map(|id| index.locate(id)).collect()
        };
        let found = look();
        if found.iter().all(Option::is_some) {
            return Ok(found);
        }
        self.local.refresh()?;
        Ok(look())
    }

    fn read(&self, pack: &PackName, range_bytes: Range<u64>) -> Result<Vec<u8>> {
        let path = self.local.pack_path(pack);
        let length = range_bytes.end.saturating_sub(range_bytes.start);
        if length > MAX_READ_BYTES.max(MAX_FRAME_BYTES as u64) {
            return Err(Fault::new("repository-range-refused").with("pack", pack.to_string()));
        }
        let file = File::open(&path).map_err(|e| missing(pack, e))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, range_bytes.start).map_err(|e| unreadable(&path, e))?;
        Ok(bytes)
    }

    fn check_packs(&self, packs: &[PackName]) -> Result<()> {
        packs.iter().try_for_each(|name| self.local.check_pack(name))
    }
}
