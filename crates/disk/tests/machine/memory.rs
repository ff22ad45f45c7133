//! A memory seen through power cuts: whatever was acknowledged is there, and nothing that was never written.
use proptest::prelude::*;
use socle_disk::memory::{Memory, PAGE_BYTES, Place, Window};
use std::{cell::RefCell, collections::BTreeMap, io, rc::Rc};

const SIZE: u64 = 2 << 20;
const SECTOR: u64 = 512;

/// A disk with a volatile cache. Unsynced sectors land in any order, or tear in the middle, when the power goes.
#[derive(Default, Clone)]
struct SimulatedDisk {
    durable: BTreeMap<u64, [u8; SECTOR as usize]>,
    cache: BTreeMap<u64, [u8; SECTOR as usize]>,
    /// Bytes that may still be written before the power goes.
    budget: Option<u64>,
    written: u64,
}

#[derive(Clone, Default)]
struct Disk(Rc<RefCell<SimulatedDisk>>);

impl Disk {
    /// The power goes: each unsynced sector lands or not, as `lands` says; `tear` of them land by halves.
    fn cut(&self, mut fate: impl FnMut(u64) -> Fate) -> Disk {
        let mut disk = self.0.borrow().clone();
        for (at, new) in std::mem::take(&mut disk.cache) {
            let old = disk.durable.get(&at).copied().unwrap_or([0; SECTOR as usize]);
            let landed = match fate(at) {
                Fate::Lost => old,
                Fate::Landed => new,
                Fate::Torn(n) => std::array::from_fn(|i| if i < n { new[i] } else { old[i] }),
            };
            disk.durable.insert(at, landed);
        }
        disk.budget = None;
        Disk(Rc::new(RefCell::new(disk)))
    }
}

#[derive(Clone, Copy)]
enum Fate {
    Lost,
    Landed,
    Torn(usize),
}

impl Place for Disk {
    fn size_bytes(&self) -> u64 {
        SIZE
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let disk = self.0.borrow();
        assert_eq!(offset % SECTOR, 0);
        for (i, piece) in buffer.chunks_mut(SECTOR as usize).enumerate() {
            let at = offset + i as u64 * SECTOR;
            let sector = disk.cache.get(&at).or_else(|| disk.durable.get(&at));
            piece.copy_from_slice(&sector.unwrap_or(&[0; SECTOR as usize])[..piece.len()]);
        }
        Ok(())
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.0.borrow_mut();
        assert!(offset % PAGE_BYTES == 0 && bytes.len() as u64 % PAGE_BYTES == 0, "whole pages only");
        let allowed = disk.budget.unwrap_or(u64::MAX).min(bytes.len() as u64) as usize;
        for (i, piece) in bytes[..allowed].chunks(SECTOR as usize).enumerate() {
            let at = offset + i as u64 * SECTOR;
            let old = disk.cache.get(&at).or_else(|| disk.durable.get(&at)).copied();
            let mut sector = old.unwrap_or([0; SECTOR as usize]);
            sector[..piece.len()].copy_from_slice(piece);
            disk.cache.insert(at, sector);
        }
        disk.written += allowed as u64;
        if let Some(budget) = &mut disk.budget {
            *budget -= allowed as u64;
        }
        if allowed < bytes.len() { Err(io::Error::other("power cut")) } else { Ok(()) }
    }
    fn sync(&self) -> io::Result<()> {
        let mut disk = self.0.borrow_mut();
        if disk.budget == Some(0) {
            return Err(io::Error::other("power cut"));
        }
        let cache = std::mem::take(&mut disk.cache);
        disk.durable.extend(cache);
        Ok(())
    }
}

/// What a history did, act by act.
#[derive(Debug, Clone)]
enum Act {
    Append(u16, Vec<u8>),
    AppendTwo(Vec<u8>, Vec<u8>),
    Slot(u8, Vec<u8>),
    Restart(Vec<u8>),
}

/// What a memory should hold.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    log: Vec<(u16, Vec<u8>)>,
    slots: BTreeMap<String, Vec<u8>>,
}

