//! What a capture refuses, and what a second one saves.
use super::{capture, compare::bytes, fault, make, store::Store};
use socle_disk::{
    block::Block,
    capture::CaptureOptions,
    layout::{SOCLE_TYPE, SoclePlace},
};
use socle_image::{
    ReadAt, Sink,
    manifest::Method,
    page::{Content, Entry},
};
use std::{
    fs, io,
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// A disk with a block that can't be read, or that changes under the reader.
struct Sick<'a> {
    disk: &'a Block,
    unreadable: Option<Range<u64>>,
    /// From the so many-th read of this byte on, it is another.
    changes: Option<(u64, AtomicU64)>,
}

impl ReadAt for Sick<'_> {
    fn size_bytes(&self) -> u64 {
        self.disk.size_bytes()
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset_bytes + buffer.len() as u64;
        if self.unreadable.as_ref().is_some_and(|r| offset_bytes < r.end && r.start < end) {
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        self.disk.read_at(offset_bytes, buffer)?;
        if let Some((at, left)) = &self.changes
            && (offset_bytes..end).contains(at)
            && left.fetch_sub(1, Ordering::SeqCst) <= 1
        {
            left.store(1, Ordering::SeqCst);
            buffer[(at - offset_bytes) as usize] ^= 1;
        }
        Ok(())
    }
}

fn nothing_published(store: &Store) {
    assert!(store.held().manifests.is_empty(), "nothing may be published");
}

#[test]
fn the_same_disk_twice_is_stored_once() {
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    let store = Store::default();
    let first = capture(&disk, &store).unwrap();
    let second = capture(&disk, &store).unwrap();
    assert_eq!(first.root, second.root, "the same disk at the same time is the same image");
    assert!(first.stats.new_chunks > 300 && first.stats.stored_bytes > 1 << 20);
    assert_eq!((second.stats.new_chunks, second.stats.stored_bytes, second.stats.packs), (0, 0, 0));
    assert_eq!(second.stats.chunks, first.stats.chunks);
    // The same files stand in vfat and in ext4, and the log twice in each: they are stored once.
    assert!(first.stats.new_bytes * 2 < first.stats.data_bytes * 2 - first.stats.data_bytes / 3);
}

#[test]
fn a_second_version_stores_what_changed() {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    make::ext(&first, 64, &tree, &["-t", "ext4"]);
    // A line in the middle of a log of 3.6 MB, and everything moves on the disk.
    let mut log = fs::read_to_string(tree.join("etc/log")).unwrap();
    log.insert_str(1_800_000, "one line more\n");
    fs::write(tree.join("etc/log"), log).unwrap();
    fs::write(tree.join("bin/a-first"), make::noise("new", 100_000)).unwrap();
    make::ext(&second, 64, &tree, &["-t", "ext4"]);
    let store = Store::default();
    let old = make::disk(&folder.path().join("a"), &[make::Part("root", make::LINUX, &first)], 0);
    let new = make::disk(&folder.path().join("b"), &[make::Part("root", make::LINUX, &second)], 0);
    let whole = capture(&old, &store).unwrap().stats;
    let more = capture(&new, &store).unwrap().stats;
    // The new file, about two chunks of the log, and the filesystem's own blocks.
    assert!(more.new_bytes < 1_200_000, "{more:?}");
    assert!(whole.new_bytes > 8_000_000, "{whole:?}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    let of = |threads| {
        let store = Store::default();
        let options = CaptureOptions {
            name: "base",
            captured_at_unix_seconds: 0,
            threads,
            level: 1,
            progress: &|_| {},
            cancel: &AtomicBool::new(false),
        };
        let root = socle_disk::capture::capture(&disk, &store, &options).unwrap().root;
        let mut packs: Vec<_> = store.held().packs.keys().copied().collect();
        packs.sort();
        (root, packs)
    };
    assert_eq!(of(1), of(5));
}

