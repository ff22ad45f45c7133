//! `fill-cache`: the machine's own disk keeps what a reset needs.
use super::{Done, Work, partition, system};
use socle_disk::{adopt, block::Block, cache::Cache};
use socle_texts::{Fault, Result};
use socle_trust::chance;

/// Fills the cache partition with an image, from where an interrupted attempt stopped.
///
/// # Errors
/// `agent-no-cache` where the disk has no such partition; those of [`Cache::fill`].
pub fn perform(work: &mut Work<'_, '_>, image: &str) -> Result<Done> {
    let root = partition::image_root(work, image)?;
    let disk = system::disk(work)?;
    let block = Block::open_target(&disk.path)?;
    let none = || Fault::new("agent-no-cache").with("disk", &disk.path);
    let place = adopt::own(&block).cache.ok_or_else(none)?;
    let cache = match Cache::open(&block, place.clone()) {
        Some(cache) => cache,
        None => Cache::format(&block, place, chance::bytes()?)?,
    };
    // The master, signed with the content key, names the image by its root: who has this needs nobody's word.
    let master = serde_json::to_vec(&work.journal.spec.master).unwrap_or_default();
    let (ears, step) = (work.ears, work.step.id.as_str());
    let progress = |p: &socle_disk::capture::Progress| ears.progress(step, p.done_bytes, p.total_bytes);
    let source = work.world.server.source();
    let filled = cache.fill(source, &root, Some(&master), chance::bytes()?, &progress, &ears.stop)?;
    let (used, size) = cache.room_bytes();
    Ok(Done::default()
        .with("chunks", filled.chunks)
        .with("new-chunks", filled.new_chunks)
        .with("written-bytes", filled.written_bytes)
        .with("used-bytes", used)
        .with("cache-bytes", size))
}
