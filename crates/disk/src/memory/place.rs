//! Where a memory stands: a partition, a piece of a whole disk, a file in tests.
use socle_image::WriteAt;
use std::{
    fs::File,
    io::{self, Seek, SeekFrom},
    os::unix::fs::FileExt,
};

/// Bytes that can be read and written at an offset, and made durable.
pub trait Place {
    /// How many bytes there are.
    fn size_bytes(&self) -> u64;
    /// Fills the buffer from an offset.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes at an offset. Durable only after [`sync`](Self::sync).
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Returns once everything written is on the medium.
    fn sync(&self) -> io::Result<()>;
}

/// A piece of an open file or block device.
///
/// In the boot environment the Socle partition is reached through the whole disk: an open partition node would
/// stop the kernel from reading a new partition table.
#[derive(Debug)]
pub struct Window {
    file: File,
    start_bytes: u64,
    size_bytes: u64,
}

impl Window {
    /// The piece of `file` that begins at `start_bytes`.
    pub fn new(file: File, start_bytes: u64, size_bytes: u64) -> Self {
        Window { file, start_bytes, size_bytes }
    }
    /// The whole of a file or block device.
    pub fn whole(mut file: File) -> io::Result<Self> {
        let size_bytes = file.seek(SeekFrom::End(0))?;
        Ok(Window { file, start_bytes: 0, size_bytes })
    }
    fn inside(&self, offset: u64, len: usize) -> io::Result<u64> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.size_bytes => Ok(self.start_bytes + offset),
            _ => Err(io::Error::other("outside of the window")),
        }
    }
}

impl Place for Window {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, self.inside(offset, buffer.len())?)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.inside(offset, bytes.len())?)
    }
    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A piece of a disk that somebody else has opened.
pub struct Piece<'a> {
    disk: &'a dyn WriteAt,
    start_bytes: u64,
    size_bytes: u64,
}

impl<'a> Piece<'a> {
    /// The piece that begins at `start_bytes`.
    pub fn new(disk: &'a dyn WriteAt, start_bytes: u64, size_bytes: u64) -> Self {
        Piece { disk, start_bytes, size_bytes }
    }
    fn inside(&self, offset: u64, len: usize) -> io::Result<u64> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.size_bytes => Ok(self.start_bytes + offset),
            _ => Err(io::Error::other("outside of the piece")),
        }
    }
}

impl Place for Piece<'_> {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.disk.read_at(self.inside(offset, buffer.len())?, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.write_at(self.inside(offset, bytes.len())?, bytes)
    }
    fn sync(&self) -> io::Result<()> {
        self.disk.flush()
    }
}

impl<P: Place + ?Sized> Place for Box<P> {
    fn size_bytes(&self) -> u64 {
        (**self).size_bytes()
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        (**self).write_at(offset, bytes)
    }
    fn sync(&self) -> io::Result<()> {
        (**self).sync()
    }
}
