//! Twelve ways in which a pupil breaks a machine: on a real disk file with real filesystems, broken by the kernel's own
//! writes or by the tools that do it, and brought back without any network.
use super::{capture, compare, fault, make, plan_with_cache, reset::reset_with, restore, store::Store};
use socle_disk::{
    adopt,
    block::Block,
    cache::Cache,
    gpt,
    layout::{CachePlace, Grow, Plan, SoclePlace},
    memory::{Memory, Piece},
    reset::{Free, From, Origin, ResetDone},
};
use socle_image::{ImageId, Manifest, ReadAt, WriteAt};
use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::Instant,
};

/// A deployed machine's disk: the image's ESP and root, a full cache, and Socle's own partition.
struct Machine {
    folder: tempfile::TempDir,
    source: Block,
    store: Store,
    manifest: Manifest,
    root: ImageId,
    disk: PathBuf,
    plan: Plan,
}

/// A tree like a small system's.
fn system(folder: &Path) -> PathBuf {
    let root = make::tree(folder);
    for sub in [
        "usr/bin",
        "usr/lib/python",
        "usr/local/lib/socle",
        "etc/network",
        "etc/systemd/system",
        "var/lib/dpkg",
        "home/claire",
    ] {
        fs::create_dir_all(root.join(sub)).unwrap();
    }
    for n in 0..40 {
        fs::write(root.join(format!("usr/bin/tool-{n}")), make::noise(&format!("tool {n}"), 20_000 + n * 3111))
            .unwrap();
        fs::write(root.join(format!("usr/lib/python/part-{n}")), make::noise(&format!("part {n}"), 9000)).unwrap();
        fs::write(root.join(format!("home/claire/letter-{n}")), make::noise(&format!("letter {n}"), 30_000)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nclaire:x:1000:1000::/home/claire:/bin/sh\n")
        .unwrap();
    fs::write(root.join("etc/shadow"), "root:!:1::::::\nclaire:$y$j9T$abc:1::::::\n").unwrap();
    fs::write(root.join("etc/network/interfaces"), "auto eth0\niface eth0 inet dhcp\n").unwrap();
    fs::write(root.join("usr/local/lib/socle/socle-agent"), make::noise("agent", 900_000)).unwrap();
    fs::write(root.join("etc/systemd/system/socle-report.service"), "[Service]\n").unwrap();
    fs::write(root.join("var/lib/dpkg/status"), "Package: python\nStatus: install ok installed\n".repeat(500)).unwrap();
    root
}

impl Machine {
    fn new() -> Machine {
        let folder = make::folder();
        let tree = system(folder.path());
        let (esp, root) = (folder.path().join("esp"), folder.path().join("root"));
        make::vfat(&esp, 36, &tree, &["-F", "32"]);
        make::run("mmd", &["-i", make::text(&esp), "::loader", "::loader/entries"]);
        let loader = folder.path().join("loader.conf");
        fs::write(&loader, "timeout 0\ndefault debian.conf\n").unwrap();
        make::run("mcopy", &["-i", make::text(&esp), make::text(&loader), "::loader/loader.conf"]);
        make::ext(&root, 64, &tree, &["-t", "ext4", "-b", "4096", "-L", "root"]);
        let parts = [make::Part("ESP", make::ESP, &esp), make::Part("root", make::LINUX, &root)];
        let source = make::disk(&folder.path().join("disk"), &parts, 0);
        let store = Store::default();
        let captured = capture(&source, &store).unwrap();
        let path = folder.path().join("machine");
        let disk = make::dirty(&path, 192 << 20);
        let cache = CachePlace::New { bytes: 48 << 20 };
        let plan = plan_with_cache(&captured.manifest, &disk, Grow::None, SoclePlace::End, cache).unwrap();
        restore(&store, &captured.root, &disk, &plan).unwrap();
        let place = plan.socle().unwrap();
        let (start, bytes) = (place.start_bytes(512), place.size_bytes(512));
        let mut memory = Memory::format(Piece::new(&disk, start, bytes), [9; 16]).unwrap();
        memory.set_slot(adopt::LAYOUT_SLOT, &serde_json::to_vec(&plan).unwrap()).unwrap();
        memory.set_slot("key", b"the machine's own").unwrap();
        drop(memory);
        let place = plan.cache().unwrap();
        let range = place.start_bytes(512)..place.start_bytes(512) + place.size_bytes(512);
        let cache = Cache::format(&disk, range, [7; 16]).unwrap();
        let go = AtomicBool::new(false);
        cache.fill(&store, &captured.root, Some(b"signed"), [8; 16], &|_| {}, &go).unwrap();
        drop(cache);
        drop(disk);
        Machine { folder, source, store, manifest: captured.manifest, root: captured.root, disk: path, plan }
    }

    /// Mounts the root, and lets somebody at it.
    fn at_root(&self, act: impl FnOnce(&Path)) {
        let place = self.plan.image(2).unwrap();
        let folder = self.folder.path().join("mounted");
        fs::create_dir_all(&folder).unwrap();
        let options = format!("loop,offset={},sizelimit={}", place.start_bytes(512), place.size_bytes(512));
        make::run("mount", &["-t", "ext4", "-o", &options, make::text(&self.disk), make::text(&folder)]);
        act(&folder);
        make::run("umount", &[make::text(&folder)]);
    }

    fn scribble(&self, seed: &str, at: u64, bytes: usize) {
        let file = fs::File::options().write(true).open(&self.disk).unwrap();
        file.write_all_at(&make::noise(seed, bytes), at).unwrap();
    }

    /// Brings it back as a machine does, from the disk alone, or with the repository.
    fn bring_back(&self, with_repository: bool, free: Free) -> socle_texts::Result<ResetDone> {
        let target = Block::open_target(&self.disk).unwrap();
        let own = adopt::own(&target);
        let table = gpt::read(&target).ok().flatten().or_else(|| adopt::remembered_table(&target));
        let plan =
            adopt::adopt(&self.manifest, &table.expect("a layout"), target.size_bytes(), 512, &[]).expect("a plan");
        let cache = own.cache.and_then(|place| Cache::open(&target, place));
        let mut origins: Vec<Origin<'_>> =
            cache.iter().map(|cache| Origin { from: From::Cache, source: cache }).collect();
        if with_repository {
            origins.push(Origin { from: From::Repository, source: &self.store });
        }
        reset_with(&origins, &self.root, &target, &plan, |o| o.free = free)
    }

    /// Every byte that the image names is the image's; the layout, the memory and the identifiers are the machine's.
    fn is_right(&self) {
        let target = Block::open_target(&self.disk).unwrap();
        compare::used_ranges(&self.store, &self.manifest, &self.source, &target, &self.plan);
        assert!(self.plan.stands_whole_on(&target).unwrap(), "the layout is as it was");
        let place = self.plan.socle().unwrap();
        let memory = Memory::open(Piece::new(&target, place.start_bytes(512), place.size_bytes(512))).unwrap().unwrap();
        assert_eq!(memory.slot("key"), Some(&b"the machine's own"[..]));
        let part = compare::extract(
            &self.disk,
            self.plan.image(2).unwrap().start_bytes(512),
            64 << 20,
            &self.folder.path().join("part"),
        );
        make::run("e2fsck", &["-f", "-n", make::text(&part)]);
    }
}

fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        } else {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

fn fill(folder: &Path) {
    let noise = make::noise("full", 1 << 20);
    for n in 0.. {
        if fs::write(folder.join(format!("filler-{n}")), &noise).is_err() {
            return;
        }
    }
}

fn encrypt(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let mut bytes = fs::read(&path).unwrap();
        let key = make::noise("ransom", bytes.len());
        bytes.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        // In place, so that nothing of the old content stays.
        fs::File::options().write(true).open(&path).unwrap().write_all_at(&bytes, 0).unwrap();
        fs::rename(&path, path.with_extension("locked")).unwrap();
    }
}

/// The twelve: their names, and what is done.
fn ways() -> Vec<(&'static str, Box<dyn Fn(&Machine)>)> {
    let root = |act: fn(&Path)| -> Box<dyn Fn(&Machine)> { Box::new(move |m: &Machine| m.at_root(act)) };
    vec![
        (
            "system files deleted",
            root(|r| ["usr", "etc", "bin"].iter().for_each(|f| fs::remove_dir_all(r.join(f)).unwrap())),
        ),
        ("disk filled", root(fill)),
        (
            "loaders' order changed",
            Box::new(|m| {
                let esp = format!("{}@@{}", make::text(&m.disk), m.plan.image(1).unwrap().start_bytes(512));
                for (name, text) in [
                    ("loader/loader.conf", "timeout 90\ndefault other.conf\n"),
                    ("loader/entries/other.conf", "title Other\n"),
                ] {
                    let file = m.folder.path().join("loader.conf");
                    fs::write(&file, text).unwrap();
                    make::run("mcopy", &["-o", "-i", &esp, make::text(&file), &format!("::{name}")]);
                }
            }),
        ),
        (
            "filesystem corrupted",
            Box::new(|m| {
                let start = m.plan.image(2).unwrap().start_bytes(512);
                for n in 0..12_u64 {
                    m.scribble(&format!("rot {n}"), start + 1024 + n * n * 131_072, 6000);
                }
            }),
        ),
        (
            "partition table erased",
            Box::new(|m| {
                make::run("sgdisk", &["--zap-all", make::text(&m.disk)]);
                m.scribble("no table", 0, 512 * 34);
            }),
        ),
        ("home rewritten as ransomware would", root(|r| encrypt(&r.join("home/claire")))),
        (
            "packages removed",
            root(|r| {
                fs::remove_dir_all(r.join("usr/lib/python")).unwrap();
                fs::write(r.join("var/lib/dpkg/status"), "").unwrap();
            }),
        ),
        (
            "clock moved",
            root(|r| {
                for name in ["etc/passwd", "usr/bin/tool-1", "home/claire"] {
                    make::run("touch", &["-d", "2099-01-01", make::text(&r.join(name))]);
                }
                fs::write(r.join("etc/adjtime"), "0.0 4070908800 0.0\n").unwrap();
            }),
        ),
        (
            "agent deleted",
            root(|r| {
                empty(&r.join("usr/local/lib/socle"));
                fs::remove_file(r.join("etc/systemd/system/socle-report.service")).unwrap();
            }),
        ),
        (
            "network changed",
            root(|r| {
                fs::write(r.join("etc/network/interfaces"), "iface eth0 inet static\n address 192.0.2.9/32\n").unwrap();
                fs::write(r.join("etc/resolv.conf"), "nameserver 192.0.2.66\n").unwrap();
            }),
        ),
        (
            "password file emptied",
            root(|r| ["etc/passwd", "etc/shadow"].iter().for_each(|f| fs::write(r.join(f), "").unwrap())),
        ),
        (
            "cache partition damaged",
            Box::new(|m| {
                m.at_root(|r| {
                    // What is deleted is also written over: only the cache has it.
                    empty(&r.join("usr/bin"));
                    fill(r);
                });
                let place = m.plan.cache().unwrap();
                let (start, bytes) = (place.start_bytes(512), place.size_bytes(512));
                for n in 0..40_u64 {
                    m.scribble(&format!("cache {n}"), start + n * bytes / 41, 150_000);
                }
            }),
        ),
    ]
}

#[test]
fn each_of_twelve_ways_is_brought_back_without_any_network() {
    let machine = Machine::new();
    let pristine = fs::read(&machine.disk).unwrap();
    machine.is_right();
    let named: u64 = machine.manifest.partitions.iter().map(|p| p.data_bytes + p.zero_bytes).sum();
    println!(
        "{:<36} {:>8} {:>12} {:>12} {:>12} {:>12}",
        "way", "seconds", "compared", "moved", "from cache", "written"
    );
    for (name, spoil) in ways() {
        fs::write(&machine.disk, &pristine).unwrap();
        spoil(&machine);
        let spoilt = fs::read(&machine.disk).unwrap();
        assert!(spoilt != pristine, "{name}: nothing was broken");
        let damaged_cache = name == "cache partition damaged";
        if damaged_cache {
            // Pieces are missing, or already the pages that name them.
            let refused = machine.bring_back(false, Free::Leave).expect_err("a damaged cache alone is not enough");
            assert!(refused.is("disk-reset-piece-missing") || refused.is("disk-cache-lacks"), "{refused}");
            assert!(fs::read(&machine.disk).unwrap() == spoilt, "{name}: refused, and yet written");
        }
        let start = Instant::now();
        let done = machine.bring_back(damaged_cache, Free::Gone).unwrap_or_else(|f| panic!("{name}: {f}"));
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{name:<36} {seconds:>8.2} {:>12} {:>12} {:>12} {:>12}",
            done.compared_bytes,
            done.found_bytes,
            done.cache_bytes,
            done.written_bytes + done.zeroed_bytes
        );
        machine.is_right();
        assert_eq!(done.compared_bytes, named, "{name}");
        assert!(done.written_bytes + done.zeroed_bytes > 0 || done.table_written, "{name}: {done:?}");
        assert_eq!(done.repository_bytes > 0, damaged_cache, "{name}: {done:?}");
        // What the pupil left is gone: the disk is byte for byte what a second reset leaves.
        let once = fs::read(&machine.disk).unwrap();
        let again = machine.bring_back(true, Free::Gone).unwrap();
        assert_eq!((again.written_bytes, again.zeroed_bytes, again.table_written), (0, 0, false), "{name}: {again:?}");
        assert!(fs::read(&machine.disk).unwrap() == once, "{name}");
    }
}

