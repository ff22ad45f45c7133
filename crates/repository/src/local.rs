//! A repository in a folder.
use crate::{
    files::{self, Durable, unreadable},
    index::{self, Index},
    lock,
    session::Session,
};
use socle_image::{
    MAX_PACK_BYTES, PackName,
    pack::{Footer, TRAILER_BYTES, Trailer},
};
use socle_texts::{Fault, Result};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

/// What `socle-repository.json` holds.
const MARK: &str = "{\"format\":1,\"kind\":\"socle-repository\"}\n";
const MARK_FILE: &str = "socle-repository.json";
/// Index files above this number are gathered into one.
const MAX_INDEX_FILES: usize = 16;

/// A repository in a folder. Cheap to clone; every clone is the same repository.
#[derive(Clone)]
pub struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    index: RwLock<Index>,
    /// Packs whose bytes were compared with their name, as they were then: length and time of change.
    sound: Mutex<HashMap<PackName, (u64, i64, i64)>>,
    /// How many deletions the index knows of.
    deletions: AtomicU64,
}

impl Local {
    /// Opens a repository.
    ///
    /// # Errors
    /// `repository-absent` when the folder is not one; `repository-format-unknown`.
    pub fn open(folder: &Path) -> Result<Local> {
        let mark = folder.join(MARK_FILE);
        let found =
            fs::read_to_string(&mark).map_err(|e| Fault::new("repository-absent").with("path", folder).because(e))?;
        if found.trim() != MARK.trim() {
            return Err(Fault::new("repository-format-unknown").with("path", folder));
        }
        let inner = Inner {
            folder: folder.to_path_buf(),
            index: RwLock::default(),
            sound: Mutex::default(),
            deletions: AtomicU64::new(0),
        };
        let local = Local { inner: Arc::new(inner) };
        local.load_index()?;
        Ok(local)
    }

    /// Makes a repository in an empty or new folder, or opens the one that is there.
    ///
    /// # Errors
    /// `repository-not-empty` when the folder holds something else.
    pub fn create(folder: &Path) -> Result<Local> {
        if folder.join(MARK_FILE).exists() {
            return Self::open(folder);
        }
        fs::create_dir_all(folder).map_err(|e| files::unwritable(folder, e))?;
        let ours = ["tmp", "packs", "pages", "manifests", "index", "lock"];
        let entries = fs::read_dir(folder).map_err(|e| unreadable(folder, e))?;
        for entry in entries.flatten() {
            if !ours.iter().any(|name| entry.file_name() == *name) {
                return Err(Fault::new("repository-not-empty").with("path", folder));
            }
        }
        // Not alone: whoever made it at the same instant may clear what looks left over to him.
        let _lock = lock::shared(folder)?;
        for name in &ours[..5] {
            files::make_folder(&folder.join(name))?;
        }
        // Last: a folder with this file is a whole repository.
        files::put(&folder.join("tmp"), &folder.join(MARK_FILE), MARK.as_bytes(), Durable::Now)?;
        Self::open(folder)
    }