impl Model {
    fn after(&self, act: &Act) -> Model {
        let mut model = self.clone();
        match act {
            Act::Append(kind, bytes) => model.log.push((*kind, bytes.clone())),
            Act::AppendTwo(a, b) => model.log.extend([(7, a.clone()), (8, b.clone())]),
            Act::Slot(n, bytes) => {
                model.slots.insert(format!("slot{}", n % 3), bytes.clone());
            }
            Act::Restart(keep) => model.log = vec![(9, keep.clone())],
        }
        model
    }
    fn of(memory: &Memory<Disk>) -> Model {
        let log = memory.read_all().expect("readable").into_iter().map(|r| (r.kind, r.bytes)).collect();
        let names = (0..3).map(|n| format!("slot{n}"));
        let slots = names.filter_map(|n| memory.slot(&n).map(|b| (n.clone(), b.to_vec()))).collect();
        Model { log, slots }
    }
}

fn perform(memory: &mut Memory<Disk>, act: &Act) -> Result<(), socle_texts::Fault> {
    match act {
        Act::Append(kind, bytes) => memory.append(*kind, bytes).map(drop),
        Act::AppendTwo(a, b) => memory.append_all(&[(7, a), (8, b)]).map(drop),
        Act::Slot(n, bytes) => memory.set_slot(&format!("slot{}", n % 3), bytes),
        Act::Restart(keep) => memory.restart(&[(9, keep)]),
    }
}

/// Performs acts until the power goes after so many bytes. Returns the disk, what was acknowledged, and what was under way.
fn history(acts: &[Act], budget: Option<u64>) -> (Disk, Model, Option<Model>) {
    let disk = Disk::default();
    let mut memory = Memory::format(disk.clone(), [1; 16]).expect("formatted");
    disk.0.borrow_mut().budget = budget;
    let mut model = Model::default();
    for act in acts {
        let next = model.after(act);
        if perform(&mut memory, act).is_err() {
            return (disk, model, Some(next));
        }
        model = next;
    }
    (disk, model, None)
}

/// After the cut the memory holds what was acknowledged, or that and the act under way; and it goes on from there.
fn check_reopened(disk: &Disk, acknowledged: &Model, under_way: Option<&Model>) {
    let mut memory = Memory::open(disk.clone()).expect("opens").expect("formatted");
    let found = Model::of(&memory);
    assert!(&found == acknowledged || Some(&found) == under_way, "found {found:?}, acknowledged {acknowledged:?}");
    memory.append(77, b"after the cut").expect("goes on");
    memory.set_slot("slot0", b"after").expect("goes on");
    let again = Memory::open(disk.clone()).expect("opens").expect("formatted");
    assert_eq!(again.read_all().expect("readable").len(), found.log.len() + 1);
    assert_eq!(again.slot("slot0"), Some(&b"after"[..]));
}

fn acts() -> Vec<Act> {
    vec![
        Act::Append(1, b"first".to_vec()),
        Act::Slot(0, b"resume 1".to_vec()),
        Act::Append(2, vec![0xab; 5000]),
        Act::Slot(0, b"resume 2".to_vec()),
        Act::AppendTwo(vec![1; 100], vec![2; 4000]),
        Act::Restart(b"kept".to_vec()),
        Act::Slot(0, vec![3; 6000]),
        Act::Append(3, b"last".to_vec()),
    ]
}

#[test]
fn a_cut_at_every_byte_loses_nothing_acknowledged() {
    let (disk, ..) = history(&acts(), None);
    let total = disk.0.borrow().written - 3 * PAGE_BYTES;
    assert!(total > 40_000);
    for bytes in 0..=total {
        // Every byte of the first sectors of a page, then each 61st: the rest of a page is padding.
        if bytes % PAGE_BYTES > 1300 && bytes % 61 != 0 {
            continue;
        }
        let (disk, acknowledged, under_way) = history(&acts(), Some(bytes));
        check_reopened(&disk.cut(|_| Fate::Landed), &acknowledged, under_way.as_ref());
        check_reopened(&disk.cut(|_| Fate::Lost), &acknowledged, under_way.as_ref());
    }
}

