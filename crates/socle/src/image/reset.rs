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
    gpt,
    layout::Plan,
    reset::{self, Free, From, Origin, ResetDone, ResetOptions, ResetPoint, Search},
    restore, survey,
};
use socle_image::{Manifest, PackName, ReadAt};
use socle_repository::Local;
use socle_texts::{Fault, Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

/// Whether it was done; false when it was not since a person has to agree first.
pub(super) fn reset(args: &Reset, voice: Voice) -> Result<bool> {
    let repo = args.repo.as_deref().ok_or_else(|| Fault::new("disk-reset-no-origin"))?;
    let repository = Local::open(repo)?;
    let image = repository.find(&args.image)?;
    let session = repository.session()?;
    let manifest = restore::open_image(&session, &image.root)?;
    let signed = deploy::check_signature(&repository, &image, args.key.as_deref())?;
    if !args.yes_erase && !args.dry_run {
        let found = survey::survey(&Block::open_source(&args.to)?)?;
        if !found.is_empty() {
            deploy::would_lose(&args.to, &found, voice)?;
            return Ok(false);
        }
    }
    let target = Block::open_target(&args.to)?.with_sectors(manifest.disk.logical_sector_bytes);
    let (plan, adopted) = plan(args, &manifest, &target)?;
    let state = State::of(repo, &args.to);
    let origins = [Origin { from: From::Repository, source: &session }];
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
    let table = gpt::read(target).unwrap_or_default();
    let adopted = table.and_then(|t| adopt::adopt(manifest, &t, target.size_bytes(), sector, &args.keep));
    match adopted {
        Some(plan) => Ok((plan, true)),
        None if !args.keep.is_empty() => Err(Fault::new("disk-reset-keep-unknown").with("disk", args.to.as_path())),
        None => Ok((deploy::plan(args.grow.as_deref(), manifest, target)?, false)),
    }
}

fn unkept(file: &Path, error: io::Error) -> Fault {
    Fault::new("texts-file-unwritable").with("path", file).because(error)
}

/// Where a reset that was cut says what it left aside: in the repository's `tmp` folder, a file for each target.
struct State {
    file: PathBuf,
}

impl State {
    fn of(repo: &Path, to: &Path) -> State {
        let target = to.canonicalize().unwrap_or_else(|_| to.to_path_buf());
        let name = PackName::of(target.as_os_str().as_encoded_bytes()).to_string();
        State { file: repo.join(format!("tmp/reset-{}.json", &name[..16])) }
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
