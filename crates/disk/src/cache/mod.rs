//! The cache: a partition of the machine's own disk that keeps the chunks of its images, so that a reset needs no
//! network.
//!
//! ```text
//! 0        superblock │ 4 KiB: its copy │ the last page: another, from which the cache is found when the table is gone
//! 64 KiB   records, each from a page's beginning: a header page, and a body in whole pages
//! ```
//! Records are only ever added: packs (as `docs/format.md` has them), pages, manifests with their signatures, and a mark
//! when an image is complete. A body is durable before its header is written, so that a power cut leaves no record that
//! promises more than there is. When the room is used up the cache begins anew.
//!
//! INVARIANT: nothing here is believed. A chunk is compared with its name by whoever reads it, a page and a manifest
//! likewise; what is damaged comes from elsewhere.
mod fill;
mod record;

use crate::{block::ALIGNMENT_BYTES, cache::record::Header};
pub use fill::Filled;
pub use record::Kind;
use socle_image::{
    ChunkId, FrameLocation, ImageId, MAX_MANIFEST_BYTES, PackName, PageDigest, Source, WriteAt,
    pack::{TRAILER_BYTES, Trailer},
};
use socle_texts::{Fault, Result};
use std::{
    collections::HashMap,
    io,
    ops::Range,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// What is written at once.
const PAGE_BYTES: u64 = ALIGNMENT_BYTES as u64;
const RECORDS_START_BYTES: u64 = 64 << 10;
/// The longest body: a manifest or a pack.
const BODY_MAX_BYTES: u64 = MAX_MANIFEST_BYTES as u64;
/// The smallest place that can be a cache.
pub const CACHE_MIN_BYTES: u64 = 1 << 20;
/// Its name in the partition table.
pub const CACHE_NAME: &str = "socle-cache";

/// A cache on a disk.
pub struct Cache<'a> {
    disk: &'a dyn WriteAt,
    /// Where it is.
    place: Range<u64>,
    held: RwLock<Held>,
}

/// Where a record's body is.
#[derive(Debug, Clone, Copy)]
struct Body {
    at: u64,
    bytes: u64,
}

/// What is known of the records.
struct Held {
    id: [u8; 16],
    /// Where the next record goes.
    tail: u64,
    next_sequence: u64,
    packs: HashMap<PackName, Body>,
    chunks: HashMap<ChunkId, FrameLocation>,
    pages: HashMap<PageDigest, Body>,
    manifests: HashMap<ImageId, Body>,
    signatures: HashMap<ImageId, Body>,
    complete: Vec<ImageId>,
}

