//! The disk that the image engine is measured on: a usual Debian workstation, 1.4 GB in use.
use crate::command::{command, output, quiet};
use crate::places;
use crate::setup::private;
use crate::setup::wanted::STABLE;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Where its partitions begin and how long they are, in MiB: kind, name, first, length.
pub const PARTITIONS: [(&str, &str, u32, u32); 2] = [("fat32", "esp", 1, 64), ("extfs", "root", 65, 6144)];
/// What a workstation has beside the standard system.
const PACKAGES: &str = "linux-image-cloud-amd64,openssh-server,vim,git,python3-pip,libreoffice-writer,firefox-esr,\
                        fonts-dejavu,sudo,locales";

/// The disk, built once and kept with the lab's other things.
pub fn provide() -> Done<PathBuf> {
    let disk = places::folder(places::cache())?.join("bench-corpus.img");
    if disk.exists() {
        return Ok(disk);
    }
    say("+", "Building the disk to measure on, a Debian workstation (a few minutes, once).");
    let work = places::cache().join("bench-corpus.work");
    if work.exists() {
        fs::remove_dir_all(&work).during("removing an unfinished disk")?;
    }
    places::folder(work.clone())?;
    let made = build(&work)?;
    fs::rename(&made, &disk).during("moving the disk into place")?;
    fs::remove_dir_all(&work).during("removing the disk's tree")?;
    Ok(disk)
}

fn build(work: &Path) -> Done<PathBuf> {
    let (tree, disk) = (work.join("tree"), work.join("disk"));
    let mut mmdebstrap = command("mmdebstrap", ["--quiet", "--mode=root", "--variant=standard", "--format=directory"]);
    mmdebstrap.args(["--dpkgopt=force-unsafe-io", &format!("--include={PACKAGES}"), STABLE]).arg(&tree);
    for line in private::sources(STABLE)?.lines() {
        mmdebstrap.arg(line);
    }
    output(mmdebstrap.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive"))?;
    let mib = |file: &Path, length: u32| -> Done<String> {
        let made = File::create(file).during("making a file")?;
        made.set_len(u64::from(length) << 20).during("sizing a file")?;
        Ok(file.display().to_string())
    };
    let [(_, _, esp_first, esp_mib), (_, _, root_first, root_mib)] = PARTITIONS;
    let whole = mib(&disk, root_first + root_mib + 1)?;
    let span = |first: u32, length: u32| format!("{}:{}", first * 2048, (first + length) * 2048 - 1);
    quiet(
        "sgdisk",
        [
            format!("--new=1:{}", span(esp_first, esp_mib)),
            "--typecode=1:ef00".into(),
            format!("--new=2:{}", span(root_first, root_mib)),
            "--typecode=2:8304".into(),
            whole.clone(),
        ],
    )?;
    let (esp, root) = (mib(&work.join("esp"), esp_mib)?, mib(&work.join("root"), root_mib)?);
    quiet("mkfs.vfat", ["-F", "32", "-n", "ESP", &esp])?;
    for kernel in fs::read_dir(tree.join("boot")).during("reading the tree's /boot")?.flatten() {
        quiet("mcopy", ["-i", &esp, &kernel.path().display().to_string(), "::"])?;
    }
    quiet("mke2fs", ["-q", "-t", "ext4", "-L", "root", "-d", &tree.display().to_string(), &root])?;
    for (from, first) in [(&esp, esp_first), (&root, root_first)] {
        let (from, to, seek) = (format!("if={from}"), format!("of={whole}"), format!("seek={first}"));
        quiet("dd", [&from, &to, &seek, "bs=1M", "conv=notrunc,sparse", "status=none"])?;
    }
    Ok(disk)
}
