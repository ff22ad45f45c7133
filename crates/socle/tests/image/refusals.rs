//! What is refused, and that the target is then untouched.
use super::{
    make,
    scene::{Scene, bytes, files},
};
use ed25519_dalek::{Signer as _, SigningKey};
use socle_domain::{
    Timestamp,
    keys::ImageRelease,
    sign::{PublicKey, Signature, Signed, Signer, statement},
};
use std::{fs, os::unix::process::CommandExt, path::PathBuf, process::Command};

/// A target full of somebody's bytes, and what they were.
fn dirty(s: &Scene, smaller_by: u64) -> (PathBuf, Vec<u8>) {
    let target = s.path("target");
    drop(make::dirty(&target, fs::metadata(&s.disk).unwrap().len() - smaller_by));
    let before = bytes(&target);
    (target, before)
}

fn refused(s: &Scene, more: &[&str], code: &str) {
    let (target, before) = dirty(s, 0);
    assert_eq!(s.fault(&[&["deploy", "base", "--yes-erase", "--to", make::text(&target)], more].concat()), code);
    assert!(bytes(&target) == before, "the target was touched");
    let new = s.path("new-target");
    assert_eq!(s.fault(&[&["deploy", "base", "--to", make::text(&new)], more].concat()), code);
    assert!(!new.exists(), "a target was made");
}

#[test]
fn what_would_be_lost_is_shown_and_nothing_happens_without_consent() {
    let s = Scene::captured();
    let target = s.path("target");
    fs::copy(&s.disk, &target).unwrap();
    let before = bytes(&target);
    let output = s.run(&["deploy", "base", "--to", make::text(&target)]);
    let said = String::from_utf8_lossy(&output.stdout).to_string();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("ext4") && said.contains("vfat") && said.contains("--yes-erase"), "{said}");
    assert!(bytes(&target) == before);
    s.ok(&["deploy", "base", "--to", make::text(&target), "--yes-erase"]);
    s.holds(&target);
}

#[test]
fn a_smaller_disk_is_refused_and_untouched() {
    let s = Scene::captured();
    let (target, before) = dirty(&s, 3 << 20);
    assert_eq!(s.fault(&["deploy", "base", "--to", make::text(&target), "--yes-erase"]), "disk-target-too-small");
    assert!(bytes(&target) == before);
}

#[test]
fn a_tampered_pack_is_refused() {
    let s = Scene::captured();
    let pack = files(&s.repo.join("packs")).remove(0);
    let mut damaged = bytes(&pack);
    damaged[70_000] ^= 1;
    fs::write(&pack, damaged).unwrap();
    refused(&s, &[], "repository-pack-damaged");
}

#[test]
fn a_missing_pack_is_refused() {
    let s = Scene::captured();
    fs::remove_file(files(&s.repo.join("packs")).remove(0)).unwrap();
    refused(&s, &[], "disk-image-chunk-missing");
}

#[test]
fn a_tampered_page_is_refused() {
    let s = Scene::captured();
    let page = files(&s.repo.join("pages")).remove(0);
    let mut damaged = bytes(&page);
    damaged[30] ^= 1;
    fs::write(&page, damaged).unwrap();
    refused(&s, &[], "repository-page-damaged");
}

#[test]
fn a_tampered_manifest_is_refused() {
    let s = Scene::captured();
    let manifest = files(&s.repo.join("manifests")).remove(0);
    let text = String::from_utf8(bytes(&manifest)).unwrap();
    fs::write(&manifest, text.replacen("\"root\"", "\"boot\"", 1)).unwrap();
    refused(&s, &[], "image-manifest-damaged");
}

/// Signs with a key made of one byte.
struct Key(SigningKey);

