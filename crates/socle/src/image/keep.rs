//! `socle image check`, `forget`, `prune`, `sync`.
use super::{
    Voice,
    progress::Bar,
    show::{json, size, tell},
};
use crate::out;
use socle_repository::{Depth, Local};
use socle_texts::{Result, next_step};
use std::path::Path;

/// Whether nothing is wrong.
pub(super) fn check(repo: &Path, deep: bool, set_aside: bool, voice: Voice) -> Result<bool> {
    let repository = Local::open(repo)?;
    let bar = Bar::new("socle-image-checking", voice);
    let depth = if deep { Depth::Chunks } else { Depth::Files };
    let checked = repository.check(depth, set_aside, &|done, total| bar.count(done, total))?;
    drop(bar);
    if voice.json {
        json(&checked)?;
        return Ok(checked.problems.is_empty());
    }
    for problem in &checked.problems {
        out::line(socle_texts::tell(voice.lang, problem));
        if let Some(next) = next_step(voice.lang, problem) {
            out::line(format_args!("  {next}"));
        }
    }
    let key = if checked.problems.is_empty() { "socle-image-checked" } else { "socle-image-checked-problems" };
    tell(
        voice,
        key,
        &[
            ("images", checked.images.into()),
            ("packs", checked.packs.into()),
            ("bytes", size(voice.lang, checked.stored_bytes).into()),
            ("problems", checked.problems.len().into()),
            ("aside", checked.set_aside.into()),
        ],
    );
    Ok(checked.problems.is_empty())
}

pub(super) fn forget(wish: &str, repo: &Path, voice: Voice) -> Result<()> {
    let repository = Local::open(repo)?;
    let image = repository.find(wish)?;
    repository.forget(&image)?;
    if voice.json {
        return json(&image);
    }
    tell(voice, "socle-image-forgotten", &[("image", image.to_string().into())]);
    Ok(())
}

pub(super) fn prune(repo: &Path, dry_run: bool, voice: Voice) -> Result<()> {
    let pruned = Local::open(repo)?.prune(dry_run)?;
    if voice.json {
        return json(&pruned);
    }
    let key = if dry_run { "socle-image-would-prune" } else { "socle-image-pruned" };
    let freed = pruned.freed_bytes.saturating_sub(pruned.added_bytes);
    tell(
        voice,
        key,
        &[("packs", (pruned.deleted_packs + pruned.repacked).into()), ("bytes", size(voice.lang, freed).into())],
    );
    Ok(())
}

pub(super) fn sync(wishes: &[String], from: &Path, to: &Path, voice: Voice) -> Result<()> {
    let from = Local::open(from)?;
    let images = match wishes {
        [] => from.images()?,
        some => some.iter().map(|wish| from.find(wish)).collect::<Result<_>>()?,
    };
    let to = Local::create(to)?;
    let bar = Bar::new("socle-image-syncing", voice);
    let synced = to.sync(&from, &images, &|done, total| bar.count(done, total))?;
    drop(bar);
    if voice.json {
        return json(&synced);
    }
    tell(
        voice,
        "socle-image-synced",
        &[
            ("images", synced.images.into()),
            ("present", synced.present.into()),
            ("bytes", size(voice.lang, synced.copied_bytes).into()),
        ],
    );
    Ok(())
}