#[test]
fn an_unreadable_source_block_is_named_and_nothing_is_published() {
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    let store = Store::default();
    let captured = capture(&disk, &store).unwrap();
    // A block of data in the middle of the root.
    let root = &captured.manifest.partitions[1];
    let page = store.held().pages[&root.pages[0]].clone();
    let entries = socle_image::page::decode(&page, root.size_bytes(512)).unwrap();
    let is_data = |e: &&Entry| e.content != Content::Zero && e.bytes > 100_000;
    let entry = entries.iter().filter(is_data).nth(3).unwrap();
    let bad = (root.first_lba * 512 + entry.offset_bytes).next_multiple_of(4096) + 8192;
    let store = Store::default();
    let sick = Sick { disk: &disk, unreadable: Some(bad..bad + 512), changes: None };
    let fault = fault(capture(&sick, &store), "disk-source-unreadable");
    nothing_published(&store);
    let said = fault.to_string();
    assert!(said.contains(&format!("offset={bad}")) && said.contains("partition=2"), "{said}, not {bad}");
}

#[test]
fn a_source_that_changes_while_it_is_read_is_refused() {
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    // The root's superblock, write time; the ESP's allocation table.
    let (esp, root) = (2048 * 512, (2048 + 36 * 2048) * 512);
    for at in [root + 1024 + 0x30, esp + 32 * 512 + 4000] {
        let store = Store::default();
        let mut probe = Sick { disk: &disk, unreadable: None, changes: Some((at, AtomicU64::new(u64::MAX))) };
        capture(&probe, &store).unwrap();
        let reads = u64::MAX - probe.changes.as_ref().unwrap().1.load(Ordering::SeqCst);
        assert!(reads >= 2, "the place that changes is read before and after");
        let store = Store::default();
        probe.changes = Some((at, AtomicU64::new(reads)));
        fault(capture(&probe, &store), "disk-source-changed");
        nothing_published(&store);
    }
}

fn with_superblock_byte(folder: &Path, at: usize, change: impl Fn(u8) -> u8) -> Block {
    let tree = make::tree(folder);
    let filesystem = folder.join("filesystem");
    make::ext(&filesystem, 48, &tree, &["-t", "ext4", "-O", "^metadata_csum"]);
    let mut bytes = fs::read(&filesystem).unwrap();
    bytes[1024 + at] = change(bytes[1024 + at]);
    fs::write(&filesystem, bytes).unwrap();
    make::disk(&folder.join("disk"), &[make::Part("root", make::LINUX, &filesystem)], 0)
}

#[test]
fn a_live_filesystem_is_refused() {
    // What the kernel sets when it mounts: "needs recovery" (incompatible feature 4).
    let folder = make::folder();
    let disk = with_superblock_byte(folder.path(), 0x60, |b| b | 4);
    let store = Store::default();
    fault(capture(&disk, &store), "disk-filesystem-unclean");
    nothing_published(&store);
    // Files were deleted and not yet freed: "orphans present" (read-only compatible feature 0x10000).
    let folder = make::folder();
    let disk = with_superblock_byte(folder.path(), 0x66, |b| b | 1);
    fault(capture(&disk, &store), "disk-filesystem-unclean");
    // And without a journal, "not cleanly unmounted".
    let folder = make::folder();
    let disk = with_superblock_byte(folder.path(), 0x3a, |b| b & !1);
    fault(capture(&disk, &store), "disk-filesystem-unclean");
}

#[test]
fn a_filesystem_with_errors_is_refused() {
    let folder = make::folder();
    let disk = with_superblock_byte(folder.path(), 0x3a, |b| b | 2);
    let store = Store::default();
    fault(capture(&disk, &store), "disk-filesystem-damaged");
    nothing_published(&store);
}

#[test]
fn a_disk_without_partition_table_is_refused() {
    let folder = make::folder();
    let disk = Block::create(&folder.path().join("disk"), 8 << 20).unwrap();
    fault(capture(&disk, &Store::default()), "disk-no-gpt");
}

