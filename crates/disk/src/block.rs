//! Disks and files as bytes: opened so that nobody else uses them, read and written past the page cache.
use crate::in_use;
use rustix::fs::{Advice, FallocateFlags, FlockOperation, OFlags};
use socle_image::{ReadAt, WriteAt};
use socle_texts::{Fault, Result};
use std::{
    fs::{File, OpenOptions},
    io,
    ops::Range,
    os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

/// Direct input and output wants memory, offsets and lengths on multiples of this, whatever the disk.
pub const ALIGNMENT_BYTES: usize = 4096;

/// A disk, or a file that holds one.
pub struct Block {
    file: File,
    /// The same, past the page cache; none where the filesystem under it has no such thing.
    direct: Option<File>,
    size_bytes: u64,
    sector_bytes: u32,
    device: bool,
}

impl Block {
    /// Opens a disk to be captured.
    ///
    /// # Errors
    /// `disk-in-use` when it or one of its partitions is mounted, swapped on or held by another program; `disk-absent`.
    pub fn open_source(path: &Path) -> Result<Block> {
        Self::open(path, false)
    }

    /// Opens a disk to be overwritten.
    pub fn open_target(path: &Path) -> Result<Block> {
        Self::open(path, true)
    }

    /// Makes a file of this size, to be overwritten; it reads as zeroes and takes no room yet.
    pub fn create(path: &Path, size_bytes: u64) -> Result<Block> {
        let unwritable = |e: io::Error| Fault::new("disk-file-uncreatable").with("path", path).because(e);
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(unwritable)?;
        file.set_len(size_bytes).map_err(unwritable)?;
        drop(file);
        Self::open(path, true)
    }

    fn open(path: &Path, write: bool) -> Result<Block> {
        let absent = |e: io::Error| match e.raw_os_error() {
            Some(libc::EBUSY) => in_use_by(path, "another program"),
            _ => Fault::new("disk-absent").with("disk", path).because(e),
        };
        let kind = std::fs::metadata(path).map_err(absent)?;
        let device = kind.file_type().is_block_device();
        if !device && !kind.is_file() {
            return Err(Fault::new("disk-absent").with("disk", path).because("neither a disk nor a file"));
        }
        if let Some(who) = in_use::by_system(path, &kind) {
            return Err(in_use_by(path, &who));
        }
        // O_EXCL on a block device, without O_CREAT, is the kernel's own claim: open(2).
        let exclusive = if device { libc::O_EXCL } else { 0 };
        let open = |flags| OpenOptions::new().read(true).write(write).custom_flags(flags).open(path);
        let file = open(exclusive).map_err(absent)?;
        if !device {
            let how =
                if write { FlockOperation::NonBlockingLockExclusive } else { FlockOperation::NonBlockingLockShared };
            claim(&file, how).map_err(|_| in_use_by(path, "another program"))?;
        }
        let direct = open(OFlags::DIRECT.bits() as i32).ok();
        let (size_bytes, sector_bytes) = if device { geometry(&file).map_err(absent)? } else { (kind.size(), 512) };
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::Sequential);
        Ok(Block { file, direct, size_bytes, sector_bytes, device })
    }

    /// The same with other sectors than it says: a file can't say.
    pub fn with_sectors(mut self, logical_sector_bytes: u32) -> Block {
        if !self.device {
            self.sector_bytes = logical_sector_bytes;
        }
        self
    }

    /// Whether this is a device rather than a file.
    pub fn is_device(&self) -> bool {
        self.device
    }

    /// Changes when somebody writes to it; only a file has one.
    pub fn changed_mark(&self) -> Option<(i64, i64)> {
        let meta = self.file.metadata().ok().filter(|_| !self.device)?;
        Some((meta.mtime(), meta.mtime_nsec()))
    }

    fn direct_for(&self, address: *const u8, offset: u64, length: usize) -> Option<&File> {
        let aligned = (address as usize | length).is_multiple_of(ALIGNMENT_BYTES);
        let aligned = aligned && offset.is_multiple_of(ALIGNMENT_BYTES as u64);
        self.direct.as_ref().filter(|_| aligned)
    }
}

/// Takes the lock of a file. A program that another thread is just starting holds copies of all locks for an instant:
/// so a refusal counts only when it lasts.
fn claim(file: &File, how: FlockOperation) -> rustix::io::Result<()> {
    for _ in 0..20 {
        if rustix::fs::flock(file, how) != Err(rustix::io::Errno::WOULDBLOCK) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    rustix::fs::flock(file, how)
}

fn in_use_by(path: &Path, who: &str) -> Fault {
    Fault::new("disk-in-use").with("disk", path).with("who", who)
}

/// Size of a block device and its logical sectors.
fn geometry(file: &File) -> io::Result<(u64, u32)> {
    use std::io::Seek;
    let size = (&*file).seek(io::SeekFrom::End(0))?;
    let sector = rustix::fs::ioctl_blksszget(file)?;
    Ok((size, if sector == 4096 { 4096 } else { 512 }))
}

impl ReadAt for Block {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
    fn logical_sector_bytes(&self) -> u32 {
        self.sector_bytes
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset_bytes)
    }
}

impl WriteAt for Block {
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> io::Result<()> {
        match self.direct_for(bytes.as_ptr(), offset_bytes, bytes.len()) {
            Some(direct) => match direct.write_all_at(bytes, offset_bytes) {
                Err(e) if e.raw_os_error() == Some(libc::EINVAL) => self.file.write_all_at(bytes, offset_bytes),
                answer => answer,
            },
            None => self.file.write_all_at(bytes, offset_bytes),
        }
    }

    fn zero(&self, range_bytes: Range<u64>) -> io::Result<()> {
        let (start, length) = (range_bytes.start, range_bytes.end - range_bytes.start);
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let zero = FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE;
        for flags in [punch, zero] {
            if rustix::fs::fallocate(&self.file, flags, start, length).is_ok() {
                return Ok(());
            }
        }
        let zeroes = vec![0; (1 << 20).min(length as usize)];
        let mut at = start;
        while at < range_bytes.end {
            let step = (range_bytes.end - at).min(zeroes.len() as u64);
            self.file.write_all_at(&zeroes[..step as usize], at)?;
            at += step;
        }
        Ok(())
    }

    fn discard(&self, range_bytes: Range<u64>) -> io::Result<()> {
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(rustix::fs::fallocate(&self.file, punch, range_bytes.start, range_bytes.end - range_bytes.start)?)
    }

    fn flush(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        if let Some(direct) = self.direct_for(buffer.as_ptr(), offset_bytes, buffer.len()) {
            match direct.read_exact_at(buffer, offset_bytes) {
                Err(e) if e.raw_os_error() == Some(libc::EINVAL) => {}
                answer => return answer,
            }
        }
        // Not through direct input: then at least not from the cache.
        let length = std::num::NonZeroU64::new(buffer.len() as u64);
        let _ = rustix::fs::fadvise(&self.file, offset_bytes, length, Advice::DontNeed);
        self.file.read_exact_at(buffer, offset_bytes)
    }
}

/// Memory that direct input and output accepts.
pub struct AlignedBuffer {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl AlignedBuffer {
    /// So many zeroes.
    pub fn zeroed(length: usize) -> AlignedBuffer {
        let bytes = vec![0; length + ALIGNMENT_BYTES];
        let start = bytes.as_ptr().align_offset(ALIGNMENT_BYTES).min(ALIGNMENT_BYTES);
        AlignedBuffer { bytes, start, length }
    }
}

impl std::ops::Deref for AlignedBuffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.length]
    }
}
impl std::ops::DerefMut for AlignedBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.length]
    }
}
