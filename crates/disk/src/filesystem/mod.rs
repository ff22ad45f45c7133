//! What a partition holds: which bytes are in use, file by file where the filesystem is understood.
//!
//! Everything here reads untrusted disks: nothing indexes without a check, and what contradicts itself falls back to a
//! coarser method that is still right (`used-blocks`, `whole`), and says so.
mod bits;
mod ext4;
mod extent_tree;
mod fat;
mod superblock;
mod unknown;

use socle_image::{
    ReadAt,
    manifest::{Census, Filesystem, Method},
};
use std::io;

pub(crate) use bits::Bits;

/// A range of a partition, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Where it begins.
    pub start: u64,
    /// How long it is.
    pub bytes: u64,
}

impl Extent {
    /// The byte after its last.
    pub fn end(&self) -> u64 {
        self.start + self.bytes
    }
}

/// How a stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file: one chunk when it is short, FastCDC otherwise.
    File,
    /// Filesystem metadata inside one aligned window: one chunk of what is not zero.
    Metadata,
    /// Anything: FastCDC over what is not zero.
    Raw,
}

/// Ranges that are cut together, in their logical order.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// How.
    pub kind: Kind,
    first: usize,
    count: usize,
}

/// What a partition holds.
pub struct Contents {
    /// How it was understood.
    pub method: Method,
    /// Why not better; empty when it could not be better.
    pub why: &'static str,
    /// Its filesystem.
    pub filesystem: Option<Filesystem>,
    /// What was counted in it.
    pub census: Option<Census>,
    /// What to read, in the order of the disk by where each stream begins.
    pub streams: Vec<Stream>,
    /// In use, and to be zero on a target whatever they hold here: a clean journal, inodes never used.
    pub zeroes: Vec<Extent>,
    extents: Vec<Extent>,
}

/// Metadata is cut at multiples of this, from the start of the partition.
pub const METADATA_WINDOW_BYTES: u64 = 64 << 10;

impl Contents {
    fn new(method: Method, why: &'static str) -> Contents {
        Contents {
            method,
            why,
            filesystem: None,
            census: None,
            streams: Vec::new(),
            zeroes: Vec::new(),
            extents: Vec::new(),
        }
    }

    /// Nothing: Socle's own partition.
    pub fn omitted() -> Contents {
        Contents::new(Method::Omitted, "")
    }

    /// The ranges of a stream.
    pub fn extents(&self, stream: &Stream) -> &[Extent] {
        &self.extents[stream.first..stream.first + stream.count]
    }

    /// Ranges of unknown content, in the order of the disk.
    pub(crate) fn raw(ranges: impl IntoIterator<Item = Extent>) -> Contents {
        let mut contents = Contents::new(Method::Whole, "filesystem-unknown");
        for range in ranges {
            contents.add(Kind::Raw, [range]);
        }
        contents
    }

    /// All ranges of all streams.
    pub(crate) fn all(&self) -> &[Extent] {
        &self.extents
    }

    /// Leaves out the streams whose ranges are not wanted.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&[Extent]) -> bool) {
        let extents = &self.extents;
        self.streams.retain(|s| wanted(&extents[s.first..s.first + s.count]));
    }

    /// Bytes to read.
    pub fn bytes(&self) -> u64 {
        self.streams.iter().flat_map(|s| self.extents(s)).map(|e| e.bytes).sum()
    }

    fn add(&mut self, kind: Kind, extents: impl IntoIterator<Item = Extent>) {
        let first = self.extents.len();
        for extent in extents {
            match self.extents[first..].last_mut() {
                Some(last) if last.end() == extent.start => last.bytes += extent.bytes,
                _ => self.extents.push(extent),
            }
        }
        let count = self.extents.len() - first;
        if count > 0 {
            self.streams.push(Stream { kind, first, count });
        }
    }

    /// Adds sorted ranges of metadata, one stream for each window.
    fn add_metadata(&mut self, ranges: impl IntoIterator<Item = Extent>) {
        let mut window = u64::MAX;
        let mut gathered: Vec<Extent> = Vec::new();
        for range in ranges {
            let mut at = range.start;
            while at < range.end() {
                let end = (at / METADATA_WINDOW_BYTES + 1) * METADATA_WINDOW_BYTES;
                let piece = Extent { start: at, bytes: end.min(range.end()) - at };
                if at / METADATA_WINDOW_BYTES != window {
                    self.add(Kind::Metadata, gathered.drain(..));
                    window = at / METADATA_WINDOW_BYTES;
                }
                gathered.push(piece);
                at = piece.end();
            }
        }
        self.add(Kind::Metadata, gathered);
    }

    fn sorted(mut self) -> Contents {
        let extents = &self.extents;
        self.streams.sort_by_key(|s| extents[s.first].start);
        self.zeroes.sort();
        self
    }
}

