//! What an image is read from and written to. Rooms above implement these for files, devices, repositories and HTTP.
use crate::{ChunkId, FrameLocation, ImageId, MAX_PACK_BYTES, PackName, PageDigest};
use socle_texts::Result;
use std::{io, ops::Range};

/// Bytes that can be read anywhere: a disk, a file, a slice.
pub trait ReadAt: Send + Sync {
    /// How many there are.
    fn size_bytes(&self) -> u64;
    /// Fills `buffer` with the bytes at `offset_bytes`, all of it or an error.
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// 512 or 4096.
    fn logical_sector_bytes(&self) -> u32 {
        512
    }
}

/// A disk that can be written.
pub trait WriteAt: ReadAt {
    /// Writes all of `bytes` at `offset_bytes`.
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes the range read as zeroes, by the cheapest means.
    fn zero(&self, range_bytes: Range<u64>) -> io::Result<()>;
    /// Tells the disk that the range is not needed. What it holds then is undefined; a disk may not know how.
    fn discard(&self, _range_bytes: Range<u64>) -> io::Result<()> {
        Ok(())
    }
    /// Returns once everything written is on the medium, not in a cache.
    fn flush(&self) -> io::Result<()>;
    /// Like `read_at`, from the medium rather than from a cache. After [`WriteAt::flush`]. Sector-aligned.
    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// Where an image goes when it is captured: a repository on disk, or one behind HTTP.
///
/// Nothing is visible before [`Sink::put_manifest`] answered: an interrupted capture leaves at most chunks that the
/// next one finds, and that pruning removes.
pub trait Sink: Send + Sync {
    /// Which of these chunks are there already.
    fn has(&self, chunks: &[ChunkId]) -> Result<Vec<bool>>;
    /// Keeps a pack. `name` is the digest of `bytes`; keeping it twice is harmless.
    fn put_pack(&self, name: &PackName, bytes: &[u8]) -> Result<()>;
    /// Keeps a page of a manifest.
    fn put_page(&self, digest: &PageDigest, bytes: &[u8]) -> Result<()>;
    /// Publishes the image; its pages and chunks are all there. Answers its number under its name.
    fn put_manifest(&self, root: &ImageId, bytes: &[u8]) -> Result<u32>;
    /// How long a pack this one takes.
    fn pack_limit_bytes(&self) -> usize {
        MAX_PACK_BYTES
    }
}

/// Where an image comes from when it is deployed. Nothing that it answers is believed before its digest is checked.
pub trait Source: Send + Sync {
    /// The bytes of a manifest.
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>>;
    /// The bytes of a page.
    fn page(&self, digest: &PageDigest) -> Result<Vec<u8>>;
    /// Where each chunk rests; none where it is missing.
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>>;
    /// A range of a pack.
    fn read(&self, pack: &PackName, range_bytes: Range<u64>) -> Result<Vec<u8>>;
    /// Re-reads these packs where they rest and answers a fault if one is not what its name says.
    ///
    /// Asked before a target is touched, so that damage at rest is met while nothing is lost. A source that lies here
    /// is still caught at each chunk.
    fn check_packs(&self, packs: &[PackName]) -> Result<()>;
}

/// A frame that came by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// In which pack it rests.
    pub pack: PackName,
    /// Where it begins there.
    pub offset_bytes: u32,
    /// Its bytes, as it rests.
    pub stored: Vec<u8>,
}

/// Frames that come by themselves, in any order, some of them never: a stream to a whole room. Like a [`Source`] it is
/// believed nothing: whoever takes a frame verifies each of its chunks.
pub trait Arrivals: Send + Sync {
    /// The next one; waits for it. None: nothing more will come.
    fn next(&self) -> Option<Arrival>;
}

impl ReadAt for Vec<u8> {
    fn size_bytes(&self) -> u64 {
        self.len() as u64
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset_bytes).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
