//! Images of real filesystems: captured, restored on dirty disks, compared; and everything that can go wrong.
mod arrived;
mod capture;
mod compare;
mod flavours;
mod hostile;
mod large_sectors;
mod layout;
mod make;
mod mbr;
mod mbr_deploy;
mod reset;
mod restore;
mod resume;
mod store;
mod table;
mod twelve;

use socle_disk::{
    capture::{CaptureOptions, Captured},
    layout::{CachePlace, Grow, Plan, SoclePlace, Wishes},
    restore::{FreeSpace, ReadBack, RestoreOptions, Restored, ResumePoint},
};
use socle_image::{Guid, ImageId, Manifest, ReadAt, Sink, Source, WriteAt};
use socle_texts::{Fault, Result};
use std::sync::atomic::AtomicBool;

/// Captures with the usual options.
pub fn capture(source: &dyn ReadAt, sink: &dyn Sink) -> Result<Captured> {
    socle_disk::capture::capture(
        source,
        sink,
        &CaptureOptions {
            name: "base",
            captured_at_unix_seconds: 1_795_000_000,
            threads: 2,
            level: 1,
            progress: &|_| {},
            cancel: &AtomicBool::new(false),
        },
    )
}

/// A plan for this target; identifiers are made up.
pub fn plan(manifest: &Manifest, target: &dyn ReadAt, grow: Grow, socle: SoclePlace) -> Result<Plan> {
    plan_with_cache(manifest, target, grow, socle, CachePlace::None)
}

/// The same with a cache.
pub fn plan_with_cache(
    manifest: &Manifest,
    target: &dyn ReadAt,
    grow: Grow,
    socle: SoclePlace,
    cache: CachePlace,
) -> Result<Plan> {
    let guid = |n: u8| Guid([n; 16]);
    let wishes = Wishes { disk_guid: guid(99), partition_guids: (1..20).map(guid).collect(), grow, socle, cache };
    socle_disk::layout::plan(manifest, target.size_bytes(), target.logical_sector_bytes(), &wishes)
}

/// Restores with the usual options.
pub fn restore(source: &dyn Source, root: &ImageId, target: &dyn WriteAt, plan: &Plan) -> Result<Restored> {
    restore_from(source, root, target, plan, None, &|_| Ok(()))
}

/// Restores from a point, telling each checkpoint.
pub fn restore_from(
    source: &dyn Source,
    root: &ImageId,
    target: &dyn WriteAt,
    plan: &Plan,
    resume_from: Option<ResumePoint>,
    checkpoint: &(dyn Fn(&ResumePoint) -> Result<()> + Sync),
) -> Result<Restored> {
    socle_disk::restore::restore(
        source,
        root,
        target,
        plan,
        &RestoreOptions {
            read_back: ReadBack::All,
            free_space: FreeSpace::Leave,
            resume_from,
            checkpoint,
            checkpoint_every_bytes: 4 << 20,
            threads: 2,
            progress: &|_| {},
            cancel: &AtomicBool::new(false),
        },
    )
}

/// The fault of what must fail, of the expected code.
pub fn fault<T>(answer: Result<T>, code: &str) -> Fault {
    match answer {
        Ok(_) => panic!("{code} was expected, and it worked"),
        Err(fault) => {
            assert!(fault.is(code), "{code} was expected: {fault}");
            fault
        }
    }
}
