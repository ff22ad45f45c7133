//! A tree of files counted, or digested item by item.
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// More items than any machine of ours holds.
const ITEMS_MAX: u64 = 1 << 32;

/// What a tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Files, folders and links; the tree's own folder is none.
    pub items: u64,
    /// Bytes of files.
    pub bytes: u64,
}

/// One item of a tree.
pub struct Item {
    /// Its path.
    pub path: PathBuf,
    /// What it is.
    pub meta: fs::Metadata,
}

fn unreadable(path: &Path, why: impl std::fmt::Display) -> Fault {
    Fault::new("agent-tree-unreadable").with("path", path).because(why)
}

/// Visits every item below a folder, folders before what they hold, in the order of their names. Stays on the
/// folder's own filesystem.
pub fn visit(folder: &Path, stop: &AtomicBool, see: &mut dyn FnMut(&Item) -> Result<()>) -> Result<()> {
    let device = fs::symlink_metadata(folder).map_err(|e| unreadable(folder, e))?.dev();
    let mut folders = vec![sorted(folder)?.into_iter()];
    let mut seen = 0;
    while let Some(open) = folders.last_mut() {
        let Some(path) = open.next() else {
            folders.pop();
            continue;
        };
        if stop.load(Ordering::Relaxed) {
            return Err(Fault::new("agent-cancelled"));
        }
        let meta = fs::symlink_metadata(&path).map_err(|e| unreadable(&path, e))?;
        if meta.dev() != device {
            continue;
        }
        seen += 1;
        if seen > ITEMS_MAX {
            return Err(unreadable(folder, "too many items"));
        }
        let item = Item { path, meta };
        see(&item)?;
        if item.meta.is_dir() {
            folders.push(sorted(&item.path)?.into_iter());
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|e| unreadable(folder, e))?;
    let mut paths: Vec<PathBuf> =
        entries.map(|e| Ok(e?.path())).collect::<io::Result<_>>().map_err(|e| unreadable(folder, e))?;
    paths.sort();
    Ok(paths)
}

/// Counts what a folder holds.
pub fn count(folder: &Path, stop: &AtomicBool) -> Result<Count> {
    let mut count = Count::default();
    visit(folder, stop, &mut |item| {
        count.items += 1;
        count.bytes += if item.meta.is_file() { item.meta.len() } else { 0 };
        Ok(())
    })?;
    Ok(count)
}

/// Counts and digests what a folder holds: names, kinds, rights and content, under a salt, so that nobody can tell
/// from the digest whether a file of his is among them.
pub fn digest(folder: &Path, salt: &[u8; 32], stop: &AtomicBool) -> Result<(Count, Digest)> {
    let mut count = Count::default();
    let mut all = blake3::Hasher::new_keyed(salt);
    visit(folder, stop, &mut |item| {
        let name = item.path.strip_prefix(folder).unwrap_or(&item.path).as_os_str().as_bytes();
        let kind = item.meta.file_type();
        let (letter, content) = if kind.is_file() {
            count.bytes += item.meta.len();
            (b'f', content(&item.path, salt)?)
        } else if kind.is_dir() {
            (b'd', [0; 32])
        } else if kind.is_symlink() {
            let to = fs::read_link(&item.path).map_err(|e| unreadable(&item.path, e))?;
            (b'l', *blake3::keyed_hash(salt, to.as_os_str().as_bytes()).as_bytes())
        } else {
            return Err(unreadable(&item.path, "neither file, folder nor link"));
        };
        count.items += 1;
        let mode = if letter == b'l' { 0 } else { item.meta.mode() & 0o7777 };
        all.update(&(name.len() as u64).to_le_bytes()).update(name).update(&[letter]);
        all.update(&mode.to_le_bytes()).update(&content);
        Ok(())
    })?;
    Ok((count, Digest(*all.finalize().as_bytes())))
}

fn content(path: &Path, salt: &[u8; 32]) -> Result<[u8; 32]> {
    let mut file = File::open(path).map_err(|e| unreadable(path, e))?;
    let mut hasher = blake3::Hasher::new_keyed(salt);
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer).map_err(|e| unreadable(path, e))? {
            0 => return Ok(*hasher.finalize().as_bytes()),
            n => hasher.update(&buffer[..n]),
        };
    }
}
