//! A disk, a repository, and the program.
use super::make;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// A folder with a disk, and where a repository will be.
pub struct Scene {
    pub folder: tempfile::TempDir,
    pub disk: PathBuf,
    pub repo: PathBuf,
}

impl Scene {
    /// A disk of an ESP, a root, and nothing captured yet.
    pub fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let tree = make::tree(folder.path());
        let (esp, root) = (folder.path().join("esp"), folder.path().join("root"));
        make::vfat(&esp, 36, &tree, &["-F", "32"]);
        make::ext(&root, 64, &tree, &["-t", "ext4", "-b", "4096", "-L", "root"]);
        let disk = folder.path().join("disk");
        drop(make::disk(&disk, &[make::Part("ESP", make::ESP, &esp), make::Part("root", make::LINUX, &root)], 0));
        let repo = folder.path().join("repo");
        Scene { folder, disk, repo }
    }

    /// One whose disk is captured as `base`.
    pub fn captured() -> Scene {
        let scene = Scene::new();
        scene.ok(&["capture", make::text(&scene.disk), "--name", "base"]);
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, with the repository where it takes one.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_socle"));
        command.arg("image").args(args).env("LANG", "en_US.UTF-8").env_remove("LC_ALL").env_remove("SOCLE_LANG");
        if args.first() != Some(&"sync") {
            command.args(["--repo", make::text(&self.repo)]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command that must work answers, as JSON.
    pub fn ok(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat());
        let text = String::from_utf8_lossy(&output.stdout).to_string();
        assert!(output.status.success(), "{args:?}: {text} {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
    }

    /// The code of the fault of a command that must fail.
    pub fn fault(&self, args: &[&str]) -> String {
        let output = self.run(&[args, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{args:?} must fail: {output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["fault"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_string()
    }

    /// The repository has no problem, to the last chunk.
    pub fn sound(&self) {
        let checked = self.ok(&["check", "--deep"]);
        assert_eq!(checked["problems"], Value::Array(vec![]), "{checked}");
    }

    /// How many images are published.
    pub fn images(&self) -> usize {
        self.ok(&["list"]).as_array().unwrap().len()
    }

    /// The target holds the disk's used content: judged by the tools of the filesystems.
    pub fn holds(&self, target: &Path) {
        let listed = make::run("sgdisk", &["-p", make::text(target)]);
        let listed = String::from_utf8_lossy(&listed.stdout).to_string();
        for number in [1, 2] {
            let line = listed.lines().find(|l| l.trim_start().starts_with(&format!("{number} "))).unwrap();
            let mut fields = line.split_whitespace().skip(1).map(|n| n.parse::<u64>().unwrap());
            let (first, last) = (fields.next().unwrap(), fields.next().unwrap());
            let part = self.path(&format!("found-{number}"));
            let args = [
                format!("if={}", make::text(target)),
                format!("of={}", make::text(&part)),
                format!("skip={}", first * 512),
                format!("count={}", (last - first + 1) * 512),
            ];
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            make::run(
                "dd",
                &[&args[..], &["bs=1M", "iflag=skip_bytes,count_bytes", "conv=sparse", "status=none"]].concat(),
            );
            if number == 1 {
                make::run("fsck.vfat", &["-n", make::text(&part)]);
            } else {
                make::run("e2fsck", &["-f", "-n", make::text(&part)]);
            }
            let out = self.path(&format!("files-{number}"));
            let _ = fs::remove_dir_all(&out);
            fs::create_dir(&out).unwrap();
            if number == 1 {
                make::run("mcopy", &["-s", "-n", "-i", make::text(&part), "::bin", make::text(&out)]);
            } else {
                make::run("debugfs", &["-R", &format!("rdump /bin {}", make::text(&out)), make::text(&part)]);
            }
            same_files(&self.path("tree/bin"), &out.join("bin"));
        }
    }
}

fn same_files(expected: &Path, found: &Path) {
    let mut count = 0;
    for file in fs::read_dir(expected).unwrap().map(|f| f.unwrap()) {
        let other = fs::read(found.join(file.file_name())).unwrap();
        assert!(fs::read(file.path()).unwrap() == other, "{:?} differs", file.path());
        count += 1;
    }
    assert_eq!(count, fs::read_dir(found).unwrap().count());
}

/// All bytes of a file.
pub fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// The files under a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

/// Kills a process after so long, as a power cut would. Answers whether it was still at work.
pub fn kill_after(mut child: Child, wait: Duration) -> bool {
    std::thread::sleep(wait);
    let at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    at_work
}

/// Calls `act` with moments drawn from a seed until it says `wanted` times that it met somebody at work.
///
/// A computer that is busy with something else is slow now and quick then: the longest wait follows.
pub fn until_met(seed: &str, wanted: usize, mut longest: Duration, mut act: impl FnMut(Duration) -> bool) {
    let noise = make::noise(seed, 400);
    let mut met = 0;
    for draw in noise.chunks_exact(2) {
        let part = f64::from(u16::from_le_bytes([draw[0], draw[1]])) / 65536.0;
        if act(longest.mul_f64(part)) {
            met += 1;
        } else {
            longest = longest.mul_f64(0.8);
        }
        if met == wanted {
            return;
        }
    }
    panic!("seed {seed}: it met somebody at work {met} times only");
}
