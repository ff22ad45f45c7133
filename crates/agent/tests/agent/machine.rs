//! Disks, as files: captured, partitioned, written, with the journal on the disk itself.
use crate::{
    engine::wait_for,
    kit::{House, Setting, Wish, carry_out, carry_out_with_cuts},
};
use socle_agent::{key::AtRest, run::End, screen::Screen};
use socle_disk::{
    block::Block,
    devices::Disk,
    gpt::{self, Partition, Table},
};
use socle_domain::{
    Digest,
    census::Level,
    journal::Event,
    order::{Act, LossPolicy},
    sequence::{ReadBack, RebootInto},
    target::TargetKind,
};
use socle_image::Guid;
use socle_texts::Lang;
use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
    sync::atomic::Ordering,
    thread::scope,
};

const LINUX: Guid = Guid::of(0x0fc6_3daf, 0x8483, 0x4772, [0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4]);
const START: u64 = 1 << 20;
const ROOT_BYTES: u64 = 40 << 20;

pub fn disk(path: &Path, size_bytes: u64) -> Disk {
    if !path.exists() {
        File::create(path).unwrap().set_len(size_bytes).unwrap();
    }
    Disk {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        path: path.into(),
        size_bytes,
        logical_sector_bytes: 512,
        model: Some("File".into()),
        serial: None,
        rotational: false,
        removable: false,
        read_only: false,
        transport: "virtio",
        partitions: vec![],
    }
}

/// Bytes that don't compress.
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x.to_le_bytes()
    };
    (0..bytes / 8).flat_map(|_| next()).collect()
}

/// A disk of one ext4 partition with files in it.
fn filled(house: &House, name: &str) -> Disk {
    let content = house.path(&format!("{name}.content"));
    fs::create_dir_all(content.join("home")).unwrap();
    fs::write(content.join("home/letter"), "kept").unwrap();
    fs::write(content.join("big"), noise(20 << 20)).unwrap();
    let filesystem = house.path(&format!("{name}.ext4"));
    let mut make = Command::new("mke2fs");
    make.args(["-q", "-t", "ext4", "-E", "lazy_itable_init=0", "-d"]).arg(&content).arg(&filesystem);
    assert!(make.arg(format!("{}K", ROOT_BYTES >> 10)).output().unwrap().status.success());
    let path = house.path(name);
    let partition = Partition {
        number: 1,
        type_guid: LINUX,
        unique_guid: Guid([5; 16]),
        first_lba: START / 512,
        last_lba: (START + ROOT_BYTES) / 512 - 1,
        attributes: 0,
        name: "root".into(),
    };
    let table = Table { disk_guid: Guid([6; 16]), boot_code: vec![], partitions: vec![partition] };
    let size = 56 << 20;
    gpt::write(&table, &Block::create(&path, size).unwrap()).unwrap();
    let bytes = fs::read(filesystem).unwrap();
    File::options().write(true).open(&path).unwrap().write_all_at(&bytes, START).unwrap();
    disk(&path, size)
}

pub fn captured(house: &House) -> Digest {
    let source = filled(house, "reference");
    let before = Digest::of(&fs::read(&source.path).unwrap());
    let steps = "[[step]]\nid = \"read\"\nkind = \"capture-image\"\nname = \"{{ options.image_name }}\"\n";
    house.start(&Wish::new(TargetKind::Machine, steps).option("image_name", "system"));
    assert_eq!(carry_out(house, &Setting::boot(vec![source.clone()])).unwrap(), End::Completed);
    assert_eq!(Digest::of(&fs::read(&source.path).unwrap()), before, "a capture reads only");
    let image = house.event(|e| match e {
        Event::ImageCaptured { image, .. } => Some(*image),
        _ => None,
    });
    // A new house over the same repository: the deployment is a run of its own.
    house.orders.lock().unwrap().clear();
    house.entries.lock().unwrap().clear();
    image.expect("an image")
}

fn deployment(image: Digest) -> Wish {
    deployment_on(image, "'ours'", "'all'")
}

/// A deployment to the disk that is meant, of which so much is read back.
fn deployment_on(image: Digest, disk: &str, read_back: &str) -> Wish {
    let steps = format!(
        "
        [[step]]
        id = 'layout'
        kind = 'partition'
        image = 'system'
        disk = {disk}
        grow = 'none'
        [[step]]
        id = 'write'
        kind = 'apply-image'
        image = 'system'
        read_back = {read_back}
        [[step]]
        id = 'off'
        kind = 'reboot'
        into = 'off'
        "
    );
    let mut wish = Wish::new(TargetKind::Machine, &steps);
    wish.images.insert("system".into(), image);
    wish
}

