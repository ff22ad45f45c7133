//! `reset-image`: the disk is brought back to an image in place, and the machine stays who it is.
use super::{
    Done, Work, apply_image, census,
    choose::{View, choose},
    kept::{self, Kept},
    partition::{self, Laid},
    set_identity, system,
};
use crate::run::{Keep, settle};
use socle_disk::{
    adopt,
    block::Block,
    cache::Cache,
    devices, gpt,
    identity::{Mounted, Options, Tree, ext4_uuid, vfat_id},
    layout::{Plan, needed_bytes},
    reset::{Free, From, Origin, ResetOptions, ResetPoint, Search, reset},
    restore::open_image,
};
use socle_domain::{
    Digest,
    journal::Event,
    sequence::{Action, Disk, Grow},
};
use socle_image::{Manifest, manifest::Method};
use socle_texts::{Fault, Result};
use std::{collections::BTreeMap, sync::Mutex};

const THREADS_MAX: usize = 8;

/// What is wanted.
pub struct Wants {
    /// The image, by the name that the master gives it.
    pub image: String,
    /// Which disk.
    pub disk: Disk,
    /// Partitions that keep what they hold.
    pub keep: Vec<u32>,
    /// Whether the machine stays who it is.
    pub keep_identity: bool,
    /// Whether everything else disappears.
    pub gone: bool,
}

/// The disk with the layout that it has, or had before its table was erased; a new one where the image fits into neither.
pub fn laid(work: &Work<'_, '_>, wish: &Disk, image: &str, keep: &[u32]) -> Result<Laid> {
    let root = partition::image_root(work, image)?;
    let manifest = open_image(work.world.server.source(), &root)?;
    let disk = choose(work, wish, needed_bytes(&manifest, true))?;
    let view = View::of(&disk)?;
    let adopted = |table: gpt::Table| {
        let plan = adopt::adopt(&manifest, &table, disk.size_bytes, disk.logical_sector_bytes, keep)?;
        plan.socle().is_some().then_some(plan)
    };
    let table = gpt::read(&view).ok().flatten().or_else(|| adopt::remembered_table(&view));
    match table.and_then(adopted) {
        Some(plan) => Ok(Laid { disk, root, manifest, plan }),
        // An older table tells nothing of what a partition is for: the machine's own memory does.
        None if manifest.is_mbr() => match adopt::remembered(&view).filter(|plan| fits(&manifest, plan)) {
            Some(plan) => Ok(Laid { disk, root, manifest, plan }),
            None => partition::lay_on(work, disk, root, manifest, &Grow::Last),
        },
        None if !keep.is_empty() => Err(Fault::new("disk-reset-keep-unknown").with("disk", &disk.path)),
        None => partition::lay_on(work, disk, root, manifest, &Grow::Last),
    }
}

/// Whether a remembered layout has a place, long enough, for each of the image's partitions.
fn fits(manifest: &Manifest, plan: &Plan) -> bool {
    let sector = manifest.disk.logical_sector_bytes;
    let wanted = |p: &&socle_image::manifest::Partition| p.method != Method::Omitted;
    let long_enough = |p: &socle_image::manifest::Partition| {
        plan.image(p.number).is_some_and(|place| place.size_bytes(sector) >= p.size_bytes(sector))
    };
    !plan.table_sectors.is_empty() && manifest.partitions.iter().filter(wanted).all(long_enough)
}

/// Counts what would be lost, without what is kept, and waits until it may be.
pub fn permission(work: &mut Work<'_, '_>, wish: &Disk, image: &str, keep: &[u32]) -> Result<()> {
    let laid = laid(work, wish, image, keep)?;
    let ours = work.journal.keep.as_ref().and_then(Keep::unfinished);
    let begun = ours == Some(laid.plan.disk_guid.0);
    let (world, ears) = (work.world, work.ears);
    let kept: Vec<String> = keep.iter().map(|number| format!("partition {number}")).collect();
    let mut count = || {
        let now = (world.disks)()?.into_iter().find(|d| d.name == laid.disk.name);
        let gone = || Fault::new("disk-not-found").with("disk", &laid.disk.name);
        let mut census = census::of_disk(&now.ok_or_else(gone)?, ours, &world.scratch, &ears.stop)?;
        census.parts.retain(|part| !kept.contains(&part.part));
        Ok(census)
    };
    settle(work, begun, &mut count)
}

/// Brings it back, proves it, and makes the system this machine's own size again.
pub fn perform(work: &mut Work<'_, '_>, wants: &Wants) -> Result<Done> {
    let laid = laid(work, &wants.disk, &wants.image, &wants.keep)?;
    let stands = laid.plan.stands_on(&View::of(&laid.disk)?)?;
    if wants.keep_identity {
        keep_identity(work, &laid, stands)?;
    }
    let remembers = work.journal.keep.is_some() && socle_stands(&laid);
    if !remembers {
        // A disk that was never ours: it gets its layout first, so that the machine can remember on it.
        if !stands {
            laid.plan.write(&Block::open_target(&laid.disk.path)?)?;
        }
        partition::remember(work, &laid)?;
    } else if let Some(keep) = &mut work.journal.keep {
        keep.set_unfinished(Some(laid.plan.disk_guid.0))?;
        keep.keep_layout(&laid.plan)?;
    }
    let done = bring_back(work, wants, &laid)?;
    work.write(Event::ImageReset {
        image: Digest(laid.root.0),
        compared_bytes: done.compared_bytes,
        in_place_bytes: done.in_place_bytes,
        found_bytes: done.found_bytes,
        cache_bytes: done.cache_bytes,
        fetched_bytes: done.fetched_bytes,
        written_bytes: done.written_bytes + done.zeroed_bytes,
        read_back_bytes: done.read_back_bytes,
        gone_bytes: wants.gone.then_some(done.gone_bytes),
        kept: wants.keep.clone(),
    })?;
    if let Some(keep) = &mut work.journal.keep {
        keep.clear_resume_point()?;
    }
    if Block::open_source(&laid.disk.path)?.is_device() {
        devices::reread(&laid.disk, &laid.plan.numbers())?;
    }
    let grown = apply_image::grow(work, &laid)?;
    if work.journal.sequence.steps.iter().any(|s| matches!(s.action, Action::SetIdentity { .. })) {
        let kept: Option<Kept> = work.journal.keep.as_ref().filter(|_| wants.keep_identity).and_then(Keep::identity);
        set_identity::rename_filesystems(work, &laid, kept.as_ref())?;
    }
    apply_image::count_after(work, &laid)?;
    Ok(Done::default()
        .with("compared-bytes", done.compared_bytes)
        .with("found-bytes", done.found_bytes)
        .with("cache-bytes", done.cache_bytes)
        .with("fetched-bytes", done.fetched_bytes)
        .with("written-bytes", done.written_bytes + done.zeroed_bytes)
        .with("aside-bytes", done.aside_bytes)
        .with("damaged-chunks", done.damaged_chunks)
        .with("grown", grown))
}

