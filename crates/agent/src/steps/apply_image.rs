//! `apply-image`: an image is written onto the partitions made before, from where an interrupted attempt stopped.
use super::{Done, Work, census, partition, set_identity};
use socle_disk::{
    block::Block,
    grow::grow_ext4,
    layout::Role,
    restore::{FreeSpace, ReadBack as ReadBackPolicy, RestoreOptions, ResumePoint, restore_with},
};
use socle_domain::{
    Digest,
    journal::Event,
    sequence::{Action, ReadBack},
};
use socle_texts::{Fault, Result};
use std::{path::PathBuf, sync::Mutex};

/// A power cut costs at most this much written again.
const CHECKPOINT_EVERY_BYTES: u64 = 32 << 20;
const THREADS_MAX: usize = 4;

/// Writes, reads back, grows and counts.
pub fn perform(work: &mut Work<'_, '_>, image: &str, read_back: ReadBack) -> Result<Done> {
    let laid = partition::laid(work, image)?;
    let unkept = || Fault::new("agent-layout-missing").with("image", image);
    let mut keep = work.journal.keep.take().ok_or_else(unkept)?;
    let resume_from =
        keep.resume_point::<ResumePoint>().filter(|p| p.root == laid.root && p.disk_guid == laid.plan.disk_guid);
    let kept = Mutex::new(&mut keep);
    let (ears, step) = (work.ears, work.step.id.as_str());
    let checkpoint = |point: &ResumePoint| match kept.lock() {
        Ok(mut keep) => keep.set_resume_point(point),
        Err(_) => Err(Fault::new("agent-cancelled")),
    };
    let progress = |p: &socle_disk::capture::Progress| ears.progress(step, p.done_bytes, p.total_bytes);
    let options = RestoreOptions {
        read_back: match read_back {
            ReadBack::All => ReadBackPolicy::All,
            ReadBack::OneIn(n) => ReadBackPolicy::Sampled(n.max(1)),
        },
        free_space: FreeSpace::default(),
        resume_from,
        checkpoint: &checkpoint,
        checkpoint_every_bytes: CHECKPOINT_EVERY_BYTES,
        threads: std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX),
        progress: &progress,
        cancel: &ears.stop,
    };
    let source = work.world.server.source();
    let restored = Block::open_target(&laid.disk.path).and_then(|block| {
        let stream = work.world.server.stream(work.journal.spec.run, &laid.root);
        restore_with(source, &laid.root, &block, &laid.plan, &options, stream.as_deref())
    });
    work.journal.keep = Some(keep);
    let restored = restored?;
    work.write(Event::ImageApplied {
        image: Digest(laid.root.0),
        written_bytes: restored.data_bytes,
        chunks: restored.chunks,
        fetched_bytes: restored.fetched_bytes,
        policy: read_back,
        read_back_bytes: restored.read_back_bytes,
    })?;
    // What follows can't be interrupted and gone on with: a power cut during it means the whole image again.
    if let Some(keep) = &mut work.journal.keep {
        keep.clear_resume_point()?;
    }
    let grown = grow(work, &laid)?;
    if work.journal.sequence.steps.iter().any(|s| matches!(s.action, Action::SetIdentity { .. })) {
        set_identity::rename_filesystems(work, &laid, None)?;
    }
    count_after(work, &laid)?;
    Ok(Done::default()
        .with("written-bytes", restored.data_bytes)
        .with("fetched-bytes", restored.fetched_bytes)
        .with("streamed-bytes", restored.streamed_bytes)
        .with("read-back-bytes", restored.read_back_bytes)
        .with("resumed-bytes", restored.resumed_bytes)
        .with("grown", grown))
}

/// Makes the filesystems of the partitions that were made longer fill them. Says how many.
pub(super) fn grow(work: &Work<'_, '_>, laid: &partition::Laid) -> Result<u32> {
    let mut grown = 0;
    for planned in laid.plan.partitions.iter().filter(|p| p.grown) {
        let Role::Image(number) = planned.role else { continue };
        let image = laid.manifest.partitions.iter().find(|p| p.number == number);
        let kind = image.and_then(|p| p.filesystem.as_ref()).map(|f| f.kind.as_str());
        let Some(node) = node(work, laid, planned.number)? else { continue };
        if kind.is_some_and(|k| k.starts_with("ext")) {
            let now = work.world.clock.now().as_second().max(0) as u64;
            grow_ext4(&node, now)?;
            grown += 1;
        }
    }
    Ok(grown)
}

/// The device node of a partition; none on a disk that is a file.
fn node(work: &Work<'_, '_>, laid: &partition::Laid, number: u32) -> Result<Option<PathBuf>> {
    let disk = (work.world.disks)()?.into_iter().find(|d| d.name == laid.disk.name);
    Ok(disk.and_then(|d| d.partition(number).map(|p| p.path.clone())))
}

pub(super) fn count_after(work: &mut Work<'_, '_>, laid: &partition::Laid) -> Result<()> {
    let all = (work.world.disks)()?;
    let gone = || Fault::new("disk-not-found").with("disk", &laid.disk.name);
    let disk = all.iter().find(|d| d.name == laid.disk.name).ok_or_else(gone)?;
    let census = census::of_disk(disk, None, &work.world.scratch, &work.ears.stop)?;
    work.write(Event::CensusAfter { census })
}
