//! Samples that never change: whoever changes the format meets them. See docs/format.md.
use socle_image::{
    ChunkId, Guid, Manifest, PackBuilder, PackName, PageDigest, cut,
    frame::Method,
    manifest::{self, Census, Disk, Filesystem, Partition},
    pack::Footer,
    page::{self, Content, Entry},
};

/// Two chunks, a plain frame each.
pub fn pack() -> (PackName, Vec<u8>) {
    let mut builder = PackBuilder::new();
    for chunk in [&b"the first chunk"[..], b"and the second one"] {
        builder.push(Method::Plain, chunk, &[(ChunkId::of(chunk), chunk.len() as u32)]);
    }
    builder.finish()
}

/// A whole chunk, zeroes, a piece of a chunk.
pub fn page() -> Vec<u8> {
    let id = ChunkId::of(b"the first chunk");
    page::encode(&[
        Entry { offset_bytes: 4096, bytes: 15, content: Content::Chunk { id, offset_bytes: 0 } },
        Entry { offset_bytes: 8192, bytes: 1 << 20, content: Content::Zero },
        Entry { offset_bytes: 2 << 20, bytes: 10, content: Content::Chunk { id, offset_bytes: 5 } },
    ])
}

/// A disk of two partitions.
pub fn manifest() -> Manifest {
    let partition = |number: u32, first_lba: u64| Partition {
        number,
        type_guid: Guid::of(0x0fc6_3daf, 0x8483, 0x4772, [0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4]),
        unique_guid: Guid([number as u8; 16]),
        name: format!("part {number}"),
        attributes: 1 << 60,
        first_lba,
        last_lba: first_lba + 8191,
        method: manifest::Method::FileAware,
        why: String::new(),
        filesystem: Some(Filesystem {
            kind: "ext4".into(),
            block_bytes: 4096,
            size_bytes: 4 << 20,
            used_bytes: 1 << 20,
            uuid: "01020304-0506-0708-090a-0b0c0d0e0f10".into(),
            label: "root".into(),
        }),
        census: Some(Census { files: 12, directories: 3, others: 1, file_bytes: 1234 }),
        data_bytes: 25,
        zero_bytes: 1 << 20,
        pages: vec![PageDigest::of(&page())],
    };
    Manifest {
        format: manifest::FORMAT,
        name: "base".into(),
        captured_at_unix_seconds: 1_795_000_000,
        disk: Disk {
            size_bytes: 16 << 20,
            logical_sector_bytes: 512,
            guid: Guid([9; 16]),
            boot_code: String::new(),
            table_sectors: Vec::new(),
        },
        partitions: vec![partition(1, 2048), partition(2, 16384)],
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[test]
fn the_page_is_frozen() {
    assert_eq!(hex(&page()), include_str!("page.hex").trim());
}

#[test]
fn the_pack_is_frozen() {
    let (name, bytes) = pack();
    assert_eq!(hex(&bytes), include_str!("pack.hex").trim());
    assert_eq!(name.to_string(), "e36b0dbe63af22505d6e6c3ccff783f56b8f18439f42aa60d5550e3a8901dff6");
}

#[test]
fn the_manifest_is_frozen() {
    let (root, bytes) = manifest().to_bytes().unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), include_str!("manifest.json").trim());
    assert_eq!(root.to_string(), "ae84ab2c6e304232b5016698ee9200f19e1bdfd04cf3b0420bcd21eaca3e67f5");
}

#[test]
fn frozen_samples_are_read() {
    let sample = |text: &str| data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap();
    assert_eq!(page::decode(&sample(include_str!("page.hex")), 4 << 20).unwrap().len(), 3);
    assert_eq!(Footer::of_pack(&sample(include_str!("pack.hex"))).unwrap().chunks.len(), 2);
    assert_eq!(Manifest::parse(include_str!("manifest.json").trim().as_bytes()).unwrap(), manifest());
}

#[test]
fn a_frozen_zstd_frame_is_read() {
    // `zstd -3` of 40 times "socle ", made by zstd 1.5.4's command line.
    let stored = data_encoding::HEXLOWER.decode(include_str!("frame.hex").trim().as_bytes()).unwrap();
    let mut opener = socle_image::frame::Opener::new().unwrap();
    assert_eq!(opener.open(Method::Zstd, &stored, 240).unwrap(), "socle ".repeat(40).as_bytes());
}

#[test]
fn the_cuts_are_frozen() {
    let mut data = vec![0; 2 << 20];
    blake3::Hasher::new().update(b"frozen cuts").finalize_xof().fill(&mut data);
    let mut rest = &data[..];
    let mut cuts = Vec::new();
    while !rest.is_empty() {
        let length = cut::first(rest);
        cuts.push(length);
        rest = &rest[length..];
    }
    assert_eq!(cuts, CUTS);
}

const CUTS: &[usize] = &[
    40526, 69167, 94851, 61949, 17706, 35066, 43478, 123675, 88997, 46121, 115136, 55957, 67992, 65577, 73609, 74451,
    97863, 93049, 64940, 135827, 41717, 129478, 62044, 25237, 109500, 37235, 30555, 179206, 16243,
];
