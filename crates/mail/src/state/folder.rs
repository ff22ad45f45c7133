//! What became of each message of one folder.
use super::record::{Record, line, read};
use crate::print::Print;
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A message that is on the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// Its UID there.
    pub target: u32,
    /// Digest of its bytes as the source served them.
    pub digest: Digest,
    flags: u32,
}

/// One folder's state, in memory and in its log.
pub struct FolderState {
    path: PathBuf,
    file: File,
    /// UIDVALIDITY of the source's folder; 0 before the first pass.
    pub source_validity: u32,
    /// UIDVALIDITY of the target's folder.
    pub target_validity: u32,
    /// Messages on the target, by the source's UID.
    pub kept: BTreeMap<u32, Kept>,
    /// Messages that the target refused: its words, and the digest where known.
    pub refused: BTreeMap<u32, (String, Option<Digest>)>,
    /// Messages of which it can't be told whether they are there.
    pub parked: BTreeSet<u32>,
    /// Messages of the target that are not ours, by the target's UID.
    pub others: BTreeSet<u32>,
    /// Messages that were being sent and of which no answer was kept.
    pub sending: BTreeSet<u32>,
    flag_sets: Vec<Vec<String>>,
    flag_index: HashMap<Vec<String>, u32>,
}

impl FolderState {
    /// Reads a folder's log, or begins one. What follows a torn or changed line is as if it had never been written.
    pub fn open(path: &Path) -> Result<Self> {
        let fault = |e: std::io::Error| unwritable(path, e);
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fault)?;
        let mut state = FolderState {
            path: path.to_path_buf(),
            file,
            source_validity: 0,
            target_validity: 0,
            kept: BTreeMap::new(),
            refused: BTreeMap::new(),
            parked: BTreeSet::new(),
            others: BTreeSet::new(),
            sending: BTreeSet::new(),
            flag_sets: Vec::new(),
            flag_index: HashMap::new(),
        };
        let mut good_bytes = 0;
        let mut reader = BufReader::new(state.file.try_clone().map_err(fault)?);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let length = reader.read_until(b'\n', &mut bytes).map_err(fault)?;
            let whole = bytes.strip_suffix(b"\n").and_then(|b| std::str::from_utf8(b).ok());
            let Some(record) = whole.and_then(read) else { break };
            state.apply(record);
            good_bytes += length as u64;
        }
        state.file.set_len(good_bytes).map_err(fault)?;
        state.file.seek(SeekFrom::End(0)).map_err(fault)?;
        Ok(state)
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Begin { source, target } => {
                (self.source_validity, self.target_validity) = (source, target);
                self.kept.clear();
                self.refused.clear();
                self.parked.clear();
                self.others.clear();
                self.sending.clear();
            }
            Record::Sending { u } => {
                self.sending.insert(u);
            }
            Record::Kept { u, t, d, f } => {
                let flags = self.flag_set(f);
                self.settle(u);
                self.kept.insert(u, Kept { target: t, digest: d, flags });
            }
            Record::Refused { u, w, d } => {
                self.settle(u);
                self.refused.insert(u, (w, d));
            }
            Record::Parked { u } => {
                self.settle(u);
                self.parked.insert(u);
            }
            Record::Flags { u, f } => {
                let flags = self.flag_set(f);
                if let Some(kept) = self.kept.get_mut(&u) {
                    kept.flags = flags;
                }
            }
            Record::Gone { u } => {
                self.settle(u);
                self.kept.remove(&u);
                self.refused.remove(&u);
                self.parked.remove(&u);
            }
            Record::Other { t } => {
                self.others.insert(t);
            }
        }
    }

    fn settle(&mut self, uid: u32) {
        self.sending.remove(&uid);
    }

    fn flag_set(&mut self, flags: Vec<String>) -> u32 {
        if let Some(known) = self.flag_index.get(&flags) {
            return *known;
        }
        let number = self.flag_sets.len() as u32;
        self.flag_sets.push(flags.clone());
        self.flag_index.insert(flags, number);
        number
    }

    /// The flags that both sides had last.
    pub fn flags_of(&self, kept: &Kept) -> &[String] {
        &self.flag_sets[kept.flags as usize]
    }
    /// Whether it is decided what became of this message.
    pub fn knows(&self, source_uid: u32) -> bool {
        self.kept.contains_key(&source_uid)
            || self.refused.contains_key(&source_uid)
            || self.parked.contains(&source_uid)
    }
    /// The target's UIDs that are accounted for.
    pub fn known_targets(&self) -> BTreeSet<u32> {
        self.kept.values().map(|k| k.target).chain(self.others.iter().copied()).collect()
    }

    /// Begins anew with these UIDVALIDITYs.
    pub fn begin(&mut self, source: u32, target: u32) -> Result<()> {
        self.write([Record::Begin { source, target }])
    }
    /// Notes that a message is about to be sent. It is in the kernel's hands when this returns.
    pub fn sending(&mut self, uid: u32) -> Result<()> {
        self.write([Record::Sending { u: uid }])
    }
    /// Notes messages that are on the target: source UID, target UID, print, flags.
    pub fn keep(&mut self, messages: impl IntoIterator<Item = (u32, u32, Print, Vec<String>)>) -> Result<()> {
        self.write(messages.into_iter().map(|(u, t, p, f)| Record::Kept { u, t, d: p.exact, f }))
    }
    /// Notes a refusal, word for word.
    pub fn refuse(&mut self, uid: u32, verbatim: &str, digest: Option<Digest>) -> Result<()> {
        self.write([Record::Refused { u: uid, w: verbatim.to_string(), d: digest }])
    }
    /// Notes that a person must decide.
    pub fn park(&mut self, uid: u32) -> Result<()> {
        self.write([Record::Parked { u: uid }])
    }
    /// Notes flags that are now the same on both sides.
    pub fn flagged(&mut self, uid: u32, flags: Vec<String>) -> Result<()> {
        self.write([Record::Flags { u: uid, f: flags }])
    }
    /// Forgets a message that the source has no more.
    pub fn gone(&mut self, uid: u32) -> Result<()> {
        self.write([Record::Gone { u: uid }])
    }
    /// Notes messages of the target that are not ours.
    pub fn others(&mut self, targets: impl IntoIterator<Item = u32>) -> Result<()> {
        self.write(targets.into_iter().map(|t| Record::Other { t }))
    }

    fn write(&mut self, records: impl IntoIterator<Item = Record>) -> Result<()> {
        let mut text = String::new();
        for record in records {
            text.push_str(&line(&record));
            self.apply(record);
        }
        self.file.write_all(text.as_bytes()).map_err(|e| unwritable(&self.path, e))
    }
    /// Makes all of it survive a power cut.
    pub fn sync(&mut self) -> Result<()> {
        self.file.sync_data().map_err(|e| unwritable(&self.path, e))
    }
}

fn unwritable(path: &Path, e: std::io::Error) -> Fault {
    Fault::new("texts-file-unwritable").with("path", path).because(e)
}
