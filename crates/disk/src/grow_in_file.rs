//! A filesystem made as large as its partition, inside a file that holds a whole disk.
use crate::grow::{last_words, run};
use socle_texts::{Fault, Result};
use std::{ffi::OsString, path::Path};

/// Checks the ext filesystem that begins `start_bytes` into `file` and makes it `size_bytes` long. `now_seconds` is
/// the time since 1970.
///
/// e2fsprogs takes the offset behind a question mark of the name (libext2fs, "I/O options").
pub fn grow_ext4(file: &Path, start_bytes: u64, size_bytes: u64, now_seconds: u64) -> Result<()> {
    let mut name = OsString::from(file);
    name.push(format!("?offset={start_bytes}"));
    let time = now_seconds.to_string();
    let checked = run("e2fsck", &["-f".as_ref(), "-p".as_ref(), "--".as_ref(), &name], &[("E2FSCK_TIME", &time)])?;
    if !matches!(checked.status.code(), Some(0..=3)) {
        return Err(Fault::new("disk-check-failed").with("device", file).because(last_words(&checked)));
    }
    let sectors = OsString::from(format!("{}s", size_bytes / 512));
    let grown = run("resize2fs", &["--".as_ref(), &name, &sectors], &[])?;
    if grown.status.success() {
        Ok(())
    } else {
        Err(Fault::new("disk-grow-failed").with("device", file).because(last_words(&grown)))
    }
}
