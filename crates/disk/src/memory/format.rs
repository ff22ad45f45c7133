//! The bytes of a memory. Little endian; every structure carries the memory's id and a CRC-32 of itself.
use super::{LOG_START_BYTES, PAGE_BYTES, RECORD_MAX_BYTES, SLOT_COPY_BYTES, SLOT_MAX_BYTES, SLOT_NAME_MAX_BYTES};

const SUPERBLOCK_MAGIC: &[u8; 8] = b"SoclMem1";
const FRAME_MAGIC: &[u8; 4] = b"SoFr";
const SLOT_MAGIC: &[u8; 4] = b"SoSl";
/// Magic, CRC, id, generation, first sequence number, records, body bytes.
pub(super) const FRAME_HEADER_BYTES: usize = 4 + 4 + 16 + 8 + 8 + 4 + 4;
/// Magic, CRC, id, version, content bytes, name bytes, name.
pub(super) const SLOT_HEADER_BYTES: usize = 4 + 4 + 16 + 8 + 4 + 4 + SLOT_NAME_MAX_BYTES;
/// Kind and length before each record of a frame.
const RECORD_HEADER_BYTES: usize = 2 + 4;
/// The largest frame, padding included.
pub(super) const FRAME_MAX_BYTES: u64 = 4 * RECORD_MAX_BYTES as u64;

/// Which half of the log counts, and from which number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Superblock {
    pub id: [u8; 16],
    pub generation: u64,
    pub half: u64,
    pub half_bytes: u64,
    pub first_sequence: u64,
}

impl Superblock {
    pub fn half_start(&self) -> u64 {
        LOG_START_BYTES + self.half * self.half_bytes
    }
    pub fn to_page(&self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES as usize);
        page.extend_from_slice(SUPERBLOCK_MAGIC);
        page.extend_from_slice(&self.id);
        for n in [self.generation, self.half, self.half_bytes, self.first_sequence] {
            page.extend_from_slice(&n.to_le_bytes());
        }
        page.resize(PAGE_BYTES as usize - 4, 0);
        let crc = crc32fast::hash(&page);
        page.extend_from_slice(&crc.to_le_bytes());
        page
    }
    pub fn from_page(page: &[u8], place_bytes: u64) -> Option<Self> {
        let (body, crc) = page.split_last_chunk::<4>()?;
        let mut body_reader = Reader(body);
        if body_reader.take(8)? != SUPERBLOCK_MAGIC || crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let id = body_reader.take(16)?.try_into().ok()?;
        let [generation, half, half_bytes, first_sequence] =
            [body_reader.u64()?, body_reader.u64()?, body_reader.u64()?, body_reader.u64()?];
        let fits = half_bytes.checked_mul(2)?.checked_add(LOG_START_BYTES)? <= place_bytes;
        (fits && half < 2 && half_bytes % PAGE_BYTES == 0).then_some(Superblock {
            id,
            generation,
            half,
            half_bytes,
            first_sequence,
        })
    }
}

/// Records written together.
#[derive(Debug)]
pub(super) struct Frame {
    pub records: Vec<(u16, Vec<u8>)>,
}

