//! A filesystem mounted for as long as a value lives.
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use socle_texts::{Fault, Result};
use std::{
    ffi::CString,
    fs,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

/// Whether it may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Options {
    /// Only read; an ext4 journal is left as it is.
    ReadOnly,
    /// Read and written.
    ReadWrite,
}

/// A mounted filesystem; taken off when dropped, or with its errors by [`close`](Self::close).
#[derive(Debug)]
pub struct Mounted {
    folder: PathBuf,
    open: bool,
}

impl Mounted {
    /// Mounts a device of a filesystem kind (`ext4`, `vfat`) on a folder, which is made if needed.
    pub fn new(device: &Path, kind: &str, folder: &Path, options: Options) -> Result<Self> {
        let fault = |e: &dyn std::fmt::Display| Fault::new("disk-mount-failed").with("device", device).because(e);
        fs::create_dir_all(folder).map_err(|e| fault(&e))?;
        let mut flags = MountFlags::NODEV | MountFlags::NOSUID;
        let data = match (kind, options) {
            ("ext4", Options::ReadOnly) => "noload",
            ("vfat", _) => "umask=0077,utf8",
            _ => "",
        };
        if options == Options::ReadOnly {
            flags |= MountFlags::RDONLY | MountFlags::NOEXEC;
        }
        if kind == "vfat" {
            // It has no journal: what is renamed stands under its new name before the clusters of the old are free.
            flags |= MountFlags::DIRSYNC;
        }
        let data = CString::new(data).map_err(|e| fault(&e))?;
        mount(device, folder, kind, flags, data.as_c_str()).map_err(|e| fault(&e))?;
        Ok(Mounted { folder: folder.into(), open: true })
    }

    /// Where it is mounted.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes it off; everything written is on the medium when this returns.
    pub fn close(mut self) -> Result<()> {
        self.open = false;
        let mut last = None;
        for _ in 0..50 {
            match unmount(&self.folder, UnmountFlags::empty()) {
                Ok(()) => return Ok(()),
                Err(e) => last = Some(e),
            }
            sleep(Duration::from_millis(100));
        }
        let fault = Fault::new("disk-unmount-failed").with("path", &self.folder);
        Err(last.map_or(fault.clone(), |e| fault.because(e)))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.open {
            let _ = unmount(&self.folder, UnmountFlags::DETACH);
        }
    }
}
