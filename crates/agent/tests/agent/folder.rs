//! A target that is no machine: a folder goes through the same engine, journal and proof.
use crate::kit::{House, Setting, Wish, carry_out, carry_out_with_cuts};
use socle_agent::run::End;
use socle_domain::{census::Level, journal::Event, target::TargetKind};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

fn fill(folder: &Path) {
    fs::create_dir_all(folder.join("a/b")).unwrap();
    fs::create_dir_all(folder.join("empty")).unwrap();
    fs::write(folder.join("letter.txt"), "hello").unwrap();
    fs::write(folder.join("a/b/big"), vec![7; 700_000]).unwrap();
    fs::set_permissions(folder.join("letter.txt"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("letter.txt", folder.join("link")).unwrap();
}

fn wish(house: &House) -> Wish {
    let text = fs::read_to_string(format!("{}/../../masters/folder.toml", env!("CARGO_MANIFEST_DIR")))
        .or_else(|_| fs::read_to_string(format!("{}/../../masters/move-folder.toml", env!("CARGO_MANIFEST_DIR"))));
    let mut wish = Wish::new(TargetKind::Folder, "");
    wish.sequence = text.expect("the shipped sequence that moves a folder");
    let text = |name: &str| house.path(name).to_string_lossy().into_owned();
    wish.option("from", text("from")).option("to", text("to"))
}

fn check_moved(house: &House) {
    assert!(!house.path("from").exists());
    let to = house.path("to");
    assert_eq!(fs::read_to_string(to.join("letter.txt")).unwrap(), "hello");
    assert_eq!(fs::read(to.join("a/b/big")).unwrap(), vec![7; 700_000]);
    assert_eq!(fs::metadata(to.join("letter.txt")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("letter.txt"));
    assert!(to.join("empty").is_dir());
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    let (before, after) = (verdict.before.unwrap(), verdict.after.unwrap());
    assert_eq!(before, after, "what left is what arrived");
    assert_eq!((before.parts[0].level, before.items(), before.bytes()), (Level::Full, 6, 700_005));
}

#[test]
fn a_folder_moves_and_the_proof_is_complete() {
    let house = House::new();
    fill(&house.path("from"));
    house.start(&wish(&house));
    assert_eq!(carry_out(&house, &Setting::installed()).unwrap(), End::Completed);
    check_moved(&house);
    let started = house.event(|e| matches!(e, Event::RunStarted { .. }).then_some(()));
    assert!(started.is_some());
}

#[test]
fn a_folder_moves_through_a_cut_after_every_entry() {
    let house = House::new();
    fill(&house.path("from"));
    house.start(&wish(&house));
    let (end, cuts) = carry_out_with_cuts(&house, &Setting::installed());
    assert_eq!(end, End::Completed);
    assert!(cuts >= 3, "{cuts} cuts");
    check_moved(&house);
}

#[test]
fn a_memory_in_a_file_holds_what_the_server_has_not_heard() {
    let house = House::new();
    fill(&house.path("from"));
    house.start(&wish(&house));
    let mut setting = Setting::installed();
    setting.memory = Some(house.path("memory"));
    // The server takes two entries, then the line is cut: the run itself goes on, and only its end waits.
    house.allowed.store(2, std::sync::atomic::Ordering::SeqCst);
    assert!(carry_out(&house, &setting).is_err());
    assert!(!house.path("from").exists(), "the folder had moved all the same");
    assert_eq!(house.journal().len(), 2);
    house.allowed.store(-1, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(carry_out(&house, &setting).unwrap(), End::Completed);
    check_moved(&house);
}

#[test]
fn a_place_that_holds_something_else_is_left_alone() {
    let house = House::new();
    fill(&house.path("from"));
    fs::create_dir_all(house.path("to")).unwrap();
    fs::write(house.path("to/other"), "somebody else's").unwrap();
    house.start(&wish(&house));
    let stopped = std::thread::scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &Setting::installed()));
        crate::engine::wait_for(&house, "run-failed");
        house.order(socle_domain::order::Act::Cancel { run: house.run });
        run.join().unwrap()
    });
    assert_eq!(stopped.unwrap(), End::Cancelled);
    assert!(house.path("from/letter.txt").exists());
    assert_eq!(fs::read_to_string(house.path("to/other")).unwrap(), "somebody else's");
}
