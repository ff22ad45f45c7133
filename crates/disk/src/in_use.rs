//! Who uses a disk: mounts, swap, and programs that hold it.
use std::{
    fs::{self, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Where the system uses this disk, one of its partitions, or this file: a mount point, swap. None when it doesn't.
pub fn by_system(path: &Path, meta: &Metadata) -> Option<String> {
    let numbers = if is_block(meta) { with_partitions(meta.rdev()) } else { loops_on(path) };
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for line in mounts.lines() {
        // proc(5): ID, parent, major:minor, root, mount point…
        let mut fields = line.split(' ').skip(2);
        let (Some(number), Some(place)) = (fields.next(), fields.nth(1)) else { continue };
        if numbers.iter().any(|n| n == number) {
            return Some(place.replace("\\040", " "));
        }
    }
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    for swap in swaps.lines().skip(1).filter_map(|l| l.split_whitespace().next()) {
        let Ok(found) = fs::metadata(swap) else { continue };
        let same_file = found.ino() == meta.ino() && found.dev() == meta.dev();
        if same_file || is_block(&found) && numbers.contains(&number(found.rdev())) {
            return Some("swap".into());
        }
    }
    None
}

fn is_block(meta: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    meta.file_type().is_block_device()
}

fn number(device: u64) -> String {
    format!("{}:{}", libc::major(device), libc::minor(device))
}

/// The device and its partitions, as `major:minor`.
fn with_partitions(device: u64) -> Vec<String> {
    let own = number(device);
    let mut numbers = vec![own.clone()];
    let folder = PathBuf::from("/sys/dev/block").join(own);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().join("partition").exists()
            && let Ok(number) = fs::read_to_string(entry.path().join("dev"))
        {
            numbers.push(number.trim().to_string());
        }
    }
    numbers
}

/// The loop devices that stand on this file, and their partitions.
fn loops_on(path: &Path) -> Vec<String> {
    let Ok(path) = path.canonicalize() else { return Vec::new() };
    let mut numbers = Vec::new();
    for entry in fs::read_dir("/sys/block").into_iter().flatten().flatten() {
        let backing = fs::read_to_string(entry.path().join("loop/backing_file")).unwrap_or_default();
        if !backing.is_empty() && Path::new(backing.trim_end()) == path {
            if let Ok(number) = fs::read_to_string(entry.path().join("dev")) {
                numbers.push(number.trim().to_string());
            }
            for part in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
                if part.path().join("partition").exists()
                    && let Ok(number) = fs::read_to_string(part.path().join("dev"))
                {
                    numbers.push(number.trim().to_string());
                }
            }
        }
    }
    numbers
}