impl Frame {
    /// Bytes on the medium of a frame of records of these lengths.
    pub fn pages_bytes(lengths: impl IntoIterator<Item = usize>) -> u64 {
        let body: u64 = lengths.into_iter().map(|l| (l + RECORD_HEADER_BYTES) as u64).sum();
        (FRAME_HEADER_BYTES as u64 + body).next_multiple_of(PAGE_BYTES)
    }
    pub fn encode(superblock: &Superblock, sequence: u64, records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, bytes) in records {
            body.extend_from_slice(&kind.to_le_bytes());
            body.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            body.extend_from_slice(bytes);
        }
        let mut frame = Vec::with_capacity(FRAME_HEADER_BYTES + body.len());
        frame.extend_from_slice(FRAME_MAGIC);
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&superblock.id);
        frame.extend_from_slice(&superblock.generation.to_le_bytes());
        frame.extend_from_slice(&sequence.to_le_bytes());
        frame.extend_from_slice(&(records.len() as u32).to_le_bytes());
        frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
        frame.extend_from_slice(&body);
        let crc = crc32fast::hash(&frame[8..]);
        frame[4..8].copy_from_slice(&crc.to_le_bytes());
        frame.resize(frame.len().next_multiple_of(PAGE_BYTES as usize), 0);
        frame
    }
    /// How many bytes follow the header, where `page` begins a frame of this log with this number.
    pub fn body_bytes(page: &[u8], superblock: &Superblock, sequence: u64) -> Option<usize> {
        let mut r = Reader(page);
        let ours = r.take(4)? == FRAME_MAGIC && r.u32().is_some() && r.take(16)? == superblock.id;
        let here = r.u64()? == superblock.generation && r.u64()? == sequence;
        let (_records, body) = (r.u32()?, r.u32()?);
        (ours && here && u64::from(body) <= FRAME_MAX_BYTES).then_some(body as usize)
    }
    /// The records of a whole frame, where its CRC holds.
    pub fn decode(bytes: &[u8], body_bytes: usize) -> Option<Frame> {
        let frame = bytes.get(..FRAME_HEADER_BYTES + body_bytes)?;
        let crc = u32::from_le_bytes(frame[4..8].try_into().ok()?);
        if crc32fast::hash(&frame[8..]) != crc {
            return None;
        }
        let count = u32::from_le_bytes(frame[FRAME_HEADER_BYTES - 8..FRAME_HEADER_BYTES - 4].try_into().ok()?);
        let mut r = Reader(&frame[FRAME_HEADER_BYTES..]);
        let mut records = Vec::new();
        for _ in 0..count {
            let (kind, len) = (r.u16()?, r.u32()?);
            records.push((kind, r.take(len as usize)?.to_vec()));
        }
        Some(Frame { records })
    }
}

/// A small record kept by name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    pub name: String,
    pub version: u64,
    pub bytes: Vec<u8>,
}

impl Slot {
    pub fn to_pages(&self, id: &[u8; 16]) -> Vec<u8> {
        let mut out = Vec::with_capacity(SLOT_HEADER_BYTES + self.bytes.len());
        out.extend_from_slice(SLOT_MAGIC);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(id);
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&(self.bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(&(self.name.len() as u32).to_le_bytes());
        out.extend_from_slice(self.name.as_bytes());
        out.resize(SLOT_HEADER_BYTES, 0);
        out.extend_from_slice(&self.bytes);
        let crc = crc32fast::hash(&out[8..]);
        out[4..8].copy_from_slice(&crc.to_le_bytes());
        out.resize(out.len().next_multiple_of(PAGE_BYTES as usize), 0);
        debug_assert!(out.len() as u64 <= SLOT_COPY_BYTES);
        out
    }
    pub fn from_pages(bytes: &[u8], id: &[u8; 16]) -> Option<Self> {
        let mut r = Reader(bytes);
        if r.take(4)? != SLOT_MAGIC {
            return None;
        }
        let (crc, ours) = (r.u32()?, r.take(16)? == id);
        let (version, len, name_len) = (r.u64()?, r.u32()? as usize, r.u32()? as usize);
        let name = r.take(SLOT_NAME_MAX_BYTES)?.get(..name_len)?;
        if !ours || len > SLOT_MAX_BYTES || crc32fast::hash(bytes.get(8..SLOT_HEADER_BYTES + len)?) != crc {
            return None;
        }
        let name = String::from_utf8(name.to_vec()).ok()?;
        Some(Slot { name, version, bytes: r.take(len)?.to_vec() })
    }
}

/// Takes fields off the front of bytes.
struct Reader<'a>(&'a [u8]);
impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }
    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }
    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}
