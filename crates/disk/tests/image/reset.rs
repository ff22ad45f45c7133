//! A disk brought back in place: only what differs is written, nothing is lost wherever it is cut, and what should be
//! gone is gone.
use super::{capture, compare, fault, make, plan, restore, store::Store};
use socle_disk::{
    block::Block,
    layout::{Grow, Plan, SoclePlace},
    reset::{self, BLOCK_BYTES, Free, From, Origin, ResetDone, ResetOptions, ResetPoint, Search},
};
use socle_image::{
    ImageId, Manifest, ReadAt, Source, WriteAt,
    page::{self, Content},
};
use socle_texts::Result;
use std::{
    io,
    ops::Range,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// A disk that holds its image, and a copy of how it was.
pub struct Scene {
    pub folder: tempfile::TempDir,
    pub source: Block,
    pub store: Store,
    pub manifest: Manifest,
    pub root: ImageId,
    pub path: PathBuf,
    pub plan: Plan,
}

impl Scene {
    pub fn new() -> Scene {
        let folder = make::folder();
        let source = make::usual_disk(folder.path());
        let store = Store::default();
        let captured = capture(&source, &store).unwrap();
        let path = folder.path().join("target");
        let target = make::dirty(&path, source.size_bytes());
        let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
        restore(&store, &captured.root, &target, &plan).unwrap();
        drop(target);
        Scene { folder, source, store, manifest: captured.manifest, root: captured.root, path, plan }
    }

    pub fn target(&self) -> Block {
        Block::open_target(&self.path).unwrap()
    }

    pub fn reset_of(&self, target: &dyn WriteAt, change: impl FnOnce(&mut ResetOptions<'static>)) -> Result<ResetDone> {
        let origin = Origin { from: From::Repository, source: &self.store };
        reset_with(&[origin], &self.root, target, &self.plan, change)
    }

    pub fn reset(&self) -> ResetDone {
        let done = self.reset_of(&self.target(), |_| {}).unwrap();
        self.is_right();
        done
    }

    pub fn is_right(&self) {
        compare::used_ranges(&self.store, &self.manifest, &self.source, &self.target(), &self.plan);
        assert!(self.plan.stands_on(&self.target()).unwrap());
    }

    /// Everything that the image names, on the target.
    fn named(&self) -> Vec<Range<u64>> {
        self.contents(|_| true)
    }

    /// What it names that is, or is not, to be zero.
    fn zero(&self, zero: bool) -> Vec<Range<u64>> {
        self.contents(|c| (*c == Content::Zero) == zero)
    }

    fn contents(&self, wanted: impl Fn(&Content) -> bool) -> Vec<Range<u64>> {
        let mut named = Vec::new();
        for partition in &self.manifest.partitions {
            let start = self.plan.image(partition.number).unwrap().start_bytes(512);
            for digest in &partition.pages {
                let page = self.store.page(digest).unwrap();
                for entry in page::decode(&page, partition.size_bytes(512)).unwrap() {
                    if wanted(&entry.content) {
                        named.push(start + entry.offset_bytes..start + entry.end_bytes());
                    }
                }
            }
        }
        named
    }

    /// Blocks of the target that the image names and that are not as they should be.
    fn differing_blocks(&self) -> u64 {
        let (now, wanted) = (self.target(), self.folder.path().join("wanted"));
        let clean = make::dirty(&wanted, self.source.size_bytes());
        restore(&self.store, &self.root, &clean, &self.plan).unwrap();
        let blocks: std::collections::BTreeSet<u64> = self
            .named()
            .into_iter()
            .flat_map(|r| r.start / BLOCK_BYTES..r.end.div_ceil(BLOCK_BYTES))
            .filter(|b| {
                let of = |disk: &Block| compare::bytes(disk, b * BLOCK_BYTES, BLOCK_BYTES);
                of(&now) != of(&clean)
            })
            .collect();
        blocks.len() as u64
    }
}

pub fn reset_with<'a>(
    origins: &[Origin<'_>],
    root: &ImageId,
    target: &dyn WriteAt,
    plan: &Plan,
    change: impl FnOnce(&mut ResetOptions<'a>),
) -> Result<ResetDone> {
    static CANCEL: AtomicBool = AtomicBool::new(false);
    let mut options = ResetOptions {
        search: Search::Worthwhile,
        keep: &[],
        free: Free::Leave,
        dry_run: false,
        resume_from: None,
        checkpoint: &|_| Ok(()),
        threads: 3,
        progress: &|_| {},
        cancel: &CANCEL,
    };
    change(&mut options);
    reset::reset(origins, root, target, plan, &options)
}

/// Writes noise at a place of the target.
fn scribble(s: &Scene, seed: &str, at: u64, length: usize) {
    s.target().write_at(at, &make::noise(seed, length)).unwrap();
}

#[test]
fn an_unchanged_disk_is_read_and_not_written() {
    let s = Scene::new();
    let (reads, before) =
        (s.store.read_bytes.load(Ordering::SeqCst), compare::bytes(&s.target(), 0, s.source.size_bytes()));
    let done = s.reset();
    assert_eq!(
        (done.written_bytes, done.zeroed_bytes, done.missing_chunks, done.fetched_bytes),
        (0, 0, 0, 0),
        "{done:?}"
    );
    let named: u64 = s.manifest.partitions.iter().map(|p| p.data_bytes + p.zero_bytes).sum();
    assert_eq!((done.compared_bytes, done.in_place_bytes), (named, named));
    assert!(!done.table_written);
    assert_eq!(s.store.read_bytes.load(Ordering::SeqCst), reads, "nothing was fetched");
    assert!(compare::bytes(&s.target(), 0, s.source.size_bytes()) == before);
}

#[test]
fn only_blocks_that_differ_are_written() {
    let s = Scene::new();
    let data = s.zero(false);
    // One byte in the middle of a long chunk, three blocks across its end, and a stretch of zeroes.
    let long = data.iter().filter(|r| r.end - r.start > 50_000).nth(3).unwrap().clone();
    scribble(&s, "one", long.start + 20_000, 1);
    let other = data.iter().rev().find(|r| r.end - r.start > 30_000).unwrap().clone();
    scribble(&s, "two", other.start + 9000, 12_000);
    let zero = s.zero(true).into_iter().find(|r| r.end - r.start > 1 << 20).unwrap();
    scribble(&s, "three", zero.start + 70_000, 300_000);
    let differing = s.differing_blocks();
    assert!(differing > 75, "{differing}");
    let dry = s.reset_of(&s.target(), |o| o.dry_run = true).unwrap();
    assert!(dry.missing_chunks >= 2 && dry.written_bytes == 0 && s.differing_blocks() == differing, "{dry:?}");
    let done = s.reset();
    assert_eq!(done.written_bytes + done.zeroed_bytes, differing * BLOCK_BYTES, "{done:?}");
    assert_eq!(done.read_back_bytes, differing * BLOCK_BYTES);
    assert_eq!(s.reset().written_bytes, 0);
}

#[test]
fn a_disk_of_anything_becomes_the_image_and_is_proved_to_hold_nothing_else() {
    let s = Scene::new();
    drop(make::dirty(&s.path, s.source.size_bytes()));
    let done = s.reset_of(&s.target(), |o| o.free = Free::Gone).unwrap();
    s.is_right();
    assert!(done.table_written && done.gone_bytes > 1 << 20, "{done:?}");
    // Read by another hand: what the image does not name is zero, up to the tables.
    let mut named = s.named();
    named.sort_by_key(|r| r.start);
    let all = compare::bytes(&s.target(), 0, s.source.size_bytes());
    let (mut at, mut zero) = (34 * 512, 0);
    for range in named.into_iter().chain([s.source.size_bytes() - 33 * 512..s.source.size_bytes()]) {
        assert!(all[at as usize..range.start as usize].iter().all(|b| *b == 0), "between {at} and {}", range.start);
        zero += range.start - at;
        at = range.end;
    }
    assert_eq!(zero, done.gone_bytes);
}

#[test]
fn a_kept_partition_is_left_alone() {
    let s = Scene::new();
    let place = s.plan.image(3).unwrap().start_bytes(512);
    scribble(&s, "mine", place + 5000, 70_000);
    scribble(&s, "not mine", s.plan.image(2).unwrap().start_bytes(512) + 5000, 70_000);
    let before = compare::bytes(&s.target(), place, 4 << 20);
    s.reset_of(&s.target(), |o| {
        o.keep = &[3];
        o.free = Free::Gone;
    })
    .unwrap();
    assert!(compare::bytes(&s.target(), place, 4 << 20) == before, "what is kept was touched");
    s.reset();
}

#[test]
fn nothing_is_needed_from_afar_where_the_disk_still_has_it() {
    let s = Scene::new();
    // The filesystem forgets its files: the blocks are all there, and the image finds them in place.
    let place = s.plan.image(2).unwrap().start_bytes(512);
    let part = compare::extract(&s.path, place, 64 << 20, &s.folder.path().join("part"));
    make::run("debugfs", &["-w", "-R", "rm /bin/of-3000000", make::text(&part)]);
    make::run("debugfs", &["-w", "-R", "rm /etc/log", make::text(&part)]);
    put_back(&s, &part, place);
    let done = s.reset();
    assert!(done.written_bytes > 0 && done.missing_bytes < 1 << 20, "{done:?}");
}

fn put_back(s: &Scene, part: &std::path::Path, place: u64) {
    let bytes = std::fs::read(part).unwrap();
    let target = s.target();
    for (n, piece) in (0..).zip(bytes.chunks(1 << 20)) {
        target.write_at(place + (n << 20), piece).unwrap();
    }
}

/// A repository that has the manifest and the pages, and no chunk: everything must come from the disk itself.
struct NoChunks<'a>(&'a Store);

impl Source for NoChunks<'_> {
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>> {
        self.0.manifest(root)
    }
    fn page(&self, digest: &socle_image::PageDigest) -> Result<Vec<u8>> {
        self.0.page(digest)
    }
    fn locate(&self, chunks: &[socle_image::ChunkId]) -> Result<Vec<Option<socle_image::FrameLocation>>> {
        Ok(vec![None; chunks.len()])
    }
    fn read(&self, pack: &socle_image::PackName, _: Range<u64>) -> Result<Vec<u8>> {
        panic!("{pack} was read")
    }
    fn check_packs(&self, _: &[socle_image::PackName]) -> Result<()> {
        Ok(())
    }
}

/// The disk with the content of long files rotated among their places: every one stands where another belongs.
fn rotated(s: &Scene, by: usize) -> usize {
    let named = s.named();
    let places: Vec<Range<u64>> = named.into_iter().filter(|r| r.end - r.start == 65_536).collect();
    assert!(places.len() > 8, "{} places of one length", places.len());
    let target = s.target();
    let contents: Vec<Vec<u8>> = places.iter().map(|r| compare::bytes(&target, r.start, r.end - r.start)).collect();
    for (n, place) in places.iter().enumerate() {
        target.write_at(place.start, &contents[(n + by) % contents.len()]).unwrap();
    }
    places.len()
}

#[test]
fn content_that_stands_in_each_others_place_moves_without_being_lost() {
    let s = Scene::with_many_equal_files();
    rotated(&s, 3);
    let origin = Origin { from: From::Repository, source: &NoChunks(&s.store) };
    let done = reset_with(&[origin], &s.root, &s.target(), &s.plan, |_| {}).unwrap();
    s.is_right();
    assert!(done.found_bytes > 1 << 20 && done.aside_bytes > 0, "{done:?}");
    assert!(done.aside_bytes < done.found_bytes / 2, "one of each circle stands aside: {done:?}");
}

#[test]
fn what_is_nowhere_is_said_before_anything_is_written() {
    let s = Scene::new();
    let long = s.zero(false).into_iter().filter(|r| r.end - r.start > 50_000).nth(3).unwrap();
    scribble(&s, "gone", long.start + 20_000, 9);
    let before = compare::bytes(&s.target(), 0, s.source.size_bytes());
    let origin = Origin { from: From::Repository, source: &NoChunks(&s.store) };
    fault(reset_with(&[origin], &s.root, &s.target(), &s.plan, |_| {}), "disk-reset-piece-missing");
    assert!(compare::bytes(&s.target(), 0, s.source.size_bytes()) == before, "the target was touched");
}

impl Scene {
    /// One whose root has many files of one length, so that they can stand in each other's place.
    pub fn with_many_equal_files() -> Scene {
        let folder = make::folder();
        let tree = folder.path().join("tree");
        std::fs::create_dir_all(tree.join("many")).unwrap();
        for n in 0..60 {
            std::fs::write(tree.join(format!("many/file-{n}")), make::noise(&format!("file {n}"), 65_536)).unwrap();
        }
        let root = folder.path().join("root");
        make::ext(&root, 24, &tree, &["-t", "ext4", "-b", "4096"]);
        let source = make::disk(&folder.path().join("disk"), &[make::Part("root", make::LINUX, &root)], 0);
        let store = Store::default();
        let captured = capture(&source, &store).unwrap();
        let path = folder.path().join("target");
        let target = Block::create(&path, source.size_bytes()).unwrap();
        let plan = plan(&captured.manifest, &target, Grow::None, SoclePlace::None).unwrap();
        restore(&store, &captured.root, &target, &plan).unwrap();
        drop(target);
        Scene { folder, source, store, manifest: captured.manifest, root: captured.root, path, plan }
    }
}

/// A disk whose power is cut after so many writes: what was written since the last flush is kept or lost, write by
/// write, as a seed has it.
struct Cut<'a> {
    disk: &'a Block,
    left: AtomicU64,
    seed: u64,
    /// What stood before each write since the last flush.
    undo: Mutex<Vec<(u64, Vec<u8>)>>,
    dead: AtomicBool,
}

