//! `socle image deploy`.
use super::{
    Voice,
    arguments::Deploy,
    capture::now_seconds,
    progress::Bar,
    resume::State,
    show::{json, size, tell},
};
use crate::out;
use socle_disk::{
    block::Block,
    cache::{Cache, Filled},
    devices, grow, grow_in_file,
    layout::{self, CachePlace, Grow, Plan, SoclePlace, Wishes},
    restore::{self, FreeSpace, ReadBack, RestoreOptions},
    survey::{self, Survey},
    table,
};
use socle_domain::{
    keys::ImageRelease,
    sign::{PublicKey, Signed},
};
use socle_image::{Guid, Manifest, ReadAt};
use socle_repository::{Image, Local, Session};
use socle_texts::{Fault, Result, say};
use std::{fs, path::Path, sync::atomic::AtomicBool};

/// Whether it was deployed; false when it was not since a person has to agree first.
pub(super) fn deploy(args: &Deploy, voice: Voice) -> Result<bool> {
    let repository = Local::open(&args.repo)?;
    let image = repository.find(&args.image)?;
    let session = repository.session()?;
    let manifest = restore::open_image(&session, &image.root)?;
    let signed = check_signature(&repository, &image, args.key.as_deref())?;
    // All that can be wrong with the image is met before the target is opened for writing.
    restore::check_image(&session, &image.root)?;

    let new_file = !args.to.exists();
    if !new_file {
        let found = survey::survey(&Block::open_source(&args.to)?)?;
        if !args.yes_erase && !found.is_empty() {
            would_lose(&args.to, &found, voice)?;
            return Ok(false);
        }
    }
    let state = State::of(args, &image, new_file);
    let target = match new_file {
        true => Block::create(&args.to, args.size.unwrap_or(manifest.disk.size_bytes))?,
        false => Block::open_target(&args.to)?,
    };
    let target = target.with_sectors(manifest.disk.logical_sector_bytes);
    let (plan, resume_from) = match state.resume(&target) {
        Some((plan, point)) => (plan, Some(point)),
        None => (plan(args.grow.as_deref(), args.cache_mib, &manifest, &target)?, None),
    };
    let bar = Bar::new("socle-image-deploying", voice);
    let restored = restore::restore(
        &session,
        &image.root,
        &target,
        &plan,
        &RestoreOptions {
            read_back: if args.sample <= 1 { ReadBack::All } else { ReadBack::Sampled(args.sample) },
            free_space: if args.discard { FreeSpace::Discard } else { FreeSpace::Leave },
            resume_from,
            checkpoint: &|point| {
                // A repository on a medium that can't be written still deploys; only resuming is lost.
                let _ = state.save(&plan, point);
                Ok(())
            },
            checkpoint_every_bytes: 256 << 20,
            threads: usize::from(args.threads),
            progress: &|p| bar.show(p),
            cancel: &AtomicBool::new(false),
        },
    )?;
    drop(bar);
    let cached = fill_cache(&repository, &session, &image, &target, &plan, voice)?;
    let sectors = (target.is_device(), plan.logical_sector_bytes);
    drop(target);
    state.forget();
    let (grown, stayed) = grow_filesystems(&args.to, &manifest, &plan, sectors);
    if voice.json {
        json(&serde_json::json!({
            "image": image, "signature_checked": signed, "plan": plan, "restored": restored, "grown": grown,
            "not_grown": stayed, "cached": cached,
        }))?;
        return Ok(true);
    }
    tell(
        voice,
        "socle-image-deployed",
        &[
            ("image", image.to_string().into()),
            ("disk", args.to.as_path().into()),
            ("data", size(voice.lang, restored.data_bytes).into()),
            ("read", size(voice.lang, restored.read_back_bytes).into()),
        ],
    );
    if !signed {
        tell(voice, "socle-image-signature-unchecked", &[]);
    }
    for number in grown {
        tell(voice, "socle-image-grown", &[("number", number.into())]);
    }
    for (number, fault) in stayed {
        tell(voice, "socle-image-not-grown", &[("number", number.into())]);
        super::complain(&fault, voice);
    }
    Ok(true)
}

/// Checks the signature beside the image with the key that was given; false when none was given.
pub(super) fn check_signature(repository: &Local, image: &Image, key: Option<&Path>) -> Result<bool> {
    let Some(key) = key else { return Ok(false) };
    let wrong = || Fault::new("disk-image-signature-wrong").with("image", image.to_string());
    let text = fs::read_to_string(key).map_err(|e| Fault::new("texts-file-unreadable").with("path", key).because(e))?;
    let key: PublicKey = text.trim().parse()?;
    let bytes = repository.signature(image)?.ok_or_else(wrong)?;
    let signed: Signed<ImageRelease> = serde_json::from_slice(&bytes).map_err(|e| wrong().because(e))?;
    let release = signed.open(&key).map_err(|e| wrong().because(e))?;
    if release.image.to_string() == image.root.to_string() { Ok(true) } else { Err(wrong()) }
}

