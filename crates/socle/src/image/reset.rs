//! `socle image reset`: a disk brought back to its image in place.
use super::{
    Voice,
    arguments::{Reset, SearchWhere},
    deploy,
    progress::Bar,
    show::{json, size, tell},
};
use socle_disk::{
    adopt,
    block::Block,
    cache::Cache,
    gpt,
    layout::Plan,
    reset::{self, Free, From, Origin, ResetDone, ResetOptions, ResetPoint, Search},
    restore, survey,
};
use socle_image::{Manifest, PackName, ReadAt};
use socle_repository::{Image, Local, Session};
use socle_texts::{Fault, Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// Whether it was done; false when it was not since a person has to agree first.
pub(super) fn reset(args: &Reset, voice: Voice) -> Result<bool> {
    let mut target = Block::open_target(&args.to)?;
    let near = Near::of(args)?;
    let image = match &near {
        Some(near) => near.image.clone(),
        None => cached(&args.image, &target)?,
    };
    let cache = cache_of(&target);
    let mut origins: Vec<Origin<'_>> = cache.iter().map(|c| Origin { from: From::Cache, source: c }).collect();
    origins.extend(near.iter().map(|n| Origin { from: From::Repository, source: &n.session }));
    let manifest = origins.iter().find_map(|o| restore::open_image(o.source, &image.root).ok());
    let manifest = manifest.ok_or_else(|| Fault::new("disk-reset-no-origin"))?;
    let signed = match &near {
        Some(near) => deploy::check_signature(&near.repository, &image, args.key.as_deref())?,
        None if args.key.is_some() => {
            return Err(Fault::new("disk-image-signature-wrong").with("image", image.to_string()));
        }
        None => false,
    };
    if !args.yes_erase && !args.dry_run {
        let found = survey::survey(&target)?;
        if !found.is_empty() {
            deploy::would_lose(&args.to, &found, voice)?;
            return Ok(false);
        }
    }
    let sector = manifest.disk.logical_sector_bytes;
    drop(origins);
    drop(cache);
    target = target.with_sectors(sector);
    let cache = cache_of(&target);
    let mut origins: Vec<Origin<'_>> = cache.iter().map(|c| Origin { from: From::Cache, source: c }).collect();
    origins.extend(near.iter().map(|n| Origin { from: From::Repository, source: &n.session }));
    let (plan, adopted) = plan(args, &manifest, &target)?;
    let state = State::of(args.repo.as_deref(), &args.to);
    let bar = Bar::new("socle-image-resetting", voice);
    let done = reset::reset(
        &origins,
        &image.root,
        &target,
        &plan,
        &ResetOptions {
            search: match args.search {
                SearchWhere::Image => Search::Image,
                SearchWhere::Worthwhile => Search::Worthwhile,
                SearchWhere::Everywhere => Search::Everywhere,
            },
            keep: &args.keep,
            free: if args.gone { Free::Gone } else { Free::Leave },
            dry_run: args.dry_run,
            resume_from: state.point(),
            checkpoint: &|point| state.save(point).map_err(|e| unkept(&state.file, e)),
            threads: usize::from(args.threads),
            progress: &|p| bar.show(p),
            cancel: &AtomicBool::new(false),
        },
    )?;
    drop(bar);
    let sectors = (target.is_device(), plan.logical_sector_bytes);
    drop(origins);
    drop(cache);
    drop(target);
    let (grown, stayed) = if args.dry_run {
        (Vec::new(), Vec::new())
    } else {
        state.forget();
        deploy::grow_filesystems(&args.to, &manifest, &plan, sectors)
    };
    if voice.json {
        json(&serde_json::json!({
            "image": image, "signature_checked": signed, "dry_run": args.dry_run, "layout_kept": adopted, "plan": plan,
            "reset": done, "grown": grown, "not_grown": stayed,
        }))?;
        return Ok(true);
    }
    let key = if args.dry_run { "socle-image-would-reset" } else { "socle-image-reset" };
    tell(voice, key, &[("image", image.to_string().into()), ("disk", args.to.as_path().into())]);
    told(args, &done, voice);
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

/// A repository that was given, and the image in it.
struct Near {
    repository: Local,
    session: Session,
    image: Image,
}

impl Near {
    fn of(args: &Reset) -> Result<Option<Near>> {
        let Some(folder) = args.repo.as_deref() else { return Ok(None) };
        let repository = Local::open(folder)?;
        let image = repository.find(&args.image)?;
        Ok(Some(Near { session: repository.session()?, repository, image }))
    }
}

/// The cache on a disk, where it has one.
fn cache_of(target: &Block) -> Option<Cache<'_>> {
    Cache::open(target, adopt::own(target).cache?)
}

/// The image that a person means among those that the disk's own cache has: by its name, or by the beginning of its digest.
fn cached(wish: &str, target: &Block) -> Result<Image> {
    let none = || Fault::new("disk-reset-no-origin");
    let cache = cache_of(target).ok_or_else(none)?;
    let mut found = cache.images().into_iter().filter_map(|(root, _)| {
        let manifest = restore::open_image(&cache, &root).ok()?;
        let meant = manifest.name == wish || (wish.len() >= 8 && root.to_string().starts_with(wish));
        meant.then_some(Image { name: manifest.name, number: 0, root, signed: false })
    });
    let image = found.next().ok_or_else(none)?;
    // Several of one name: the cache has no numbers to tell them by.
    match found.next() {
        Some(_) => Err(Fault::new("repository-image-ambiguous").with("image", wish)),
        None => Ok(image),
    }
}

/// What was read, found and written, in sentences.
fn told(args: &Reset, done: &ResetDone, voice: Voice) {
    let of = |bytes: u64| size(voice.lang, bytes).into();
    tell(
        voice,
        "socle-image-reset-compared",
        &[("compared", of(done.compared_bytes)), ("right", of(done.in_place_bytes))],
    );
    let came = [
        ("missing", of(done.missing_bytes)),
        ("disk", of(done.found_bytes)),
        ("cache", of(done.cache_bytes)),
        ("repository", of(done.repository_bytes)),
    ];
    if args.dry_run {
        return tell(voice, "socle-image-reset-missing", &[("missing", of(done.missing_bytes))]);
    }
    if done.missing_bytes > 0 {
        tell(voice, "socle-image-reset-came", &came);
    }
    tell(
        voice,
        "socle-image-reset-written",
        &[("written", of(done.written_bytes)), ("zeroed", of(done.zeroed_bytes)), ("read", of(done.read_back_bytes))],
    );
    if args.gone {
        tell(voice, "socle-image-reset-gone", &[("gone", of(done.gone_bytes))]);
    }
}

/// The layout that stands there where the image fits into it, else a new one; and which it was.
fn plan(args: &Reset, manifest: &Manifest, target: &Block) -> Result<(Plan, bool)> {
    let sector = target.logical_sector_bytes();
    // A table that contradicts itself is none.
    let table = gpt::read(target).unwrap_or_default().or_else(|| adopt::remembered_table(target));
    let adopted = table.and_then(|t| adopt::adopt(manifest, &t, target.size_bytes(), sector, &args.keep));
    match adopted {
        Some(plan) => Ok((plan, true)),
        None if !args.keep.is_empty() => Err(Fault::new("disk-reset-keep-unknown").with("disk", args.to.as_path())),
        None => Ok((deploy::plan(args.grow.as_deref(), 0, manifest, target)?, false)),
    }
}

fn unkept(file: &Path, error: io::Error) -> Fault {
    Fault::new("texts-file-unwritable").with("path", file).because(error)
}

/// Where a reset that was cut says what it left aside: in the repository's `tmp` folder, a file for each target; beside a
/// target that is a file where no repository is at hand.
struct State {
    file: PathBuf,
}

impl State {
    fn of(repo: Option<&Path>, to: &Path) -> State {
        let target = to.canonicalize().unwrap_or_else(|_| to.to_path_buf());
        let name = PackName::of(target.as_os_str().as_encoded_bytes()).to_string();
        let file = format!("reset-{}.json", &name[..16]);
        let elsewhere = || match target.starts_with("/dev") {
            true => Path::new("/var/tmp").join(&file),
            false => target.with_extension("socle-reset"),
        };
        State { file: repo.map_or_else(elsewhere, |repo| repo.join("tmp").join(&file)) }
    }
    fn point(&self) -> Option<ResetPoint> {
        serde_json::from_slice(&fs::read(&self.file).ok()?).ok()
    }
    fn save(&self, point: &ResetPoint) -> io::Result<()> {
        let temporary = self.file.with_extension("new");
        fs::write(&temporary, serde_json::to_vec(point)?)?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, &self.file)?;
        fs::File::open(self.file.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
    fn forget(&self) {
        let _ = fs::remove_file(&self.file);
    }
}
