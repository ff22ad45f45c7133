//! Who a machine is beside its key, kept over a reset: machine-id, SSH host keys, identifiers of its filesystems.
//!
//! It stands in the Socle partition of the same disk, which is as readable as the files that it is a copy of: by root.
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use socle_disk::identity::{Change, Tree, WriteAs};
use socle_texts::Result;
use std::collections::BTreeMap;
use uuid::Uuid;

const SSH: &str = "/etc/ssh";
/// What tells the service that makes keys that they are made already.
const KEYS_MADE: &str = "/etc/ssh/.socle-keys-made";
/// No host key is longer; and all of them have to fit into a slot of the memory.
const KEY_MAX_BYTES: usize = 4096;
const KEYS_MAX_BYTES: usize = 10 << 10;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// /etc/machine-id.
    machine_id: String,
    /// SSH host keys and their public halves: file names and contents.
    ssh: BTreeMap<String, String>,
    /// Identifiers of filesystems, by partition number.
    filesystems: BTreeMap<u32, String>,
}

/// What a system's files say of who it is. What can't be read is not kept.
pub fn of_tree(root: &Tree, filesystems: BTreeMap<u32, String>) -> Kept {
    let machine_id = root.read_text("/etc/machine-id").ok().flatten().unwrap_or_default().trim().to_string();
    let mut kept = Kept { machine_id, ssh: BTreeMap::new(), filesystems };
    let mut bytes = 0;
    for name in root.names(SSH).into_iter().filter(|n| n.starts_with("ssh_host_")) {
        let Ok(Some(content)) = root.read(&format!("{SSH}/{name}")) else { continue };
        let is_key = content.starts_with(b"-----BEGIN") || (name.ends_with(".pub") && content.len() > 40);
        bytes += content.len();
        if is_key && content.len() <= KEY_MAX_BYTES && bytes <= KEYS_MAX_BYTES {
            kept.ssh.insert(name, BASE64.encode(&content));
        }
    }
    // Half a pair is none.
    let names: Vec<String> = kept.ssh.keys().cloned().collect();
    kept.ssh.retain(|name, _| {
        let other = name.strip_suffix(".pub").map_or_else(|| format!("{name}.pub"), str::to_string);
        names.contains(&other)
    });
    kept
}

/// Only the identifiers of filesystems.
pub fn only_filesystems(filesystems: BTreeMap<u32, String>) -> Kept {
    Kept { filesystems, ..Kept::default() }
}

impl Kept {
    /// What is known here, and for the rest what `other` knows.
    pub fn or(mut self, other: Kept) -> Kept {
        if self.machine_id().is_none() {
            self.machine_id = other.machine_id;
        }
        if self.ssh.is_empty() {
            self.ssh = other.ssh;
        }
        for (number, id) in other.filesystems {
            self.filesystems.entry(number).or_insert(id);
        }
        self
    }

    /// The machine-id, where it is one.
    pub fn machine_id(&self) -> Option<[u8; 16]> {
        Uuid::parse_str(&self.machine_id).ok().filter(|id| !id.is_nil()).map(Uuid::into_bytes)
    }
    /// The UUID that the ext filesystem of a partition had.
    pub fn ext4_uuid(&self, number: u32) -> Option<Uuid> {
        Uuid::parse_str(self.filesystems.get(&number)?).ok()
    }
    /// The serial number that the FAT filesystem of a partition had.
    pub fn vfat_id(&self, number: u32) -> Option<u32> {
        u32::from_str_radix(&self.filesystems.get(&number)?.replace('-', ""), 16).ok()
    }

    /// Gives the system its SSH host keys back.
    pub fn put_back(&self, root: &Tree) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        if self.ssh.is_empty() || !root.exists(SSH) {
            return Ok(changes);
        }
        for (name, content) in &self.ssh {
            // A name that went through the memory of a disk is checked like any other input.
            let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
            let Ok(content) = BASE64.decode(content.as_bytes()) else { continue };
            if !plain || !name.starts_with("ssh_host_") {
                continue;
            }
            let mode = if name.ends_with(".pub") { 0o644 } else { 0o600 };
            let file = format!("{SSH}/{name}");
            root.write(&file, &content, WriteAs { mode, force_mode: true })?;
            changes.push(Change { file, old: String::new(), new: "kept".into() });
        }
        root.write(KEYS_MADE, b"", WriteAs::default())?;
        Ok(changes)
    }
}
