//! Where things are kept.
use crate::trouble::{Done, During};
use std::path::{Path, PathBuf};

/// The repository's own folder.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = Path::new(&manifest);
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// What was downloaded or built once and may be kept: `target/lab`, or `$SOCLE_CACHE`.
pub fn cache() -> PathBuf {
    std::env::var_os("SOCLE_CACHE").map_or_else(|| target().join("lab"), |folder| root().join(folder))
}

/// Makes a folder and those above it.
pub fn folder(path: PathBuf) -> Done<PathBuf> {
    std::fs::create_dir_all(&path).during(format!("creating {}", path.display()))?;
    Ok(path)
}

/// Writes a small file whole or not at all.
pub fn write(path: &Path, text: &str) -> Done {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, text)
        .and_then(|()| std::fs::rename(&temporary, path))
        .during(format!("writing {}", path.display()))
}

/// Waits until no other process does the same thing; the lock ends with the answer's life.
pub fn lock(name: &str) -> Done<std::fs::File> {
    let path = folder(cache())?.join(format!("{name}.lock"));
    let file = std::fs::File::create(&path).during(format!("creating {}", path.display()))?;
    if file.try_lock().is_err() {
        crate::talk::say("…", &format!("Another process is at `{name}` in the same folder: waiting for it."));
        file.lock().during(format!("locking {}", path.display()))?;
    }
    Ok(file)
}
