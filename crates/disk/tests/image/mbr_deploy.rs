//! Images of disks with an older partition table: captured, deployed on other disks, and looked at there with sfdisk.
use super::{
    capture, compare, fault,
    make::{self, noise, run, text},
    plan, restore,
    store::Store,
};
use socle_disk::{
    block::Block,
    capture::Captured,
    gpt,
    layout::{Grow, Role, SOCLE_PARTITION_BYTES, SOCLE_TYPE, SoclePlace, needed_bytes},
    mbr,
    memory::{Memory, Window},
    table,
};
use socle_image::{Guid, ReadAt, WriteAt, manifest::Method};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const MIB: u64 = 1 << 20;

/// Writes a table of these lines of sfdisk's, and boot code, a loader's core behind it and a link's own code.
fn partition(path: &Path, mib: u64, lines: &str, sector: u32) {
    File::create(path).unwrap().set_len(mib * MIB).unwrap();
    let mut child = Command::new("/usr/sbin/sfdisk")
        .args(["-q", text(path)])
        .stdin(Stdio::piped())
        .spawn()
        .expect("sfdisk is needed for this test (fdisk)");
    let script = format!("label: dos\nlabel-id: 0x0badcafe\n{lines}\n");
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&noise("boot code", 440), 0).unwrap();
    file.write_all_at(&noise("loader", 40_000), u64::from(sector)).unwrap();
}

/// What sfdisk says of a disk: its identifier, then number, start, size, kind and whether it is started.
fn told(path: &Path) -> (String, Vec<(u32, u64, u64, String, bool)>) {
    let said = run("sfdisk", &["-d", text(path)]);
    let said = String::from_utf8(said.stdout).unwrap();
    let id = said.lines().find_map(|l| l.strip_prefix("label-id: ")).unwrap_or_default().to_string();
    let lines = said.lines().filter_map(|line| {
        let (node, fields) = line.strip_prefix(text(path))?.split_once(" : ")?;
        let field = |name: &str| fields.split(',').find_map(|f| f.trim().strip_prefix(name)).map(str::trim);
        let number = |name: &str| field(name).and_then(|v| v.parse().ok()).unwrap_or(0);
        let kind = field("type=").unwrap_or_default().to_string();
        Some((node.trim().parse().ok()?, number("start="), number("size="), kind, field("bootable").is_some()))
    });
    (id, lines.collect())
}

fn lay(path: &Path, filesystem: &Path, first_lba: u64) {
    let seek = format!("seek={}", first_lba * 512);
    let (from, to) = (format!("if={}", text(filesystem)), format!("of={}", text(path)));
    run("dd", &[&from, &to, &seek, "bs=1M", "oflag=seek_bytes", "conv=notrunc,sparse", "status=none"]);
}

/// A disk of 160 MiB: swap and a vfat as primary partitions, an ext4 as the second of two logical ones, at its end.
fn usual(folder: &Path) -> (PathBuf, PathBuf) {
    let tree = make::tree(folder);
    let (vfat, root) = (folder.join("vfat"), folder.join("root"));
    make::vfat(&vfat, 36, &tree, &["-F", "32"]);
    make::ext(&root, 64, &tree, &["-t", "ext4", "-L", "root"]);
    let path = folder.join("disk");
    partition(&path, 160, "2048,8192,82\n10240,73728,c,*\n86016,,5\n88064,4096,83\n94208,131072,83", 512);
    lay(&path, &vfat, 10240);
    lay(&path, &root, 94208);
    (path, tree)
}

fn captured(path: &Path, store: &Store) -> Captured {
    capture(&Block::open_source(path).unwrap(), store).unwrap()
}

