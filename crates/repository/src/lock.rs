//! Who may do what at the same time: many read and add, one alone deletes.
use crate::files::{unreadable, unwritable};
use rustix::fs::{FlockOperation, flock};
use socle_texts::{Fault, Result};
use std::{
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::Duration,
};

/// Held while it lives; the kernel releases it when the process dies.
pub struct Lock {
    file: File,
}

impl Lock {
    /// Grows by one before each deletion: whoever remembers another number must look again at what is there.
    pub fn deletions(&self) -> u64 {
        self.file.metadata().map_or(0, |m| m.len())
    }

    /// Says, durably, that something is about to be deleted. Only under [`exclusive`].
    pub fn announce_deletion(&self, folder: &Path) -> Result<()> {
        let announce = || {
            (&self.file).seek(SeekFrom::End(0))?;
            (&self.file).write_all(b".")?;
            self.file.sync_all()
        };
        announce().map_err(|e| unwritable(&folder.join("lock"), e))
    }
}

fn lock(folder: &Path, how: FlockOperation) -> Result<Option<Lock>> {
    let path = folder.join("lock");
    // A repository on a medium that can't be written can still be read.
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .or_else(|_| File::open(&path))
        .map_err(|e| unreadable(&path, e))?;
    // A program that another thread is just starting holds copies of all locks for an instant: so a refusal counts only
    // when it lasts.
    for _ in 0..10 {
        if flock(&file, how) != Err(rustix::io::Errno::WOULDBLOCK) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    match flock(&file, how) {
        Ok(()) => Ok(Some(Lock { file })),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(e) => Err(unreadable(&path, e.into())),
    }
}

fn busy(folder: &Path) -> Fault {
    Fault::new("repository-busy").with("path", folder).may_retry()
}

/// For reading and adding. Others may too.
pub fn shared(folder: &Path) -> Result<Lock> {
    lock(folder, FlockOperation::NonBlockingLockShared)?.ok_or_else(|| busy(folder))
}

/// For deleting. Nobody else holds it.
pub fn exclusive(folder: &Path) -> Result<Lock> {
    lock(folder, FlockOperation::NonBlockingLockExclusive)?.ok_or_else(|| busy(folder))
}