#[test]
fn a_file_in_use_is_refused() {
    let folder = make::folder();
    let path = folder.path().join("disk");
    let writer = Block::create(&path, 8 << 20).unwrap();
    fault(Block::open_source(&path), "disk-in-use");
    fault(Block::open_target(&path), "disk-in-use");
    drop(writer);
    let reader = Block::open_source(&path).unwrap();
    // Two may read, none may write meanwhile.
    Block::open_source(&path).unwrap();
    fault(Block::open_target(&path), "disk-in-use");
    drop(reader);
    Block::open_target(&path).unwrap();
    fault(Block::open_source(&folder.path().join("none")), "disk-absent");
    fault(Block::open_source(folder.path()), "disk-absent");
}

#[test]
fn the_disk_of_this_very_system_is_in_use() {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let root = mounts.lines().find(|l| l.split(' ').nth(4) == Some("/")).unwrap();
    let number = root.split(' ').nth(2).unwrap();
    let name = fs::read_link(format!("/sys/dev/block/{number}"));
    // In a container the root is no block device: then there is nothing to find in use.
    let Ok(name) = name else { return eprintln!("the root of this computer is on no block device") };
    let device = Path::new("/dev").join(name.file_name().unwrap());
    if device.exists() {
        let said = fault(Block::open_source(&device), "disk-in-use").to_string();
        assert!(said.contains("who="), "{said}");
    }
}

#[test]
fn socle_s_own_partition_is_left_out() {
    let folder = make::folder();
    let (own, other) = (folder.path().join("own"), folder.path().join("other"));
    fs::write(&own, make::noise("a machine's key", 16 << 20)).unwrap();
    fs::write(&other, make::noise("other", 1 << 20)).unwrap();
    let parts = [make::Part("socle", SOCLE_TYPE, &own), make::Part("data", make::LINUX, &other)];
    let disk = make::disk(&folder.path().join("disk"), &parts, 0);
    let store = Store::default();
    let captured = capture(&disk, &store).unwrap();
    assert_eq!(captured.manifest.partitions[0].method, Method::Omitted);
    assert_eq!(captured.stats.data_bytes, 1 << 20);
    // A smaller disk takes it: the omitted partition needs no room.
    let target = make::dirty(&folder.path().join("target"), 4 << 20);
    let plan = super::plan(&captured.manifest, &target, Default::default(), SoclePlace::None).unwrap();
    assert_eq!(plan.partitions.len(), 1);
    super::restore(&store, &captured.root, &target, &plan).unwrap();
    let at = plan.image(2).unwrap().start_bytes(512);
    assert!(bytes(&target, at, 1 << 20) == fs::read(&other).unwrap());
}

#[test]
fn a_full_repository_stops_a_capture_at_once() {
    struct Full(Store);
    impl Sink for Full {
        fn has(&self, chunks: &[socle_image::ChunkId]) -> socle_texts::Result<Vec<bool>> {
            self.0.has(chunks)
        }
        fn put_pack(&self, name: &socle_image::PackName, bytes: &[u8]) -> socle_texts::Result<()> {
            if self.0.held().packs.len() == 2 {
                return Err(socle_texts::Fault::new("repository-full"));
            }
            self.0.put_pack(name, bytes)
        }
        fn put_page(&self, digest: &socle_image::PageDigest, bytes: &[u8]) -> socle_texts::Result<()> {
            self.0.put_page(digest, bytes)
        }
        fn put_manifest(&self, root: &socle_image::ImageId, bytes: &[u8]) -> socle_texts::Result<u32> {
            self.0.put_manifest(root, bytes)
        }
        fn pack_limit_bytes(&self) -> usize {
            1 << 20
        }
    }
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    let full = Full(Store::default());
    fault(capture(&disk, &full), "repository-full");
    nothing_published(&full.0);
}

#[test]
fn a_capture_can_be_stopped() {
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    let store = Store::default();
    let cancel = AtomicBool::new(false);
    let options = CaptureOptions {
        name: "base",
        captured_at_unix_seconds: 0,
        threads: 2,
        level: 1,
        progress: &|p| cancel.store(p.done_bytes > 2 << 20, Ordering::SeqCst),
        cancel: &cancel,
    };
    fault(socle_disk::capture::capture(&disk, &store, &options), "disk-cancelled");
    nothing_published(&store);
}
