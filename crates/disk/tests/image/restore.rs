//! What a restoration refuses, and that the target is then untouched.
use super::{capture, compare, fault, make, plan, restore, store::Store};
use socle_disk::{
    block::Block,
    layout::{Grow, Plan, SoclePlace},
};
use socle_image::{ImageId, Manifest, PageDigest, ReadAt, WriteAt};
use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

struct Scene {
    _folder: tempfile::TempDir,
    source: Block,
    store: Store,
    manifest: Manifest,
    root: ImageId,
    target: Block,
    plan: Plan,
    before: Vec<u8>,
}

fn scene() -> Scene {
    let folder = make::folder();
    let source = make::usual_disk(folder.path());
    let store = Store::default();
    let captured = capture(&source, &store).unwrap();
    let target = make::dirty(&folder.path().join("target"), source.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    let before = compare::bytes(&target, 0, target.size_bytes());
    let (manifest, root) = (captured.manifest, captured.root);
    Scene { _folder: folder, source, store, manifest, root, target, plan, before }
}

impl Scene {
    fn refused(&self, code: &str) {
        fault(restore(&self.store, &self.root, &self.target, &self.plan), code);
        assert!(compare::bytes(&self.target, 0, self.target.size_bytes()) == self.before, "the target was touched");
    }
}

#[test]
fn what_was_captured_stands_on_a_dirty_disk() {
    let s = scene();
    let restored = restore(&s.store, &s.root, &s.target, &s.plan).unwrap();
    compare::used_ranges(&s.store, &s.manifest, &s.source, &s.target, &s.plan);
    assert!(restored.read_back_bytes >= restored.data_bytes);
    let total: u64 = s.manifest.partitions.iter().map(|p| p.data_bytes).sum();
    assert_eq!(restored.data_bytes, total);
    // Free space was left as it was.
    let after = compare::bytes(&s.target, 0, s.target.size_bytes());
    let kept = after.chunks(4096).zip(s.before.chunks(4096)).filter(|(a, b)| a == b).count();
    assert!(kept > 5000, "{kept} blocks were left");
}

#[test]
fn a_damaged_pack_is_refused() {
    let s = scene();
    let name = *s.store.held().packs.keys().next().unwrap();
    s.store.held().packs.get_mut(&name).unwrap()[1000] ^= 1;
    s.refused("repository-pack-damaged");
}

#[test]
fn a_missing_pack_is_refused() {
    let s = scene();
    let name = *s.store.held().packs.keys().next().unwrap();
    s.store.held().packs.remove(&name);
    s.refused("disk-image-chunk-missing");
}

#[test]
fn a_damaged_page_is_refused() {
    let s = scene();
    let digest = s.manifest.partitions[1].pages[0];
    *s.store.held().pages.get_mut(&digest).unwrap().last_mut().unwrap() ^= 1;
    s.refused("disk-image-page-damaged");
}

#[test]
fn a_page_that_contradicts_itself_is_refused_even_where_its_digest_is_right() {
    let mut s = scene();
    let part = &mut s.manifest.partitions[1];
    let (first, second) = (part.pages[0], part.pages[0]);
    part.pages = vec![first, second];
    let (root, bytes) = s.manifest.to_bytes().unwrap();
    s.store.held().manifests.insert(root, bytes);
    s.root = root;
    s.refused("disk-image-page-damaged");
}

#[test]
fn a_missing_page_is_refused() {
    let s = scene();
    s.store.held().pages.remove(&s.manifest.partitions[0].pages[0]);
    s.refused("repository-page-damaged");
}

#[test]
fn a_damaged_manifest_is_refused() {
    let s = scene();
    for at in [10, 100, 500] {
        s.store.held().manifests.get_mut(&s.root).unwrap()[at] ^= 1;
        s.refused("image-manifest-damaged");
        s.store.held().manifests.get_mut(&s.root).unwrap()[at] ^= 1;
    }
}

#[test]
fn a_page_of_another_image_is_refused() {
    let s = scene();
    let mut held = s.store.held();
    let other = held.pages[&s.manifest.partitions[0].pages[0]].clone();
    held.pages.insert(s.manifest.partitions[1].pages[0], other.clone());
    assert_ne!(PageDigest::of(&other), s.manifest.partitions[1].pages[0]);
    drop(held);
    s.refused("disk-image-page-damaged");
}

#[test]
fn a_lying_source_is_caught_before_the_damaged_chunk_is_written() {
    let mut s = scene();
    s.store.lies = true;
    let mut names: Vec<_> = s.store.held().packs.keys().copied().collect();
    names.sort();
    for name in names {
        s.store.held().packs.get_mut(&name).unwrap()[5000] ^= 1;
        fault(restore(&s.store, &s.root, &s.target, &s.plan), "disk-image-chunk-damaged");
        // Every byte of the target is one that it had, or one of the image.
        let now = compare::bytes(&s.target, 0, s.target.size_bytes());
        let image = compare::bytes(&s.source, 0, s.source.size_bytes());
        let tables = now.len() - 34 * 512;
        for (at, byte) in now.iter().enumerate().take(tables).skip(1 << 20) {
            assert!(*byte == 0 || *byte == s.before[at] || *byte == image[at], "byte {at}");
        }
        s.store.held().packs.get_mut(&name).unwrap()[5000] ^= 1;
    }
    restore(&s.store, &s.root, &s.target, &s.plan).unwrap();
    compare::used_ranges(&s.store, &s.manifest, &s.source, &s.target, &s.plan);
}

/// A disk that fails, or lies.
struct Failing<'a> {
    disk: &'a Block,
    writes_left: AtomicU64,
    /// What is read back differs from here on.
    rots_at: Option<u64>,
}

