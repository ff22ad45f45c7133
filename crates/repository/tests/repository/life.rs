//! Publishing, finding, forgetting, pruning, copying.
use super::make::{chunk, fault, published};
use socle_image::{ChunkId, Source};
use socle_repository::{Depth, Local};
use std::fs;

fn sound(local: &Local) {
    let checked = local.check(Depth::Chunks, false, &|_, _| {}).unwrap();
    assert_eq!(checked.problems, [], "{checked:?}");
}

/// Every chunk of these can be read, and is itself.
fn readable(local: &Local, seeds: &[u32]) {
    let session = local.session().unwrap();
    for &seed in seeds {
        let plain = chunk(seed);
        let place =
            session.locate(&[ChunkId::of(&plain)]).unwrap()[0].unwrap_or_else(|| panic!("chunk {seed} is lost"));
        let stored = session.read(&place.pack, place.range_bytes()).unwrap();
        let mut opener = socle_image::frame::Opener::new().unwrap();
        let frame = opener.open(place.method, &stored, place.plain_bytes).unwrap();
        assert!(frame[place.chunk_range().unwrap()] == plain);
    }
}

fn seeds(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}

#[test]
fn images_are_found_by_name_number_and_digest() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(&folder.path().join("repo")).unwrap();
    let first = published(&local, "base", &seeds(0..8));
    let second = published(&local, "base", &seeds(3..12));
    let other = published(&local, "other", &[1]);
    assert_eq!((first.number, second.number, other.number), (1, 2, 1));
    assert_eq!(local.find("base").unwrap(), second);
    assert_eq!(local.find("base@1").unwrap(), first);
    assert_eq!(local.find(&other.root.to_string()[..10]).unwrap(), other);
    for unknown in ["none", "base@3", "base@x", "0123456789", "../base", ""] {
        fault(local.find(unknown), "repository-image-unknown");
    }
    // Publishing the same again is the same image.
    assert_eq!(published(&local, "base", &seeds(0..8)), first);
    // A forgotten number is not given again.
    local.forget(&second).unwrap();
    assert_eq!(published(&local, "base", &seeds(5..9)).number, 3);
    let names: Vec<String> = local.images().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["base@1", "base@3", "other@1"]);
    sound(&local);
}

#[test]
fn a_chunk_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(folder.path()).unwrap();
    published(&local, "one", &seeds(0..20));
    let before = local.stats().unwrap();
    published(&local, "two", &seeds(10..22));
    let after = local.stats().unwrap();
    assert_eq!(after.chunks, before.chunks + 2);
    assert_eq!((after.images, after.packs), (2, 2));
}

#[test]
fn pruning_keeps_every_chunk_that_an_image_needs() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(folder.path()).unwrap();
    let whole = published(&local, "whole", &seeds(0..40));
    let part = published(&local, "part", &seeds(11..14));
    let alone = published(&local, "alone", &seeds(100..110));
    assert_eq!(local.prune(false).unwrap().freed_bytes, 0, "everything is needed");
    local.forget(&whole).unwrap();
    local.forget(&alone).unwrap();
    let foreseen = local.prune(true).unwrap();
    let before = local.stats().unwrap();
    readable(&local, &seeds(0..40));
    let pruned = local.prune(false).unwrap();
    assert_eq!((pruned.deleted_packs, pruned.repacked, pruned.deleted_pages), (1, 1, 2));
    assert_eq!((foreseen.deleted_packs, foreseen.repacked), (1, 1));
    readable(&local, &seeds(11..14));
    let after = local.stats().unwrap();
    assert!(after.stored_bytes < before.stored_bytes / 3, "{before:?} {after:?}");
    assert_eq!(local.images().unwrap(), [part]);
    sound(&local);
    // A new process sees the same.
    sound(&Local::open(folder.path()).unwrap());
    assert_eq!(local.prune(false).unwrap().freed_bytes, 0, "a second time there is nothing left to do");
}

