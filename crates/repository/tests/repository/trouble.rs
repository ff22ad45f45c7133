//! Damage, liars, full disks, two at once, and deaths in the middle.
use super::make::{self, chunk, fault, image, pack, publish, published};
use socle_image::{ChunkId, PackBuilder, PackName, PageDigest, Sink, Source, frame::Method};
use socle_repository::{Depth, Local};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

fn problems(local: &Local, depth: Depth) -> Vec<String> {
    local.check(depth, false, &|_, _| {}).unwrap().problems.iter().map(|f| f.code.to_string()).collect()
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn scene() -> (tempfile::TempDir, Local) {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(&folder.path().join("repo")).unwrap();
    published(&local, "base", &(0..20).collect::<Vec<_>>());
    (folder, local)
}

#[test]
fn any_altered_byte_of_any_object_is_found() {
    let (_folder, local) = scene();
    for (kind, code) in [
        ("packs", "repository-pack-damaged"),
        ("pages", "repository-page-damaged"),
        ("manifests", "image-manifest-damaged"),
    ] {
        let file = files(&local.folder().join(kind)).remove(0);
        let length = fs::metadata(&file).unwrap().len() as usize;
        for at in [0, length / 3, length - 50, length - 1] {
            flip(&file, at);
            let found = problems(&local, Depth::Files);
            assert!(found.contains(&code.to_string()), "{kind} {at}: {found:?}");
            flip(&file, at);
        }
        assert_eq!(problems(&local, Depth::Files), Vec::<String>::new());
    }
}

#[test]
fn any_missing_object_is_found() {
    for kind in ["packs", "pages"] {
        let (_folder, local) = scene();
        fs::remove_file(files(&local.folder().join(kind)).remove(0)).unwrap();
        assert!(!problems(&local, Depth::Files).is_empty(), "{kind}");
    }
}

#[test]
fn a_damaged_pack_is_met_before_a_deployment() {
    let (_folder, local) = scene();
    let session = local.session().unwrap();
    let place = session.locate(&[ChunkId::of(&chunk(3))]).unwrap()[0].unwrap();
    session.check_packs(&[place.pack]).unwrap();
    flip(&files(&local.folder().join("packs"))[0], 1000);
    // Also when it was sound a moment ago.
    fault(session.check_packs(&[place.pack]), "repository-pack-damaged");
    fs::remove_file(&files(&local.folder().join("packs"))[0]).unwrap();
    fault(session.check_packs(&[place.pack]), "repository-pack-missing");
}

#[test]
fn a_damaged_pack_is_set_aside_and_brought_back() {
    let (folder, local) = scene();
    let copy = Local::create(&folder.path().join("copy")).unwrap();
    copy.sync(&local, &local.images().unwrap(), &|_, _| {}).unwrap();
    flip(&files(&local.folder().join("packs"))[0], 1000);
    let checked = local.check(Depth::Files, true, &|_, _| {}).unwrap();
    assert_eq!(checked.set_aside, 1);
    let codes: Vec<&str> = checked.problems.iter().map(|f| f.code.as_ref()).collect();
    assert_eq!(codes, ["repository-pack-damaged", "repository-image-incomplete"], "the image that suffers is named");
    assert_eq!(local.sync(&copy, &copy.images().unwrap(), &|_, _| {}).unwrap().images, 1);
    assert_eq!(problems(&local, Depth::Chunks), Vec::<String>::new());
}

#[test]
fn damage_does_not_travel() {
    let (folder, local) = scene();
    let copy = Local::create(&folder.path().join("copy")).unwrap();
    flip(&files(&local.folder().join("packs"))[0], 1000);
    fault(copy.sync(&local, &local.images().unwrap(), &|_, _| {}), "repository-pack-damaged");
    assert!(copy.images().unwrap().is_empty(), "nothing is published by halves");
}

#[test]
fn false_chunks_of_a_machine_are_refused() {
    let (_folder, local) = scene();
    let session = local.session().unwrap();
    let mut liar = PackBuilder::new();
    let (true_one, false_one) = (chunk(77), chunk(78));
    liar.push(Method::Plain, &false_one, &[(ChunkId::of(&true_one), false_one.len() as u32)]);
    let (name, bytes) = liar.finish();
    fault(session.receive_pack(&name, &bytes), "repository-pack-refused");
    let (name, mut bytes) = pack(&[77]);
    fault(session.receive_pack(&PackName([1; 32]), &bytes), "repository-pack-refused");
    fault(session.put_pack(&PackName([1; 32]), &bytes), "repository-pack-refused");
    session.receive_pack(&name, &bytes).unwrap();
    bytes[20] ^= 1;
    fault(session.receive_pack(&PackName::of(&bytes), &bytes), "repository-pack-refused");
    fault(session.receive_pack(&PackName::of(b"junk"), b"junk"), "repository-pack-refused");
    assert!(!session.has(&[ChunkId::of(&chunk(78))]).unwrap()[0]);
}

#[test]
fn an_image_is_not_published_before_all_of_it_is_there() {
    let (_folder, local) = scene();
    let session = local.session().unwrap();
    let (manifest, page) = image("later", &[1, 2, 500]);
    let (root, bytes) = manifest.to_bytes().unwrap();
    fault(session.put_manifest(&root, &bytes), "repository-page-damaged");
    session.put_page(&PageDigest::of(&page), &page).unwrap();
    let said = fault(session.put_manifest(&root, &bytes), "repository-image-incomplete");
    assert!(said.to_string().contains("count=1"), "{said}");
    fault(session.put_manifest(&socle_image::ImageId([0; 32]), &bytes), "image-manifest-damaged");
    fault(session.put_page(&PageDigest([0; 32]), &page), "repository-page-damaged");
    let (name, pack) = pack(&[500]);
    session.put_pack(&name, &pack).unwrap();
    assert_eq!(session.put_manifest(&root, &bytes).unwrap(), 1);
}

#[test]
fn a_page_that_a_power_cut_emptied_is_written_again() {
    let (_folder, local) = scene();
    let page = files(&local.folder().join("pages")).remove(0);
    fs::write(&page, b"").unwrap();
    published(&local, "base", &(0..20).collect::<Vec<_>>());
    assert_eq!(problems(&local, Depth::Files), Vec::<String>::new());
}

#[test]
fn pruning_is_alone_and_sessions_are_together() {
    let (_folder, local) = scene();
    let other = Local::open(local.folder()).unwrap();
    let (one, two) = (local.session().unwrap(), other.session().unwrap());
    fault(other.prune(false), "repository-busy");
    fault(other.check(Depth::Files, true, &|_, _| {}), "repository-busy");
    drop(one);
    fault(local.prune(false), "repository-busy");
    drop(two);
    local.prune(false).unwrap();
}

#[test]
fn two_that_publish_at_once_get_two_numbers() {
    let (_folder, local) = scene();
    let numbers: Vec<u32> = std::thread::scope(|scope| {
        let publish = |n: u32| {
            let local = Local::open(local.folder()).unwrap();
            move || published(&local, "crowd", &[n, n + 1]).number
        };
        let handles: Vec<_> = (0..8).map(|n| scope.spawn(publish(n * 10 + 1000))).collect();
        handles.into_iter().map(|h| h.join().unwrap()).collect()
    });
    let mut sorted = numbers.clone();
    sorted.sort();
    assert_eq!(sorted, (1..=8).collect::<Vec<_>>(), "{numbers:?}");
    assert_eq!(problems(&local, Depth::Chunks), Vec::<String>::new());
}

#[test]
fn leftovers_are_harmless_and_cleared() {
    let (_folder, local) = scene();
    let tmp = local.folder().join("tmp");
    fs::write(tmp.join("123-4"), vec![0; 100_000]).unwrap();
    fs::write(tmp.join("resume-abc.json"), b"{}").unwrap();
    assert_eq!(problems(&local, Depth::Chunks), Vec::<String>::new());
    let session = local.session().unwrap();
    assert_eq!(local.clear_leftovers(), 0, "somebody is at work: it may be his");
    drop(session);
    assert_eq!(local.clear_leftovers(), 1);
    assert!(tmp.join("resume-abc.json").exists(), "a resume point is no leftover");
}

#[test]
fn a_prune_that_died_after_writing_its_new_pack_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(folder.path()).unwrap();
    let whole = published(&local, "whole", &(0..40).collect::<Vec<_>>());
    published(&local, "part", &[11, 12, 30]);
    local.forget(&whole).unwrap();
    let old = files(&folder.path().join("packs"));
    let kept: Vec<Vec<u8>> = old.iter().map(|f| fs::read(f).unwrap()).collect();
    local.prune(false).unwrap();
    // As it was just before the old pack was deleted: both are there.
    for (file, bytes) in old.iter().zip(kept) {
        fs::write(file, bytes).unwrap();
    }
    for _ in 0..3 {
        let local = Local::open(folder.path()).unwrap();
        local.prune(false).unwrap();
        assert_eq!(problems(&local, Depth::Chunks), Vec::<String>::new());
    }
    assert_eq!(files(&folder.path().join("packs")).len(), 1);
}