#[test]
fn a_cache_that_power_cuts_interrupted_goes_on_and_never_gives_wrong_bytes() {
    let machine = Machine::new();
    let target = Block::open_target(&machine.disk).unwrap();
    let place = adopt::own(&target).cache.unwrap();
    let whole = Cache::open(&target, place.clone()).unwrap();
    assert_eq!(whole.images(), [(machine.root, true)]);
    assert_eq!(whole.signature(&machine.root), Some(b"signed".to_vec()));
    let full = whole.room_bytes().0;
    drop(whole);
    // Cut anywhere: everything behind that place never reached the medium.
    for part in 1..12_u64 {
        let cut = place.start + full * part / 12 / 512 * 512;
        let garbage = make::noise("what was there before", 1 << 20);
        let behind = compare::bytes(&target, cut, place.end - cut);
        let mut at = cut;
        while at < place.end - 4096 {
            let length = (place.end - 4096 - at).min(1 << 20);
            target.write_at(at, &garbage[..length as usize]).unwrap();
            at += length;
        }
        let cache = Cache::open(&target, place.clone()).unwrap();
        let go = AtomicBool::new(false);
        let filled = cache.fill(&machine.store, &machine.root, None, [8; 16], &|_| {}, &go).unwrap();
        assert!(filled.new_chunks > 0 || part > 10, "{part}: {filled:?}");
        drop(cache);
        // Everything can come from it again.
        let blank = make::dirty(&machine.folder.path().join("blank"), target.size_bytes());
        let cache = Cache::open(&target, place.clone()).unwrap();
        let origin = Origin { from: From::Cache, source: &cache };
        let done = reset_with(&[origin], &machine.root, &blank, &machine.plan, |_| {}).unwrap();
        assert!(done.cache_bytes > 1 << 20 && done.damaged_chunks == 0, "{done:?}");
        compare::used_ranges(&machine.store, &machine.manifest, &machine.source, &blank, &machine.plan);
        for (n, piece) in (0..).zip(behind.chunks(1 << 20)) {
            target.write_at(cut + (n << 20), piece).unwrap();
        }
    }
}

