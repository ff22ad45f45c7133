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
        || path == "server.lock"
        || name.ends_with(".new")
        || name.contains(".draft-")
        || path.starts_with("repository/tmp/")
        || name.starts_with(".socle-restore")
}

/// The folders below a folder, and its files, each in order. Links are neither.
pub fn below(root: &Path) -> Result<(Vec<String>, Vec<File>)> {
    use std::os::unix::fs::MetadataExt;
    let (mut found, mut inner) = (Vec::new(), Vec::new());
    let relative = |at: &Path| at.strip_prefix(root).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
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
            let path = relative(&at);
            if kind.is_dir() {
                folders.push(at);
                inner.push(path);
            } else if kind.is_file() {
                let Ok(meta) = entry.metadata() else { continue };
                if !is_passing(&path) {
                    found.push(File { path, at, bytes: meta.len(), mode: meta.mode() & 0o777 });
                }
            }
        }
    }
    found.sort();
    inner.sort();
    Ok((inner, found))
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

/// Makes a folder for its owner alone, and those above it.
pub fn make_folder(at: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(at);
    made.map_err(|e| Fault::new("texts-file-unwritable").with("path", at).because(e))
}

/// Makes a file with its permissions, and the folders above it for its owner alone.
pub fn make(at: &Path, mode: u32) -> Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let unwritable = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", at).because(e);
    at.parent().map_or(Ok(()), make_folder)?;
    fs::OpenOptions::new().write(true).create_new(true).mode(mode & 0o777).open(at).map_err(unwritable)
}
