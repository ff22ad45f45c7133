//! Where each chunk rests, in memory. Made from the packs' footers.
use socle_image::{ChunkId, FrameLocation, PackName, pack::Footer};
use std::collections::{HashMap, HashSet};

struct Pack {
    name: PackName,
    bytes: u64,
    footer: Footer,
}

#[derive(Clone, Copy)]
struct Place {
    pack: u32,
    frame: u32,
    offset_bytes: u32,
    bytes: u32,
}

/// All packs and all chunks of a repository.
#[derive(Default)]
pub struct Index {
    packs: Vec<Option<Pack>>,
    names: HashMap<PackName, u32>,
    chunks: HashMap<ChunkId, Place>,
}

impl Index {
    /// Adds a pack of this length.
    pub fn add(&mut self, name: PackName, bytes: u64, footer: Footer) {
        if self.names.contains_key(&name) {
            return;
        }
        let pack = self.packs.len() as u32;
        for (frame_number, frame) in footer.frames.iter().enumerate() {
            let mut offset_bytes = 0;
            for &(id, bytes) in &footer.chunks[frame.chunks.clone()] {
                self.chunks.entry(id).or_insert(Place { pack, frame: frame_number as u32, offset_bytes, bytes });
                offset_bytes += bytes;
            }
        }
        self.names.insert(name, pack);
        // The chunks stand in the map: what remains of the footer is its frames, and its bytes for the index file.
        self.packs.push(Some(Pack { name, bytes, footer }));
    }

    /// Forgets all packs but these.
    pub fn keep(&mut self, present: &HashSet<PackName>) {
        if self.names.keys().all(|name| present.contains(name)) {
            return;
        }
        let packs = std::mem::take(&mut self.packs);
        *self = Index::default();
        for pack in packs.into_iter().flatten().filter(|p| present.contains(&p.name)) {
            self.add(pack.name, pack.bytes, pack.footer);
        }
    }

    /// Whether it knows this pack.
    pub fn knows(&self, name: &PackName) -> bool {
        self.names.contains_key(name)
    }

    /// Whether some pack holds this chunk.
    pub fn has(&self, id: &ChunkId) -> bool {
        self.chunks.contains_key(id)
    }

    /// Where a chunk rests.
    pub fn locate(&self, id: &ChunkId) -> Option<FrameLocation> {
        let place = self.chunks.get(id)?;
        let pack = self.packs.get(place.pack as usize)?.as_ref()?;
        let frame = pack.footer.frames.get(place.frame as usize)?;
        Some(FrameLocation {
            pack: pack.name,
            offset_bytes: frame.offset_bytes,
            stored_bytes: frame.stored_bytes,
            plain_bytes: frame.plain_bytes,
            method: frame.method,
            chunk_offset_bytes: place.offset_bytes,
            chunk_bytes: place.bytes,
        })
    }

    /// Every pack, its length and what it holds.
    pub fn packs(&self) -> impl Iterator<Item = (PackName, u64, &Footer)> {
        self.packs.iter().flatten().map(|p| (p.name, p.bytes, &p.footer))
    }

    /// How many different chunks there are.
    pub fn chunk_count(&self) -> u64 {
        self.chunks.len() as u64
    }
}

/// First bytes of an index file.
const MAGIC: &[u8; 8] = b"SOCLEIX1";

/// The bytes of an index file of these packs.
pub fn encode<'a>(packs: impl Iterator<Item = (PackName, u64, &'a Footer)>) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for (name, bytes, footer) in packs {
        let footer = footer.to_bytes();
        out.extend(name.0);
        out.extend(bytes.to_le_bytes());
        out.extend((footer.len() as u32).to_le_bytes());
        out.extend(footer);
    }
    out
}

/// The packs of an index file; none when it is not one. Its digest was checked.
pub fn decode(bytes: &[u8]) -> Option<Vec<(PackName, u64, Footer)>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut packs = Vec::new();
    while !rest.is_empty() {
        let (head, tail) = rest.split_first_chunk::<44>()?;
        let name = PackName(head[..32].try_into().ok()?);
        let pack_bytes = u64::from_le_bytes(head[32..40].try_into().ok()?);
        let length = u32::from_le_bytes(head[40..].try_into().ok()?) as usize;
        packs.push((name, pack_bytes, Footer::parse(tail.get(..length)?)?));
        rest = &tail[length..];
    }
    Some(packs)
}
