//! Figures of a repository.
use crate::Local;
use serde::Serialize;
use socle_texts::Result;

/// Figures of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// Published images.
    pub images: u64,
    /// What all of them hold, each counted whole.
    pub image_bytes: u64,
    /// Different chunks.
    pub chunks: u64,
    /// Their plain bytes.
    pub chunk_bytes: u64,
    /// Packs.
    pub packs: u64,
    /// What the packs take on the disk.
    pub stored_bytes: u64,
}

impl Local {
    /// Figures, without reading the packs.
    pub fn stats(&self) -> Result<Stats> {
        self.refresh()?;
        let mut stats = Stats::default();
        for image in self.images()? {
            stats.images += 1;
            stats.image_bytes += self.manifest_of(&image).map_or(0, |m| m.data_bytes());
        }
        let index = self.index();
        stats.chunks = index.chunk_count();
        for (_, bytes, footer) in index.packs() {
            stats.packs += 1;
            stats.stored_bytes += bytes;
            stats.chunk_bytes += footer.chunks.iter().map(|c| u64::from(c.1)).sum::<u64>();
        }
        Ok(stats)
    }
}