#[test]
fn a_repository_is_copied_chunk_by_chunk_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let from = Local::create(&folder.path().join("from")).unwrap();
    let to = Local::create(&folder.path().join("to")).unwrap();
    let one = published(&from, "one", &seeds(0..30));
    let two = published(&from, "two", &seeds(20..35));
    from.put_signature(&two, b"a signature").unwrap();
    let two = from.find("two").unwrap();
    let first = to.sync(&from, std::slice::from_ref(&two), &|_, _| {}).unwrap();
    assert_eq!((first.images, first.present), (1, 0));
    readable(&to, &seeds(20..35));
    assert_eq!(to.signature(&to.find("two").unwrap()).unwrap().unwrap(), b"a signature");
    assert!(to.session().unwrap().locate(&[ChunkId::of(&chunk(0))]).unwrap()[0].is_none(), "only what was asked for");
    let second = to.sync(&from, &[one, two], &|_, _| {}).unwrap();
    assert_eq!((second.images, second.present), (1, 1));
    sound(&to);
    let third = to.sync(&from, &from.images().unwrap(), &|_, _| {}).unwrap();
    assert_eq!((third.images, third.copied_bytes), (0, 0));
}

#[test]
fn what_another_process_adds_and_deletes_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let here = Local::create(folder.path()).unwrap();
    let there = Local::open(folder.path()).unwrap();
    let image = published(&there, "base", &seeds(0..10));
    readable(&here, &seeds(0..10));
    there.forget(&image).unwrap();
    there.prune(false).unwrap();
    // It must not say that it has what is gone: an image would be published without its chunks.
    published(&here, "again", &seeds(0..10));
    readable(&here, &seeds(0..10));
    sound(&there);
}

#[test]
fn the_index_is_made_again_from_the_packs() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(folder.path()).unwrap();
    for n in 0..20 {
        published(&local, "base", &seeds(n * 3..n * 3 + 5));
    }
    let index = folder.path().join("index");
    let files = || fs::read_dir(&index).unwrap().map(|f| f.unwrap().path()).collect::<Vec<_>>();
    assert!((1..=16).contains(&files().len()), "index files are gathered");
    for file in files() {
        let mut bytes = fs::read(&file).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
    }
    readable(&Local::open(folder.path()).unwrap(), &seeds(0..62));
    fs::remove_dir_all(&index).unwrap();
    fs::create_dir(&index).unwrap();
    readable(&Local::open(folder.path()).unwrap(), &seeds(0..62));
}

#[test]
fn images_differ_by_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::create(folder.path()).unwrap();
    let old = published(&local, "base", &seeds(0..10));
    let new = published(&local, "base", &[0, 1, 2, 3, 4, 5, 6, 7, 50, 9]);
    let session = local.session().unwrap();
    let (old, new) = (local.manifest_of(&old).unwrap(), local.manifest_of(&new).unwrap());
    let found = socle_image::diff::diff(&session, &old, &new).unwrap();
    let socle_image::diff::Difference::Changed { new_chunks, new_bytes, gone_chunks, changed_bytes } =
        found.partitions[0].difference
    else {
        panic!("{found:?}")
    };
    assert_eq!((new_chunks, gone_chunks, new_bytes), (1, 1, chunk(50).len() as u64));
    // What stands behind a chunk of another length moved.
    assert_eq!(changed_bytes, (chunk(50).len() + chunk(9).len()) as u64);
    let same = socle_image::diff::diff(&session, &old, &old).unwrap();
    assert_eq!(same.partitions[0].difference, socle_image::diff::Difference::Same);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.odt"), "years of work").unwrap();
    fault(Local::create(folder.path()), "repository-not-empty");
    fault(Local::open(folder.path()), "repository-absent");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let later = folder.path().join("later");
    fs::create_dir(&later).unwrap();
    fs::write(later.join("socle-repository.json"), "{\"format\":2}").unwrap();
    fault(Local::open(&later), "repository-format-unknown");
}
