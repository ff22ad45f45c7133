//! The files of a share, from a folder: names without case, no links followed, nothing large opened.
use socle_mdt::{MAX_FILE_BYTES, MAX_FILES, MAX_SHARE_BYTES, Source, wanted};
use socle_texts::{Fault, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 20_000;

fn unreadable(path: &Path, e: impl std::fmt::Display) -> Fault {
    Fault::new("texts-file-unreadable").with("path", path).because(e)
}

/// What stands in a folder: name, path, whether it is a folder. Links are neither.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| unreadable(folder, e))?.take(MAX_ENTRIES) {
        let entry = entry.map_err(|e| unreadable(folder, e))?;
        let kind = entry.file_type().map_err(|e| unreadable(folder, e))?;
        if kind.is_dir() || kind.is_file() {
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path(), kind.is_dir()));
        }
    }
    found.sort();
    Ok(found)
}

/// Reads what is wanted of a share. Its folder, or its Control folder alone.
pub fn read(share: &Path) -> Result<Vec<Source>> {
    let top = entries(share)?;
    let control = top.iter().find(|(name, _, folder)| *folder && name.eq_ignore_ascii_case("control"));
    let control = control.map_or_else(|| share.to_path_buf(), |(_, path, _)| path.clone());
    let mut files = Vec::new();
    for (name, path, folder) in entries(&control)? {
        if !folder {
            files.push((format!("Control/{name}"), path));
            continue;
        }
        // Only two names are wanted of a task sequence's folder: the rest is not even looked at.
        let below = entries(&path)?.into_iter().filter(|e| !e.2);
        files.extend(below.map(|(file, path, _)| (format!("Control/{name}/{file}"), path)));
    }
    files.retain(|(name, _)| wanted(name));
    let mut bytes = 0;
    let mut sources = Vec::new();
    let too_large =
        |files: usize, bytes: usize| Fault::new("mdt-share-too-large").with("files", files).with("mib", bytes >> 20);
    for (name, path) in &files {
        let size = fs::metadata(path).map_err(|e| unreadable(path, e))?.len();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        bytes += size.min(MAX_SHARE_BYTES + 1);
        if size > MAX_FILE_BYTES || bytes > MAX_SHARE_BYTES || files.len() > MAX_FILES {
            return Err(too_large(files.len(), bytes));
        }
        let content = fs::read(path).map_err(|e| unreadable(path, e))?;
        sources.push(Source { path: name.clone(), bytes: content });
    }
    Ok(sources)
}
