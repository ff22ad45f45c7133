//! Small images for tests.
use socle_image::{
    ChunkId, Guid, ImageId, Manifest, PackBuilder, PackName, PageDigest, Sink,
    frame::Packer,
    manifest::{Disk, FORMAT, Method, Partition},
    page::{self, Content, Entry},
};
use socle_repository::{Image, Local, Session};
use socle_texts::{Fault, Result};

/// A chunk that does not compress.
pub fn chunk(seed: u32) -> Vec<u8> {
    let mut bytes = vec![0; 20_000 + seed as usize % 977];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// A pack of these chunks, five in each frame.
pub fn pack(seeds: &[u32]) -> (PackName, Vec<u8>) {
    let mut packer = Packer::new(1).unwrap();
    let mut builder = PackBuilder::new();
    for group in seeds.chunks(5) {
        let chunks: Vec<Vec<u8>> = group.iter().map(|&s| chunk(s)).collect();
        let (method, stored) = packer.pack(&chunks.concat()).unwrap();
        let ids: Vec<_> = chunks.iter().map(|c| (ChunkId::of(c), c.len() as u32)).collect();
        builder.push(method, &stored, &ids);
    }
    builder.finish()
}

/// The manifest and the page of an image that has these chunks.
pub fn image(name: &str, seeds: &[u32]) -> (Manifest, Vec<u8>) {
    let mut entries: Vec<Entry> = Vec::new();
    for &seed in seeds {
        let bytes = chunk(seed);
        let offset_bytes = entries.last().map_or(0, Entry::end_bytes);
        let content = Content::Chunk { id: ChunkId::of(&bytes), offset_bytes: 0 };
        entries.push(Entry { offset_bytes, bytes: bytes.len() as u64, content });
    }
    let page = page::encode(&entries);
    let partition = Partition {
        number: 1,
        type_guid: Guid([1; 16]),
        unique_guid: Guid([2; 16]),
        name: "data".into(),
        attributes: 0,
        first_lba: 2048,
        last_lba: 2048 + (16 << 11) - 1,
        method: Method::Whole,
        why: String::new(),
        filesystem: None,
        census: None,
        data_bytes: entries.iter().map(|e| e.bytes).sum(),
        zero_bytes: 0,
        pages: vec![PageDigest::of(&page)],
    };
    let manifest = Manifest {
        format: FORMAT,
        name: name.into(),
        captured_at_unix_seconds: 0,
        disk: Disk {
            size_bytes: 32 << 20,
            logical_sector_bytes: 512,
            guid: Guid([3; 16]),
            boot_code: String::new(),
            table_sectors: Vec::new(),
        },
        partitions: vec![partition],
    };
    (manifest, page)
}

/// Publishes an image; what the repository has is not sent again.
pub fn publish(session: &Session, name: &str, seeds: &[u32]) -> Result<ImageId> {
    let ids: Vec<ChunkId> = seeds.iter().map(|&s| ChunkId::of(&chunk(s))).collect();
    let there = session.has(&ids)?;
    let new: Vec<u32> = seeds.iter().zip(there).filter(|(_, there)| !there).map(|(s, _)| *s).collect();
    if !new.is_empty() {
        let (name, bytes) = pack(&new);
        session.put_pack(&name, &bytes)?;
    }
    let (manifest, page) = image(name, seeds);
    session.put_page(&PageDigest::of(&page), &page)?;
    let (root, bytes) = manifest.to_bytes()?;
    session.put_manifest(&root, &bytes)?;
    Ok(root)
}

/// Publishes in a repository and answers the image.
pub fn published(local: &Local, name: &str, seeds: &[u32]) -> Image {
    let root = publish(&local.session().unwrap(), name, seeds).unwrap();
    local.by_root(&root).unwrap()
}

/// The fault of what must fail, of the expected code.
pub fn fault<T>(answer: Result<T>, code: &str) -> Fault {
    match answer {
        Ok(_) => panic!("{code} was expected, and it worked"),
        Err(fault) => {
            assert!(fault.is(code), "{code} was expected: {fault}");
            fault
        }
    }
}