impl<'a> Cut<'a> {
    fn new(disk: &'a Block, left: u64, seed: u64) -> Cut<'a> {
        Cut { disk, left: left.into(), seed, undo: Mutex::default(), dead: false.into() }
    }

    fn before_write(&self, offset: u64, length: usize) -> io::Result<()> {
        let mut undo = self.undo.lock().unwrap();
        if self.dead.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.dead.store(true, Ordering::SeqCst);
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        let mut old = vec![0; length];
        self.disk.read_at(offset, &mut old)?;
        undo.push((offset, old));
        Ok(())
    }

    /// The power is gone: some of what was not flushed never reached the medium.
    fn lose(self) {
        let undo = self.undo.into_inner().unwrap();
        let mut draw = self.seed;
        for (offset, old) in undo.into_iter().rev() {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if draw >> 63 == 1 {
                self.disk.write_at(offset, &old).unwrap();
            }
        }
    }
}

impl ReadAt for Cut<'_> {
    fn size_bytes(&self) -> u64 {
        self.disk.size_bytes()
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.disk.read_at(offset_bytes, buffer)
    }
}
impl WriteAt for Cut<'_> {
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> io::Result<()> {
        self.before_write(offset_bytes, bytes.len())?;
        self.disk.write_at(offset_bytes, bytes)
    }
    fn zero(&self, range_bytes: Range<u64>) -> io::Result<()> {
        self.before_write(range_bytes.start, (range_bytes.end - range_bytes.start) as usize)?;
        self.disk.zero(range_bytes)
    }
    fn flush(&self) -> io::Result<()> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        self.disk.flush()?;
        self.undo.lock().unwrap().clear();
        Ok(())
    }
    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.disk.read_back(offset_bytes, buffer)
    }
}

