//! Nothing that an enemy writes makes a reader panic, or believe what contradicts itself.
use super::{frozen, shapes::entries};
use proptest::prelude::*;
use socle_image::{
    ImageId, MAX_FRAME_BYTES, Manifest,
    frame::{Method, Opener, Packer},
    pack::{Footer, TRAILER_BYTES, Trailer},
    page,
};

/// Some bytes changed, some cut off, some added.
fn mutate(bytes: &mut Vec<u8>, changes: &[(usize, u8)], keep: usize, more: &[u8]) {
    for &(at, value) in changes {
        let length = bytes.len();
        if length > 0 {
            bytes[at % length] = value;
        }
    }
    bytes.truncate(keep % (bytes.len() + 1));
    bytes.extend_from_slice(more);
}

fn mutations() -> impl Strategy<Value = (Vec<(usize, u8)>, usize, Vec<u8>)> {
    let keep = prop_oneof![Just(usize::MAX / 2), any::<usize>()];
    (proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6), keep, proptest::collection::vec(any::<u8>(), 0..4))
}

proptest! {
    #[test]
    fn pages((changes, keep, more) in mutations(), noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = frozen::page();
        mutate(&mut bytes, &changes, keep, &more);
        for bytes in [bytes, [page::MAGIC.as_slice(), &noise].concat(), noise] {
            if let Some(entries) = page::decode(&bytes, 1 << 40) {
                // What was read is sorted and inside, and is written back as the same bytes: one page, one form.
                prop_assert!(entries.windows(2).all(|w| w[0].end_bytes() <= w[1].offset_bytes));
                prop_assert!(entries.iter().all(|e| e.bytes > 0 && e.end_bytes() <= 1 << 40));
                prop_assert_eq!(page::encode(&entries), bytes);
            }
        }
    }

    #[test]
    fn packs((changes, keep, more) in mutations(), noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = frozen::pack().1;
        mutate(&mut bytes, &changes, keep, &more);
        for bytes in [bytes, noise] {
            if let Some(footer) = Footer::of_pack(&bytes) {
                let name = socle_image::PackName::of(&bytes);
                prop_assert!(footer.locations(name).all(|(_, l)| l.is_sane() && l.range_bytes().end <= bytes.len() as u64));
            }
            let _ = Footer::parse(&bytes);
            if let Some(end) = bytes.last_chunk::<TRAILER_BYTES>()
                && let Some(trailer) = Trailer::parse(end, bytes.len() as u64)
            {
                prop_assert!(trailer.start <= trailer.end && trailer.end <= bytes.len() as u64);
                let _ = trailer.open(&bytes[trailer.start as usize..trailer.end as usize]);
            }
        }
    }

    #[test]
    fn footers_without_their_digest(counts in any::<(u32, u32)>(), noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let small = (counts.0 % 8, counts.1 % 8);
        for (frames, chunks) in [counts, small] {
            let bytes = [&frames.to_le_bytes()[..], &chunks.to_le_bytes(), &noise].concat();
            let _ = Footer::parse(&bytes);
            let exact = frames as usize * 12 + chunks as usize * 36;
            if exact < 1000 {
                let mut bytes = bytes;
                bytes.resize(8 + exact, 1);
                let _ = Footer::parse(&bytes);
            }
        }
    }

    #[test]
    fn frames((changes, keep, more) in mutations(), claimed in any::<u32>(), noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        let plain: Vec<u8> = (0..40_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let (method, mut stored) = Packer::new(3).unwrap().pack(&plain).unwrap();
        let mut opener = Opener::new().unwrap();
        prop_assert_eq!(opener.open(method, &stored, plain.len() as u32).unwrap(), &plain[..]);
        mutate(&mut stored, &changes, keep, &more);
        for (stored, claimed) in [(&stored, plain.len() as u32), (&stored, claimed), (&noise, claimed), (&noise, claimed % 4096)] {
            for method in [Method::Zstd, Method::Plain] {
                if let Some(opened) = opener.open(method, stored, claimed) {
                    prop_assert!(opened.len() == claimed as usize && opened.len() <= MAX_FRAME_BYTES);
                }
            }
        }
    }

    #[test]
    fn manifests((changes, keep, more) in mutations(), noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (root, mut bytes) = frozen::manifest().to_bytes().unwrap();
        let good = bytes.clone();
        mutate(&mut bytes, &changes, keep, &more);
        if bytes != good {
            prop_assert!(Manifest::open(&root, &bytes).is_err(), "an altered manifest under its old name");
        }
        for bytes in [bytes, noise] {
            if let Ok(manifest) = Manifest::parse(&bytes) {
                let sectors = manifest.disk.size_bytes / u64::from(manifest.disk.logical_sector_bytes);
                prop_assert!(manifest.partitions.iter().all(|p| p.first_lba <= p.last_lba && p.last_lba < sectors));
            }
        }
    }

    #[test]
    fn numbers_in_pages_have_one_form(parts in proptest::collection::vec((0_u64..1 << 50, 1_u64..1 << 10, any::<Option<u8>>()), 1..4)) {
        // A zero byte that continues a number would be a second form of the same page.
        let bytes = page::encode(&entries(parts));
        for at in 12..bytes.len() {
            let mut longer = bytes.clone();
            if longer[at] & 0x80 == 0 {
                longer[at] |= 0x80;
                longer.insert(at + 1, 0);
                if let Some(read) = page::decode(&longer, u64::MAX >> 1) {
                    prop_assert_eq!(page::encode(&read), longer);
                }
            }
        }
    }
}

fn refused(change: impl Fn(&mut Manifest)) {
    let mut manifest = frozen::manifest();
    change(&mut manifest);
    let (root, bytes) = manifest.to_bytes().unwrap();
    let fault = Manifest::open(&root, &bytes).expect_err("it contradicts itself");
    assert!(fault.is("image-manifest-damaged"), "{fault}");
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused() {
    refused(|m| m.name = "../../etc".into());
    refused(|m| m.disk.logical_sector_bytes = 520);
    refused(|m| m.disk.size_bytes += 1);
    refused(|m| m.disk.boot_code = "00".into());
    refused(|m| m.partitions.clear());
    refused(|m| m.partitions[0].last_lba = u64::MAX);
    refused(|m| m.partitions[0].first_lba = 0);
    refused(|m| m.partitions[1].first_lba = m.partitions[0].first_lba);
    refused(|m| m.partitions[1].number = m.partitions[0].number);
    refused(|m| m.partitions[0].number = 0);
    refused(|m| m.partitions[0].number = 129);
    refused(|m| m.partitions[0].data_bytes = u64::MAX);
    refused(|m| m.partitions[0].name = "x".repeat(37));
    refused(|m| m.partitions[0].method = socle_image::manifest::Method::Omitted);
    refused(|m| {
        let one = m.partitions[0].clone();
        m.partitions = (0..200).map(|_| one.clone()).collect();
    });
}

#[test]
fn a_later_format_is_told_from_damage() {
    let bytes = br#"{"format":3,"anything":"at all"}"#;
    let fault = Manifest::open(&ImageId::of(bytes), bytes).expect_err("we don't know format 3");
    assert!(fault.is("image-format-unknown"), "{fault}");
}

#[test]
fn an_unknown_field_is_refused() {
    let (_, bytes) = frozen::manifest().to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap().replacen("{\"format\":1", "{\"format\":1,\"extra\":0", 1);
    assert!(Manifest::parse(text.as_bytes()).is_err());
}
