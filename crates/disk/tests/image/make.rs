//! Real disks for tests, made with the tools of the filesystems.
use socle_disk::{
    block::Block,
    gpt::{self, Partition, Table},
};
use socle_image::Guid;
use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The type of an EFI system partition.
pub const ESP: Guid = Guid::of(0xc12a_7328, 0xf81f, 0x11d2, [0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b]);
/// The type of a Linux filesystem.
pub const LINUX: Guid = Guid::of(0x0fc6_3daf, 0x8483, 0x4772, [0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4]);

/// A folder for a test: in memory where there is plenty, since these tests wait for the disk otherwise. That the
/// engine writes past the page cache of a real disk is what the command line's tests go through.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(memory).map_or(0, |s| s.f_bavail * s.f_frsize);
    if free > 3 << 30 { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Runs a tool that must work.
pub fn run(tool: &str, args: &[&str]) -> Output {
    let output = Command::new(tool)
        .args(args)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .env("MTOOLS_SKIP_CHECK", "1")
        .output()
        .unwrap_or_else(|e| panic!("{tool} is needed for this test (e2fsprogs, dosfstools, mtools, gdisk): {e}"));
    assert!(output.status.success(), "{tool} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A path as a tool takes it.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("paths of tests are plain")
}

/// Bytes that don't compress, always the same for a seed.
pub fn noise(seed: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(seed.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// Fills a folder with files of every awkward size.
pub fn tree(folder: &Path) -> PathBuf {
    let root = folder.join("tree");
    for sub in ["bin", "etc/deep/er/still", "home/user", "empty"] {
        fs::create_dir_all(root.join(sub)).unwrap();
    }
    for size in [0, 1, 511, 512, 4095, 4096, 4097, 65_535, 65_536, 65_537, 262_144, 300_001, 3_000_000] {
        fs::write(root.join(format!("bin/of-{size}")), noise(&format!("size {size}"), size)).unwrap();
    }
    let words: String = (0..200_000).map(|n| format!("line {n} of a log\n")).collect();
    fs::write(root.join("etc/log"), &words).unwrap();
    fs::write(root.join("etc/deep/er/still/log-again"), &words).unwrap();
    fs::write(root.join("home/zeroes"), vec![0; 1_500_000]).unwrap();
    let mut sparse = fs::File::create(root.join("home/sparse")).unwrap();
    sparse.write_all(b"head").unwrap();
    sparse.seek(SeekFrom::Start(9_000_000)).unwrap();
    sparse.write_all(b"tail").unwrap();
    for n in 0..300 {
        let length = n * 37 % 9000;
        fs::write(root.join(format!("home/user/small-{n}")), noise(&format!("small {n}"), length)).unwrap();
    }
    std::os::unix::fs::symlink("bin/of-4096", root.join("short-link")).unwrap();
    std::os::unix::fs::symlink("x".repeat(200), root.join("long-link")).unwrap();
    fs::hard_link(root.join("etc/log"), root.join("etc/hard")).unwrap();
    root
}

/// An ext filesystem of so many MiB with the files of `tree`.
pub fn ext(file: &Path, mib: u64, tree: &Path, options: &[&str]) {
    fs::File::create(file).unwrap().set_len(mib << 20).unwrap();
    let mut args = vec!["-q", "-F", "-d", text(tree)];
    args.extend_from_slice(options);
    args.push(text(file));
    run("mke2fs", &args);
    if options.contains(&"quota") {
        // mke2fs counts before it puts the files in: e2fsck corrects, and answers 1 for it.
        let fixed = Command::new("/sbin/e2fsck").args(["-f", "-y", text(file)]).output().unwrap();
        assert!(fixed.status.code() <= Some(1), "{fixed:?}");
    }
}

/// A vfat filesystem of so many MiB with the files of `tree` that it can hold.
pub fn vfat(file: &Path, mib: u64, tree: &Path, options: &[&str]) {
    fs::File::create(file).unwrap().set_len(mib << 20).unwrap();
    let mut args = vec!["-n", "BOOT"];
    args.extend_from_slice(options);
    args.push(text(file));
    run("mkfs.vfat", &args);
    for name in ["bin", "etc", "home"] {
        run("mcopy", &["-s", "-i", text(file), text(&tree.join(name)), "::"]);
    }
}

/// A partition to put on a disk: its name, type, and the file that holds it.
pub struct Part<'a>(pub &'a str, pub Guid, pub &'a Path);

/// A disk of these partitions, one after the other, and so many MiB of nothing behind them.
pub fn disk(file: &Path, parts: &[Part], spare_mib: u64) -> Block {
    let mut at = 2048;
    let mut partitions = Vec::new();
    for (number, Part(name, type_guid, content)) in (1..).zip(parts) {
        let sectors = fs::metadata(content).unwrap().len() / 512;
        partitions.push(Partition {
            number,
            type_guid: *type_guid,
            unique_guid: Guid([0x40 + number as u8; 16]),
            first_lba: at,
            last_lba: at + sectors - 1,
            attributes: 0,
            name: name.to_string(),
        });
        at += sectors.next_multiple_of(2048);
    }
    let bytes = (at * 512 + (1 << 20) + (spare_mib << 20)).next_multiple_of(4096);
    let block = Block::create(file, bytes).unwrap();
    gpt::write(&Table { disk_guid: Guid([0x33; 16]), boot_code: Vec::new(), partitions: partitions.clone() }, &block)
        .unwrap();
    drop(block);
    for (partition, Part(_, _, content)) in partitions.iter().zip(parts) {
        let seek = format!("seek={}", partition.first_lba * 512);
        let (from, to) = (format!("if={}", text(content)), format!("of={}", text(file)));
        run("dd", &[&from, &to, &seek, "bs=1M", "oflag=seek_bytes", "conv=notrunc,sparse", "status=none"]);
    }
    Block::open_source(file).unwrap()
}

/// A whole disk: an ESP, a root and something unknown.
pub fn usual_disk(folder: &Path) -> Block {
    let tree = tree(folder);
    let (esp, root, other) = (folder.join("esp"), folder.join("root"), folder.join("other"));
    vfat(&esp, 36, &tree, &["-F", "32"]);
    ext(&root, 64, &tree, &["-t", "ext4", "-L", "root"]);
    let mut bytes = vec![0; 4 << 20];
    bytes[1 << 20..][..1_000_000].copy_from_slice(&noise("other", 1_000_000));
    fs::write(&other, bytes).unwrap();
    let parts = [Part("ESP", ESP, &esp), Part("root", LINUX, &root), Part("other", LINUX, &other)];
    disk(&folder.join("disk"), &parts, 0)
}

/// A disk full of somebody else's bytes.
pub fn dirty(file: &Path, bytes: u64) -> Block {
    let pattern = noise("a past life", 1 << 20);
    let mut out = fs::File::create(file).unwrap();
    let mut left = bytes;
    while left > 0 {
        let step = left.min(pattern.len() as u64) as usize;
        out.write_all(&pattern[..step]).unwrap();
        left -= step as u64;
    }
    drop(out);
    Block::open_target(file).unwrap()
}
