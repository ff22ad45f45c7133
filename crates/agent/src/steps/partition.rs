//! `partition`: the disk gets the layout of an image, with a Socle partition; what it destroys is counted first.
use super::{
    Done, Work, census,
    choose::{View, choose, socle_partition},
};
use crate::run::{Keep, settle};
use socle_disk::{
    block::Block,
    devices::{self, Disk as Device},
    layout::{self, Plan, SoclePlace, Wishes, needed_bytes},
    mbr,
    memory::Memory,
    restore::{check_image, open_image},
    table,
};
use socle_domain::{
    RunId,
    journal::{Event, Kept},
    sequence::{Action, Disk, Grow},
};
use socle_image::{Guid, ImageId, Manifest};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use std::os::unix::fs::FileTypeExt;

/// A disk with the layout that it has or shall have.
pub struct Laid {
    /// The disk.
    pub disk: Device,
    /// The image's root.
    pub root: ImageId,
    /// The image's manifest.
    pub manifest: Manifest,
    /// The layout.
    pub plan: Plan,
}

/// An identifier of this machine for a purpose in a run: the same each time it is asked for, so that a step done
/// twice makes the same layout. Marked as RFC 9562 wants it (version 8: of our own making).
pub fn identifier(work: &Work<'_, '_>, purpose: &str) -> Guid {
    let RunId(run) = work.journal.spec.run;
    let mut bytes = work.world.key.derive(&format!("{run}/{purpose}"));
    // The first three fields of a GUID stand in reverse order.
    bytes[7] = bytes[7] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Guid(bytes)
}

/// The root of an image by the name that the master gives it.
pub fn image_root(work: &Work<'_, '_>, name: &str) -> Result<ImageId> {
    let missing = || Fault::new("agent-image-unnamed").with("image", name);
    work.journal.master.images.get(name).map(|d| ImageId(d.0)).ok_or_else(missing)
}

/// The layout of an image on the disk that is meant. Nothing is written.
pub fn lay(work: &Work<'_, '_>, wish: &Disk, image: &str, grow: &Grow) -> Result<Laid> {
    let root = image_root(work, image)?;
    let manifest = open_image(work.world.server.source(), &root)?;
    let disk = choose(work, wish, needed_bytes(&manifest, true).saturating_add(cache_bytes(work, &root)))?;
    lay_on(work, disk, root, manifest, grow)
}

/// How large the master wants the cache of this image.
fn cache_bytes(work: &Work<'_, '_>, root: &ImageId) -> u64 {
    let wanted = work.journal.sequence.steps.iter().find_map(|s| match &s.action {
        Action::Partition { image, cache_mib, .. } if image_root(work, image).ok() == Some(*root) => Some(*cache_mib),
        _ => None,
    });
    wanted.unwrap_or(0).saturating_mul(1 << 20)
}

/// The place of the cache: where one stands already, else a new one where the master wants one.
fn cache_place(work: &Work<'_, '_>, disk: &Device, root: &ImageId) -> layout::CachePlace {
    let table = View::of(disk).ok().and_then(|view| socle_disk::gpt::read(&view).ok().flatten());
    let stands = table.and_then(|t| t.partitions.into_iter().find(|p| p.type_guid == layout::CACHE_TYPE));
    match (stands, cache_bytes(work, root)) {
        (Some(p), _) => {
            layout::CachePlace::Keep { first_lba: p.first_lba, last_lba: p.last_lba, unique_guid: p.unique_guid }
        }
        (None, 0) => layout::CachePlace::None,
        (None, bytes) => layout::CachePlace::New { bytes },
    }
}

pub(super) fn lay_on(
    work: &Work<'_, '_>,
    disk: Device,
    root: ImageId,
    manifest: Manifest,
    grow: &Grow,
) -> Result<Laid> {
    let socle = match socle_partition(&disk) {
        Some(p) => SoclePlace::Keep { first_lba: p.first_lba, last_lba: p.last_lba, unique_guid: p.unique_guid },
        None => SoclePlace::End,
    };
    let guid = |n: usize| identifier(work, &format!("partition/{n}"));
    let wishes = Wishes {
        disk_guid: identifier(work, "disk"),
        partition_guids: (0..=manifest.partitions.len() + 1).map(guid).collect(),
        grow: match grow {
            Grow::Last => layout::Grow::Last,
            Grow::None => layout::Grow::None,
            Grow::Named(name) => layout::Grow::Named(name.clone()),
        },
        socle,
        cache: cache_place(work, &disk, &root),
    };
    let plan = layout::plan(&manifest, disk.size_bytes, disk.logical_sector_bytes, &wishes)?;
    Ok(Laid { disk, root, manifest, plan })
}