#[test]
fn a_second_image_pushes_the_first_out_of_a_cache_too_small_for_both() {
    let machine = Machine::new();
    let other = super::reset::Scene::with_many_equal_files();
    let file = machine.folder.path().join("cache");
    let disk = Block::create(&file, 64 << 20).unwrap();
    let go = AtomicBool::new(false);
    let probe = Cache::format(&disk, 0..48 << 20, [1; 16]).unwrap();
    probe.fill(&machine.store, &machine.root, None, [2; 16], &|_| {}, &go).unwrap();
    let needed = probe.room_bytes().0;
    drop(probe);
    let cache = Cache::format(&disk, 0..(needed + (1 << 20)).next_multiple_of(4096), [3; 16]).unwrap();
    cache.fill(&machine.store, &machine.root, None, [4; 16], &|_| {}, &go).unwrap();
    let filled = cache.fill(&other.store, &other.root, None, [5; 16], &|_| {}, &go).unwrap();
    assert!(filled.began_anew, "{filled:?}");
    assert_eq!(cache.images(), [(other.root, true)]);
    assert_eq!(Cache::open(&disk, 0..(needed + (1 << 20)).next_multiple_of(4096)).unwrap().images(), cache.images());
    let small = Cache::format(&disk, 0..2 << 20, [6; 16]).unwrap();
    fault(small.fill(&machine.store, &machine.root, None, [7; 16], &|_| {}, &go).map(drop), "disk-cache-full");
}
