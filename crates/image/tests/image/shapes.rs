//! What is written can be read.
use proptest::prelude::*;
use socle_image::{
    ChunkId, Guid, MAX_FRAME_BYTES, MAX_PACK_BYTES, PackBuilder, cut,
    frame::{Method, Opener, Packer},
    manifest::valid_name,
    pack::Footer,
    page::{self, Content, Entry},
};

/// Sorted entries from gaps and lengths.
pub fn entries(parts: Vec<(u64, u64, Option<u8>)>) -> Vec<Entry> {
    let mut at = 0;
    parts
        .into_iter()
        .map(|(gap, bytes, chunk)| {
            let content = match chunk {
                None => Content::Zero,
                Some(seed) => Content::Chunk { id: ChunkId([seed; 32]), offset_bytes: u32::from(seed) * 16 },
            };
            let bytes = if content == Content::Zero { bytes << 20 } else { bytes };
            let entry = Entry { offset_bytes: at + gap, bytes, content };
            at = entry.end_bytes();
            entry
        })
        .collect()
}

proptest! {
    #[test]
    fn pages_say_what_was_put_in(parts in proptest::collection::vec((0_u64..1 << 40, 1_u64..1 << 18, any::<Option<u8>>()), 1..200)) {
        let entries = entries(parts);
        let end = entries.last().unwrap().end_bytes();
        for page in page::paginate(&entries) {
            let bytes = page::encode(page);
            prop_assert_eq!(page::decode(&bytes, end).unwrap(), page);
        }
        prop_assert_eq!(page::paginate(&entries).flatten().copied().collect::<Vec<_>>(), entries.clone());
        let last = page::encode(page::paginate(&entries).last().unwrap());
        prop_assert!(page::decode(&last, end - 1).is_none(), "beyond the partition");
    }

    #[test]
    fn packs_hold_what_was_put_in(frames in proptest::collection::vec(proptest::collection::vec(1_usize..5000, 1..20), 1..20)) {
        let mut packer = Packer::new(3).unwrap();
        let mut builder = PackBuilder::new();
        let mut expected = Vec::new();
        for (n, lengths) in frames.iter().enumerate() {
            let mut plain = Vec::new();
            let mut chunks = Vec::new();
            for (m, &length) in lengths.iter().enumerate() {
                let chunk = vec![(n * 31 + m) as u8; length];
                chunks.push((ChunkId::of(&chunk), length as u32));
                expected.push((ChunkId::of(&chunk), chunk.clone()));
                plain.extend(chunk);
            }
            let (method, stored) = packer.pack(&plain).unwrap();
            let foreseen = builder.bytes_with(stored.len(), chunks.len());
            builder.push(method, &stored, &chunks);
            prop_assert!(foreseen <= MAX_PACK_BYTES);
        }
        let (name, bytes) = builder.finish();
        prop_assert!(name.is_of(&bytes));
        let footer = Footer::of_pack(&bytes).unwrap();
        let mut opener = Opener::new().unwrap();
        for ((id, place), (expected_id, expected)) in footer.locations(name).zip(expected) {
            prop_assert!(place.is_sane());
            let range = place.range_bytes();
            let stored = &bytes[range.start as usize..range.end as usize];
            let plain = opener.open(place.method, stored, place.plain_bytes).unwrap();
            prop_assert_eq!(&plain[place.chunk_range().unwrap()], &expected[..]);
            prop_assert_eq!(id, expected_id);
        }
    }

    #[test]
    fn guids_read_as_they_are_written(bytes in any::<[u8; 16]>()) {
        let guid = Guid(bytes);
        prop_assert_eq!(guid.to_string().parse::<Guid>().unwrap(), guid);
    }
}

#[test]
fn a_page_is_closed_at_the_border_of_its_window_and_when_it_is_full() {
    let id = ChunkId([1; 32]);
    let entry = |n: u64| Entry { offset_bytes: n * 2048, bytes: 1024, content: Content::Chunk { id, offset_bytes: 0 } };
    let entries: Vec<Entry> = (0..20_000).map(entry).collect();
    let lengths: Vec<usize> = page::paginate(&entries).map(<[Entry]>::len).collect();
    // A window of 32 MiB has 16384 such entries: two full pages, and what is left in the next window.
    assert_eq!(lengths, [8192, 8192, 3616]);
}

#[test]
fn a_change_at_the_beginning_leaves_later_pages_alone() {
    let entry = |n: u64, seed| Entry {
        offset_bytes: n << 16,
        bytes: 1 << 16,
        content: Content::Chunk { id: ChunkId([seed; 32]), offset_bytes: 0 },
    };
    let old: Vec<Entry> = (0..5000).map(|n| entry(n, 1)).collect();
    let new: Vec<Entry> = (0..5000).filter(|n| *n != 3).map(|n| entry(n, if n == 4 { 2 } else { 1 })).collect();
    let pages = |entries: &[Entry]| -> Vec<Vec<u8>> { page::paginate(entries).map(page::encode).collect() };
    let (old, new) = (pages(&old), pages(&new));
    assert_ne!(old[0], new[0]);
    assert!(old.len() == 10 && old[1..] == new[1..]);
}

#[test]
fn what_does_not_compress_is_kept_plain() {
    let mut noise = vec![0; 100_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let mut packer = Packer::new(19).unwrap();
    let (method, stored) = packer.pack(&noise).unwrap();
    assert_eq!((method, stored.len()), (Method::Plain, noise.len()));
    let (method, stored) = packer.pack(&vec![7; MAX_FRAME_BYTES]).unwrap();
    assert!(method == Method::Zstd && stored.len() < 1000);
}

#[test]
fn cuts_keep_their_bounds_and_find_themselves_again() {
    let mut data = vec![0; 6 << 20];
    blake3::Hasher::new().update(b"cuts").finalize_xof().fill(&mut data);
    let cuts = |mut data: &[u8]| {
        let mut chunks = Vec::new();
        while !data.is_empty() {
            let (chunk, rest) = data.split_at(cut::first(data));
            assert!(chunk.len() <= cut::MAX_BYTES && (chunk.len() >= cut::MIN_BYTES || rest.is_empty()));
            chunks.push(ChunkId::of(chunk));
            data = rest;
        }
        chunks
    };
    let before = cuts(&data);
    assert!((60..140).contains(&before.len()), "about 96 of 64 KiB: {}", before.len());
    data.splice(1_000_000..1_000_000, *b"thirteen more");
    let after = cuts(&data);
    let shared = after.iter().filter(|id| before.contains(id)).count();
    assert!(shared + 4 >= before.len(), "{shared} of {} are found again", before.len());
}

#[test]
fn names_are_names_of_files_anywhere() {
    for good in ["a", "base", "salle-12", "debian_12.7", "0", &"x".repeat(64)] {
        assert!(valid_name(good), "{good}");
    }
    for bad in ["", ".", "..", "-a", ".a", "_a", "A", "é", "a/b", "a b", "a\0", "a@1", &"x".repeat(65)] {
        assert!(!valid_name(bad), "{bad}");
    }
}