#[test]
fn an_older_disk_is_captured_and_stands_on_a_larger_one() {
    let folder = make::folder();
    let (path, tree) = usual(folder.path());
    let before = fs::read(&path).unwrap();
    let store = Store::default();
    let captured = captured(&path, &store);
    assert!(fs::read(&path).unwrap() == before, "a capture changes nothing");
    let manifest = &captured.manifest;
    let methods: Vec<_> = manifest.partitions.iter().map(|p| (p.number, p.method)).collect();
    let expect =
        [(0, Method::Whole), (1, Method::Whole), (2, Method::FileAware), (5, Method::Whole), (6, Method::FileAware)];
    assert_eq!((manifest.format, methods.as_slice()), (2, &expect[..]));
    assert_eq!(manifest.disk.table_sectors.iter().map(|s| s.lba).collect::<Vec<_>>(), [0, 86016, 92160]);

    let target_path = folder.path().join("target");
    let target = make::dirty(&target_path, 256 * MIB);
    let plan = plan(manifest, &target, Grow::Last, SoclePlace::End).unwrap();
    assert!(!plan.stands_on(&target).unwrap());
    restore(&store, &captured.root, &target, &plan).unwrap();
    assert!(plan.stands_on(&target).unwrap());
    compare::used_ranges(&store, manifest, &Block::open_source(&path).unwrap(), &target, &plan);
    drop(target);

    // The partition of Socle's stands as it would on a GUID disk: before the last 33 sectors, at a whole MiB.
    let socle = (256 * MIB - 33 * 512 - SOCLE_PARTITION_BYTES) / MIB * 2048;
    let (id, partitions) = told(&target_path);
    assert_eq!(id, "0x63636363", "the first bytes of the GUID that the disk was to have");
    let kind = |k: &str| k.to_string();
    assert_eq!(
        partitions,
        [
            (1, 2048, 8192, kind("82"), false),
            (2, 10240, 73728, kind("c"), true),
            (3, 86016, socle - 86016, kind("5"), false),
            (4, socle, 32768, kind("7f"), false),
            (5, 88064, 4096, kind("83"), false),
            (6, 94208, socle - 94208, kind("83"), false),
        ]
    );
    run("sfdisk", &["--verify", text(&target_path)]);
    let after = fs::read(&target_path).unwrap();
    assert!(after[..440] == before[..440], "boot code");
    assert!(after[512..MIB as usize] == before[512..MIB as usize], "the loader behind it");
    let root = compare::extract(&target_path, 94208 * 512, (socle - 94208) * 512, &folder.path().join("back"));
    compare::ext_holds(&root, &tree);
    run("resize2fs", &[text(&root)]);
    compare::ext_holds(&root, &tree);
}

