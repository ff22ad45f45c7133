//! Files that must never be half there.
use socle_texts::{Fault, Result};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
};

/// Writes a new file with the given permissions: durable before it has its name, and never over another.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let failed = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", path).because(e);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let result = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(mode);
        }
        let mut file = options.open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        // A link, not a rename: it fails where the name is taken, so a key is never replaced by another.
        fs::hard_link(&draft, path)
    })();
    let _ = fs::remove_file(&draft);
    result.map_err(failed)?;
    File::open(folder).and_then(|d| d.sync_all()).map_err(failed)
}