/// The files on the deployed disk, read by a tool that is not ours.
pub fn check_deployed(house: &House, target: &Disk) {
    let file = File::open(&target.path).unwrap();
    let table = gpt::read(&Block::open_source(&target.path).unwrap()).unwrap().unwrap();
    let root = table.partitions.iter().find(|p| p.name == "root").unwrap();
    let mut bytes = vec![0; ROOT_BYTES as usize];
    file.read_exact_at(&mut bytes, root.first_lba * 512).unwrap();
    let filesystem = house.path("out.ext4");
    fs::write(&filesystem, bytes).unwrap();
    let sound = Command::new("e2fsck").args(["-f", "-n"]).arg(&filesystem).output().unwrap();
    assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stdout));
    let cat = |path: &str| {
        let out = Command::new("debugfs").arg("-R").arg(format!("cat {path}")).arg(&filesystem).output().unwrap();
        out.stdout
    };
    assert_eq!(cat("/home/letter"), b"kept");
    assert_eq!(Digest::of(&cat("/big")), Digest::of(&noise(20 << 20)));
    assert_ne!(table.disk_guid, Guid([6; 16]), "a disk of its own");
    assert_ne!(root.unique_guid, Guid([5; 16]));
    assert!(table.partitions.iter().any(|p| p.name == "socle"));
}

#[test]
fn an_empty_disk_receives_the_image_and_keeps_the_journal_on_itself() {
    let house = House::new();
    let image = captured(&house);
    let target = disk(&house.path("target"), 100 << 20);
    house.start(&deployment(image));
    carry_out(&house, &Setting::boot(vec![target.clone()])).unwrap();
    check_deployed(&house, &target);
    let expect = [
        "run-started",
        "layout:census-before",
        "layout:loss-allowed",
        "layout:step-started",
        "layout:memory-ready",
        "layout:step-completed",
        "write:step-started",
        "write:image-applied",
        "write:census-after",
        "write:step-completed",
        "off:step-started",
        "off:rebooting",
        "off:step-completed",
        "run-completed",
    ];
    assert_eq!(house.events(), expect);
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    assert!(verdict.before.unwrap().holds_nothing());
    let keep = socle_agent::memories::find(&[target], &Screen::silent(Lang::En)).expect("a memory on the disk");
    assert_eq!(keep.key(), Some(AtRest::Plain([3; 32])));
    let remembered = keep.remembered().unwrap();
    assert_eq!((remembered.run(), remembered.entries.len()), (Some(house.run), expect.len()));
}

#[test]
fn cuts_around_the_partitioning_leave_one_chain_and_a_whole_system() {
    let house = House::new();
    let image = captured(&house);
    let target = disk(&house.path("target"), 100 << 20);
    house.start(&deployment(image));
    let (_, cuts) = carry_out_with_cuts(&house, &Setting::boot(vec![target.clone()]));
    assert!(cuts >= 3, "{cuts}");
    check_deployed(&house, &target);
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
}

#[test]
fn a_cut_network_goes_on_at_the_chunk() {
    let house = House::new();
    let image = captured(&house);
    let target = disk(&house.path("target"), 100 << 20);
    house.start(&deployment(image));
    // Enough reads for most of the image, not for all of it.
    house.readable.store(1, Ordering::SeqCst);
    let end = scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &Setting::boot(vec![target.clone()])));
        wait_for(&house, "run-failed");
        house.readable.store(-1, Ordering::SeqCst);
        house.order(Act::Retry { run: house.run });
        run.join().unwrap()
    });
    end.unwrap();
    check_deployed(&house, &target);
    let facts = house.journal().into_iter().rev().find_map(|e| match e.what {
        Event::StepCompleted { facts } if e.step.as_deref() == Some("write") => Some(facts),
        _ => None,
    });
    let resumed: u64 = facts.unwrap()["resumed-bytes"].parse().unwrap();
    assert!(resumed > 0, "what had been written was not written again");
}

