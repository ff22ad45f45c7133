//! A small writer of cpio archives in the "newc" form, which the kernel unpacks into its first root filesystem
//! (Linux, Documentation/driver-api/early-userspace/buffer-format.rst), and a reader to look inside.
//!
//! The same entries always give the same bytes: sorted by path, no time, owner 0, inode numbers counted from 1.
use std::collections::BTreeMap;

const MAGIC: &[u8; 6] = b"070701";
const HEADER_BYTES: usize = 110;
const END: &str = "TRAILER!!!";
/// Longest path kept: the kernel's own limit.
const MAX_PATH_BYTES: usize = 4_096;

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A folder.
    Folder {
        /// Its permission bits.
        mode: u32,
    },
    /// A file.
    File {
        /// Its permission bits.
        mode: u32,
        /// What it holds.
        bytes: Vec<u8>,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        to: String,
    },
    /// A character device.
    Device {
        /// Its permission bits.
        mode: u32,
        /// Its major number.
        major: u32,
        /// Its minor number.
        minor: u32,
    },
}

/// A tree to archive. Paths have no leading slash; folders above an entry are made when it is added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// Puts an entry at a path, replacing what stood there.
    pub fn put(&mut self, path: &str, entry: Entry) {
        let path = path.trim_matches('/');
        for (at, _) in path.match_indices('/') {
            self.0.entry(path[..at].to_string()).or_insert(Entry::Folder { mode: 0o755 });
        }
        self.0.insert(path.to_string(), entry);
    }
    /// Puts a file at a path.
    pub fn put_file(&mut self, path: &str, mode: u32, bytes: impl Into<Vec<u8>>) {
        self.put(path, Entry::File { mode, bytes: bytes.into() });
    }
    /// What stands at a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(path.trim_matches('/'))
    }
    /// All entries, by path.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The archive.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (inode, (path, entry)) in self.0.iter().enumerate() {
            let (mode, bytes, device): (u32, &[u8], (u32, u32)) = match entry {
                Entry::Folder { mode } => (0o040_000 | mode, &[], (0, 0)),
                Entry::File { mode, bytes } => (0o100_000 | mode, bytes, (0, 0)),
                Entry::Link { to } => (0o120_777, to.as_bytes(), (0, 0)),
                Entry::Device { mode, major, minor } => (0o020_000 | mode, &[], (*major, *minor)),
            };
            one(&mut out, inode as u32 + 1, mode, device, path, bytes);
        }
        one(&mut out, 0, 0, (0, 0), END, &[]);
        // Archives are filled up to a whole number of 512-byte blocks, as cpio itself does.
        out.resize(out.len().next_multiple_of(512), 0);
        out
    }

    /// Reads an archive of the same form; nothing if it is damaged. Never panics.
    pub fn read(mut archive: &[u8]) -> Option<Tree> {
        let mut tree = Tree::default();
        loop {
            let header = archive.get(..HEADER_BYTES)?;
            if &header[..6] != MAGIC {
                return None;
            }
            let field = |at: usize| {
                let digits = std::str::from_utf8(header.get(6 + at * 8..14 + at * 8)?).ok()?;
                u32::from_str_radix(digits, 16).ok()
            };
            let (mode, size, name_bytes) = (field(1)?, field(6)? as usize, field(11)? as usize);
            if name_bytes == 0 || name_bytes > MAX_PATH_BYTES {
                return None;
            }
            let name = archive.get(HEADER_BYTES..HEADER_BYTES + name_bytes)?;
            let name = std::str::from_utf8(name.strip_suffix(&[0])?).ok()?;
            if name == END {
                return Some(tree);
            }
            let start = (HEADER_BYTES + name_bytes).next_multiple_of(4);
            let bytes = archive.get(start..start.checked_add(size)?)?;
            let permissions = mode & 0o7777;
            let entry = match mode & 0o170_000 {
                0o040_000 => Entry::Folder { mode: permissions },
                0o100_000 => Entry::File { mode: permissions, bytes: bytes.to_vec() },
                0o120_000 => Entry::Link { to: std::str::from_utf8(bytes).ok()?.into() },
                0o020_000 => Entry::Device { mode: permissions, major: field(9)?, minor: field(10)? },
                _ => return None,
            };
            tree.put(name, entry);
            archive = archive.get((start + size).next_multiple_of(4)..)?;
        }
    }
}

fn one(out: &mut Vec<u8>, inode: u32, mode: u32, device: (u32, u32), path: &str, bytes: &[u8]) {
    let links = if mode & 0o170_000 == 0o040_000 { 2 } else { 1 };
    let name_bytes = path.len() as u32 + 1;
    // inode, mode, uid, gid, links, mtime, size, device (2), device number (2), name's length, checksum (unused)
    let fields = [inode, mode, 0, 0, links, 0, bytes.len() as u32, 0, 0, device.0, device.1, name_bytes, 0];
    out.extend_from_slice(MAGIC);
    for field in fields {
        out.extend_from_slice(format!("{field:08X}").as_bytes());
    }
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Replayable entry: reading any bytes never panics, and what was read is written and read again unchanged.
pub fn fuzz_cpio(bytes: &[u8]) {
    if let Some(tree) = Tree::read(bytes) {
        assert_eq!(Tree::read(&tree.write()), Some(tree));
    }
}
