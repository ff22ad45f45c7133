//! Restoring an image on a disk.
mod arrived;
mod batch;
mod check;
mod read_back;
mod work;

use crate::{capture::Progress, layout::Plan};
use serde::{Deserialize, Serialize};
use socle_image::{Arrivals, ImageId, Manifest, Source, WriteAt, manifest::Method, page};
use socle_texts::{Fault, Result};
use std::sync::atomic::{AtomicBool, Ordering};

pub use check::{check_image, open_image};

/// What is read back of what was written. The journal says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBack {
    /// Everything.
    All,
    /// One piece of 1 MiB in so many, chosen from the image's id.
    Sampled(u32),
}

/// What happens to the space that the image does not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreeSpace {
    /// It keeps what it held.
    #[default]
    Leave,
    /// The disk is told to drop it, where it can; what it then holds is the disk's business.
    Discard,
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
    /// What happens to free space.
    pub free_space: FreeSpace,
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
    /// Chunks fetched and written, one that stands at several places of a batch counted once.
    pub chunks: u64,
    /// Bytes zeroed.
    pub zero_bytes: u64,
    /// Bytes fetched from the source.
    pub fetched_bytes: u64,
    /// Bytes read back and compared.
    pub read_back_bytes: u64,
    /// Bytes that an earlier attempt had done.
    pub resumed_bytes: u64,
    /// Bytes of frames that came by themselves and were used; not among those fetched.
    #[serde(default)]
    pub streamed_bytes: u64,
}

/// Bytes of a partition that are dealt with together; what bounds the memory.
const BATCH_BYTES: u64 = 48 << 20;

/// Restores `root` on `target` as `plan` says: checks the image first, then writes the layout, then the partitions.
///
/// Each chunk is verified before it is written, and what was written is read back. Resumed, it begins at the point, and
/// takes from the target what an earlier attempt wrote after it, chunk by chunk.
///
/// # Errors
/// `disk-image-chunk-missing`, `disk-image-chunk-damaged`, `disk-read-back-differs` (says where),
/// `disk-target-unwritable`, `disk-resume-elsewhere`, `disk-cancelled`, and the source's own.
pub fn restore(
    source: &dyn Source,
    root: &ImageId,
    target: &dyn WriteAt,
    plan: &Plan,
    options: &RestoreOptions,
) -> Result<Restored> {
    restore_with(source, root, target, plan, options, None)
}

/// Like [`restore`], taking first what comes by itself, until nothing more does. Each chunk of it is verified before it is
/// written and once more where it stands; what did not come, or not right, is fetched as if nothing had come.
///
/// # Errors
/// Those of [`restore`]. Whatever comes or does not come causes none.
pub fn restore_with(
    source: &dyn Source,
    root: &ImageId,
    target: &dyn WriteAt,
    plan: &Plan,
    options: &RestoreOptions,
    arrivals: Option<&dyn Arrivals>,
) -> Result<Restored> {
    let manifest = check_image(source, root)?;
    if target.size_bytes() < plan.disk_bytes || target.logical_sector_bytes() != plan.logical_sector_bytes {
        let fault = Fault::new("disk-target-too-small").with("needed", plan.disk_bytes);
        return Err(fault.with("found", target.size_bytes()));
    }
    fits(&manifest, plan)?;
    match options.resume_from {
        Some(point) => {
            if point.root != *root || point.disk_guid != plan.disk_guid || !plan.stands_on(target)? {
                return Err(Fault::new("disk-resume-elsewhere"));
            }
        }
        None => plan.write(target)?,
    }
    let mut run = Run::new(source, root, target, plan, options, &manifest);
    if options.resume_from.is_none()
        && let Some(first) = manifest.partitions.iter().find(|p| p.method != Method::Omitted)
    {
        // From here on whoever comes back knows that what stands on the disk may be ours.
        run.checkpoint(first.number, 0)?;
    }
    if let Some(arrivals) = arrivals {
        run.arrived = arrived::take(&run, &manifest, arrivals)?;
        run.restored.streamed_bytes = run.arrived.stored_bytes;
    }
    if let Err(fault) = run.all(&manifest) {
        // What was done before the cut need not be done again, unless the target itself is at fault.
        if !fault.code.starts_with("disk-target")
            && !fault.is("disk-read-back-differs")
            && let Some((partition, offset_bytes)) = run.reached
        {
            let _ = run.checkpoint(partition, offset_bytes);
        }
        return Err(fault);
    }
    Ok(run.restored)
}

/// Every partition of the image has its place, long enough.
pub(crate) fn fits(manifest: &Manifest, plan: &Plan) -> Result<()> {
    for partition in manifest.partitions.iter().filter(|p| p.method != Method::Omitted) {
        let needed = partition.size_bytes(manifest.disk.logical_sector_bytes);
        let found = plan.image(partition.number).map_or(0, |p| p.size_bytes(plan.logical_sector_bytes));
        if found < needed {
            return Err(Fault::new("disk-target-too-small").with("needed", needed).with("found", found));
        }
    }
    Ok(())
}