#[test]
fn a_disk_that_holds_files_waits_for_a_person_and_is_not_touched() {
    let house = House::new();
    let image = captured(&house);
    let mut target = filled(&house, "target");
    File::options().write(true).open(&target.path).unwrap().set_len(100 << 20).unwrap();
    target.size_bytes = 100 << 20;
    // A table at the end of a smaller disk: the primary one is what counts.
    let before = Digest::of(&fs::read(&target.path).unwrap());
    house.start(&deployment(image));
    let end = scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &Setting::boot(vec![target.clone()])));
        wait_for(&house, "waiting");
        assert_eq!(Digest::of(&fs::read(&target.path).unwrap()), before, "nothing was written");
        let census = house.event(|e| match e {
            Event::CensusBefore { census } => Some(census.clone()),
            _ => None,
        });
        let census = census.unwrap();
        assert!(!census.holds_nothing());
        assert!(
            census.parts.iter().any(|p| p.kind == "ext4" && p.level == Level::Counted && p.items > 0),
            "{census:?}"
        );
        let allow = |census| Act::AllowLoss { census, run: house.run, reason: "the files were copied".into() };
        house.order(allow(Digest::of(b"another census")));
        wait_for(&house, "order-received");
        assert_eq!(Digest::of(&fs::read(&target.path).unwrap()), before, "the loss of something else was allowed");
        house.order(allow(census.digest()));
        run.join().unwrap()
    });
    end.unwrap();
    check_deployed(&house, &target);
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
}

#[test]
fn an_expendable_disk_is_counted_and_goes() {
    let house = House::new();
    let image = captured(&house);
    let mut target = filled(&house, "target");
    File::options().write(true).open(&target.path).unwrap().set_len(100 << 20).unwrap();
    target.size_bytes = 100 << 20;
    let mut wish = deployment(image);
    wish.loss = LossPolicy::Expendable;
    house.start(&wish);
    carry_out(&house, &Setting::boot(vec![target.clone()])).unwrap();
    check_deployed(&house, &target);
    let before = house.verdict().before.unwrap();
    assert!(before.parts.iter().any(|p| p.level == Level::Expendable), "{before:?}");
}

#[test]
fn two_disks_without_a_word_which_stop_before_anything() {
    let house = House::new();
    let image = captured(&house);
    let disks = vec![disk(&house.path("one"), 100 << 20), disk(&house.path("two"), 100 << 20)];
    house.start(&deployment(image));
    let end = scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &Setting::boot(disks.clone())));
        wait_for(&house, "run-failed");
        house.order(Act::Cancel { run: house.run });
        run.join().unwrap()
    });
    assert_eq!(end.unwrap(), End::Cancelled);
    let fault = house.event(|e| match e {
        Event::StepFailed { fault, .. } => Some(fault.clone()),
        _ => None,
    });
    assert!(fault.unwrap().is("agent-several-disks"));
    assert!(fs::read(house.path("one")).unwrap().iter().all(|b| *b == 0));
}

#[test]
fn of_several_disks_the_one_that_is_meant_is_written() {
    for (wish, meant) in [("'smallest'", "fit"), ("'largest'", "large"), ("{ serial = 'S-1' }", "fit")] {
        let house = House::new();
        let image = captured(&house);
        let mut disks: Vec<Disk> = [("small", 50 << 20), ("large", 160 << 20), ("fit", 100 << 20)]
            .map(|(name, size)| disk(&house.path(name), size))
            .into();
        disks[2].serial = Some("S-1".into());
        house.start(&deployment_on(image, wish, "'all'"));
        let end = carry_out(&house, &Setting::boot(disks.clone())).unwrap();
        assert_eq!(end, End::Restart(RebootInto::Off), "{wish}");
        for disk in &disks {
            match disk.name == meant {
                true => check_deployed(&house, disk),
                false => assert!(fs::read(&disk.path).unwrap().iter().all(|b| *b == 0), "{wish}: {}", disk.name),
            }
        }
    }
}

#[test]
fn the_journal_says_how_much_was_read_back() {
    let house = House::new();
    let image = captured(&house);
    let target = disk(&house.path("target"), 100 << 20);
    house.start(&deployment_on(image, "'only'", "{ one-in = 4 }"));
    carry_out(&house, &Setting::boot(vec![target.clone()])).unwrap();
    check_deployed(&house, &target);
    let said = house.event(|e| match e {
        Event::ImageApplied { policy, written_bytes, read_back_bytes, .. } => {
            Some((*policy, *written_bytes, *read_back_bytes))
        }
        _ => None,
    });
    let (policy, written, read_back) = said.unwrap();
    assert_eq!(policy, ReadBack::OneIn(4));
    assert!(read_back > 0 && read_back < written / 2, "{read_back} of {written}");
}

#[test]
fn a_disk_too_small_is_refused_untouched() {
    let house = House::new();
    let image = captured(&house);
    let target = disk(&house.path("target"), 50 << 20);
    house.start(&deployment(image));
    scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &Setting::boot(vec![target.clone()])));
        wait_for(&house, "run-failed");
        house.order(Act::Cancel { run: house.run });
        run.join().unwrap().unwrap()
    });
    assert!(fs::read(&target.path).unwrap().iter().all(|b| *b == 0));
}
