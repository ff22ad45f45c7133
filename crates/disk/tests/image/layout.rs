//! Where partitions go on targets of other sizes.
use super::{capture, compare, fault, make, plan, restore, store::Store};
use socle_disk::{
    gpt,
    layout::{self, Grow, Plan, Role, SOCLE_PARTITION_BYTES, SoclePlace},
};
use socle_image::{Guid, Manifest, ReadAt};
use std::collections::HashSet;

fn usual() -> (tempfile::TempDir, Store, Manifest, socle_image::ImageId, u64) {
    let folder = make::folder();
    let disk = make::usual_disk(folder.path());
    let store = Store::default();
    let captured = capture(&disk, &store).unwrap();
    (folder, store, captured.manifest, captured.root, disk.size_bytes())
}

fn sound(plan: &Plan) {
    let mut end = 33;
    for p in &plan.partitions {
        assert!(p.first_lba > end && p.last_lba >= p.first_lba && p.first_lba % 2048 == 0, "{plan:#?}");
        end = p.last_lba;
    }
    assert!(end < plan.disk_bytes / 512 - 33, "{plan:#?}");
    let unique: HashSet<Guid> = plan.partitions.iter().map(|p| p.unique_guid).chain([plan.disk_guid]).collect();
    assert_eq!(unique.len(), plan.partitions.len() + 1, "identifiers differ");
    let numbers: HashSet<u32> = plan.partitions.iter().map(|p| p.number).collect();
    assert_eq!(numbers.len(), plan.partitions.len(), "numbers differ");
}