#[test]
fn a_machine_keeps_its_memory_and_a_deployed_disk_is_captured_without_it() {
    let folder = make::folder();
    let (path, _tree) = usual(folder.path());
    let store = Store::default();
    let first = captured(&path, &store);
    let target_path = folder.path().join("target");
    let target = make::dirty(&target_path, 256 * MIB);
    let plan_one = plan(&first.manifest, &target, Grow::Last, SoclePlace::End).unwrap();
    restore(&store, &first.root, &target, &plan_one).unwrap();
    let own = plan_one.socle().unwrap().clone();
    let memory = || {
        let file = File::options().read(true).write(true).open(&target_path).unwrap();
        Window::new(file, own.start_bytes(512), own.size_bytes(512))
    };
    let mut written = Memory::format(memory(), [9; 16]).unwrap();
    written.append(1, b"kept").unwrap();
    drop(written);

    let found = table::read(&target).unwrap().unwrap();
    let kept = found.partitions.iter().find(|p| p.type_guid == SOCLE_TYPE).expect("the label says that it is ours");
    assert_eq!((kept.number, kept.unique_guid, kept.first_lba), (4, own.unique_guid, own.first_lba));
    assert!(mbr::is_disk(&found.disk_guid, &Guid([99; 16])) && !mbr::is_disk(&found.disk_guid, &Guid([98; 16])));
    assert_eq!(mbr::text_of(&found.partitions[0].unique_guid), "63636363-01");
    drop(target);

    // The disk of a machine as a reference: its memory stays out of the image, its entry is free again.
    let second = captured(&target_path, &store);
    let omitted = second.manifest.partitions.iter().find(|p| p.number == 4).unwrap();
    assert_eq!((omitted.method, omitted.pages.len()), (Method::Omitted, 0));
    let keep = SoclePlace::Keep { first_lba: kept.first_lba, last_lba: kept.last_lba, unique_guid: kept.unique_guid };
    let target = Block::open_target(&target_path).unwrap();
    let again = plan(&second.manifest, &target, Grow::Last, keep).unwrap();
    assert_eq!(again.socle().map(|p| (p.role, p.number, p.first_lba)), Some((Role::SocleKept, 4, own.first_lba)));
    restore(&store, &second.root, &target, &again).unwrap();
    let opened = Memory::open(memory()).unwrap().unwrap();
    assert_eq!(opened.read_all().unwrap()[0].bytes, b"kept");
    // Without one the entry stays free, and the last filesystem gets all the room.
    let without = plan(&second.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    assert!(without.socle().is_none() && without.partitions.len() == 5);
}

#[test]
fn a_guid_table_and_an_older_one_take_each_other_s_place() {
    let folder = make::folder();
    let (path, _tree) = usual(folder.path());
    let store = Store::default();
    let older = captured(&path, &store);
    let target_path = folder.path().join("target");
    let target = make::dirty(&target_path, 256 * MIB);
    let guid_table = gpt::Table {
        disk_guid: Guid([1; 16]),
        boot_code: Vec::new(),
        partitions: vec![gpt::Partition {
            number: 1,
            type_guid: SOCLE_TYPE,
            unique_guid: Guid([2; 16]),
            first_lba: 400_000,
            last_lba: 432_767,
            attributes: 0,
            name: "socle".into(),
        }],
    };
    gpt::write(&guid_table, &target).unwrap();
    let keep = SoclePlace::Keep { first_lba: 400_000, last_lba: 432_767, unique_guid: Guid([2; 16]) };
    let plan = plan(&older.manifest, &target, Grow::Last, keep).unwrap();
    plan.write(&target).unwrap();
    assert!(plan.stands_on(&target).unwrap());
    assert_eq!(gpt::read(&target).unwrap(), None);
    for at in [512, 256 * MIB - 512] {
        assert_ne!(compare::bytes(&target, at, 8), b"EFI PART");
    }
    let found = table::read(&target).unwrap().unwrap();
    let own = found.partitions.iter().find(|p| p.type_guid == SOCLE_TYPE).unwrap();
    assert_eq!((own.first_lba, own.last_lba, own.unique_guid), (400_000, 432_767, Guid([2; 16])));
    gpt::write(&guid_table, &target).unwrap();
    assert_eq!(gpt::read(&target).unwrap(), Some(guid_table.clone()));
    assert_eq!(table::read(&target).unwrap(), Some(guid_table));
    assert_eq!(mbr::read(&target).unwrap(), None);
}

#[test]
fn whatever_instant_the_power_goes_one_table_is_read_and_the_memory_found() {
    let folder = make::folder();
    let (path, _tree) = usual(folder.path());
    let older = captured(&path, &Store::default());
    let target_path = folder.path().join("target");
    let target = make::dirty(&target_path, 256 * MIB);
    let own = gpt::Partition {
        number: 1,
        type_guid: SOCLE_TYPE,
        unique_guid: Guid([2; 16]),
        first_lba: 400_000,
        last_lba: 432_767,
        attributes: 0,
        name: "socle".into(),
    };
    let old = gpt::Table { disk_guid: Guid([1; 16]), boot_code: Vec::new(), partitions: vec![own.clone()] };
    gpt::write(&old, &target).unwrap();
    let keep = SoclePlace::Keep { first_lba: 400_000, last_lba: 432_767, unique_guid: own.unique_guid };
    let plan = plan(&older.manifest, &target, Grow::Last, keep).unwrap();
    drop(target);
    let mut switched = false;
    for writes in 0.. {
        let cut = Cut { block: Block::open_target(&target_path).unwrap(), left: writes.into() };
        let whole = plan.write(&cut).is_ok();
        let found = table::read(&cut.block).unwrap().expect("one table");
        let kept = found.partitions.iter().find(|p| p.type_guid == SOCLE_TYPE).expect("the memory");
        assert_eq!((kept.first_lba, kept.unique_guid), (own.first_lba, own.unique_guid), "after {writes} writes");
        let new = found.disk_guid == plan.disk_guid;
        assert!(new || found.disk_guid == old.disk_guid && !switched, "after {writes} writes");
        switched = new;
        if whole {
            assert!(new && writes > 4);
            break;
        }
        if !new {
            gpt::write(&old, &cut.block).unwrap();
        }
    }
}

/// A disk whose power goes after so many writes.
struct Cut {
    block: Block,
    left: std::sync::atomic::AtomicI32,
}

impl ReadAt for Cut {
    fn size_bytes(&self) -> u64 {
        self.block.size_bytes()
    }
    fn logical_sector_bytes(&self) -> u32 {
        self.block.logical_sector_bytes()
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        self.block.read_at(offset_bytes, buffer)
    }
}

impl WriteAt for Cut {
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> std::io::Result<()> {
        match self.left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) > 0 {
            true => self.block.write_at(offset_bytes, bytes),
            false => Err(std::io::Error::other("the power is gone")),
        }
    }
    fn zero(&self, range_bytes: std::ops::Range<u64>) -> std::io::Result<()> {
        self.block.zero(range_bytes)
    }
    fn discard(&self, range_bytes: std::ops::Range<u64>) -> std::io::Result<()> {
        self.block.discard(range_bytes)
    }
    fn flush(&self) -> std::io::Result<()> {
        self.block.flush()
    }
    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        self.block.read_back(offset_bytes, buffer)
    }
}