impl Signer for Key {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

#[test]
fn a_missing_or_wrong_signature_is_refused_and_the_right_one_accepted() {
    let s = Scene::captured();
    let key = Key(SigningKey::from_bytes(&[7; 32]));
    let public = s.path("content.pub");
    fs::write(&public, format!("{}\n", key.public())).unwrap();
    let with_key = ["--key", make::text(&public)];
    refused(&s, &with_key, "disk-image-signature-wrong");
    let root = s.ok(&["list"])[0]["image"].as_str().unwrap().to_string();
    let sign = |key: &Key, image: &str| {
        let release = ImageRelease {
            name: "base".into(),
            image: image.parse().unwrap(),
            at: Timestamp::from_second(0).unwrap(),
            generation: 0,
        };
        let manifest = files(&s.repo.join("manifests")).into_iter().find(|f| f.extension().unwrap() == "json").unwrap();
        fs::write(manifest.with_extension("sig"), serde_json::to_vec(&Signed::new(&release, key)).unwrap()).unwrap();
    };
    // Another key; the right key over another image; junk.
    sign(&Key(SigningKey::from_bytes(&[8; 32])), &root);
    refused(&s, &with_key, "disk-image-signature-wrong");
    sign(&key, &"ab".repeat(32));
    refused(&s, &with_key, "disk-image-signature-wrong");
    let sig = files(&s.repo.join("manifests")).into_iter().find(|f| f.extension().unwrap() == "sig").unwrap();
    fs::write(&sig, "junk").unwrap();
    refused(&s, &with_key, "disk-image-signature-wrong");
    sign(&key, &root);
    let target = s.path("signed-target");
    let deployed = s.ok(&["deploy", "base", "--to", make::text(&target), "--key", make::text(&public)]);
    assert_eq!(deployed["signature_checked"], true);
    s.holds(&target);
}

#[test]
fn a_wrong_disk_is_refused() {
    let s = Scene::new();
    for (disk, code) in [("/dev/null", "disk-absent"), ("/nonexistent", "disk-absent"), ("/tmp", "disk-absent")] {
        assert_eq!(s.fault(&["capture", disk, "--name", "base"]), code);
    }
    let text = s.path("letter.txt");
    fs::write(&text, "not a disk").unwrap();
    assert_eq!(s.fault(&["capture", make::text(&text), "--name", "base"]), "disk-no-gpt");
    assert!(!s.repo.exists());
}

#[test]
fn a_full_repository_says_so_and_stays_whole() {
    let s = Scene::captured();
    let tree = s.path("tree");
    fs::write(tree.join("bin/new"), make::noise("much that is new", 9_000_000)).unwrap();
    let root = s.path("root");
    make::ext(&root, 64, &tree, &["-t", "ext4"]);
    let disk = s.path("disk-2");
    drop(make::disk(&disk, &[make::Part("root", make::LINUX, &root)], 0));
    let mut command = s.command(&["capture", make::text(&disk), "--name", "base", "--json"]);
    // No file may become longer than 4 MiB: the kernel answers as for a full disk or a quota.
    // SAFETY: only two system calls between fork and exec.
    unsafe {
        command.pre_exec(|| {
            let limit = libc::rlimit { rlim_cur: 4 << 20, rlim_max: 4 << 20 };
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            if libc::setrlimit(libc::RLIMIT_FSIZE, &limit) == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
        });
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).to_string();
    assert!(output.status.code() == Some(1) && said.contains("repository-full"), "{said}");
    assert_eq!(s.images(), 1);
    s.sound();
    assert_eq!(files(&s.repo.join("tmp")).len(), 1, "no leftover but the turn of those who publish");
    s.ok(&["capture", make::text(&disk), "--name", "base"]);
    assert_eq!(s.images(), 2);
}

#[test]
fn a_disk_that_is_really_full_says_so() {
    // A file system of 6 MiB in memory, in a mount namespace of its own that goes with the process.
    let s = Scene::new();
    let place = s.path("small");
    fs::create_dir(&place).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=6m none {place} && {socle} image capture {disk} --repo {place}/repo --name base --json; \
         code=$?; {socle} image check --repo {place}/repo --json; exit $code",
        place = make::text(&place),
        socle = env!("CARGO_BIN_EXE_socle"),
        disk = make::text(&s.disk),
    );
    let output =
        Command::new("unshare").args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).to_string() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("repository-full"), "{said}");
    assert!(said.contains("\"problems\": []"), "{said}");
}