#[test]
fn nothing_is_pruned_while_an_image_can_not_be_read() {
    let (_folder, local) = scene();
    let gone = published(&local, "gone", &[300]);
    local.forget(&gone).unwrap();
    let page = files(&local.folder().join("pages")).into_iter().find(|p| fs::metadata(p).unwrap().len() > 500).unwrap();
    flip(&page, 100);
    let before = files(&local.folder().join("packs"));
    fault(local.prune(false), "repository-prune-blind");
    assert_eq!(files(&local.folder().join("packs")), before);
}

#[test]
fn a_full_disk_leaves_the_repository_whole() {
    // A limit on the length of files is met like a full disk (see also the command line's tests).
    let (_folder, local) = scene();
    let session = local.session().unwrap();
    let tmp = local.folder().join("tmp");
    // A folder that takes no file stands for a disk without room: what was begun disappears, nothing is published.
    fs::remove_dir_all(&tmp).unwrap();
    fs::write(&tmp, b"not a folder").unwrap();
    fault(publish(&session, "more", &[900, 901]), "repository-unwritable");
    fs::remove_file(&tmp).unwrap();
    fs::create_dir(&tmp).unwrap();
    assert_eq!(local.images().unwrap().len(), 1);
    assert_eq!(problems(&local, Depth::Chunks), Vec::<String>::new());
    make::publish(&session, "more", &[900, 901]).unwrap();
}

#[test]
fn ranges_and_objects_that_make_no_sense_are_refused() {
    let (_folder, local) = scene();
    let session = local.session().unwrap();
    let place = session.locate(&[ChunkId::of(&chunk(3))]).unwrap()[0].unwrap();
    fault(session.read(&place.pack, 0..1 << 40), "repository-range-refused");
    fault(session.read(&place.pack, 1 << 30..(1 << 30) + 10), "repository-unreadable");
    #[allow(clippy::reversed_empty_ranges)]
    let backwards = session.read(&place.pack, 10..0).unwrap();
    assert!(backwards.is_empty());
    fault(session.read(&PackName([9; 32]), 0..10), "repository-pack-missing");
    fault(session.page(&PageDigest([9; 32])), "repository-page-damaged");
    fault(session.manifest(&socle_image::ImageId([9; 32])), "repository-image-unknown");
}
