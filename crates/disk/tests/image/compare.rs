//! Whether a target holds what the source held: by what the manifest says, and by tools that know nothing of it.
use super::{make::run, make::text, store::Store};
use socle_disk::layout::Plan;
use socle_image::{
    Manifest, ReadAt, Source,
    page::{self, Content},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads a range.
pub fn bytes(disk: &dyn ReadAt, start: u64, length: u64) -> Vec<u8> {
    let mut bytes = vec![0; length as usize];
    disk.read_at(start, &mut bytes).unwrap();
    bytes
}

/// Compares every range that the manifest names. Zeroes must be zeroes on the target whatever the source held there
/// (a dead journal).
pub fn used_ranges(store: &Store, manifest: &Manifest, source: &dyn ReadAt, target: &dyn ReadAt, plan: &Plan) {
    let sector = manifest.disk.logical_sector_bytes;
    for partition in &manifest.partitions {
        let from = partition.first_lba * u64::from(sector);
        let to = plan.image(partition.number).unwrap().start_bytes(sector);
        for digest in &partition.pages {
            for entry in page::decode(&store.page(digest).unwrap(), partition.size_bytes(sector)).unwrap() {
                let found = bytes(target, to + entry.offset_bytes, entry.bytes);
                let same = match entry.content {
                    Content::Zero => found.iter().all(|&b| b == 0),
                    Content::Chunk { .. } => found == bytes(source, from + entry.offset_bytes, entry.bytes),
                };
                assert!(same, "partition {} differs at {}", partition.number, entry.offset_bytes);
            }
        }
    }
}

/// A partition of a disk as a file of its own.
pub fn extract(disk: &Path, start: u64, length: u64, to: &Path) -> PathBuf {
    let (from, out) = (format!("if={}", text(disk)), format!("of={}", text(to)));
    let (skip, count) = (format!("skip={start}"), format!("count={length}"));
    run("dd", &[&from, &out, &skip, &count, "bs=1M", "iflag=skip_bytes,count_bytes", "conv=sparse", "status=none"]);
    to.to_path_buf()
}

/// Checks an ext filesystem with e2fsck and compares its files with a tree, as debugfs reads them.
pub fn ext_holds(filesystem: &Path, tree: &Path) {
    run("e2fsck", &["-f", "-n", text(filesystem)]);
    let out = filesystem.with_extension("files");
    ext_files(filesystem, &out);
    same_trees(tree, &out);
    fs::remove_dir_all(out).unwrap();
}

/// Writes the files of an ext filesystem to a folder, as debugfs reads them.
pub fn ext_files(filesystem: &Path, out: &Path) {
    fs::create_dir_all(out).unwrap();
    run("debugfs", &["-R", &format!("rdump / {}", text(out)), text(filesystem)]);
    let _ = fs::remove_dir_all(out.join("lost+found"));
}

/// Checks a vfat filesystem with fsck.vfat and compares its files with a tree, as mtools read them.
pub fn vfat_holds(filesystem: &Path, tree: &Path) {
    run("fsck.vfat", &["-n", text(filesystem)]);
    let out = filesystem.with_extension("files");
    fs::create_dir_all(&out).unwrap();
    for name in ["bin", "etc", "home"] {
        run("mcopy", &["-s", "-n", "-i", text(filesystem), &format!("::{name}"), text(&out)]);
        same_trees(&tree.join(name), &out.join(name));
    }
    fs::remove_dir_all(out).unwrap();
}

/// Whether two folders hold the same names and bytes.
pub fn same_trees(a: &Path, b: &Path) {
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(a), names(b), "{} and {}", a.display(), b.display());
    for name in names(a) {
        let (a, b) = (a.join(&name), b.join(&name));
        let kind = fs::symlink_metadata(&a).unwrap().file_type();
        if kind.is_dir() {
            same_trees(&a, &b);
        } else if kind.is_symlink() {
            assert_eq!(fs::read_link(&a).unwrap(), fs::read_link(&b).unwrap());
        } else {
            assert!(fs::read(&a).unwrap() == fs::read(&b).unwrap(), "{} differs", a.display());
        }
    }
}
