//! Every flavour of ext and FAT comes back on a dirty disk, by the method that it allows.
use super::{capture, compare, make, plan, restore, store::Store};
use socle_disk::layout::{Grow, SoclePlace};
use socle_image::{Manifest, ReadAt, manifest::Method};
use std::{fs, path::Path};

/// Captures a disk of this one partition, restores it on a dirty one, compares, and lets `holds` judge the result.
fn there_and_back(folder: &Path, filesystem: &Path, holds: &dyn Fn(&Path)) -> Manifest {
    let source = make::disk(&folder.join("disk"), &[make::Part("one", make::LINUX, filesystem)], 0);
    let store = Store::default();
    let captured = capture(&source, &store).unwrap();
    let target = make::dirty(&folder.join("target"), source.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::None, SoclePlace::None).unwrap();
    restore(&store, &captured.root, &target, &plan).unwrap();
    compare::used_ranges(&store, &captured.manifest, &source, &target, &plan);
    drop(target);
    let place = plan.image(1).unwrap();
    let found =
        compare::extract(&folder.join("target"), place.start_bytes(512), place.size_bytes(512), &folder.join("found"));
    holds(&found);
    captured.manifest
}

fn check_ext(options: &[&str], method: Method, why: &str) {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let filesystem = folder.path().join("filesystem");
    let blocks = if options.contains(&"-b") { &[][..] } else { &["-b", "4096"] };
    make::ext(&filesystem, 48, &tree, &[options, blocks].concat());
    let (expected, manifest) = if options.contains(&"inline_data") {
        // debugfs writes such files out with zeroes behind them, from the source as well.
        let expected = folder.path().join("expected");
        compare::ext_files(&filesystem, &expected);
        (expected.clone(), there_and_back(folder.path(), &filesystem, &|found| compare::ext_holds(found, &expected)))
    } else {
        (tree.clone(), there_and_back(folder.path(), &filesystem, &|found| compare::ext_holds(found, &tree)))
    };
    assert!(expected.join("bin").exists());
    let partition = &manifest.partitions[0];
    assert_eq!((partition.method, partition.why.as_str()), (method, why), "{options:?}");
    if method == Method::FileAware {
        let census = partition.census.unwrap();
        // bin 13, etc 3 names of 2 inodes, home 2 and 300, folders with the root and lost+found.
        assert_eq!((census.files, census.directories), (13 + 2 + 2 + 300, 10), "{options:?}");
    }
}

