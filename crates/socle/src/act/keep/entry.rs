//! Entries of an archive: a line of JSON (path, size, permissions), then so many bytes.
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use std::io::{BufRead, Read, Write};

/// Longest line before an entry.
const MAX_LINE_BYTES: u64 = 8 << 10;
/// Largest entry that is read into memory: pieces of the database, the list.
pub const MAX_SMALL_BYTES: u64 = 256 << 20;

/// What stands before the bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// `head`, `database/TABLE/0001`, `data/…`, `repository/…`, `listing`.
    pub path: String,
    /// How many bytes follow.
    pub bytes: u64,
    /// Permissions, for files.
    #[serde(default)]
    pub mode: u32,
}

fn cut(e: impl std::fmt::Display) -> Fault {
    Fault::new("trust-archive-broken").because(e)
}

/// Writes an entry; the digest of its bytes is the answer.
pub fn write(sink: &mut impl Write, before: &Before, source: &mut impl Read) -> Result<blake3::Hash> {
    let failed = |e: std::io::Error| Fault::new("socle-backup-unwritten").with("path", &before.path).because(e);
    let mut line = serde_json::to_vec(before).map_err(cut)?;
    line.push(b'\n');
    sink.write_all(&line).map_err(failed)?;
    let mut hasher = blake3::Hasher::new();
    let mut limited = source.take(before.bytes);
    let mut buffer = vec![0; 64 << 10];
    let mut written = 0;
    loop {
        let n = limited.read(&mut buffer).map_err(failed)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
        sink.write_all(&buffer[..n]).map_err(failed)?;
        written += n as u64;
    }
    if written != before.bytes {
        // It is shorter than when it was looked at.
        return Err(Fault::new("socle-backup-changed").with("path", &before.path).may_retry());
    }
    Ok(hasher.finalize())
}

/// What stands before the next entry; none at the end.
pub fn next(source: &mut impl BufRead) -> Result<Option<Before>> {
    let mut line = Vec::new();
    source.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(cut)?;
    if line.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&line).map(Some).map_err(cut)
}

/// The bytes of a small entry.
pub fn small(source: &mut impl Read, before: &Before) -> Result<Vec<u8>> {
    if before.bytes > MAX_SMALL_BYTES {
        return Err(cut("too large"));
    }
    let mut bytes = Vec::new();
    source.take(before.bytes).read_to_end(&mut bytes).map_err(cut)?;
    if bytes.len() as u64 != before.bytes {
        return Err(cut("cut off"));
    }
    Ok(bytes)
}

/// Passes an entry on; the digest of its bytes is the answer.
pub fn copy(source: &mut impl Read, before: &Before, sink: &mut impl Write) -> Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut limited = source.take(before.bytes);
    let mut buffer = vec![0; 64 << 10];
    let mut copied = 0;
    loop {
        let n = limited.read(&mut buffer).map_err(cut)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
        sink.write_all(&buffer[..n])
            .map_err(|e| Fault::new("texts-file-unwritable").with("path", &before.path).because(e))?;
        copied += n as u64;
    }
    if copied == before.bytes { Ok(hasher.finalize()) } else { Err(cut("cut off")) }
}