pub(super) fn plan(grow: Option<&str>, cache_mib: u64, manifest: &Manifest, target: &Block) -> Result<Plan> {
    let guid = || -> Result<Guid> {
        let mut guid = Guid::ZERO;
        getrandom::fill(&mut guid.0).map_err(|e| Fault::new("socle-image-no-randomness").because(e))?;
        // RFC 9562, 5.4: version and variant, at the places where the disk has those bytes.
        guid.0[7] = guid.0[7] & 0x0f | 0x40;
        guid.0[8] = guid.0[8] & 0x3f | 0x80;
        Ok(guid)
    };
    let grow = match grow {
        None => Grow::Last,
        Some("none") => Grow::None,
        Some(wish) => wish.parse().map_or_else(|_| Grow::Named(wish.to_string()), Grow::Number),
    };
    // A Socle partition that the target has already is a machine's memory: it stays.
    let table = table::read(target)?;
    let stands = |kind| table.iter().flat_map(|t| &t.partitions).find(|p| p.type_guid == kind);
    let cache = match (stands(layout::CACHE_TYPE), cache_mib) {
        (Some(p), _) => CachePlace::Keep { first_lba: p.first_lba, last_lba: p.last_lba, unique_guid: p.unique_guid },
        (None, 0) => CachePlace::None,
        (None, mib) => CachePlace::New { bytes: mib.saturating_mul(1 << 20) },
    };
    let socle = stands(layout::SOCLE_TYPE).map_or(SoclePlace::None, |p| SoclePlace::Keep {
        first_lba: p.first_lba,
        last_lba: p.last_lba,
        unique_guid: p.unique_guid,
    });
    let partition_guids = (0..manifest.partitions.len() + 2).map(|_| guid()).collect::<Result<_>>()?;
    let wishes = Wishes { disk_guid: guid()?, partition_guids, grow, socle, cache };
    layout::plan(manifest, target.size_bytes(), target.logical_sector_bytes(), &wishes)
}

/// Fills the cache that the plan lays, or that stands there; none where there is none.
fn fill_cache(
    repository: &Local,
    session: &Session,
    image: &Image,
    target: &Block,
    plan: &Plan,
    voice: Voice,
) -> Result<Option<Filled>> {
    let Some(planned) = plan.cache() else { return Ok(None) };
    let start = planned.start_bytes(plan.logical_sector_bytes);
    let place = start..start + planned.size_bytes(plan.logical_sector_bytes);
    let id = || -> Result<[u8; 16]> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|e| Fault::new("socle-image-no-randomness").because(e))?;
        Ok(id)
    };
    let cache = match Cache::open(target, place.clone()) {
        Some(cache) => cache,
        None => Cache::format(target, place, id()?)?,
    };
    let bar = Bar::new("socle-image-caching", voice);
    let signature = repository.signature(image)?;
    let go = AtomicBool::new(false);
    cache.fill(session, &image.root, signature.as_deref(), id()?, &|p| bar.show(p), &go).map(Some)
}

/// Says what the target holds, and that nothing happens without consent.
pub(super) fn would_lose(to: &Path, found: &Survey, voice: Voice) -> Result<()> {
    if voice.json {
        return json(&serde_json::json!({ "would_lose": found, "hint": "--yes-erase" }));
    }
    tell(voice, "socle-image-would-lose", &[("disk", to.into())]);
    for part in &found.partitions {
        let filesystem = part.filesystem.as_ref();
        let kind = filesystem.map_or_else(|| say(voice.lang, "socle-image-no-filesystem", &[]), |f| f.kind.clone());
        let used = filesystem.map_or(part.size_bytes, |f| f.used_bytes);
        let size = size(voice.lang, used);
        out::line(format_args!("{:>3} {:<16} {kind:<6} {size:>10}", part.number, part.name));
    }
    tell(voice, "socle-image-say-yes", &[]);
    Ok(())
}

/// Grows the ext filesystems of partitions that are longer than in the image. Answers which grew, and which stayed as
/// they were and why: the image is whole all the same.
pub(super) fn grow_filesystems(
    to: &Path,
    manifest: &Manifest,
    plan: &Plan,
    (device, sector): (bool, u32),
) -> (Vec<u32>, Vec<(u32, Fault)>) {
    let (mut grown, mut stayed) = (Vec::new(), Vec::new());
    for place in plan.partitions.iter().filter(|p| p.grown) {
        let is_ext = |p: &&socle_image::manifest::Partition| {
            plan.image(p.number) == Some(place) && p.filesystem.as_ref().is_some_and(|f| f.kind.starts_with("ext"))
        };
        let Some(partition) = manifest.partitions.iter().find(is_ext) else { continue };
        let answer = if device {
            grow_on_device(to, plan, place.number)
        } else {
            let (start, bytes) = (place.start_bytes(sector), place.size_bytes(sector));
            grow_in_file::grow_ext4(to, start, bytes, now_seconds()).map(drop)
        };
        match answer {
            Ok(()) => grown.push(partition.number),
            Err(fault) => stayed.push((partition.number, fault)),
        }
    }
    (grown, stayed)
}

fn grow_on_device(to: &Path, plan: &Plan, number: u32) -> Result<()> {
    let name = to.canonicalize().unwrap_or_else(|_| to.to_path_buf());
    let name = name.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let disk = devices::reread(&devices::find(name)?, &plan.numbers())?;
    let node = disk.partition(number).ok_or_else(|| Fault::new("disk-absent").with("disk", to))?;
    grow::grow_ext4(&node.path, now_seconds()).map(drop)
}