    /// Begins to read or add; nobody deletes while the session lives.
    ///
    /// # Errors
    /// `repository-busy` while another process prunes.
    pub fn session(&self) -> Result<Session> {
        let lock = lock::shared(&self.inner.folder)?;
        // Another process may have pruned since: what the index says is there must be there.
        let deletions = lock.deletions();
        if self.inner.deletions.swap(deletions, Ordering::SeqCst) != deletions {
            self.refresh()?;
        }
        Ok(Session::new(self.clone(), lock))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }
    pub(crate) fn tmp(&self) -> PathBuf {
        self.inner.folder.join("tmp")
    }
    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.inner.index.read().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.inner.index.write().unwrap_or_else(PoisonError::into_inner)
    }
    fn sound(&self) -> MutexGuard<'_, HashMap<PackName, (u64, i64, i64)>> {
        self.inner.sound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where an object of this digest stands in `kind` (`packs`, `pages`).
    pub(crate) fn object(&self, kind: &str, digest: &[u8; 32]) -> PathBuf {
        let name = PackName(*digest).to_string();
        self.inner.folder.join(kind).join(&name[..2]).join(name)
    }

    pub(crate) fn pack_path(&self, name: &PackName) -> PathBuf {
        self.object("packs", &name.0)
    }

    /// Puts an object under its digest.
    pub(crate) fn put_object(&self, kind: &str, digest: &[u8; 32], bytes: &[u8], durable: Durable) -> Result<()> {
        let path = self.object(kind, digest);
        if let Some(folder) = path.parent() {
            files::make_folder(folder)?;
        }
        files::put(&self.tmp(), &path, bytes, durable)
    }

    /// The names of the packs that are there.
    pub(crate) fn list_packs(&self) -> Result<HashSet<PackName>> {
        let packs = self.inner.folder.join("packs");
        let mut names = HashSet::new();
        for folder in fs::read_dir(&packs).map_err(|e| unreadable(&packs, e))?.flatten() {
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                if let Some(name) = file.file_name().to_str().and_then(|n| n.parse().ok()) {
                    names.insert(name);
                }
            }
        }
        Ok(names)
    }

    /// Reads the index files, then the footers of the packs that none of them knows.
    fn load_index(&self) -> Result<()> {
        let folder = self.inner.folder.join("index");
        {
            let mut index = self.index_mut();
            for file in fs::read_dir(&folder).map_err(|e| unreadable(&folder, e))?.flatten() {
                let bytes = fs::read(file.path()).unwrap_or_default();
                // A damaged index file is no loss: the packs say the same.
                if file.file_name().to_str().and_then(|n| n.parse().ok()) == Some(PackName::of(&bytes)) {
                    for (name, bytes, footer) in index::decode(&bytes).unwrap_or_default() {
                        index.add(name, bytes, footer);
                    }
                }
            }
        }
        self.refresh()
    }

    /// Takes notice of packs that others added or deleted. A pack that is no pack is left to [`Local::check`].
    pub(crate) fn refresh(&self) -> Result<()> {
        let present = self.list_packs()?;
        let unknown: Vec<PackName> = {
            let index = self.index();
            present.iter().filter(|name| !index.knows(name)).copied().collect()
        };
        let mut found = Vec::new();
        for name in unknown {
            if let Ok((bytes, footer)) = self.read_footer(&name) {
                found.push((name, bytes, footer));
            }
        }
        let mut index = self.index_mut();
        index.keep(&present);
        for (name, bytes, footer) in found {
            index.add(name, bytes, footer);
        }
        Ok(())
    }

    /// The length of a pack and what it holds, from its end.
    pub(crate) fn read_footer(&self, name: &PackName) -> Result<(u64, Footer)> {
        let path = self.pack_path(name);
        let file = File::open(&path).map_err(|e| unreadable(&path, e))?;
        let read = || -> io::Result<Option<(u64, Footer)>> {
            let length = file.metadata()?.len();
            if length > MAX_PACK_BYTES as u64 || length < TRAILER_BYTES as u64 {
                return Ok(None);
            }
            let mut end = [0; TRAILER_BYTES];
            file.read_exact_at(&mut end, length - TRAILER_BYTES as u64)?;
            let Some(trailer) = Trailer::parse(&end, length) else { return Ok(None) };
            let mut footer = vec![0; (trailer.end - trailer.start) as usize];
            file.read_exact_at(&mut footer, trailer.start)?;
            let footer = trailer.open(&footer).filter(|f| f.frames_end() as u64 == trailer.start);
            Ok(footer.map(|footer| (length, footer)))
        };
        read().map_err(|e| unreadable(&path, e))?.ok_or_else(|| damaged(name))
    }

    /// Writes what the index files don't know yet, so that opening stays quick. A failure is of no consequence.
    pub(crate) fn save_index(&self) -> Result<()> {
        let folder = self.inner.folder.join("index");
        let mut saved = HashSet::new();
        let mut old = Vec::new();
        for file in fs::read_dir(&folder).map_err(|e| unreadable(&folder, e))?.flatten() {
            let packs = fs::read(file.path()).ok().and_then(|bytes| index::decode(&bytes)).unwrap_or_default();
            saved.extend(packs.iter().map(|p| p.0));
            old.push(file.path());
        }
        let index = self.index();
        let stale = saved.iter().any(|name| !index.knows(name));
        let gather = stale || old.len() >= MAX_INDEX_FILES;
        if !gather && index.packs().all(|(name, ..)| saved.contains(&name)) {
            return Ok(());
        }
        let bytes = index::encode(index.packs().filter(|(name, ..)| gather || !saved.contains(name)));
        let path = folder.join(PackName::of(&bytes).to_string());
        files::put(&self.tmp(), &path, &bytes, Durable::Now)?;
        for file in old.iter().filter(|file| gather && **file != path) {
            let _ = fs::remove_file(file);
        }
        Ok(())
    }

    /// All the bytes of a pack, if they are what its name says.
    pub(crate) fn read_pack(&self, name: &PackName) -> Result<Vec<u8>> {
        let path = self.pack_path(name);
        let length = fs::metadata(&path).map_err(|e| missing(name, e))?.len();
        if length > MAX_PACK_BYTES as u64 {
            return Err(damaged(name));
        }
        let bytes = fs::read(&path).map_err(|e| unreadable(&path, e))?;
        if name.is_of(&bytes) { Ok(bytes) } else { Err(damaged(name)) }
    }

    /// Compares a pack's bytes with its name, unless that was done since its file last changed.
    pub(crate) fn check_pack(&self, name: &PackName) -> Result<()> {
        let path = self.pack_path(name);
        let meta = fs::metadata(&path).map_err(|e| missing(name, e))?;
        let mark = (meta.len(), meta.ctime(), meta.ctime_nsec());
        if self.sound().get(name) == Some(&mark) {
            return Ok(());
        }
        let mut hasher = blake3::Hasher::new();
        let file = File::open(&path).map_err(|e| unreadable(&path, e))?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let length = io::Read::read(&mut &file, &mut buffer).map_err(|e| unreadable(&path, e))?;
            if length == 0 {
                break;
            }
            hasher.update(&buffer[..length]);
        }
        if *hasher.finalize().as_bytes() != name.0 {
            return Err(damaged(name));
        }
        self.sound().insert(*name, mark);
        Ok(())
    }
}

/// A pack is not what its name says.
pub(crate) fn damaged(name: &PackName) -> Fault {
    Fault::new("repository-pack-damaged").with("pack", name.to_string())
}

/// A pack is not there.
pub(crate) fn missing(name: &PackName, error: io::Error) -> Fault {
    Fault::new("repository-pack-missing").with("pack", name.to_string()).because(error)
}