fn an_act() -> impl Strategy<Value = Act> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..9000);
    prop_oneof![
        3 => (any::<u16>(), bytes()).prop_map(|(k, b)| Act::Append(k, b)),
        1 => (bytes(), bytes()).prop_map(|(a, b)| Act::AppendTwo(a, b)),
        3 => (any::<u8>(), bytes()).prop_map(|(n, b)| Act::Slot(n, b)),
        1 => bytes().prop_map(Act::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    /// Any history, cut anywhere, with unsynced sectors landing in any order and torn anywhere.
    #[test]
    fn a_seeded_cut_loses_nothing_acknowledged(acts in prop::collection::vec(an_act(), 1..12), cut: prop::sample::Index, seed: u64) {
        let (whole, ..) = history(&acts, None);
        let budget = cut.index(whole.0.borrow().written as usize - 3 * PAGE_BYTES as usize + 1) as u64;
        let (disk, acknowledged, under_way) = history(&acts, Some(budget));
        let after = disk.cut(|at| {
            let mut x = seed ^ at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            x ^= x >> 29;
            x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x ^= x >> 32;
            match x % 3 { 0 => Fate::Lost, 1 => Fate::Landed, _ => Fate::Torn((x >> 8) as usize % SECTOR as usize) }
        });
        check_reopened(&after, &acknowledged, under_way.as_ref());
    }
}

#[test]
fn a_full_log_says_so_and_a_restart_makes_room() {
    let disk = Disk::default();
    let mut memory = Memory::format(disk.clone(), [2; 16]).unwrap();
    let mut count = 0;
    let fault = loop {
        match memory.append(1, &[5; 100]) {
            Ok(number) => {
                count += 1;
                assert_eq!(number, count);
            }
            Err(fault) => break fault,
        }
    };
    assert!(fault.is("disk-memory-full"));
    assert_eq!(count, (SIZE - (1 << 20)) / 2 / PAGE_BYTES);
    memory.restart(&[(4, b"kept")]).unwrap();
    let all = Memory::open(disk).unwrap().unwrap().read_all().unwrap();
    assert_eq!((all.len(), all[0].sequence, &all[0].bytes[..]), (1, count + 1, &b"kept"[..]));
}

#[test]
fn another_formatting_forgets_what_was_there() {
    let disk = Disk::default();
    let mut old = Memory::format(disk.clone(), [3; 16]).unwrap();
    old.append(1, b"old").unwrap();
    old.set_slot("key", b"old").unwrap();
    Memory::format(disk.clone(), [4; 16]).unwrap();
    let new = Memory::open(disk).unwrap().unwrap();
    assert_eq!((new.read_all().unwrap().len(), new.slot("key"), new.id()), (0, None, [4; 16]));
}

#[test]
fn a_place_that_was_never_formatted_holds_no_memory() {
    assert!(Memory::open(Disk::default()).unwrap().is_none());
    let file = tempfile::tempfile().unwrap();
    file.set_len(1000).unwrap();
    assert!(Memory::open(Window::whole(file).unwrap()).unwrap().is_none());
}

#[test]
fn a_window_of_a_file_holds_a_memory_and_touches_nothing_around_it() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(SIZE + 8192).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[7; 4096], 0).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &[8; 4096], SIZE + 4096).unwrap();
    let mut memory = Memory::format(Window::new(file.try_clone().unwrap(), 4096, SIZE), [5; 16]).unwrap();
    while memory.append(1, &[9; 9000]).is_ok() {}
    let mut around = [0; 4096];
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut around, 0).unwrap();
    assert_eq!(around, [7; 4096]);
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut around, SIZE + 4096).unwrap();
    assert_eq!(around, [8; 4096]);
    assert!(Memory::open(Window::new(file, 4096, SIZE)).unwrap().unwrap().read_all().unwrap().len() > 10);
}

#[test]
fn a_restart_packs_what_is_kept() {
    let disk = Disk::default();
    let mut memory = Memory::format(disk.clone(), [6; 16]).unwrap();
    while memory.append(1, &[5; 300]).is_ok() {}
    let kept: Vec<Vec<u8>> = memory.read_all().unwrap().into_iter().map(|r| r.bytes).collect();
    let records: Vec<(u16, &[u8])> = kept.iter().map(|b| (1, &b[..])).collect();
    memory.restart(&records).unwrap();
    assert!(memory.free_bytes() > (SIZE - (1 << 20)) / 2 * 8 / 10, "{} bytes free", memory.free_bytes());
    let again = Memory::open(disk).unwrap().unwrap().read_all().unwrap();
    assert_eq!(again.iter().map(|r| r.bytes.clone()).collect::<Vec<_>>(), kept);
    assert!(again.windows(2).all(|w| w[1].sequence == w[0].sequence + 1));
}
