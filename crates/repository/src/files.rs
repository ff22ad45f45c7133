//! Writing files so that a power cut leaves all or nothing.
use rustix::fs::{CWD, RenameFlags, renameat_with};
use socle_texts::{Fault, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// What a failed write means to a person.
pub fn unwritable(path: &Path, error: io::Error) -> Fault {
    match error.raw_os_error() {
        // A limit on the length of files (EFBIG) and a quota are met the same way as a full disk.
        Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => {
            Fault::new("repository-full").with("path", path).because(error).may_retry()
        }
        _ => Fault::new("repository-unwritable").with("path", path).because(error),
    }
}

/// What a failed read means to a person.
pub fn unreadable(path: &Path, error: io::Error) -> Fault {
    Fault::new("repository-unreadable").with("path", path).because(error)
}

/// Makes a folder, and its entry durable.
pub fn make_folder(path: &Path) -> Result<()> {
    match fs::create_dir(path) {
        Ok(()) => match path.parent() {
            Some(parent) => sync_folder(parent),
            None => Ok(()),
        },
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(unwritable(path, e)),
    }
}

/// Makes the names in a folder durable.
pub fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|f| f.sync_all()).map_err(|e| unwritable(path, e))
}

/// Whether a file is on the medium before its name appears.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// It is.
    Now,
    /// Not yet: `syncfs` follows before anything names it.
    Later,
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A fresh name in `tmp/`, which no other process uses.
pub fn temporary(tmp: &Path) -> PathBuf {
    tmp.join(format!("{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)))
}

/// Puts a file with these bytes at `path`, replacing what is there. On any failure nothing of it remains.
pub fn put(tmp: &Path, path: &Path, bytes: &[u8], durable: Durable) -> Result<()> {
    let from = write_temporary(tmp, path, bytes, durable)?;
    if let Err(e) = fs::rename(&from, path) {
        let _ = fs::remove_file(&from);
        return Err(unwritable(path, e));
    }
    match (durable, path.parent()) {
        (Durable::Now, Some(folder)) => sync_folder(folder),
        _ => Ok(()),
    }
}

/// Like [`put`] and durable, but answers false and leaves what is there when the name is taken.
pub fn put_new(tmp: &Path, path: &Path, bytes: &[u8]) -> Result<bool> {
    let from = write_temporary(tmp, path, bytes, Durable::Now)?;
    let answer = match renameat_with(CWD, &from, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => {
            return match path.parent() {
                Some(folder) => sync_folder(folder).map(|()| true),
                None => Ok(true),
            };
        }
        Err(rustix::io::Errno::EXIST) => Ok(false),
        Err(e) => Err(unwritable(path, e.into())),
    };
    let _ = fs::remove_file(&from);
    answer
}

fn write_temporary(tmp: &Path, path: &Path, bytes: &[u8], durable: Durable) -> Result<PathBuf> {
    let from = temporary(tmp);
    let write = || {
        let mut file = File::create(&from)?;
        file.write_all(bytes)?;
        if durable == Durable::Now { file.sync_all() } else { Ok(()) }
    };
    if let Err(e) = write() {
        let _ = fs::remove_file(&from);
        return Err(unwritable(path, e));
    }
    Ok(from)
}
