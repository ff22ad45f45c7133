//! The seeds that are committed.
use std::{fs, io, path::PathBuf};

/// Longest seed: a corpus stays small enough to be read by a person.
pub const MAX_SEED_BYTES: usize = 16 << 10;

/// Where the seeds of a target stand.
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The seeds of a target, by name, always in the same order.
///
/// # Errors
/// The system's, where the folder or a file in it can't be read.
pub fn read(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        all.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    all.sort();
    Ok(all)
}
