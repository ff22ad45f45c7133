//! Files of a deployed system, seen as that system will see them.
//!
//! Its absolute symbolic links mean its own root, never ours: every path is resolved by the kernel inside the tree
//! (openat2 with RESOLVE_IN_ROOT). A file is replaced whole or not at all.
use rustix::fs::{AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;
use socle_texts::{Fault, Result};
use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

/// The largest file that is read whole.
const READ_MAX_BYTES: u64 = 16 << 20;
/// The most entries of one folder that are looked at.
const ENTRIES_MAX: usize = 10_000;

/// A mounted root or ESP.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    shown: PathBuf,
}

/// How a file is written that was not there before; one that was there keeps its owner and rights.
#[derive(Debug, Clone, Copy)]
pub struct WriteAs {
    /// Rights, as 0o644.
    pub mode: u32,
    /// Whether rights of a file that was there are replaced too.
    pub force_mode: bool,
}

impl Default for WriteAs {
    fn default() -> Self {
        WriteAs { mode: 0o644, force_mode: false }
    }
}

impl Tree {
    /// The tree below a folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let root = rustix::fs::openat(CWD, folder, OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY, Mode::empty());
        let root = root.map_err(|e| Fault::new("texts-file-unreadable").with("path", folder).because(e))?;
        Ok(Tree { root, shown: folder.into() })
    }

    /// Where the tree stands, for tools that take a path.
    pub fn folder(&self) -> &Path {
        &self.shown
    }

    fn at(&self, path: &str, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let path = match path.trim_start_matches('/') {
            "" => ".",
            path => path,
        };
        rustix::fs::openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::IN_ROOT)
    }

    /// A file whole, or nothing where there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let fault = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", path).because(e);
        let file = match self.at(path, OFlags::RDONLY | OFlags::NONBLOCK) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(e) => return Err(fault(e.into())),
        };
        if !file.metadata().map_err(fault)?.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.take(READ_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(fault)?;
        if bytes.len() as u64 > READ_MAX_BYTES {
            return Err(fault(std::io::Error::other(format!("more than {READ_MAX_BYTES} bytes"))));
        }
        Ok(Some(bytes))
    }

    /// Like [`read`](Self::read), as text; bytes that are none become marks.
    pub fn read_text(&self, path: &str) -> Result<Option<String>> {
        Ok(self.read(path)?.map(|b| String::from_utf8_lossy(&b).into_owned()))
    }

    /// Whether something stands at a path.
    pub fn exists(&self, path: &str) -> bool {
        self.at(path, OFlags::PATH).is_ok()
    }

    /// Puts a file in place atomically: written beside, synced, renamed, folder synced. Folders are made as needed.
    pub fn write(&self, path: &str, bytes: &[u8], how: WriteAs) -> Result<()> {
        self.try_write(path, bytes, how).map_err(|e| Fault::new("texts-file-unwritable").with("path", path).because(e))
    }

    fn try_write(&self, path: &str, bytes: &[u8], how: WriteAs) -> std::io::Result<()> {
        let (parent, name) = self.parent(path)?;
        let beside = format!(".{name}.socle-new");
        let old = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW).ok();
        let old = old.filter(|s| FileType::from_raw_mode(s.st_mode) == FileType::RegularFile);
        let _ = rustix::fs::unlinkat(&parent, &beside, AtFlags::empty());
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mut file = File::from(rustix::fs::openat(&parent, &beside, flags, Mode::from_raw_mode(0o600))?);
        file.write_all(bytes)?;
        let mode = match &old {
            Some(stat) if !how.force_mode => stat.st_mode & 0o7777,
            _ => how.mode,
        };
        // vfat knows neither owners nor rights: what it refuses here it would not keep either.
        if let Some(stat) = &old {
            let _ = rustix::fs::fchown(&file, Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)));
        }
        let _ = rustix::fs::fchmod(&file, Mode::from_raw_mode(mode));
        file.sync_all()?;
        rustix::fs::renameat(&parent, &beside, &parent, name)?;
        // On vfat the name carries length and place of the file: it is written with the file, not with the folder.
        file.sync_all()?;
        rustix::fs::fsync(&parent)?;
        Ok(())
    }

    /// Everything written to the filesystem of this tree is on the medium when this returns.
    pub fn sync(&self) -> Result<()> {
        rustix::fs::syncfs(&self.root)
            .map_err(|e| Fault::new("texts-file-unwritable").with("path", &self.shown).because(e))
    }

    /// Makes a symbolic link; one that stands there already is replaced.
    pub fn link(&self, path: &str, to: &str) -> Result<()> {
        let make = || -> std::io::Result<()> {
            let (parent, name) = self.parent(path)?;
            let _ = rustix::fs::unlinkat(&parent, name, AtFlags::empty());
            rustix::fs::symlinkat(to, &parent, name)?;
            Ok(rustix::fs::fsync(&parent)?)
        };
        make().map_err(|e| Fault::new("texts-file-unwritable").with("path", path).because(e))
    }

    /// Removes a file. Says whether one was there.
    pub fn remove(&self, path: &str) -> Result<bool> {
        let remove = || -> std::io::Result<bool> {
            let Some((parent, name)) = path.trim_end_matches('/').rsplit_once('/') else {
                return Err(Errno::INVAL.into());
            };
            let parent = match self.at(parent, OFlags::DIRECTORY) {
                Ok(parent) => parent,
                Err(Errno::NOENT | Errno::NOTDIR) => return Ok(false),
                Err(e) => return Err(e.into()),
            };
            match rustix::fs::unlinkat(&parent, name, AtFlags::empty()) {
                Ok(()) => {
                    rustix::fs::fsync(&parent)?;
                    Ok(true)
                }
                Err(Errno::NOENT) => Ok(false),
                Err(e) => Err(e.into()),
            }
        };
        remove().map_err(|e| Fault::new("texts-file-unwritable").with("path", path).because(e))
    }

    /// The names in a folder, sorted; none where there is no folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(fd) = self.at(folder, OFlags::DIRECTORY | OFlags::RDONLY) else { return Vec::new() };
        let Ok(dir) = Dir::read_from(&fd) else { return Vec::new() };
        let mut names: Vec<String> = dir
            .take(ENTRIES_MAX)
            .filter_map(|e| e.ok()?.file_name().to_str().ok().map(str::to_string))
            .filter(|n| n != "." && n != "..")
            .collect();
        names.sort();
        names
    }

    /// Opens the folder of a path, making what is missing of it.
    fn parent<'p>(&self, path: &'p str) -> std::io::Result<(OwnedFd, &'p str)> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() || name == "." || name == ".." {
            return Err(Errno::INVAL.into());
        }
        let mut done = String::new();
        for part in folder.split('/').filter(|p| !p.is_empty()) {
            let above = self.at(&done, OFlags::DIRECTORY)?;
            done.push('/');
            done.push_str(part);
            if let Err(Errno::NOENT) = self.at(&done, OFlags::PATH) {
                rustix::fs::mkdirat(&above, part, Mode::from_raw_mode(0o755))?;
                rustix::fs::fsync(&above)?;
            }
        }
        Ok((self.at(folder, OFlags::DIRECTORY)?, name))
    }
}