/// Captures a disk of these partitions, without filesystems but for the last one, an ext4 of 16 MiB at this sector.
fn image_of(folder: &Path, lines: &str, ext_at: u64) -> (Store, Captured) {
    let root = folder.join("small");
    fs::create_dir_all(folder.join("empty-tree")).unwrap();
    make::ext(&root, 16, &folder.join("empty-tree"), &["-t", "ext4"]);
    let path = folder.join("source");
    partition(&path, 64, lines, 512);
    lay(&path, &root, ext_at);
    let store = Store::default();
    let captured = captured(&path, &store);
    (store, captured)
}

#[test]
fn socle_s_partition_is_a_logical_one_where_no_other_entry_is_free() {
    let folder = make::folder();
    let lines = "2048,2048,83\n4096,2048,83\n6144,2048,83\n8192,,5\n10240,2048,83\n14336,32768,83";
    let (store, captured) = image_of(folder.path(), lines, 14336);
    let target_path = folder.path().join("target");
    let target = make::dirty(&target_path, 128 * MIB);
    let plan_one = plan(&captured.manifest, &target, Grow::Last, SoclePlace::End).unwrap();
    restore(&store, &captured.root, &target, &plan_one).unwrap();
    drop(target);
    let socle = (128 * MIB - 33 * 512 - SOCLE_PARTITION_BYTES) / MIB * 2048;
    let (_, partitions) = told(&target_path);
    let sizes: Vec<_> = partitions.iter().skip(3).map(|p| (p.0, p.1, p.2, p.3.as_str())).collect();
    let expect = [
        (4, 8192, socle + 32768 - 8192, "5"),
        (5, 10240, 2048, "83"),
        (6, 14336, socle - 2048 - 14336, "83"),
        (7, socle, 32768, "7f"),
    ];
    assert_eq!(sizes, expect);
    run("sfdisk", &["--verify", text(&target_path)]);
    // Captured from there and laid on a larger disk: the link goes with it, to the new end.
    let second = super::capture(&Block::open_source(&target_path).unwrap(), &store).unwrap();
    let larger_path = folder.path().join("larger");
    let larger = make::dirty(&larger_path, 160 * MIB);
    let plan_two = plan(&second.manifest, &larger, Grow::Last, SoclePlace::End).unwrap();
    restore(&store, &second.root, &larger, &plan_two).unwrap();
    drop(larger);
    let socle = (160 * MIB - 33 * 512 - SOCLE_PARTITION_BYTES) / MIB * 2048;
    let (_, partitions) = told(&larger_path);
    assert_eq!(partitions.iter().map(|p| (p.0, p.1)).next_back(), Some((7, socle)));
    assert_eq!((partitions[5].1, partitions[5].2), (14336, socle - 2048 - 14336));
    run("sfdisk", &["--verify", text(&larger_path)]);
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_written() {
    let folder = make::folder();
    let four = "2048,2048,83\n4096,2048,83\n6144,2048,83\n8192,32768,83";
    let (_store, mut image) = image_of(folder.path(), four, 8192);
    let target = make::dirty(&folder.path().join("target"), 128 * MIB);
    fault(plan(&image.manifest, &target, Grow::Last, SoclePlace::End), "disk-mbr-no-slot");
    assert!(
        plan(&image.manifest, &target, Grow::Last, SoclePlace::None).is_ok(),
        "by hand, without a partition of Socle's"
    );
    let early = SoclePlace::Keep { first_lba: 2048, last_lba: 34_815, unique_guid: Guid([2; 16]) };
    image.manifest.partitions.retain(|p| p.number != 3);
    fault(plan(&image.manifest, &target, Grow::Last, early), "disk-mbr-no-slot");
    fault(plan(&image.manifest, &target, Grow::Named("root".into()), SoclePlace::None), "disk-grow-unknown");
    image.manifest.partitions[1].filesystem.get_or_insert_with(|| socle_image::manifest::Filesystem {
        kind: "ntfs".into(),
        block_bytes: 0,
        size_bytes: 0,
        used_bytes: 0,
        uuid: String::new(),
        label: String::new(),
    });
    fault(plan(&image.manifest, &target, Grow::Last, SoclePlace::None), "disk-mbr-windows");
}

#[test]
fn it_never_stands_on_a_disk_that_is_too_small() {
    let folder = make::folder();
    let (_store, image) = image_of(folder.path(), "2048,2048,83\n4096,32768,83", 4096);
    let needed = needed_bytes(&image.manifest, true);
    for (bytes, fits) in [(needed, true), (needed - (2 << 20), false), (MIB, false)] {
        let path = folder.path().join(format!("target-{bytes}"));
        let target = Block::create(&path, bytes.next_multiple_of(512)).unwrap();
        let planned = plan(&image.manifest, &target, Grow::Last, SoclePlace::End);
        match fits {
            true => assert!(planned.is_ok(), "{bytes}"),
            false => drop(fault(planned, "disk-target-too-small")),
        }
    }
    let early = SoclePlace::Keep { first_lba: 4096, last_lba: 36_863, unique_guid: Guid([2; 16]) };
    let target = Block::create(&folder.path().join("early"), 128 * MIB).unwrap();
    fault(plan(&image.manifest, &target, Grow::Last, early), "disk-socle-in-the-way");
}

#[test]
fn an_older_table_hides_what_is_left_of_a_guid_table() {
    let folder = make::folder();
    let path = folder.path().join("disk");
    let disk = make::dirty(&path, 64 * MIB);
    let table = gpt::Table { disk_guid: Guid([1; 16]), boot_code: Vec::new(), partitions: Vec::new() };
    gpt::write(&table, &disk).unwrap();
    drop(disk);
    let file = File::options().write(true).open(&path).unwrap();
    let mut entry = [0; 66];
    entry[4] = 0x83;
    entry[8..12].copy_from_slice(&2048_u32.to_le_bytes());
    entry[12..16].copy_from_slice(&4096_u32.to_le_bytes());
    entry[64..].copy_from_slice(&[0x55, 0xaa]);
    file.write_all_at(&entry, 446).unwrap();
    let disk = Block::open_source(&path).unwrap();
    assert_eq!(gpt::read(&disk).unwrap(), None);
    assert_eq!(table::read(&disk).unwrap().unwrap().partitions[0].first_lba, 2048);
}
