//! Images over HTTP: where they come from, and where a captured one goes.
use crate::http::{Http, Patience};
use socle_domain::{Digest, RunId};
use socle_image::{
    ChunkId, FrameLocation, ImageId, MAX_MANIFEST_BYTES, PackName, PageDigest, Sink, Source, frame::Method,
};
use socle_texts::{Fault, Result};
use socle_wire::{
    MAX_MESSAGE_BYTES, MAX_PACK_BYTES,
    agent::{Captured, CheckPacks, Has, HasAnswer, Locate, Located},
};
use std::{ops::Range, time::Duration};

/// A cut network is waited for this long within a step; then the step's own retries decide.
const PATIENCE: Patience = Patience::For(Duration::from_secs(900));
const LOCATE_MAX: usize = 2000;
const HAS_MAX: usize = 4000;
const CHECK_MAX: usize = 1000;

fn digests(chunks: &[ChunkId]) -> Vec<Digest> {
    chunks.iter().map(|c| Digest(c.0)).collect()
}

impl Source for Http {
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>> {
        self.bytes(&format!("/agent/v1/images/{root}/manifest"), MAX_MANIFEST_BYTES, PATIENCE)
    }
    fn page(&self, digest: &PageDigest) -> Result<Vec<u8>> {
        self.bytes(&format!("/agent/v1/pages/{digest}"), MAX_MESSAGE_BYTES, PATIENCE)
    }
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        let mut found = Vec::with_capacity(chunks.len());
        for some in chunks.chunks(LOCATE_MAX) {
            let answer: Located = self.post("/agent/v1/locate", &Locate { chunks: digests(some) }, PATIENCE)?;
            if answer.places.len() != some.len() {
                return Err(Fault::new("agent-answer-unreadable").with("path", "/agent/v1/locate"));
            }
            found.extend(answer.places.into_iter().map(|place| {
                let place = place?;
                Some(FrameLocation {
                    pack: PackName(place.pack.0),
                    offset_bytes: u32::try_from(place.frame_offset).ok()?,
                    stored_bytes: place.frame_bytes,
                    plain_bytes: place.plain_bytes,
                    // A frame is only compressed where that makes it shorter.
                    method: if place.frame_bytes == place.plain_bytes { Method::Plain } else { Method::Zstd },
                    chunk_offset_bytes: place.chunk_offset,
                    chunk_bytes: place.chunk_bytes,
                })
            }));
        }
        Ok(found)
    }
    fn read(&self, pack: &PackName, range_bytes: Range<u64>) -> Result<Vec<u8>> {
        if range_bytes.end.saturating_sub(range_bytes.start) > MAX_PACK_BYTES as u64 {
            return Err(Fault::new("agent-answer-too-long")
                .with("path", "/agent/v1/packs")
                .with("limit", MAX_PACK_BYTES));
        }
        self.range(&format!("/agent/v1/packs/{pack}"), range_bytes, PATIENCE)
    }
    /// The server re-reads its own packs. One that lies is caught at each chunk all the same.
    fn check_packs(&self, packs: &[PackName]) -> Result<()> {
        for some in packs.chunks(CHECK_MAX) {
            let packs = some.iter().map(|p| Digest(p.0)).collect();
            self.tell("/agent/v1/packs/check", &CheckPacks { packs }, PATIENCE)?;
        }
        Ok(())
    }
}

/// Where the capture of a run goes.
pub struct CaptureSink<'a> {
    /// The line to the server.
    pub http: &'a Http,
    /// The run that captures.
    pub run: RunId,
}

impl CaptureSink<'_> {
    fn path(&self, what: &str) -> String {
        format!("/agent/v1/capture/{}/{what}", self.run)
    }
}

impl Sink for CaptureSink<'_> {
    fn has(&self, chunks: &[ChunkId]) -> Result<Vec<bool>> {
        let mut has = Vec::with_capacity(chunks.len());
        for some in chunks.chunks(HAS_MAX) {
            let answer: HasAnswer = self.http.post(&self.path("has"), &Has { chunks: digests(some) }, PATIENCE)?;
            if answer.has.len() != some.len() {
                return Err(Fault::new("agent-answer-unreadable").with("path", self.path("has")));
            }
            has.extend(answer.has);
        }
        Ok(has)
    }
    fn put_pack(&self, name: &PackName, bytes: &[u8]) -> Result<()> {
        self.http.put(&self.path(&format!("packs/{name}")), bytes, PATIENCE).map(drop)
    }
    fn put_page(&self, digest: &PageDigest, bytes: &[u8]) -> Result<()> {
        self.http.put(&self.path(&format!("pages/{digest}")), bytes, PATIENCE).map(drop)
    }
    fn put_manifest(&self, root: &ImageId, bytes: &[u8]) -> Result<u32> {
        let path = self.path("manifest");
        let answer = self.http.put(&path, bytes, PATIENCE)?;
        let unreadable = || Fault::new("agent-answer-unreadable").with("path", &path);
        let captured: Captured = serde_json::from_slice(&answer).map_err(|e| unreadable().because(e))?;
        // The server numbers images by itself; a machine knows an image by its root.
        if captured.image.0 == root.0 { Ok(0) } else { Err(unreadable()) }
    }
    fn pack_limit_bytes(&self) -> usize {
        socle_image::MAX_PACK_BYTES.min(MAX_PACK_BYTES)
    }
}
