//! Which folder became which, and what the last pass saw of each.
use super::FolderState;
use crate::imap::Name;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use socle_texts::{Fault, Result};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

/// What both sides looked like when a folder's last pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// UIDNEXT of the source.
    pub uid_next: u32,
    /// Messages of the source.
    pub messages: u64,
    /// HIGHESTMODSEQ of the source.
    pub modseq: Option<u64>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number of its log.
    pub id: u32,
    /// The source's name.
    pub source: Name,
    /// The target's name.
    pub target: Name,
    /// UIDVALIDITY of the target when last seen.
    pub target_validity: u32,
    /// UIDVALIDITY of the source when last seen.
    pub validity: u32,
    /// The last pass that ended; none: there is work to do.
    pub seen: Option<Seen>,
    /// Why the target would not have this folder, in its words.
    pub refused: Option<String>,
    /// Whether we made it.
    pub created: bool,
}

/// All folders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// In no order that means anything.
    pub folders: Vec<Entry>,
    /// The number of the next log.
    pub next_id: u32,
}

/// A mailbox's state on disk. While it lives no other process works on the same mailbox.
pub struct Store {
    folder: PathBuf,
    _lock: File,
    /// The index.
    pub index: Index,
    written: Option<Index>,
}

impl Store {
    /// Opens a state folder, or makes it. An index that can't be read counts as none.
    ///
    /// # Errors
    /// `mail-state-in-use`; `texts-file-unwritable`.
    pub fn open(folder: &Path) -> Result<Store> {
        let unwritable = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", folder).because(e);
        fs::create_dir_all(folder).map_err(unwritable)?;
        let lock = File::create(folder.join("lock")).map_err(unwritable)?;
        lock.try_lock().map_err(|e| Fault::new("mail-state-in-use").with("path", folder).because(e))?;
        let text = fs::read_to_string(folder.join("index.json")).unwrap_or_default();
        let index: Option<Index> = serde_json::from_str(&text).ok();
        if index.is_none() {
            // Logs without an index can't be attributed: what they say is found again by reading.
            for old in fs::read_dir(folder).map_err(unwritable)?.flatten() {
                if old.path().extension().is_some_and(|e| e == "log") {
                    fs::remove_file(old.path()).map_err(unwritable)?;
                }
            }
        }
        let written = index.clone();
        Ok(Store { folder: folder.to_path_buf(), _lock: lock, index: index.unwrap_or_default(), written })
    }
    /// Adds a folder.
    pub fn add(&mut self, source: Name, target: Name) -> usize {
        let id = self.index.next_id;
        self.index.next_id += 1;
        let entry =
            Entry { id, source, target, validity: 0, target_validity: 0, seen: None, refused: None, created: false };
        self.index.folders.push(entry);
        self.index.folders.len() - 1
    }
    /// A folder's state.
    pub fn folder(&self, id: u32) -> Result<FolderState> {
        FolderState::open(&self.path(id))
    }
    /// Forgets a folder that exists on neither side.
    pub fn remove(&mut self, id: u32) {
        self.index.folders.retain(|entry| entry.id != id);
        // A log that stays behind is never read: its number is not given again.
        let _ = fs::remove_file(self.path(id));
    }
    fn path(&self, id: u32) -> PathBuf {
        self.folder.join(format!("{id}.log"))
    }
    /// Writes the index, whole or not at all, if it has changed.
    pub fn save(&mut self) -> Result<()> {
        if self.written.as_ref() == Some(&self.index) {
            return Ok(());
        }
        let path = self.folder.join("index.json");
        let beside = self.folder.join("index.json.tmp");
        let text = serde_json::to_string(&self.index).unwrap_or_default();
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()?;
            fs::rename(&beside, &path)
        };
        write().map_err(|e| Fault::new("texts-file-unwritable").with("path", &path).because(e))?;
        self.written = Some(self.index.clone());
        Ok(())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}
impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        data_encoding::HEXLOWER.decode(text.as_bytes()).map(Name).map_err(D::Error::custom)
    }
}
