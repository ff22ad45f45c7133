//! Reading a disk in its order, and cutting what was read.
use super::{
    Work,
    batch::{Batch, is_zero},
    pool::Spare,
    refused,
};
use crate::filesystem::{Extent, Kind, Part};
use socle_image::cut;
use socle_texts::Result;

/// A batch is sent when it holds this much.
const BATCH_BYTES: usize = 2 << 20;
/// Long files are read so much at a time.
const READ_BYTES: usize = 1 << 20;
/// What a batch ever holds: it is sent when it is full, one read and one uncut end later.
const CAPACITY_BYTES: usize = BATCH_BYTES + READ_BYTES + cut::MAX_BYTES;
/// Zeroes are left out of metadata in pieces of this.
const ZERO_PIECE_BYTES: u64 = 4096;
/// Zeroes are left out of an unknown filesystem when there are as many in a row.
const ZERO_RUN_BYTES: u64 = 64 << 10;

/// Takes what is ready; answers an error to stop.
pub type Send<'a> = &'a mut dyn FnMut(Batch) -> Result<()>;

/// Reads all partitions, in order.
pub fn read(works: &[Work], spare: &Spare, send: Send) -> Result<()> {
    for (number, work) in works.iter().enumerate() {
        let mut reader = Reader { work: number, source: work, batch: Batch::of(number, Vec::new()), spare, send };
        for stream in &work.contents.streams {
            let extents = work.contents.extents(stream);
            match stream.kind {
                Kind::File => reader.file(extents)?,
                Kind::Metadata => reader.metadata(extents)?,
                Kind::Raw => reader.raw(extents)?,
            }
            reader.flush_if_full()?;
        }
        reader.flush()?;
    }
    Ok(())
}

struct Reader<'a, 'w> {
    work: usize,
    source: &'a Work<'w>,
    batch: Batch,
    spare: &'a Spare,
    send: Send<'a>,
}

/// Where in its extents a stream stands.
struct Cursor<'e> {
    extents: &'e [Extent],
    used: u64,
}

impl Cursor<'_> {
    /// The next range, at most `bytes` long.
    fn take(&mut self, bytes: u64) -> Option<Extent> {
        let extent = self.extents.first()?;
        let piece = Extent { start: extent.start + self.used, bytes: bytes.min(extent.bytes - self.used) };
        self.used += piece.bytes;
        if self.used == extent.bytes {
            self.extents = &self.extents[1..];
            self.used = 0;
        }
        Some(piece)
    }
}

