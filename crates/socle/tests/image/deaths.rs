//! Processes that die at any moment, and processes that work at once.
use super::{
    make,
    scene::{Scene, files, kill_after, until_met},
};
use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// How long a command takes when nothing happens to it.
fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[test]
fn a_capture_killed_at_any_moment_leaves_the_repository_whole() {
    let seed = "captures";
    let s = Scene::new();
    let args = ["capture", make::text(&s.disk), "--name", "base"];
    let whole = time(|| drop(s.ok(&args)));
    fs::remove_dir_all(&s.repo).unwrap();
    until_met(seed, 8, whole, |wait| {
        let at_work = kill_after(s.command(&args).spawn().unwrap(), wait);
        if s.repo.join("socle-repository.json").exists() {
            s.sound();
        }
        if !at_work {
            fs::remove_dir_all(&s.repo).unwrap();
        }
        at_work
    });
    s.ok(&args);
    s.sound();
    let leftovers = files(&s.repo.join("tmp"));
    assert!(leftovers.iter().all(|f| f.ends_with("publishing")), "{leftovers:?}");
    s.ok(&["deploy", "base", "--to", make::text(&s.path("target"))]);
    s.holds(&s.path("target"));
}

#[test]
fn a_deployment_killed_at_any_moment_goes_on() {
    let seed = "deployments";
    let s = Scene::captured();
    let target = s.path("target");
    let args = ["deploy", "base", "--to", make::text(&target), "--yes-erase"];
    let whole = time(|| drop(s.ok(&args)));
    let mut resumed = 0;
    until_met(seed, 6, whole, |wait| {
        drop(make::dirty(&target, fs::metadata(&s.disk).unwrap().len()));
        let at_work = kill_after(s.command(&args).spawn().unwrap(), wait);
        let answer = s.ok(&args);
        resumed += answer["restored"]["resumed_bytes"].as_u64().unwrap();
        if at_work {
            s.holds(&target);
        }
        at_work
    });
    assert!(resumed > 0, "seed {seed}: nothing was ever taken up again");
    assert!(files(&s.repo.join("tmp")).iter().all(|f| f.ends_with("publishing")), "no resume point stays");
}

#[test]
fn a_prune_killed_at_any_moment_loses_nothing() {
    let seed = "prunes";
    let s = Scene::captured();
    // A second image that needs part of the same packs, and a repository that can be put back as it was.
    let tree = s.path("tree");
    fs::remove_dir_all(tree.join("home")).unwrap();
    let root = s.path("root");
    make::ext(&root, 64, &tree, &["-t", "ext4"]);
    let disk = s.path("disk-2");
    drop(make::disk(&disk, &[make::Part("root", make::LINUX, &root)], 0));
    s.ok(&["capture", make::text(&disk), "--name", "kept"]);
    s.ok(&["forget", "base"]);
    let backup = s.path("backup");
    make::run("cp", &["-a", make::text(&s.repo), make::text(&backup)]);
    let whole = time(|| drop(s.ok(&["prune"])));
    let pruned = files(&s.repo.join("packs")).len();
    until_met(seed, 6, whole, |wait| {
        fs::remove_dir_all(&s.repo).unwrap();
        make::run("cp", &["-a", make::text(&backup), make::text(&s.repo)]);
        let at_work = kill_after(s.command(&["prune"]).spawn().unwrap(), wait);
        s.sound();
        s.ok(&["prune"]);
        s.sound();
        assert_eq!(files(&s.repo.join("packs")).len(), pruned, "seed {seed}");
        at_work
    });
    s.ok(&["deploy", "kept", "--to", make::text(&s.path("target"))]);
}

#[test]
fn two_captures_at_once_both_succeed() {
    let s = Scene::new();
    let copy = s.path("copy");
    fs::copy(&s.disk, &copy).unwrap();
    let spawn = |disk: &str, name: &str| s.command(&["capture", disk, "--name", name, "--json"]).spawn().unwrap();
    // The same name, the same chunks, a repository that does not exist yet.
    let children: Vec<_> =
        ["a", "b", "a"].iter().map(|n| spawn(make::text(if *n == "a" { &s.disk } else { &copy }), "base")).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert!((1..=3).contains(&s.images()), "those of the same second are the same image");
    s.sound();
}

#[test]
fn pruning_while_others_work_is_refused() {
    let s = Scene::captured();
    let local = socle_repository::Local::open(&s.repo).unwrap();
    let session = local.session().unwrap();
    assert_eq!(s.fault(&["prune"]), "repository-busy");
    // Reading and adding go on together.
    s.ok(&["capture", make::text(&s.disk), "--name", "other"]);
    drop(session);
    s.ok(&["prune"]);
    s.sound();
}

#[test]
fn two_deployments_on_one_disk_do_not_mix() {
    let s = Scene::captured();
    let target = s.path("target");
    drop(make::dirty(&target, fs::metadata(&s.disk).unwrap().len()));
    let args = ["deploy", "base", "--to", make::text(&target), "--yes-erase", "--json"];
    let outputs: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| s.run(&args))).collect();
        runs.into_iter().map(|r| r.join().unwrap()).collect()
    });
    let done = outputs.iter().filter(|o| o.status.success()).count();
    assert!(done >= 1, "{outputs:?}");
    for output in outputs.iter().filter(|o| !o.status.success()) {
        assert!(String::from_utf8_lossy(&output.stdout).contains("disk-in-use"), "{output:?}");
    }
    s.holds(&target);
}
