//! Restoring an image on a disk.
use crate::{capture::Progress, layout::Plan};
use serde::{Deserialize, Serialize};
use socle_image::{ImageId, Manifest, Source, WriteAt};
use socle_texts::Result;
use std::sync::atomic::AtomicBool;

/// What is read back of what was written. The journal says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBack {
    /// Everything.
    All,
    /// One piece of 1 MiB in so many, chosen from the image's id.
    Sampled(u32),
}

/// From where an interrupted restoration goes on: everything before it is on the medium and was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumePoint {
    /// Of which image.
    pub root: ImageId,
    /// The disk GUID of the plan that was being carried out.
    pub disk_guid: socle_image::Guid,
    /// The image's partition at work.
    pub partition: u32,
    /// Everything before this offset in that partition is done.
    pub offset_bytes: u64,
    /// Bytes done in all, for the progress.
    pub done_bytes: u64,
}

/// How a restoration is done.
pub struct RestoreOptions<'a> {
    /// How much is read back.
    pub read_back: ReadBack,
    /// Where the last one stopped, if it did; then the layout must be on the disk already.
    pub resume_from: Option<ResumePoint>,
    /// Called when everything before the point is on the medium and was read back. A fault from it stops the work.
    pub checkpoint: &'a (dyn Fn(&ResumePoint) -> Result<()> + Sync),
    /// How many bytes are written between two calls of `checkpoint`, at least.
    pub checkpoint_every_bytes: u64,
    /// Threads that fetch, open, verify and write.
    pub threads: usize,
    /// Called from time to time, from any thread.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
    /// Set to true to stop; the answer is then `disk-cancelled`.
    pub cancel: &'a AtomicBool,
}

/// What a restoration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Restored {
    /// Bytes of chunks written.
    pub data_bytes: u64,
    /// Bytes zeroed.
    pub zero_bytes: u64,
    /// Bytes fetched from the source.
    pub fetched_bytes: u64,
    /// Bytes read back and compared.
    pub read_back_bytes: u64,
    /// Bytes that an earlier attempt had done.
    pub resumed_bytes: u64,
}

/// The manifest of `root`, verified against it. Check its signature before you believe in `root`.
pub fn open_image(_source: &dyn Source, _root: &ImageId) -> Result<Manifest> {
    unimplemented!()
}

/// Checks, before anything is written, that the image can be restored: manifest, all pages, every chunk present, packs
/// unaltered where they rest. [`restore`] does it by itself; a sequence may want to know earlier.
pub fn check_image(_source: &dyn Source, _root: &ImageId) -> Result<Manifest> {
    unimplemented!()
}

/// Restores `root` on `target` as `plan` says: checks the image first, then writes the layout, then the partitions.
///
/// Each chunk is verified before it is written, and what was written is read back. Free space is left as it is.
///
/// # Errors
/// `disk-image-chunk-missing`, `disk-image-chunk-damaged`, `disk-read-back-differs` (says where),
/// `disk-target-unwritable`, `disk-resume-elsewhere`, `disk-cancelled`, and the source's own.
pub fn restore(
    _source: &dyn Source,
    _root: &ImageId,
    _target: &dyn WriteAt,
    _plan: &Plan,
    _options: &RestoreOptions,
) -> Result<Restored> {
    unimplemented!()
}
