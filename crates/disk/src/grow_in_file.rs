//! A filesystem made as large as its partition, inside a file that holds a whole disk.
//!
//! Through a loop device: resize2fs knows an offset in a file too, but then cuts the file at the end of the filesystem.
use crate::grow::{self, Checked, last_words, run};
use socle_texts::{Fault, Result};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// Checks the ext filesystem in this part of `file` and makes it fill it. `now_seconds` is the time since 1970.
///
/// # Errors
/// `disk-loop-refused` where this system gives no loop device (it takes root's rights); those of
/// [`grow::grow_ext4`].
pub fn grow_ext4(file: &Path, start_bytes: u64, size_bytes: u64, now_seconds: u64) -> Result<Checked> {
    let device = Loop::new(file, start_bytes, size_bytes)?;
    grow::grow_ext4(&device.0, now_seconds)
}

/// A part of a file as a device, while it lives.
struct Loop(PathBuf);

impl Loop {
    fn new(file: &Path, start_bytes: u64, size_bytes: u64) -> Result<Loop> {
        let (offset, limit) = (start_bytes.to_string(), size_bytes.to_string());
        let args: [&OsStr; 8] = [
            "--find".as_ref(),
            "--show".as_ref(),
            "--offset".as_ref(),
            offset.as_ref(),
            "--sizelimit".as_ref(),
            limit.as_ref(),
            "--".as_ref(),
            file.as_os_str(),
        ];
        let output = run("losetup", &args, &[])?;
        let name = String::from_utf8_lossy(&output.stdout).trim().to_string();
        if !output.status.success() || !name.starts_with("/dev/") {
            return Err(Fault::new("disk-loop-refused").with("path", file).because(last_words(&output)));
        }
        Ok(Loop(name.into()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let name = OsString::from(&self.0);
        // A device that stays is no harm, and there is nobody to tell.
        let _ = run("losetup", &["--detach".as_ref(), &name], &[]);
    }
}