#[test]
fn a_larger_disk_grows_the_last_partition() {
    let (folder, store, manifest, root, bytes) = usual();
    let target = make::dirty(&folder.path().join("target"), bytes + (50 << 20));
    let plan = plan(&manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    sound(&plan);
    let grown: Vec<_> = plan.partitions.iter().filter(|p| p.grown).map(|p| p.number).collect();
    assert_eq!(grown, [3]);
    assert!(plan.image(3).unwrap().size_bytes(512) >= (4 + 49) << 20);
    restore(&store, &root, &target, &plan).unwrap();
    assert!(plan.stands_on(&target).unwrap());
}

#[test]
fn a_named_partition_grows_and_the_others_move() {
    let (folder, store, manifest, root, bytes) = usual();
    let source = socle_disk::block::Block::open_source(&folder.path().join("disk")).unwrap();
    let target = make::dirty(&folder.path().join("target"), bytes + (50 << 20));
    for grow in [Grow::Named("root".into()), Grow::Number(2)] {
        let plan = plan(&manifest, &target, grow, SoclePlace::End).unwrap();
        sound(&plan);
        assert!(plan.image(2).unwrap().grown && !plan.image(3).unwrap().grown);
        assert!(plan.image(3).unwrap().first_lba > manifest.partitions[2].first_lba, "it gave its place");
        assert_eq!(plan.partitions.last().unwrap().role, Role::Socle);
        restore(&store, &root, &target, &plan).unwrap();
        compare::used_ranges(&store, &manifest, &source, &target, &plan);
    }
}

#[test]
fn the_socle_partition_stands_before_or_after() {
    let (folder, store, manifest, root, bytes) = usual();
    let source = socle_disk::block::Block::open_source(&folder.path().join("disk")).unwrap();
    let target = make::dirty(&folder.path().join("target"), bytes + (20 << 20));
    for place in [SoclePlace::Start, SoclePlace::End] {
        let plan = plan(&manifest, &target, Grow::Last, place).unwrap();
        sound(&plan);
        let own = plan.socle().unwrap();
        assert_eq!((own.size_bytes(512), own.number), (SOCLE_PARTITION_BYTES, 4));
        assert_eq!(own.first_lba < plan.image(1).unwrap().first_lba, place == SoclePlace::Start);
        restore(&store, &root, &target, &plan).unwrap();
        compare::used_ranges(&store, &manifest, &source, &target, &plan);
    }
}

#[test]
fn a_kept_socle_partition_keeps_every_byte() {
    let (folder, store, manifest, root, bytes) = usual();
    let target = make::dirty(&folder.path().join("target"), bytes + (40 << 20));
    for place in [SoclePlace::Start, SoclePlace::End] {
        let first = plan(&manifest, &target, Grow::Last, place).unwrap();
        restore(&store, &root, &target, &first).unwrap();
        let own = first.socle().unwrap();
        let keep = SoclePlace::Keep { first_lba: own.first_lba, last_lba: own.last_lba, unique_guid: own.unique_guid };
        let memory = compare::bytes(&target, own.start_bytes(512), own.size_bytes(512));
        let again = plan(&manifest, &target, Grow::Last, keep).unwrap();
        sound(&again);
        restore(&store, &root, &target, &again).unwrap();
        let kept = again.socle().unwrap();
        assert_eq!((kept.first_lba, kept.unique_guid, kept.role), (own.first_lba, own.unique_guid, Role::SocleKept));
        assert!(compare::bytes(&target, own.start_bytes(512), own.size_bytes(512)) == memory);
    }
}

#[test]
fn a_smaller_disk_is_refused_and_untouched() {
    let (folder, store, manifest, root, bytes) = usual();
    let target = make::dirty(&folder.path().join("target"), bytes - (2 << 20));
    let before = compare::bytes(&target, 0, target.size_bytes());
    let fault = fault(plan(&manifest, &target, Grow::Last, SoclePlace::None), "disk-target-too-small");
    assert!(fault.to_string().contains(&format!("found={}", target.size_bytes())), "{fault}");
    // Even a plan made for a larger disk is refused before the first byte.
    let larger = vec![0_u8; bytes as usize];
    let plan = plan(&manifest, &larger, Grow::Last, SoclePlace::None).unwrap();
    super::fault(restore(&store, &root, &target, &plan), "disk-target-too-small");
    assert!(compare::bytes(&target, 0, target.size_bytes()) == before);
}

#[test]
fn what_is_said_to_be_needed_is_enough_and_not_much_more() {
    let (_folder, _store, manifest, _root, _bytes) = usual();
    for (socle, place) in [(false, SoclePlace::None), (true, SoclePlace::Start), (true, SoclePlace::End)] {
        let needed = layout::needed_bytes(&manifest, socle);
        let enough: Vec<u8> = vec![0; needed.next_multiple_of(1 << 20) as usize];
        sound(&plan(&manifest, &enough, Grow::Last, place).unwrap());
        let short: Vec<u8> = vec![0; (needed - (1 << 20)) as usize];
        fault(plan(&manifest, &short, Grow::Last, place), "disk-target-too-small");
    }
}

#[test]
fn wishes_that_make_no_sense_are_refused() {
    let (folder, _store, manifest, _root, bytes) = usual();
    let target = make::dirty(&folder.path().join("target"), bytes);
    fault(plan(&manifest, &target, Grow::Named("none of it".into()), SoclePlace::None), "disk-grow-unknown");
    let other = target.with_sectors(4096);
    fault(plan(&manifest, &other, Grow::Last, SoclePlace::None), "disk-sector-size-differs");
}

#[test]
fn other_tools_accept_the_table() {
    let (folder, store, manifest, root, bytes) = usual();
    let path = folder.path().join("target");
    let target = make::dirty(&path, bytes + (30 << 20));
    let plan = plan(&manifest, &target, Grow::Named("root".into()), SoclePlace::End).unwrap();
    restore(&store, &root, &target, &plan).unwrap();
    drop(target);
    let said = |args: &[&str]| {
        let output = make::run("sgdisk", &[args, &[make::text(&path)]].concat());
        String::from_utf8_lossy(&output.stdout).to_lowercase()
    };
    let verified = said(&["-v"]);
    assert!(verified.contains("no problems found"), "{verified}");
    assert!(said(&["-p"]).contains(&format!("disk identifier (guid): {}", plan.disk_guid)));
    for ours in &plan.partitions {
        let theirs = said(&["-i", &ours.number.to_string()]);
        for expected in [
            format!("partition guid code: {}", ours.type_guid),
            format!("partition unique guid: {}", ours.unique_guid),
            format!("first sector: {} ", ours.first_lba),
            format!("last sector: {} ", ours.last_lba),
            format!("partition name: '{}'", ours.name.to_lowercase()),
        ] {
            assert!(theirs.contains(&expected), "{expected}: {theirs}");
        }
    }
}

#[test]
fn sectors_of_4096_bytes_work() {
    let folder = make::folder();
    let path = folder.path().join("disk");
    let disk = socle_disk::block::Block::create(&path, 32 << 20).unwrap().with_sectors(4096);
    let data = make::noise("data", 3 << 20);
    let table = gpt::Table {
        disk_guid: Guid([1; 16]),
        boot_code: vec![7; 440],
        partitions: vec![gpt::Partition {
            number: 5,
            type_guid: make::LINUX,
            unique_guid: Guid([2; 16]),
            first_lba: 256,
            last_lba: 256 + 1023,
            attributes: 1 << 60,
            name: "données".into(),
        }],
    };
    gpt::write(&table, &disk).unwrap();
    assert_eq!(gpt::read(&disk).unwrap().unwrap(), table);
    socle_image::WriteAt::write_at(&disk, 1 << 20, &data).unwrap();
    let store = Store::default();
    let captured = capture(&disk, &store).unwrap();
    let target = make::dirty(&folder.path().join("target"), 40 << 20).with_sectors(4096);
    let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::End).unwrap();
    restore(&store, &captured.root, &target, &plan).unwrap();
    assert!(compare::bytes(&target, plan.image(5).unwrap().start_bytes(4096), data.len() as u64) == data);
    let found = gpt::read(&target).unwrap().unwrap();
    assert_eq!((found.boot_code.as_slice(), found.partitions[0].attributes), (&[7_u8; 440][..], 1 << 60));
}

#[test]
fn a_bios_loader_stays_where_its_own_code_looks_for_it() {
    let (folder, _store, mut manifest, _root, bytes) = usual();
    manifest.partitions[0].type_guid = layout::BIOS_LOADER_TYPE;
    manifest.disk.boot_code = "eb63".repeat(220);
    let target = make::dirty(&folder.path().join("target"), bytes + (50 << 20));
    let there = plan(&manifest, &target, Grow::Last, SoclePlace::End).unwrap();
    assert_eq!(there.image(manifest.partitions[0].number).unwrap().first_lba, manifest.partitions[0].first_lba);
    // Socle's partition before it would push it away; without boot code nobody looks for it there.
    fault(plan(&manifest, &target, Grow::Last, SoclePlace::Start), "disk-bios-loader-moved");
    manifest.disk.boot_code = String::new();
    assert!(plan(&manifest, &target, Grow::Last, SoclePlace::Start).is_ok());
}
