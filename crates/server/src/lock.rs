//! That a server works with a data folder: a lock on a file in it, held from the server's start to its end. The system lets
//! go of it whatever ends the server.
use crate::Data;
use socle_texts::{Fault, Result};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
};

/// The folder is ours as long as this is held.
#[derive(Debug)]
pub(crate) struct Held(#[allow(dead_code)] Option<File>); // what counts is that the file stays open

/// Takes the folder for a server.
///
/// # Errors
/// `server-already-running`.
pub(crate) fn take(data: &Data) -> Result<Held> {
    let path = data.lock();
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = opened.map_err(|e| Fault::new("texts-file-unwritable").with("path", &path).because(e))?;
    held(data, file)
}

/// Takes the folder for something that no server may work beside. Nothing is made: where there is no such file no server
/// has ever worked here, and one made by another account than the server's would keep that out.
///
/// # Errors
/// `server-already-running`.
pub(crate) fn without_server(data: &Data) -> Result<Held> {
    let path = data.lock();
    match File::open(&path) {
        Ok(file) => held(data, file),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Held(None)),
        Err(e) => Err(Fault::new("texts-file-unreadable").with("path", &path).because(e)),
    }
}

fn held(data: &Data, file: File) -> Result<Held> {
    let running = || Fault::new("server-already-running").with("path", data.folder());
    match file.try_lock() {
        Ok(()) => Ok(Held(Some(file))),
        Err(TryLockError::WouldBlock) => Err(running()),
        // A file system without locks keeps nobody from working: then nobody is warned either.
        Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => Ok(Held(None)),
        Err(TryLockError::Error(e)) => Err(running().because(e)),
    }
}