/// Whether the partition that the plan calls Socle's own holds a memory already.
fn socle_stands(laid: &Laid) -> bool {
    let sector = laid.disk.logical_sector_bytes;
    let Some(planned) = laid.plan.socle() else { return false };
    let place = super::choose::socle_partition(&laid.disk);
    place.is_some_and(|p| p.start_bytes == planned.start_bytes(sector))
}

fn bring_back(work: &mut Work<'_, '_>, wants: &Wants, laid: &Laid) -> Result<socle_disk::reset::ResetDone> {
    let missing = || Fault::new("agent-layout-missing").with("image", laid.root.to_string());
    let mut keep = work.journal.keep.take().ok_or_else(missing)?;
    let resume_from = keep.resume_point::<ResetPoint>().filter(|p| p.root == laid.root);
    let kept = Mutex::new(&mut keep);
    let checkpoint = |point: &ResetPoint| match kept.lock() {
        Ok(mut keep) => keep.set_resume_point(point),
        Err(_) => Err(Fault::new("agent-cancelled")),
    };
    let (ears, step) = (work.ears, work.step.id.as_str());
    let progress = |p: &socle_disk::capture::Progress| ears.progress(step, p.done_bytes, p.total_bytes);
    let options = ResetOptions {
        search: Search::Worthwhile,
        keep: &wants.keep,
        free: if wants.gone { Free::Gone } else { Free::Leave },
        dry_run: false,
        resume_from,
        checkpoint: &checkpoint,
        // More than there are processors: what waits for the disk costs none.
        threads: std::thread::available_parallelism().map_or(2, usize::from).saturating_mul(2).min(THREADS_MAX),
        progress: &progress,
        cancel: &ears.stop,
    };
    let source = work.world.server.source();
    let done = Block::open_target(&laid.disk.path).and_then(|block| {
        let cache = cache_place(&laid.plan).and_then(|place| Cache::open(&block, place));
        let mut origins: Vec<Origin<'_>> = cache.iter().map(|c| Origin { from: From::Cache, source: c }).collect();
        origins.push(Origin { from: From::Repository, source });
        reset(&origins, &laid.root, &block, &laid.plan, &options)
    });
    work.journal.keep = Some(keep);
    done
}

fn cache_place(plan: &Plan) -> Option<std::ops::Range<u64>> {
    let planned = plan.cache()?;
    let start = planned.start_bytes(plan.logical_sector_bytes);
    Some(start..start + planned.size_bytes(plan.logical_sector_bytes))
}

/// Remembers who the machine is before anything is overwritten: what was remembered while it was sound counts first, then
/// what its disk still says.
fn keep_identity(work: &mut Work<'_, '_>, laid: &Laid, stands: bool) -> Result<()> {
    let remembered = work.journal.keep.as_ref().and_then(Keep::identity::<Kept>).unwrap_or_default();
    // Once the image is being written, the disk tells of the image and no longer of the machine.
    let begun = work.journal.keep.as_ref().and_then(Keep::unfinished) == Some(laid.plan.disk_guid.0);
    let found = if stands && !begun { read_identity(work, laid).unwrap_or_default() } else { Kept::default() };
    let both = remembered.clone().or(found);
    match &mut work.journal.keep {
        Some(keep) if both != remembered => keep.keep_identity(&both),
        _ => Ok(()),
    }
}

fn read_identity(work: &Work<'_, '_>, laid: &Laid) -> Option<Kept> {
    let (mut ids, mut tree) = (BTreeMap::new(), None);
    for volume in system::volumes(&laid.disk).ok()? {
        let id = match volume.kind {
            "ext4" => ext4_uuid(&volume.node).ok().map(|id| uuid::Uuid::from_bytes(id).to_string()),
            "vfat" => vfat_id(&volume.node).ok().map(|id| format!("{:04X}-{:04X}", id >> 16, id & 0xffff)),
            _ => None,
        };
        ids.extend(id.map(|id| (volume.number, id)));
        if volume.kind == "ext4" && tree.is_none() {
            let mounted = Mounted::new(&volume.node, "ext4", &work.world.scratch("kept"), Options::ReadOnly).ok();
            tree = mounted.and_then(|m| {
                let kept = kept::of_tree(&Tree::open(m.folder()).ok()?, BTreeMap::new());
                m.close().ok()?;
                kept.machine_id().is_some().then_some(kept)
            });
        }
    }
    Some(tree.unwrap_or_default().or(kept::only_filesystems(ids)))
}
