//! A repository in memory, which can be damaged.
use socle_image::{ChunkId, FrameLocation, ImageId, PackName, PageDigest, Sink, Source, pack::Footer};
use socle_texts::{Fault, Result};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

/// What it holds.
#[derive(Default)]
pub struct Held {
    pub packs: HashMap<PackName, Vec<u8>>,
    pub pages: HashMap<PageDigest, Vec<u8>>,
    pub manifests: HashMap<ImageId, Vec<u8>>,
    pub chunks: HashMap<ChunkId, FrameLocation>,
}

/// A repository in memory.
#[derive(Default)]
pub struct Store {
    held: Mutex<Held>,
    /// After so many reads of packs, the network is cut; 0: never.
    pub reads_left: AtomicU64,
    /// Bytes of packs that were read.
    pub read_bytes: AtomicU64,
    /// Says that its packs are sound whatever they hold: a lying server.
    pub lies: bool,
}

impl Store {
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }
}

impl Sink for Store {
    fn has(&self, chunks: &[ChunkId]) -> Result<Vec<bool>> {
        let held = self.held();
        Ok(chunks.iter().map(|id| held.chunks.contains_key(id)).collect())
    }
    fn put_pack(&self, name: &PackName, bytes: &[u8]) -> Result<()> {
        assert!(name.is_of(bytes));
        let footer = Footer::of_pack(bytes).expect("a pack that we made can be read");
        let mut held = self.held();
        held.chunks.extend(footer.locations(*name));
        held.packs.insert(*name, bytes.to_vec());
        Ok(())
    }
    fn put_page(&self, digest: &PageDigest, bytes: &[u8]) -> Result<()> {
        assert!(digest.is_of(bytes));
        self.held().pages.insert(*digest, bytes.to_vec());
        Ok(())
    }
    fn put_manifest(&self, root: &ImageId, bytes: &[u8]) -> Result<u32> {
        let mut held = self.held();
        held.manifests.insert(*root, bytes.to_vec());
        Ok(held.manifests.len() as u32)
    }
    fn pack_limit_bytes(&self) -> usize {
        2 << 20
    }
}

impl Source for Store {
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>> {
        self.held().manifests.get(root).cloned().ok_or_else(|| Fault::new("repository-image-unknown"))
    }
    fn page(&self, digest: &PageDigest) -> Result<Vec<u8>> {
        self.held().pages.get(digest).cloned().ok_or_else(|| Fault::new("repository-page-damaged"))
    }
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        let held = self.held();
        let there = |id| held.chunks.get(id).copied().filter(|l| held.packs.contains_key(&l.pack));
        Ok(chunks.iter().map(there).collect())
    }
    fn read(&self, pack: &PackName, range_bytes: Range<u64>) -> Result<Vec<u8>> {
        if self.reads_left.load(Ordering::SeqCst) > 0 && self.reads_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.reads_left.store(1, Ordering::SeqCst);
            return Err(Fault::new("repository-unreadable").may_retry());
        }
        let held = self.held();
        let bytes = held.packs.get(pack).ok_or_else(|| Fault::new("repository-pack-missing"))?;
        self.read_bytes.fetch_add(range_bytes.end - range_bytes.start, Ordering::SeqCst);
        Ok(bytes[range_bytes.start as usize..range_bytes.end as usize].to_vec())
    }
    fn check_packs(&self, packs: &[PackName]) -> Result<()> {
        let held = self.held();
        let sound = |name: &PackName| held.packs.get(name).is_some_and(|bytes| name.is_of(bytes));
        if self.lies || packs.iter().all(sound) { Ok(()) } else { Err(Fault::new("repository-pack-damaged")) }
    }
}
