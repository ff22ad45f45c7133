//! The bytes of a cache's own structures. Little-endian; each carries the BLAKE3 of itself.
use super::{BODY_MAX_BYTES, CACHE_MIN_BYTES, PAGE_BYTES};

const SUPERBLOCK_MAGIC: &[u8; 8] = b"SOCLECA1";
const HEADER_MAGIC: &[u8; 8] = b"SOCLECR1";
const DIGEST_BYTES: usize = 32;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A manifest, under its image's id.
    Manifest,
    /// A manifest's signature, under the same.
    Signature,
    /// A page, under its digest.
    Page,
    /// A pack, under its name.
    Pack,
    /// Nothing: everything of the image is here.
    Complete,
}

impl Kind {
    fn code(self) -> u32 {
        match self {
            Kind::Manifest => 1,
            Kind::Signature => 2,
            Kind::Page => 3,
            Kind::Pack => 4,
            Kind::Complete => 5,
        }
    }
    fn from_code(code: u32) -> Option<Kind> {
        [Kind::Manifest, Kind::Signature, Kind::Page, Kind::Pack, Kind::Complete].into_iter().find(|k| k.code() == code)
    }
}

/// What stands before a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub sequence: u64,
    pub kind: Kind,
    pub body_bytes: u64,
    pub name: [u8; 32],
}

/// A page of these fields behind a magic and the digest of the rest.
fn page(magic: &[u8; 8], fields: &[&[u8]]) -> Vec<u8> {
    let mut rest: Vec<u8> = fields.concat();
    rest.resize(PAGE_BYTES as usize - magic.len() - DIGEST_BYTES, 0);
    [&magic[..], blake3::hash(&rest).as_bytes(), &rest].concat()
}

/// The fields of a page, where it is one.
fn open<'p>(page: &'p [u8], magic: &[u8; 8]) -> Option<&'p [u8]> {
    let (digest, rest) = page.strip_prefix(magic)?.split_at_checked(DIGEST_BYTES)?;
    (blake3::hash(rest).as_bytes()[..] == *digest).then_some(rest)
}

fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The superblock of a cache of this size.
pub fn superblock_page(id: &[u8; 16], size_bytes: u64) -> Vec<u8> {
    page(SUPERBLOCK_MAGIC, &[id, &size_bytes.to_le_bytes()])
}

/// The id in a superblock, where it is that of a cache of this size.
pub fn superblock(bytes: &[u8], size_bytes: u64) -> Option<[u8; 16]> {
    (superblock_size(bytes)? == size_bytes).then_some(())?;
    open(bytes, SUPERBLOCK_MAGIC)?.get(..16)?.try_into().ok()
}

/// The size of the cache that a superblock belongs to.
pub fn superblock_size(bytes: &[u8]) -> Option<u64> {
    le64(open(bytes, SUPERBLOCK_MAGIC)?, 16).filter(|&s| s >= CACHE_MIN_BYTES)
}

impl Header {
    pub fn to_page(&self, id: &[u8; 16]) -> Vec<u8> {
        let (sequence, kind) = (self.sequence.to_le_bytes(), self.kind.code().to_le_bytes());
        page(HEADER_MAGIC, &[id, &sequence, &kind, &self.body_bytes.to_le_bytes(), &self.name])
    }

    /// From a page; none where it is not a header of the cache of this id.
    pub fn parse(bytes: &[u8], id: &[u8; 16]) -> Option<Header> {
        let fields = open(bytes, HEADER_MAGIC)?;
        if fields.get(..16)? != id {
            return None;
        }
        let kind = u32::from_le_bytes(fields.get(24..28)?.try_into().ok()?);
        Some(Header {
            sequence: le64(fields, 16)?,
            kind: Kind::from_code(kind)?,
            body_bytes: le64(fields, 28).filter(|&b| b <= BODY_MAX_BYTES)?,
            name: fields.get(36..68)?.try_into().ok()?,
        })
    }

    /// The whole record, its header included.
    pub fn record_bytes(&self) -> Option<u64> {
        PAGE_BYTES.checked_add(self.body_bytes.checked_next_multiple_of(PAGE_BYTES)?)
    }
}
