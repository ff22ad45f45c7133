//! Frames that come by themselves, in any order, some false, some never.
use super::{capture, compare, make, plan, store::Store};
use socle_disk::{
    layout::{Grow, SoclePlace},
    restore::{FreeSpace, ReadBack, RestoreOptions, restore_with},
};
use socle_image::{Arrival, Arrivals, ReadAt};
use std::{
    collections::BTreeMap,
    sync::{Mutex, atomic::AtomicBool, atomic::Ordering},
};

/// A stream of these frames.
struct Stream(Mutex<Vec<Arrival>>);
impl Arrivals for Stream {
    fn next(&self) -> Option<Arrival> {
        self.0.lock().unwrap().pop()
    }
}

/// Every frame that a store has.
fn frames(store: &Store) -> Vec<Arrival> {
    let held = store.held();
    let places: BTreeMap<_, _> = held.chunks.values().map(|l| ((l.pack.0, l.offset_bytes), *l)).collect();
    let frame = |l: &socle_image::FrameLocation| {
        let range = l.range_bytes();
        let stored = held.packs[&l.pack][range.start as usize..range.end as usize].to_vec();
        Arrival { pack: l.pack, offset_bytes: l.offset_bytes, stored }
    };
    places.values().map(frame).collect()
}

/// Restores with what `change` makes of the stream; answers bytes streamed and fetched, and how many frames there were.
fn restored(change: impl FnOnce(&mut Vec<Arrival>)) -> (u64, u64, u64) {
    let folder = make::folder();
    let source = make::usual_disk(folder.path());
    let store = Store::default();
    let captured = capture(&source, &store).unwrap();
    let target = make::dirty(&folder.path().join("target"), source.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    let mut all = frames(&store);
    let stored: u64 = all.iter().map(|f| f.stored.len() as u64).sum();
    change(&mut all);
    let stream = Stream(Mutex::new(all));
    let options = RestoreOptions {
        read_back: ReadBack::All,
        free_space: FreeSpace::Leave,
        resume_from: None,
        checkpoint: &|_| Ok(()),
        checkpoint_every_bytes: 4 << 20,
        threads: 2,
        progress: &|_| {},
        cancel: &AtomicBool::new(false),
    };
    let done = restore_with(&store, &captured.root, &target, &plan, &options, Some(&stream)).unwrap();
    compare::used_ranges(&store, &captured.manifest, &source, &target, &plan);
    assert!(done.read_back_bytes >= done.data_bytes, "what came by itself is read back too");
    assert_eq!(done.fetched_bytes, store.read_bytes.load(Ordering::SeqCst));
    (done.streamed_bytes, done.fetched_bytes, stored)
}

#[test]
fn what_comes_by_itself_is_not_fetched() {
    let (streamed, fetched, stored) = restored(|frames| {
        // The other way round, every third twice.
        let again: Vec<Arrival> = frames.iter().step_by(3).cloned().collect();
        frames.extend(again);
    });
    assert_eq!((streamed, fetched), (stored, 0));
}

#[test]
fn what_does_not_come_is_fetched_and_what_is_false_is_not_written() {
    let (streamed, fetched, stored) = restored(|frames| {
        let mut nth = 0;
        frames.retain_mut(|frame| {
            nth += 1;
            match nth % 4 {
                0 => return false,
                1 => {
                    let at = frame.stored.len() / 2;
                    frame.stored[at] ^= 0x40;
                }
                2 if nth % 8 == 2 => frame.stored.truncate(3),
                _ => {}
            }
            true
        });
        frames.push(Arrival { pack: frames[0].pack, offset_bytes: 3, stored: vec![1; 100] });
    });
    assert!(streamed < stored && fetched > 0, "{streamed} streamed, {fetched} fetched of {stored}");
}

#[test]
fn a_stream_that_gives_nothing_is_as_if_there_were_none() {
    let (streamed, fetched, _) = restored(Vec::clear);
    assert_eq!(streamed, 0);
    assert!(fetched > 0);
}
