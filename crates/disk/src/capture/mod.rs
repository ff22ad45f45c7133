//! Capturing a disk: what it holds goes into a [`Sink`], and the disk is left as it was.
use serde::{Deserialize, Serialize};
use socle_image::{ImageId, Manifest, ReadAt, Sink};
use socle_texts::Result;
use std::sync::atomic::AtomicBool;

/// How a capture is done.
pub struct CaptureOptions<'a> {
    /// Under which name (`image::manifest::valid_name`).
    pub name: &'a str,
    /// The time to write in the manifest.
    pub captured_at_unix_seconds: u64,
    /// Threads that hash and compress, beside the one that reads.
    pub threads: usize,
    /// The zstd level.
    pub level: i32,
    /// Called from time to time, from any thread.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
    /// Set to true to stop; the answer is then `disk-cancelled`.
    pub cancel: &'a AtomicBool,
}

/// How far a capture or a restoration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes of partitions dealt with.
    pub done_bytes: u64,
    /// Bytes to deal with in all.
    pub total_bytes: u64,
    /// Bytes that came from or went to the repository.
    pub transferred_bytes: u64,
    /// The partition at work; 0 before the first and after the last.
    pub partition: u32,
}

/// What a capture made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Captured {
    /// The image.
    pub root: ImageId,
    /// Its number under its name.
    pub number: u32,
    /// Its manifest.
    pub manifest: Manifest,
    /// Figures.
    pub stats: CaptureStats,
}

/// Figures of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaptureStats {
    /// Bytes in use, zeroes left out.
    pub data_bytes: u64,
    /// Bytes in use that are zero.
    pub zero_bytes: u64,
    /// Chunks of the image, each counted once.
    pub chunks: u64,
    /// Those that the repository did not have.
    pub new_chunks: u64,
    /// Their plain bytes.
    pub new_bytes: u64,
    /// What they take in the repository.
    pub stored_bytes: u64,
    /// Packs sent.
    pub packs: u64,
}

/// Captures `source` into `sink`. Nothing is published unless all of it was read, understood and found unchanged.
///
/// # Errors
/// `disk-no-gpt`, `disk-filesystem-unclean`, `disk-filesystem-damaged`, `disk-source-changed`,
/// `disk-source-unreadable` (says where), `disk-cancelled`, and the sink's own.
pub fn capture(_source: &dyn ReadAt, _sink: &dyn Sink, _options: &CaptureOptions) -> Result<Captured> {
    unimplemented!()
}