/// Why a partition can't be captured at all.
#[derive(Debug)]
pub enum Refusal {
    /// It was not closed cleanly.
    Unclean,
    /// It says that it has errors.
    Damaged,
    /// It can't be read there.
    Unreadable(u64, io::Error),
}

/// A partition as bytes from 0; an error says where on the disk.
pub struct Part<'a> {
    /// The disk.
    pub disk: &'a dyn ReadAt,
    /// Where the partition begins on it.
    pub start: u64,
    /// How long it is.
    pub bytes: u64,
}

impl Part<'_> {
    /// Fills `buffer` from `offset` of the partition.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), Refusal> {
        let fits = offset.checked_add(buffer.len() as u64).is_some_and(|end| end <= self.bytes);
        let at = self.start.saturating_add(offset);
        if !fits {
            return Err(Refusal::Unreadable(at, io::ErrorKind::UnexpectedEof.into()));
        }
        match self.disk.read_at(at, buffer) {
            Ok(()) => Ok(()),
            Err(e) => Err(self.first_unreadable(at, buffer).unwrap_or(Refusal::Unreadable(at, e))),
        }
    }

    /// Where exactly a long read failed: sector by sector.
    fn first_unreadable(&self, start: u64, buffer: &mut [u8]) -> Option<Refusal> {
        let mut at = start;
        for block in buffer.chunks_mut(512) {
            if let Err(e) = self.disk.read_at(at, block) {
                return Some(Refusal::Unreadable(at, e));
            }
            at += block.len() as u64;
        }
        None
    }

    fn read_vec(&self, offset: u64, bytes: usize) -> Result<Vec<u8>, Refusal> {
        let mut buffer = vec![0; bytes];
        self.read(offset, &mut buffer)?;
        Ok(buffer)
    }
}

/// What a partition holds.
pub fn look(part: &Part) -> Result<Contents, Refusal> {
    if let Some(contents) = ext4::look(part)? {
        return Ok(contents);
    }
    if let Some(contents) = fat::look(part)? {
        return Ok(contents);
    }
    unknown::look(part)
}

/// What lies before the first partition of an older table: no filesystem.
pub fn gap(part: &Part) -> Result<Contents, Refusal> {
    unknown::whole(part, "no-partition")
}

/// The filesystem of a partition and what can be counted of it quickly, clean or not; for those who show a disk.
pub fn recognise(part: &Part) -> Result<Option<Filesystem>, Refusal> {
    if let Some(found) = ext4::recognise(part)? {
        return Ok(Some(found));
    }
    if let Some(found) = fat::recognise(part)? {
        return Ok(Some(found));
    }
    unknown::recognise(part)
}

/// A digest of what must not change while a partition is read: read before and after.
pub fn fingerprint(part: &Part) -> Result<[u8; 32], Refusal> {
    let mut hasher = blake3::Hasher::new();
    if !ext4::fingerprint(part, &mut hasher)? {
        fat::fingerprint(part, &mut hasher)?;
    }
    Ok(*hasher.finalize().as_bytes())
}

fn le16(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at + 2) {
        Some(b) => u16::from_le_bytes([b[0], b[1]]),
        None => 0,
    }
}
fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from(le16(bytes, at)) | u32::from(le16(bytes, at + 2)) << 16
}

/// A text of a superblock: up to the first zero, blanks trimmed.
fn label(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_string()
}