#[test]
fn power_cut_at_any_write_loses_nothing_that_is_nowhere_else() {
    let s = Scene::with_many_equal_files();
    let pristine = std::fs::read(&s.path).unwrap();
    let origin = Origin { from: From::Repository, source: &NoChunks(&s.store) };
    // How many writes a whole reset makes.
    rotated(&s, 7);
    let broken = std::fs::read(&s.path).unwrap();
    let target = s.target();
    let counting = Cut::new(&target, u64::MAX / 2, 0);
    reset_with(&[origin], &s.root, &counting, &s.plan, |o| o.threads = 1).unwrap();
    let writes = u64::MAX / 2 - counting.left.load(Ordering::SeqCst);
    assert!(writes > 20, "{writes}");
    drop(counting);
    drop(target);
    let mut cuts = 0;
    for seed in 0..40_u64 {
        std::fs::write(&s.path, &broken).unwrap();
        let point: Mutex<Option<ResetPoint>> = Mutex::default();
        // The power goes again and again, each time at another moment.
        for turn in 0..60_u64 {
            let moment = (seed * 7919 + turn * 104_729 + seed * turn) % (writes + 4);
            let target = s.target();
            let cut = Cut::new(&target, moment, seed ^ turn << 8);
            let resume = point.lock().unwrap().clone();
            let keep = |p: &ResetPoint| {
                *point.lock().unwrap() = Some(p.clone());
                Ok(())
            };
            let answer = reset_with(&[origin], &s.root, &cut, &s.plan, |o| {
                o.resume_from = resume;
                o.checkpoint = &keep;
            });
            match answer {
                Ok(_) => break,
                Err(fault) => assert!(fault.is("disk-target-unwritable"), "seed {seed}, turn {turn}: {fault}"),
            }
            cuts += 1;
            cut.lose();
        }
        reset_with(&[origin], &s.root, &s.target(), &s.plan, |o| o.resume_from = point.lock().unwrap().clone())
            .unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
        s.is_right();
    }
    assert!(cuts > 40, "{cuts} cuts");
    drop(pristine);
}

