//! The files of a data folder: which belong into a backup, and where they may go back to.
use socle_texts::{Fault, Result};
use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// A file, by its path in the data folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// Its path, with `/`.
    pub path: String,
    /// Where it is.
    pub at: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its permissions.
    pub mode: u32,
}

fn unreadable(path: &Path, e: std::io::Error) -> Fault {
    Fault::new("texts-file-unreadable").with("path", path).because(e)
}

/// Whether a file of the data folder is left to itself: the database comes as text, drafts and locks mean nothing later.
fn is_passing(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_database = !path.contains('/') && name.starts_with("socle.db");
    is_database
        || name == "lock"
        || name.ends_with(".new")
        || name.contains(".draft-")
        || path.starts_with("repository/tmp/")
        || name.starts_with(".socle-restore")
}

/// The files below a folder, in order. Links are none.
pub fn below(root: &Path) -> Result<Vec<File>> {
    use std::os::unix::fs::MetadataExt;
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // A folder that was emptied meanwhile: of packs, of drafts.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(unreadable(&folder, e)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| unreadable(&folder, e))?;
            let (at, kind) = (entry.path(), entry.file_type().map_err(|e| unreadable(&entry.path(), e))?);
            if kind.is_dir() {
                folders.push(at);
            } else if kind.is_file() {
                let path = at.strip_prefix(root).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
                let Ok(meta) = entry.metadata() else { continue };
                if !is_passing(&path) {
                    found.push(File { path, at, bytes: meta.len(), mode: meta.mode() & 0o777 });
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where an entry's file goes below `root`. Nothing in an archive may lead out of it.
pub fn place(root: &Path, path: &str) -> Result<PathBuf> {
    let relative = Path::new(path);
    let plain = !path.is_empty() && relative.components().all(|c| matches!(c, Component::Normal(_)));
    match plain && !path.contains('\0') {
        true => Ok(root.join(relative)),
        false => Err(Fault::new("trust-archive-broken").because("a path that leads outside")),
    }
}

/// Makes a file with its permissions, and the folders above it for its owner alone.
pub fn make(at: &Path, mode: u32) -> Result<fs::File> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let unwritable = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", at).because(e);
    if let Some(folder) = at.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).mode(mode & 0o777).open(at).map_err(unwritable)
}