impl Reader<'_, '_> {
    fn part(&self) -> &Part<'_> {
        &self.source.part
    }

    /// Appends a range of the partition to the batch's bytes.
    fn append(&mut self, piece: Extent) -> Result<()> {
        let start = self.batch.data.len();
        if self.batch.data.capacity() == 0 {
            self.batch.data = self.spare.take(CAPACITY_BYTES);
        }
        self.batch.data.resize(start + piece.bytes as usize, 0);
        let read = self.source.part.read(piece.start, &mut self.batch.data[start..]);
        read.map_err(|r| refused(r, self.source.number))
    }

    /// A file: one chunk when it is short, cut by its content otherwise.
    fn file(&mut self, extents: &[Extent]) -> Result<()> {
        let mut left: u64 = extents.iter().map(|e| e.bytes).sum();
        let (mut reading, mut cutting) = (Cursor { extents, used: 0 }, Cursor { extents, used: 0 });
        let short = left <= cut::AVERAGE_BYTES as u64;
        loop {
            let uncut = self.batch.data.len() - self.batch.cut_end();
            if left > 0 && (uncut < cut::MAX_BYTES || short) {
                if let Some(piece) = reading.take(READ_BYTES as u64) {
                    self.append(piece)?;
                    left -= piece.bytes;
                }
                continue;
            }
            if uncut == 0 {
                return Ok(());
            }
            let bytes = if short { uncut } else { cut::first(&self.batch.data[self.batch.cut_end()..]) };
            self.cut(bytes, &mut cutting);
            self.flush_if_full()?;
        }
    }

    /// Ends a chunk of the next `bytes`, which came from where `cutting` stands.
    fn cut(&mut self, bytes: usize, cutting: &mut Cursor) {
        let mut left = bytes as u64;
        while left > 0
            && let Some(piece) = cutting.take(left)
        {
            self.batch.segments.push((piece.start, piece.bytes as u32));
            left -= piece.bytes;
        }
        self.batch.cut(bytes);
    }

    /// Metadata of one window: one chunk of what is not zero, and zeroes by themselves.
    fn metadata(&mut self, extents: &[Extent]) -> Result<()> {
        let mut kept = Vec::new();
        let mut zeroes = Vec::new();
        for extent in extents {
            let start = self.batch.data.len();
            self.append(*extent)?;
            let (mut from, mut to, mut at) = (start, start, extent.start);
            while at < extent.end() {
                let end = ((at / ZERO_PIECE_BYTES + 1) * ZERO_PIECE_BYTES).min(extent.end());
                let bytes = (end - at) as usize;
                if is_zero(&self.batch.data[from..from + bytes]) {
                    zeroes.push(Extent { start: at, bytes: end - at });
                } else {
                    self.batch.data.copy_within(from..from + bytes, to);
                    to += bytes;
                    kept.push(Extent { start: at, bytes: end - at });
                }
                from += bytes;
                at = end;
            }
            self.batch.data.truncate(to);
        }
        let bytes: u64 = kept.iter().map(|e| e.bytes).sum();
        if bytes > 0 {
            self.cut(bytes as usize, &mut Cursor { extents: &join(kept), used: 0 });
        }
        self.zeroes(&join(zeroes));
        Ok(())
    }

    /// Zeroes: chunks without bytes.
    fn zeroes(&mut self, extents: &[Extent]) {
        for extent in extents {
            let mut cursor = Cursor { extents: std::slice::from_ref(extent), used: 0 };
            while let Some(piece) = cursor.take(1 << 30) {
                self.batch.segments.push((piece.start, piece.bytes as u32));
                self.batch.cut(0);
            }
        }
    }

    /// Anything: runs of what is not zero, each cut by its content.
    fn raw(&mut self, extents: &[Extent]) -> Result<()> {
        for extent in extents {
            let mut at = extent.start;
            // Where what is not zero begins, if it does.
            let mut run: Option<u64> = None;
            let mut piece = vec![0; ZERO_RUN_BYTES as usize];
            while at < extent.end() {
                let end = ((at / ZERO_RUN_BYTES + 1) * ZERO_RUN_BYTES).min(extent.end());
                let piece = &mut piece[..(end - at) as usize];
                let read = self.part().read(at, piece);
                read.map_err(|r| refused(r, self.source.number))?;
                if !is_zero(piece) {
                    run.get_or_insert(at);
                } else {
                    if let Some(start) = run.take() {
                        self.file(&[Extent { start, bytes: at - start }])?;
                    }
                    self.zeroes(&[Extent { start: at, bytes: end - at }]);
                }
                at = end;
                self.flush_if_full()?;
                if let Some(start) = run.filter(|start| at - start >= RAW_STREAM_BYTES) {
                    self.file(&[Extent { start, bytes: at - start }])?;
                    run = None;
                }
            }
            if let Some(start) = run {
                self.file(&[Extent { start, bytes: at - start }])?;
            }
        }
        Ok(())
    }

    fn flush_if_full(&mut self) -> Result<()> {
        if self.batch.cut_end() >= BATCH_BYTES || self.batch.segments.len() >= 1 << 14 { self.flush() } else { Ok(()) }
    }

    /// Sends what was cut; what was read and not cut stays.
    fn flush(&mut self) -> Result<()> {
        let mut next = Batch::of(self.work, Vec::new());
        let end = self.batch.cut_end();
        if end < self.batch.data.len() {
            next.data = self.spare.take(CAPACITY_BYTES);
            next.data.extend_from_slice(&self.batch.data[end..]);
        }
        let mut batch = std::mem::replace(&mut self.batch, next);
        batch.data.truncate(end);
        if batch.is_empty() { Ok(()) } else { (self.send)(batch) }
    }
}

/// What is not zero in an unknown filesystem is cut in stretches of this, so that it is read twice from the cache only.
const RAW_STREAM_BYTES: u64 = 64 << 20;

fn join(extents: Vec<Extent>) -> Vec<Extent> {
    let mut joined: Vec<Extent> = Vec::with_capacity(extents.len());
    for extent in extents {
        match joined.last_mut() {
            Some(last) if last.end() == extent.start => last.bytes += extent.bytes,
            _ => joined.push(extent),
        }
    }
    joined
}