/// A restoration at work.
struct Run<'a> {
    source: &'a dyn Source,
    root: &'a ImageId,
    target: &'a dyn WriteAt,
    plan: &'a Plan,
    options: &'a RestoreOptions<'a>,
    restored: Restored,
    /// Bytes dealt with, of `total_bytes`.
    done_bytes: u64,
    total_bytes: u64,
    /// Written since the last checkpoint, to be read back.
    written: read_back::Written,
    /// What an interrupted attempt may have written is looked at before it is fetched again.
    look_first: bool,
    /// What came by itself is looked for on the disk.
    arrived: arrived::Arrived,
    /// The end of the last batch that was carried out whole.
    reached: Option<(u32, u64)>,
}

impl<'a> Run<'a> {
    fn new(
        source: &'a dyn Source,
        root: &'a ImageId,
        target: &'a dyn WriteAt,
        plan: &'a Plan,
        options: &'a RestoreOptions,
        manifest: &Manifest,
    ) -> Run<'a> {
        let done_bytes = options.resume_from.map_or(0, |p| p.done_bytes);
        Run {
            source,
            root,
            target,
            plan,
            options,
            restored: Restored { resumed_bytes: done_bytes, ..Restored::default() },
            done_bytes,
            total_bytes: manifest.partitions.iter().map(|p| p.data_bytes.saturating_add(p.zero_bytes)).sum(),
            written: read_back::Written::new(options.read_back, root),
            look_first: options.resume_from.is_some(),
            arrived: arrived::Arrived::default(),
            reached: None,
        }
    }

    fn all(&mut self, manifest: &Manifest) -> Result<()> {
        let resumed = self.options.resume_from;
        let parts = manifest.partitions.iter().filter(|p| p.method != Method::Omitted);
        let mut begun = resumed.is_none();
        for partition in parts {
            let from = match resumed {
                Some(point) if !begun && point.partition != partition.number => continue,
                Some(point) if !begun => point.offset_bytes,
                _ => 0,
            };
            begun = true;
            self.one_partition(manifest, partition, from)?;
        }
        if !begun {
            return Err(Fault::new("disk-resume-elsewhere"));
        }
        self.target.flush().map_err(|e| Fault::new("disk-target-unwritable").with("offset", 0_u64).because(e))
    }

    fn one_partition(
        &mut self,
        manifest: &Manifest,
        partition: &socle_image::manifest::Partition,
        from: u64,
    ) -> Result<()> {
        let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
        let Some(place) = self.plan.image(partition.number) else { return Ok(()) };
        let start = place.start_bytes(self.plan.logical_sector_bytes);
        if self.options.free_space == FreeSpace::Discard && from == 0 && !self.look_first {
            let end = start + place.size_bytes(self.plan.logical_sector_bytes);
            // A disk that can't is no fault: nothing relies on it.
            let _ = self.target.discard(start..end);
        }
        let mut entries = Vec::new();
        let mut bytes = 0;
        for digest in &partition.pages {
            let page = check::page(self.source, self.root, digest, size_bytes)?;
            for entry in page.into_iter().filter(|e| e.offset_bytes >= from) {
                bytes += entry.bytes;
                entries.push(entry);
            }
            if bytes >= BATCH_BYTES {
                self.one_batch(partition.number, start, &std::mem::take(&mut entries))?;
                bytes = 0;
            }
        }
        self.one_batch(partition.number, start, &entries)?;
        self.checkpoint(partition.number, size_bytes)
    }

    fn one_batch(&mut self, partition: u32, start: u64, entries: &[page::Entry]) -> Result<()> {
        let Some(last) = entries.last() else { return Ok(()) };
        if self.options.cancel.load(Ordering::Relaxed) {
            return Err(Fault::new("disk-cancelled"));
        }
        let batch = batch::Batch::new(start, entries);
        work::carry_out(self, partition, batch)?;
        self.reached = Some((partition, last.end_bytes()));
        if self.written.bytes() >= self.options.checkpoint_every_bytes {
            self.checkpoint(partition, last.end_bytes())?;
        }
        Ok(())
    }

    /// Makes what was written durable, reads it back, and says so.
    fn checkpoint(&mut self, partition: u32, offset_bytes: u64) -> Result<()> {
        let unwritable = |e| Fault::new("disk-target-unwritable").with("offset", offset_bytes).because(e);
        self.target.flush().map_err(unwritable)?;
        self.restored.read_back_bytes += self.written.read_back(self.target, self.options.threads)?;
        (self.options.checkpoint)(&ResumePoint {
            root: *self.root,
            disk_guid: self.plan.disk_guid,
            partition,
            offset_bytes,
            done_bytes: self.done_bytes,
        })
    }

    fn tell(&self, partition: u32, done_bytes: u64) {
        (self.options.progress)(&Progress {
            done_bytes,
            total_bytes: self.total_bytes,
            transferred_bytes: self.restored.fetched_bytes,
            partition,
        });
    }
}