impl ReadAt for Failing<'_> {
    fn size_bytes(&self) -> u64 {
        self.disk.size_bytes()
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.disk.read_at(offset_bytes, buffer)
    }
}
impl WriteAt for Failing<'_> {
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> io::Result<()> {
        if self.writes_left.load(Ordering::SeqCst) == 0 || self.writes_left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.writes_left.store(0, Ordering::SeqCst);
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        self.disk.write_at(offset_bytes, bytes)
    }
    fn zero(&self, range_bytes: Range<u64>) -> io::Result<()> {
        self.disk.zero(range_bytes)
    }
    fn flush(&self) -> io::Result<()> {
        self.disk.flush()
    }
    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.disk.read_back(offset_bytes, buffer)?;
        if let Some(at) = self.rots_at.filter(|at| (offset_bytes..offset_bytes + buffer.len() as u64).contains(at)) {
            buffer[(at - offset_bytes) as usize] ^= 1;
        }
        Ok(())
    }
}

#[test]
fn a_disk_that_does_not_keep_what_was_written_is_found() {
    let s = scene();
    // A byte of the table, of a file, of the zeroes of the clean journal.
    let place = s.plan.image(2).unwrap().start_bytes(512);
    let page = &s.store.held().pages[&s.manifest.partitions[1].pages[0]].clone();
    let entries = socle_image::page::decode(page, 64 << 20).unwrap();
    let zero = entries.iter().find(|e| e.content == socle_image::page::Content::Zero && e.bytes > 1 << 20).unwrap();
    let data = entries.iter().find(|e| e.content != socle_image::page::Content::Zero && e.bytes > 50_000).unwrap();
    for at in [512, place + data.offset_bytes + 100, place + zero.offset_bytes + 70_000] {
        let rotten = Failing { disk: &s.target, writes_left: AtomicU64::new(u64::MAX), rots_at: Some(at) };
        let fault = fault(restore(&s.store, &s.root, &rotten, &s.plan), "disk-read-back-differs");
        assert!(fault.to_string().contains("offset="), "{fault}");
    }
}

#[test]
fn a_disk_that_refuses_a_write_is_named() {
    let s = scene();
    let failing = Failing { disk: &s.target, writes_left: AtomicU64::new(9), rots_at: None };
    fault(restore(&s.store, &s.root, &failing, &s.plan), "disk-target-unwritable");
}
