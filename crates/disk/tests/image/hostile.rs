//! Disks that an enemy, or a dying drive, has written: no panic, no endless work, and what is captured is right.
use super::{capture, compare, make, plan, restore, store::Store};
use proptest::prelude::*;
use socle_disk::layout::{Grow, SoclePlace};
use socle_image::ReadAt;
use std::{fs, sync::LazyLock};

struct Sample {
    disk: Vec<u8>,
    /// Where what steers the reader stands.
    ranges: Vec<std::ops::Range<usize>>,
}

fn sample(make: impl Fn(&std::path::Path, &std::path::Path)) -> Sample {
    let folder = make::folder();
    let tree = folder.path().join("tree");
    for sub in ["bin", "etc", "home"] {
        fs::create_dir_all(tree.join(sub)).unwrap();
    }
    for n in 0..40 {
        fs::write(tree.join(format!("bin/{n}")), make::noise(&format!("{n}"), n * 700)).unwrap();
    }
    fs::write(tree.join("etc/long"), make::noise("long", 900_000)).unwrap();
    let filesystem = folder.path().join("filesystem");
    make(&filesystem, &tree);
    let path = folder.path().join("disk");
    drop(make::disk(&path, &[make::Part("one", make::LINUX, &filesystem)], 0));
    let disk = fs::read(&path).unwrap();
    // The filesystem's first 300 KiB hold superblock, descriptors, bitmaps and inodes, or the allocation table.
    let start = 1 << 20;
    Sample { disk, ranges: vec![start..start + 1024, start + 1024..start + 2048, start..start + (300 << 10)] }
}

static EXT4: LazyLock<Sample> = LazyLock::new(|| {
    sample(|file, tree| make::ext(file, 6, tree, &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum"]))
});
static EXT2: LazyLock<Sample> = LazyLock::new(|| sample(|file, tree| make::ext(file, 6, tree, &["-t", "ext2"])));
static FAT: LazyLock<Sample> =
    LazyLock::new(|| sample(|file, tree| make::vfat(file, 6, tree, &["-F", "16", "-s", "1"])));

fn check(sample: &Sample, changes: &[(usize, usize, u8)]) {
    let mut disk = sample.disk.clone();
    for &(which, at, value) in changes {
        let range = sample.ranges[which % sample.ranges.len()].clone();
        disk[range.start + at % range.len()] = value;
    }
    let store = Store::default();
    let Ok(captured) = capture(&disk, &store) else { return };
    let folder = make::folder();
    let target = make::dirty(&folder.path().join("target"), disk.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::None, SoclePlace::None).unwrap();
    restore(&store, &captured.root, &target, &plan).unwrap();
    compare::used_ranges(&store, &captured.manifest, &disk, &target, &plan);
}

fn changes() -> impl Strategy<Value = Vec<(usize, usize, u8)>> {
    let value = prop_oneof![any::<u8>(), Just(0), Just(0xff), Just(1)];
    proptest::collection::vec((any::<usize>(), any::<usize>(), value), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn altered_ext4(changes in changes()) {
        check(&EXT4, &changes);
    }

    #[test]
    fn altered_ext2(changes in changes()) {
        check(&EXT2, &changes);
    }

    #[test]
    fn altered_fat(changes in changes()) {
        check(&FAT, &changes);
    }
}

#[test]
fn unaltered_they_are_understood() {
    for sample in [&EXT4, &EXT2, &FAT] {
        let captured = capture(&sample.disk, &Store::default()).unwrap();
        assert_eq!(captured.manifest.partitions[0].method, socle_image::manifest::Method::FileAware);
        check(sample, &[]);
    }
}
