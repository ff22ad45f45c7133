//! `move-folder`: a folder's content goes to another place, and nothing is lost on the way.
//!
//! It is copied beside its place, made durable, counted and digested again, put in place by one rename, and only then
//! removed where it came from.
use super::{Done, Work, path_of, walk};
use crate::run;
use socle_domain::{
    Digest,
    census::{Census, Level, Part},
    journal::Event,
};
use socle_texts::{Fault, Result};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink},
    path::{Path, PathBuf},
};

/// The census of a folder. The salt is the machine's own for this run.
fn census(work: &Work<'_, '_>, folder: &Path) -> Result<Census> {
    let run = work.journal.spec.run;
    let half = |n: u8| work.world.key.derive(&format!("{run}/census/{n}"));
    let mut salt = [0; 32];
    salt[..16].copy_from_slice(&half(1));
    salt[16..].copy_from_slice(&half(2));
    let (count, digest) = walk::digest(folder, &salt, &work.ears.stop)?;
    let part = Part {
        part: "folder".into(),
        kind: "folder".into(),
        level: Level::Full,
        items: count.items,
        bytes: count.bytes,
        digest: Some(digest),
    };
    Ok(Census { parts: vec![part] })
}

/// Counts what moves. Once the removal may have begun, what counts is what was counted then.
pub fn permission(work: &mut Work<'_, '_>, from: &str) -> Result<()> {
    let from = path_of(work, from)?;
    let id = &work.step.id;
    let begun = work.journal.run.steps.iter().any(|s| s.id == *id && s.attempts > 0);
    let salted = census_of(work, &from, begun);
    run::settle(work, begun, &mut || salted.clone())
}

fn census_of(work: &Work<'_, '_>, from: &Path, begun: bool) -> Result<Census> {
    if begun && work.journal.run.loss_allowed.is_some() {
        return Ok(Census { parts: Vec::new() });
    }
    census(work, from)
}

/// Copies, compares, renames, removes.
///
/// # Errors
/// `agent-folder-in-the-way`, `agent-folder-copy-differs`, `agent-tree-unreadable`, `agent-folder-unwritable`.
pub fn perform(work: &mut Work<'_, '_>, from: &str, to: &str) -> Result<Done> {
    let (from, to) = (path_of(work, from)?, path_of(work, to)?);
    let before = work.journal.run.census_before.clone().unwrap_or(Census { parts: Vec::new() });
    let wanted = before.parts.first().and_then(|p| p.digest);
    if !arrived(work, &to, wanted)? {
        let beside = beside(&to)?;
        copy(work, &from, &beside)?;
        let copied = census(work, &beside)?;
        if digest_of(&copied) != wanted {
            return Err(Fault::new("agent-folder-copy-differs").with("path", &to));
        }
        put(&beside, &to).map_err(|e| Fault::new("agent-folder-unwritable").with("path", &to).because(e))?;
    }
    let after = census(work, &to)?;
    if digest_of(&after) != wanted {
        return Err(Fault::new("agent-folder-copy-differs").with("path", &to));
    }
    let (items, bytes) = (after.items(), after.bytes());
    if work.journal.run.census_after.as_ref() != Some(&after) {
        work.write(Event::CensusAfter { census: after })?;
    }
    remove(&from)?;
    Ok(Done::default().with("items", items).with("bytes", bytes))
}

fn digest_of(census: &Census) -> Option<Digest> {
    census.parts.first().and_then(|p| p.digest)
}

/// Whether an earlier attempt has put everything in place already.
fn arrived(work: &Work<'_, '_>, to: &Path, wanted: Option<Digest>) -> Result<bool> {
    let empty = match fs::read_dir(to) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Fault::new("agent-tree-unreadable").with("path", to).because(e)),
    };
    match digest_of(&census(work, to)?) == wanted {
        true => Ok(true),
        false if empty => Ok(false),
        false => Err(Fault::new("agent-folder-in-the-way").with("path", to)),
    }
}

fn beside(to: &Path) -> Result<PathBuf> {
    let name = to.file_name().ok_or_else(|| Fault::new("agent-folder-unwritable").with("path", to))?;
    Ok(to.with_file_name(format!(".{}.socle-new", name.to_string_lossy())))
}

fn copy(work: &Work<'_, '_>, from: &Path, beside: &Path) -> Result<()> {
    let fault = |e: io::Error| Fault::new("agent-folder-unwritable").with("path", beside).because(e);
    match fs::remove_dir_all(beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fault(e)),
        _ => fs::create_dir_all(beside).map_err(fault)?,
    }
    let (mut done, total) = (0, work.journal.run.census_before.as_ref().map_or(0, Census::bytes));
    let mut folders = vec![(beside.to_path_buf(), fs::symlink_metadata(from).map_err(fault)?)];
    walk::visit(from, &work.ears.stop, &mut |item| {
        let target = beside.join(item.path.strip_prefix(from).unwrap_or(&item.path));
        if item.meta.is_dir() {
            fs::create_dir(&target).map_err(fault)?;
            folders.push((target, item.meta.clone()));
        } else if item.meta.is_file() {
            fs::copy(&item.path, &target).and_then(|_| dress(&target, &item.meta)).map_err(fault)?;
            done += item.meta.len();
            work.ears.progress(&work.step.id, done, total);
        } else {
            fs::read_link(&item.path).and_then(|to| symlink(to, &target)).map_err(fault)?;
            let _ = lchown(&target, Some(item.meta.uid()), Some(item.meta.gid()));
        }
        Ok(())
    })?;
    // From the inside out: a folder without the right to write must be filled first.
    for (folder, meta) in folders.into_iter().rev() {
        dress(&folder, &meta).map_err(fault)?;
    }
    Ok(())
}

/// Gives a copy its owner, where we may, its rights and its date, and makes it durable.
fn dress(copy: &Path, meta: &fs::Metadata) -> io::Result<()> {
    let _ = lchown(copy, Some(meta.uid()), Some(meta.gid()));
    fs::set_permissions(copy, fs::Permissions::from_mode(meta.mode() & 0o7777))?;
    let file = File::open(copy)?;
    if let Ok(modified) = meta.modified() {
        file.set_modified(modified)?;
    }
    file.sync_all()
}

fn put(beside: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_dir(to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    fs::rename(beside, to)?;
    File::open(to.parent().unwrap_or(Path::new("/")))?.sync_all()
}

fn remove(from: &Path) -> Result<()> {
    match fs::remove_dir_all(from) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(|e| Fault::new("agent-folder-unwritable").with("path", from).because(e)),
    }
}