macro_rules! ext {
    ($($name:ident: $options:expr => $method:ident $why:literal;)*) => {
        $(#[test] fn $name() { check_ext(&$options, Method::$method, $why); })*
    };
}

ext! {
    ext4_as_debian_makes_it: ["-t", "ext4"] => FileAware "";
    ext4_with_blocks_of_1k: ["-t", "ext4", "-b", "1024"] => FileAware "";
    ext4_with_blocks_of_2k: ["-t", "ext4", "-b", "2048", "-g", "2048"] => FileAware "";
    ext4_without_checksums: ["-t", "ext4", "-O", "^metadata_csum,^64bit"] => FileAware "";
    ext4_with_uninit_groups: ["-t", "ext4", "-O", "^metadata_csum,uninit_bg", "-g", "1024"] => FileAware "";
    ext4_without_flexible_groups: ["-t", "ext4", "-O", "^flex_bg", "-g", "1024"] => FileAware "";
    ext4_with_meta_groups: ["-t", "ext4", "-O", "meta_bg,^resize_inode", "-b", "1024", "-g", "256"] => FileAware "";
    ext4_with_two_backups: ["-t", "ext4", "-O", "sparse_super2", "-g", "1024"] => FileAware "";
    ext4_with_every_backup: ["-t", "ext4", "-O", "^sparse_super,^resize_inode", "-g", "1024"] => FileAware "";
    ext4_without_journal: ["-t", "ext4", "-O", "^has_journal"] => FileAware "";
    ext4_with_small_inodes: ["-t", "ext4", "-I", "128"] => FileAware "";
    ext4_with_quota: ["-t", "ext4", "-O", "quota"] => FileAware "";
    ext4_with_zeroed_tables: ["-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0"] => FileAware "";
    ext4_as_newer_systems_make_it: ["-t", "ext4", "-O", "orphan_file,metadata_csum_seed"] => FileAware "";
    ext3: ["-t", "ext3"] => FileAware "";
    ext2: ["-t", "ext2"] => FileAware "";
    ext4_with_inline_data_goes_by_blocks: ["-t", "ext4", "-O", "inline_data"] => UsedBlocks "ext4-inline-data";
    ext4_with_encryption_goes_by_blocks: ["-t", "ext4", "-O", "encrypt"] => UsedBlocks "ext4-encrypt";
    ext4_with_verity_goes_by_blocks: ["-t", "ext4", "-O", "verity"] => UsedBlocks "ext4-verity";
    ext4_with_clusters_goes_by_blocks: ["-t", "ext4", "-O", "bigalloc", "-C", "16384"] => UsedBlocks "ext4-bigalloc";
    ext4_with_clusters_of_1k_blocks: ["-t", "ext4", "-O", "bigalloc", "-b", "1024"] => UsedBlocks "ext4-bigalloc";
}

#[test]
fn a_feature_that_we_do_not_know_goes_whole() {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let filesystem = folder.path().join("filesystem");
    make::ext(&filesystem, 48, &tree, &["-t", "ext4", "-O", "^metadata_csum"]);
    // An incompatible feature of the future: bit 30.
    let mut bytes = fs::read(&filesystem).unwrap();
    bytes[1024 + 0x63] |= 0x40;
    fs::write(&filesystem, &bytes).unwrap();
    let same = |found: &Path| assert!(fs::read(found).unwrap() == bytes, "whole means every byte");
    let manifest = there_and_back(folder.path(), &filesystem, &same);
    assert_eq!(manifest.partitions[0].method, Method::Whole);
    assert_eq!(manifest.partitions[0].why, "ext4-feature-unknown");
}

#[test]
fn scattered_files_come_back() {
    let folder = make::folder();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    for n in 0..1200 {
        fs::write(tree.join(format!("fill-{n:04}")), make::noise(&format!("fill {n}"), 12_288)).unwrap();
    }
    let filesystem = folder.path().join("filesystem");
    make::ext(&filesystem, 24, &tree, &["-t", "ext4", "-O", "^has_journal"]);
    // Every other file goes, and a long one takes their places: hundreds of extents, in a tree of several levels.
    let big = folder.path().join("big");
    fs::write(&big, make::noise("big", 8 << 20)).unwrap();
    let mut orders: String = (0..1200).step_by(2).map(|n| format!("rm fill-{n:04}\n")).collect();
    orders.push_str(&format!("write {} big\n", make::text(&big)));
    let script = folder.path().join("orders");
    fs::write(&script, orders).unwrap();
    make::run("debugfs", &["-w", "-f", make::text(&script), make::text(&filesystem)]);
    for n in (0..1200).step_by(2) {
        fs::remove_file(tree.join(format!("fill-{n:04}"))).unwrap();
    }
    fs::copy(&big, tree.join("big")).unwrap();
    make::run("e2fsck", &["-f", "-n", make::text(&filesystem)]);
    let manifest = there_and_back(folder.path(), &filesystem, &|found| compare::ext_holds(found, &tree));
    assert_eq!(manifest.partitions[0].method, Method::FileAware);
}

#[test]
fn space_that_was_reserved_and_never_written_is_not_stored() {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let filesystem = folder.path().join("filesystem");
    make::ext(&filesystem, 48, &tree, &["-t", "ext4"]);
    // 8 MiB reserved behind the end of a file, and noise on the disk where they are.
    make::run("debugfs", &["-w", "-R", "fallocate /bin/of-1 1 2048", make::text(&filesystem)]);
    let manifest = there_and_back(folder.path(), &filesystem, &|found| compare::ext_holds(found, &tree));
    assert_eq!(manifest.partitions[0].method, Method::FileAware);
}

fn check_vfat(options: &[&str]) {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let filesystem = folder.path().join("filesystem");
    // mtools copies neither links nor more than FAT12's few clusters hold.
    for link in ["short-link", "long-link"] {
        fs::remove_file(tree.join(link)).unwrap();
    }
    make::vfat(&filesystem, 40, &tree, options);
    let manifest = there_and_back(folder.path(), &filesystem, &|found| compare::vfat_holds(found, &tree));
    let partition = &manifest.partitions[0];
    assert_eq!(partition.method, Method::FileAware);
    let described = partition.filesystem.as_ref().unwrap();
    assert_eq!((described.kind.as_str(), described.label.as_str()), ("vfat", "BOOT"));
    assert_eq!(partition.census.unwrap().files, 13 + 3 + 2 + 300);
}

#[test]
fn fat32() {
    check_vfat(&["-F", "32", "-s", "1"]);
}

#[test]
fn fat32_of_few_clusters_is_what_the_firmware_takes_it_for() {
    let folder = make::folder();
    let filesystem = folder.path().join("filesystem");
    fs::File::create(&filesystem).unwrap().set_len(40 << 20).unwrap();
    make::run("mkfs.vfat", &["-F", "32", "-s", "8", make::text(&filesystem)]);
    let check = |found: &Path| drop(make::run("fsck.vfat", &["-n", make::text(found)]));
    let manifest = there_and_back(folder.path(), &filesystem, &check);
    assert_eq!(manifest.partitions[0].method, Method::FileAware);
}

#[test]
fn fat16() {
    check_vfat(&["-F", "16"]);
}

#[test]
fn fat12() {
    check_vfat(&["-F", "12", "-s", "32"]);
}

#[test]
fn fat_with_one_table_and_long_sectors() {
    check_vfat(&["-F", "16", "-f", "1", "-S", "2048"]);
}

#[test]
fn crossed_chains_of_a_fat_go_by_blocks() {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let filesystem = folder.path().join("filesystem");
    make::vfat(&filesystem, 40, &tree, &["-F", "32", "-s", "1"]);
    let mut bytes = fs::read(&filesystem).unwrap();
    // The entry of a cluster in the middle of a long file now points back to the chain's beginning.
    let table = usize::from(u16::from_le_bytes([bytes[14], bytes[15]])) * 512;
    bytes[table + 4 * 3000..][..4].copy_from_slice(&10_u32.to_le_bytes());
    fs::write(&filesystem, &bytes).unwrap();
    let manifest = there_and_back(folder.path(), &filesystem, &|_| {});
    assert_eq!(manifest.partitions[0].method, Method::UsedBlocks);
    assert_eq!(manifest.partitions[0].why, "fat-chains-contradict");
}

#[test]
fn an_unknown_filesystem_comes_back_byte_by_byte() {
    let folder = make::folder();
    let filesystem = folder.path().join("filesystem");
    let mut bytes = vec![0; 9 << 20];
    bytes[3..11].copy_from_slice(b"NTFS    ");
    bytes[2_000_001..][..3_000_000].copy_from_slice(&make::noise("in it", 3_000_000));
    *bytes.last_mut().unwrap() = 7;
    fs::write(&filesystem, &bytes).unwrap();
    let same = |found: &Path| assert!(fs::read(found).unwrap() == bytes, "whole means every byte");
    let manifest = there_and_back(folder.path(), &filesystem, &same);
    let partition = &manifest.partitions[0];
    assert_eq!((partition.method, partition.why.as_str()), (Method::Whole, "filesystem-not-understood"));
    assert_eq!(partition.filesystem.as_ref().unwrap().kind, "ntfs");
    assert!(partition.zero_bytes > 5 << 20);
}