impl<'a> Cache<'a> {
    /// Makes the place an empty cache. `id` is drawn by the caller: records of an earlier cache carry another one.
    ///
    /// # Errors
    /// `disk-cache-full` where the place is too small, `disk-target-unwritable`.
    pub fn format(disk: &'a dyn WriteAt, place: Range<u64>, id: [u8; 16]) -> Result<Cache<'a>> {
        let size = place.end.saturating_sub(place.start);
        if size < CACHE_MIN_BYTES {
            return Err(Fault::new("disk-cache-full").with("size", size).with("needed", CACHE_MIN_BYTES));
        }
        let cache = Cache { disk, place, held: RwLock::new(Held::new(id)) };
        // The first page behind: an old record must not seem to follow.
        cache.write(RECORDS_START_BYTES, &[0; PAGE_BYTES as usize])?;
        cache.write_superblocks(&id)?;
        Ok(cache)
    }

    /// Opens the cache that is there; none where there is none, or where nothing of it can be read.
    pub fn open(disk: &'a dyn WriteAt, place: Range<u64>) -> Option<Cache<'a>> {
        let size = place.end.checked_sub(place.start).filter(|&s| s >= CACHE_MIN_BYTES)?;
        let copies = [0, PAGE_BYTES, (size / PAGE_BYTES - 1) * PAGE_BYTES];
        let read = |at: u64| {
            let mut page = vec![0; PAGE_BYTES as usize];
            disk.read_at(place.start + at, &mut page).ok().and_then(|()| record::superblock(&page, size))
        };
        let id = copies.into_iter().find_map(read)?;
        let cache = Cache { disk, place, held: RwLock::new(Held::new(id)) };
        cache.walk();
        Some(cache)
    }

    /// The cache whose last page ends at `end_bytes` of a disk whose table is gone; where it begins and ends.
    pub fn find_before(disk: &dyn WriteAt, end_bytes: u64) -> Option<Range<u64>> {
        let at = end_bytes.checked_sub(PAGE_BYTES)?;
        let mut page = vec![0; PAGE_BYTES as usize];
        disk.read_at(at, &mut page).ok()?;
        let size = record::superblock_size(&page)?;
        Some(end_bytes.checked_sub(size)?..end_bytes)
    }

    /// The images that it knows, and whether each is complete as far as it remembers.
    pub fn images(&self) -> Vec<(ImageId, bool)> {
        let held = self.held();
        let mut images: Vec<_> = held.manifests.keys().map(|id| (*id, held.complete.contains(id))).collect();
        images.sort_unstable();
        images
    }

    /// The signature kept beside a manifest. Nobody checked it.
    pub fn signature(&self, root: &ImageId) -> Option<Vec<u8>> {
        let body = *self.held().signatures.get(root)?;
        self.body(body).ok()
    }

    /// Bytes that its records take, and those that it has.
    pub fn room_bytes(&self) -> (u64, u64) {
        (self.held().tail, self.size())
    }

    fn size(&self) -> u64 {
        self.place.end - self.place.start
    }
    /// Where records end at the latest: before the last page.
    fn limit(&self) -> u64 {
        (self.size() / PAGE_BYTES - 1) * PAGE_BYTES
    }
    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }
    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        if at.checked_add(buffer.len() as u64).is_none_or(|end| end > self.size()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.disk.read_at(self.place.start + at, buffer)
    }

    fn write(&self, at: u64, bytes: &[u8]) -> Result<()> {
        let offset = self.place.start + at;
        let written = self.disk.write_at(offset, bytes);
        written.map_err(|e| Fault::new("disk-target-unwritable").with("offset", offset).because(e))
    }

    fn flush(&self) -> Result<()> {
        let offset = self.place.start;
        self.disk.flush().map_err(|e| Fault::new("disk-target-unwritable").with("offset", offset).because(e))
    }

    fn write_superblocks(&self, id: &[u8; 16]) -> Result<()> {
        let page = record::superblock_page(id, self.size());
        for at in [self.limit(), PAGE_BYTES, 0] {
            self.write(at, &page)?;
        }
        self.flush()
    }

    fn body(&self, body: Body) -> Result<Vec<u8>> {
        let mut bytes = vec![0; body.bytes as usize];
        let unreadable = |e| Fault::new("disk-target-unreadable").with("offset", self.place.start + body.at).because(e);
        self.read(body.at, &mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }

    /// Takes notice of all records, from the first.
    fn walk(&self) {
        let mut held = self.held_mut();
        while let Some(header) = self.header_at(held.tail, held.next_sequence, &held.id) {
            self.take(&mut held, &header);
        }
        // Where a header is damaged, those behind it still tell of their bodies.
        while let Some((at, header)) = self.next_header(&held) {
            held.tail = at;
            self.take(&mut held, &header);
            while let Some(header) = self.header_at(held.tail, held.next_sequence, &held.id) {
                self.take(&mut held, &header);
            }
        }
    }

    fn header_at(&self, at: u64, sequence: u64, id: &[u8; 16]) -> Option<Header> {
        let mut page = vec![0; PAGE_BYTES as usize];
        if at + PAGE_BYTES > self.limit() {
            return None;
        }
        self.read(at, &mut page).ok()?;
        let header = Header::parse(&page, id)?;
        let fits = at.checked_add(header.record_bytes()?)? <= self.limit();
        (fits && header.sequence >= sequence).then_some(header)
    }

    /// The next header behind a damaged one: it can't be further than the longest record.
    fn next_header(&self, held: &Held) -> Option<(u64, Header)> {
        let end = (held.tail + BODY_MAX_BYTES + PAGE_BYTES).min(self.limit());
        let mut at = held.tail + PAGE_BYTES;
        let mut buffer = vec![0; 1 << 20];
        while at < end {
            let length = (end - at).min(buffer.len() as u64) as usize;
            // What can't be read holds no header for us.
            if self.read(at, &mut buffer[..length]).is_ok() {
                for (n, page) in (0..).zip(buffer[..length].chunks_exact(PAGE_BYTES as usize)) {
                    let here = at + n * PAGE_BYTES;
                    let header = Header::parse(page, &held.id);
                    if let Some(header) = header.filter(|h| h.sequence >= held.next_sequence)
                        && header.record_bytes().is_some_and(|bytes| here + bytes <= self.limit())
                    {
                        return Some((here, header));
                    }
                }
            }
            at += length as u64;
        }
        None
    }

    /// Takes notice of the record at the tail.
    fn take(&self, held: &mut Held, header: &Header) {
        let body = Body { at: held.tail + PAGE_BYTES, bytes: header.body_bytes };
        match header.kind {
            Kind::Pack => {
                if let Some(footer) = self.footer(body) {
                    held.chunks.extend(footer.locations(PackName(header.name)));
                    held.packs.insert(PackName(header.name), body);
                }
            }
            Kind::Page => drop(held.pages.insert(PageDigest(header.name), body)),
            Kind::Manifest => drop(held.manifests.insert(ImageId(header.name), body)),
            Kind::Signature => drop(held.signatures.insert(ImageId(header.name), body)),
            Kind::Complete => held.complete.push(ImageId(header.name)),
        }
        held.tail += PAGE_BYTES + header.body_bytes.next_multiple_of(PAGE_BYTES);
        held.next_sequence = header.sequence + 1;
    }

    fn footer(&self, body: Body) -> Option<socle_image::pack::Footer> {
        let mut end = [0; TRAILER_BYTES];
        self.read(body.at + body.bytes.checked_sub(TRAILER_BYTES as u64)?, &mut end).ok()?;
        let trailer = Trailer::parse(&end, body.bytes)?;
        let mut footer = vec![0; (trailer.end - trailer.start) as usize];
        self.read(body.at + trailer.start, &mut footer).ok()?;
        trailer.open(&footer)
    }
}

impl Held {
    fn new(id: [u8; 16]) -> Held {
        Held {
            id,
            tail: RECORDS_START_BYTES,
            next_sequence: 1,
            packs: HashMap::new(),
            chunks: HashMap::new(),
            pages: HashMap::new(),
            manifests: HashMap::new(),
            signatures: HashMap::new(),
            complete: Vec::new(),
        }
    }
}

impl Source for Cache<'_> {
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>> {
        let missing = || Fault::new("disk-cache-lacks").with("image", root.to_string());
        let body = self.held().manifests.get(root).copied().ok_or_else(missing)?;
        self.body(body)
    }
    fn page(&self, digest: &PageDigest) -> Result<Vec<u8>> {
        let missing = || Fault::new("disk-cache-lacks").with("image", digest.to_string());
        let body = self.held().pages.get(digest).copied().ok_or_else(missing)?;
        self.body(body)
    }
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        let held = self.held();
        Ok(chunks.iter().map(|id| held.chunks.get(id).copied()).collect())
    }
    fn read(&self, pack: &PackName, range_bytes: Range<u64>) -> Result<Vec<u8>> {
        let missing = || Fault::new("disk-cache-lacks").with("image", pack.to_string());
        let body = self.held().packs.get(pack).copied().ok_or_else(missing)?;
        if range_bytes.start > range_bytes.end || range_bytes.end > body.bytes {
            return Err(missing());
        }
        self.body(Body { at: body.at + range_bytes.start, bytes: range_bytes.end - range_bytes.start })
    }
    /// Each chunk is compared with its name when it is used: what is damaged comes from elsewhere.
    fn check_packs(&self, _: &[PackName]) -> Result<()> {
        Ok(())
    }
}
