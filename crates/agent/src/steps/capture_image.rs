//! `capture-image`: a disk is read into the repository. Nothing on it is changed.
use super::{Done, Work, choose::choose};
use socle_disk::{
    block::Block,
    capture::{CaptureOptions, capture},
};
use socle_domain::{Digest, journal::Event, sequence::Disk};
use socle_texts::Result;

const ZSTD_LEVEL: i32 = 3;
const THREADS_MAX: usize = 8;

/// Captures.
pub fn perform(work: &mut Work<'_, '_>, name: &str, disk: &Disk) -> Result<Done> {
    let name = work.fill(name)?;
    let disk = choose(work, disk, 0)?;
    let block = Block::open_source(&disk.path)?;
    let (ears, step) = (work.ears, work.step.id.as_str());
    let progress = |p: &socle_disk::capture::Progress| ears.progress(step, p.done_bytes, p.total_bytes);
    let options = CaptureOptions {
        name: &name,
        captured_at_unix_seconds: work.world.clock.now().as_second().max(0) as u64,
        threads: std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX),
        level: ZSTD_LEVEL,
        progress: &progress,
        cancel: &ears.stop,
    };
    let sink = work.world.server.sink(work.journal.spec.run);
    let captured = capture(&block, &*sink, &options)?;
    let stats = captured.stats;
    work.write(Event::ImageCaptured {
        image: Digest(captured.root.0),
        name: name.clone(),
        used_bytes: stats.data_bytes,
        new_bytes: stats.new_bytes,
        chunks: stats.chunks,
    })?;
    Ok(Done::default()
        .with("image", captured.root)
        .with("name", name)
        .with("disk", disk.path.display())
        .with("used-bytes", stats.data_bytes)
        .with("new-bytes", stats.new_bytes)
        .with("stored-bytes", stats.stored_bytes))
}