#[test]
fn a_cut_network_costs_only_what_had_not_arrived() {
    let mut s = Scene::new();
    drop(make::dirty(&s.path, s.source.size_bytes()));
    let mut cuts = 0;
    loop {
        s.store.reads_left = 2.into();
        match s.reset_of(&s.target(), |o| o.threads = 1) {
            Ok(_) => break,
            Err(fault) => assert!(fault.is("repository-unreadable") && fault.retry, "{fault}"),
        }
        cuts += 1;
        assert!(cuts < 60, "it makes no progress");
    }
    s.is_right();
    assert!(cuts > 1);
}

#[test]
fn a_lying_repository_is_caught_and_the_next_one_is_asked() {
    let s = Scene::new();
    drop(make::dirty(&s.path, s.source.size_bytes()));
    let liar = Store::default();
    {
        let (mut to, from) = (liar.held(), s.store.held());
        to.manifests = from.manifests.clone();
        to.pages = from.pages.clone();
        to.chunks = from.chunks.clone();
        to.packs = from.packs.clone();
        to.packs.values_mut().for_each(|pack| pack[5000] ^= 1);
    }
    let false_one = Origin { from: From::Cache, source: &liar };
    fault(reset_with(&[false_one], &s.root, &s.target(), &s.plan, |_| {}), "disk-image-chunk-damaged");
    let true_one = Origin { from: From::Repository, source: &s.store };
    drop(make::dirty(&s.path, s.source.size_bytes()));
    let done = reset_with(&[false_one, true_one], &s.root, &s.target(), &s.plan, |_| {}).unwrap();
    s.is_right();
    assert!(done.damaged_chunks > 0 && done.repository_bytes > 0 && done.cache_bytes > 0, "{done:?}");
}