/// The disk that an earlier `partition` step of this run has laid out for an image.
///
/// # Errors
/// `agent-layout-missing` where there is none.
pub fn laid(work: &Work<'_, '_>, image: &str) -> Result<Laid> {
    let missing = || Fault::new("agent-layout-missing").with("image", image);
    let grow = work.journal.sequence.steps.iter().find_map(|s| match &s.action {
        Action::Partition { image: name, grow, .. } if name == image => Some(grow.clone()),
        _ => None,
    });
    let root = image_root(work, image)?;
    let manifest = open_image(work.world.server.source(), &root)?;
    let wanted = identifier(work, "disk");
    let all = (work.world.disks)()?;
    let disk = all.into_iter().find(|d| is_disk(d, &wanted)).ok_or_else(missing)?;
    let laid = lay_on(work, disk, root, manifest, &grow.ok_or_else(missing)?)?;
    match laid.plan.stands_on(&View::of(&laid.disk)?)? {
        true => Ok(laid),
        false => Err(missing()),
    }
}

/// The GUID of a disk's partition table, or what stands for one in an older table.
pub fn disk_guid(disk: &Device) -> Option<Guid> {
    let view = View::of(disk).ok()?;
    Some(table::read(&view).ok().flatten()?.disk_guid)
}

/// Whether this disk is the one that was to have this GUID.
pub fn is_disk(disk: &Device, wanted: &Guid) -> bool {
    disk_guid(disk).is_some_and(|found| mbr::is_disk(&found, wanted))
}

/// Counts what the disk holds and waits until it may be lost. The image is checked first: a bad one is met while
/// nobody has been asked anything.
pub fn permission(work: &mut Work<'_, '_>, wish: &Disk, image: &str, grow: &Grow) -> Result<()> {
    let laid = lay(work, wish, image, grow)?;
    let begun = disk_guid(&laid.disk) == Some(laid.plan.disk_guid);
    if !begun {
        check_image(work.world.server.source(), &laid.root)?;
    }
    let (world, ears) = (work.world, work.ears);
    let ours = work.journal.keep.as_ref().and_then(Keep::unfinished);
    let mut count = || {
        let now = (world.disks)()?.into_iter().find(|d| d.name == laid.disk.name);
        let gone = || Fault::new("disk-not-found").with("disk", &laid.disk.name);
        census::of_disk(&now.ok_or_else(gone)?, ours, &world.scratch, &ears.stop)
    };
    settle(work, begun, &mut count)
}

/// Writes the layout, and makes the machine remember on its own disk from here on.
pub fn perform(work: &mut Work<'_, '_>, wish: &Disk, image: &str, grow: &Grow) -> Result<Done> {
    let laid = lay(work, wish, image, grow)?;
    if !laid.plan.stands_on(&View::of(&laid.disk)?)? {
        let block = Block::open_target(&laid.disk.path)?;
        laid.plan.write(&block)?;
    }
    if !laid.plan.stands_on(&View::of(&laid.disk)?)? {
        return Err(Fault::new("agent-layout-not-read-back").with("disk", &laid.disk.path));
    }
    remember(work, &laid)?;
    let is_device = std::fs::metadata(&laid.disk.path).is_ok_and(|m| m.file_type().is_block_device());
    if is_device {
        devices::reread(&laid.disk, &laid.plan.numbers())?;
    }
    Ok(Done::default()
        .with("disk", laid.disk.path.display())
        .with("disk-bytes", laid.disk.size_bytes)
        .with("disk-guid", mbr::text_of(&laid.plan.disk_guid))
        .with("partitions", laid.plan.numbers().len()))
}

/// Moves the machine's key and its journal onto the Socle partition of this disk.
pub(super) fn remember(work: &mut Work<'_, '_>, laid: &Laid) -> Result<()> {
    let sector = laid.disk.logical_sector_bytes;
    let missing = || Fault::new("agent-layout-missing").with("image", laid.root.to_string());
    let socle = laid.plan.socle().ok_or_else(missing)?;
    let place = || laid.disk.window(socle.start_bytes(sector), socle.size_bytes(sector));
    let memory = match Memory::open(place()?)? {
        Some(memory) => memory,
        None => Memory::format(place()?, chance::bytes()?)?,
    };
    let mut keep = Keep::new(memory);
    let here = work.journal.keep.as_ref().is_some_and(|k| k.id() == keep.id());
    if !here {
        keep.keep_key(work.world.key.at_rest())?;
        keep.keep_words(&work.world.delegation, None)?;
        work.journal.remember_in(keep)?;
    }
    if let Some(keep) = &mut work.journal.keep {
        keep.set_unfinished(Some(laid.plan.disk_guid.0))?;
        keep.keep_layout(&laid.plan)?;
    }
    match here && work.journal.run.has_memory {
        true => Ok(()),
        false => work.write(Event::MemoryReady { kept: Kept::Partition }),
    }
}
