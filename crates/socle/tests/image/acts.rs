//! The acts of `socle image`.
use super::{
    make,
    scene::{Scene, bytes},
};
use std::fs;

#[test]
fn a_disk_is_captured_shown_and_deployed() {
    let s = Scene::captured();
    let listed = s.ok(&["list"]);
    assert_eq!((&listed[0]["name"], &listed[0]["number"]), (&"base".into(), &1.into()));
    let shown = s.ok(&["show", "base"]);
    assert_eq!(shown["partitions"][0]["method"], "file-aware");
    assert_eq!(shown["partitions"][1]["filesystem"]["label"], "root");
    let target = s.path("target");
    let deployed = s.ok(&["deploy", "base", "--to", make::text(&target)]);
    assert_eq!(deployed["signature_checked"], false);
    s.holds(&target);
    // Its identifiers are new.
    let guid = |disk| String::from_utf8(make::run("sgdisk", &["-p", disk]).stdout).unwrap();
    let of = |text: String| text.lines().find(|l| l.starts_with("Disk identifier")).unwrap().to_string();
    assert_ne!(of(guid(make::text(&s.disk))), of(guid(make::text(&target))));
    s.sound();
}

#[test]
fn people_are_told_in_their_language() {
    let s = Scene::captured();
    let say = |lang: &str, args: &[&str]| {
        let output = s.command(args).env("LANG", lang).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    assert!(say("fr_FR.UTF-8", &["list"]).contains("Mio"));
    assert!(say("en_GB.UTF-8", &["list"]).contains("MiB"));
    assert!(say("fr_FR.UTF-8", &["show", "base"]).contains("fichier par fichier"));
    let french = say("fr_FR.UTF-8", &["show", "none"]);
    assert!(french.contains("Il n'y a pas d'image none") && french.contains("socle image list"), "{french}");
    for args in [&["stats"][..], &["check"], &["prune", "--dry-run"], &["diff", "base", "base@1"]] {
        for lang in ["fr", "en"] {
            let said = say(lang, args);
            assert!(!said.trim().is_empty() && !said.contains('⟨'), "{said}");
        }
    }
}

#[test]
fn a_larger_disk_is_filled() {
    let s = Scene::captured();
    let target = s.path("target");
    let bytes = fs::metadata(&s.disk).unwrap().len() + (80 << 20);
    let deployed = s.ok(&["deploy", "base", "--to", make::text(&target), "--size", &bytes.to_string()]);
    assert_eq!(deployed["grown"][0], 2, "this takes root's rights and a loop device: {deployed}");
    assert_eq!(fs::metadata(&target).unwrap().len(), bytes, "the file kept its length");
    let said = make::run("sgdisk", &["-v", make::text(&target)]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("No problems found"), "{said:?}");
    s.holds(&target);
    let said = make::run("dumpe2fs", &["-h", make::text(&s.path("found-2"))]);
    let said = String::from_utf8_lossy(&said.stdout).to_string();
    let blocks = said.lines().find_map(|l| l.strip_prefix("Block count:")).unwrap().trim().parse::<u64>().unwrap();
    assert!(blocks * 4096 >= (64 + 79) << 20, "{blocks} blocks");
}

#[test]
fn a_second_version_differs_by_what_changed() {
    let s = Scene::captured();
    let tree = s.path("tree");
    fs::write(tree.join("bin/new"), make::noise("new", 200_000)).unwrap();
    let root = s.path("root");
    make::ext(&root, 64, &tree, &["-t", "ext4", "-b", "4096", "-L", "root"]);
    let disk = s.path("disk-2");
    let esp = s.path("esp");
    drop(make::disk(&disk, &[make::Part("ESP", make::ESP, &esp), make::Part("root", make::LINUX, &root)], 0));
    let captured = s.ok(&["capture", make::text(&disk), "--name", "base"]);
    assert_eq!(captured["number"], 2);
    assert!(captured["stats"]["new_bytes"].as_u64().unwrap() < 1 << 20, "{captured}");
    let diff = s.ok(&["diff", "base@1", "base@2"]);
    let parts = &diff["difference"]["partitions"];
    assert_eq!(parts[0]["difference"], "same");
    let new_bytes = parts[1]["difference"]["changed"]["new_bytes"].as_u64().unwrap();
    assert!((200_000..1 << 20).contains(&new_bytes), "{diff}");
    // The older one goes, the newer one stays whole.
    s.ok(&["forget", "base@1"]);
    s.ok(&["prune"]);
    s.sound();
    s.ok(&["deploy", "base", "--to", make::text(&s.path("target"))]);
    assert_eq!(s.images(), 1);
}

#[test]
fn a_repository_is_copied_and_heals_another() {
    let s = Scene::captured();
    let copy = s.path("copy");
    let (repo, copy) = (make::text(&s.repo), make::text(&copy));
    assert_eq!(s.ok(&["sync", "--from", repo, "--to", copy])["images"], 1);
    let pack = super::scene::files(&s.repo.join("packs")).remove(0);
    let mut damaged = bytes(&pack);
    damaged[5000] ^= 1;
    fs::write(&pack, damaged).unwrap();
    let output = s.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(s.run(&["check", "--set-aside"]).status.code(), Some(1));
    s.ok(&["sync", "--from", copy, "--to", repo]);
    s.sound();
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let s = Scene::new();
    for args in [&["capture"][..], &["deploy", "base"], &["nonsense"], &["list", "--nonsense"]] {
        assert_eq!(s.run(args).status.code(), Some(2), "{args:?}");
    }
    assert_eq!(s.fault(&["capture", make::text(&s.disk), "--name", "Not A Name"]), "socle-image-name-invalid");
    assert!(!s.repo.exists(), "no repository is left behind");
}
