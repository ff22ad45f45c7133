//! A filesystem made as large as its partition.
//!
//! The tools of e2fsprogs do it, on a filesystem that is not mounted: e2fsck first (resize2fs demands it), then
//! resize2fs. Both may be run twice.
use crate::identity::ext4_mounted_seconds;
use socle_texts::{Fault, Result};
use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Output},
};

/// 1 January 2020. A machine's clock may say less; e2fsck then distrusts it, and what it wrote.
const SANE_SECONDS: u64 = 1_577_836_800;

/// What the check before growing found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Nothing to repair.
    Clean,
    /// Small things repaired; the filesystem is sound.
    Repaired,
}

/// Checks an ext2, 3 or 4 filesystem and makes it fill its device. Returns what the check found.
/// `now_seconds` is the time since 1970.
pub fn grow_ext4(device: &Path, now_seconds: u64) -> Result<Checked> {
    let checked = check_ext4(device, now_seconds)?;
    let output = run("resize2fs", &["--".as_ref(), device.as_os_str()], &[])?;
    if !output.status.success() {
        return Err(Fault::new("disk-grow-failed").with("device", device).because(last_words(&output)));
    }
    Ok(checked)
}

/// Checks, and repairs what can be repaired without asking. Its exit code is a sum of flags (e2fsck(8)): 1 repaired,
/// 2 repaired and a restart asked (meant for a mounted root: no matter here), 4 and above not repaired.
///
/// resize2fs and tune2fs refuse a filesystem that was checked before it was last mounted, which on a machine whose
/// clock says 1980 is each one: e2fsck is told a time that is no earlier than that mount.
pub fn check_ext4(device: &Path, now_seconds: u64) -> Result<Checked> {
    let time = now_seconds.max(SANE_SECONDS).max(ext4_mounted_seconds(device)?).to_string();
    let args: [&OsStr; 4] = ["-f".as_ref(), "-p".as_ref(), "--".as_ref(), device.as_os_str()];
    let output = run("e2fsck", &args, &[("E2FSCK_TIME", &time)])?;
    match output.status.code() {
        Some(0) => Ok(Checked::Clean),
        Some(1..=3) => Ok(Checked::Repaired),
        _ => Err(Fault::new("disk-check-failed").with("device", device).because(last_words(&output))),
    }
}

/// Checks a FAT filesystem, and repairs what can be repaired without asking.
///
/// A power cut in the middle of a write leaves it inconsistent, for it has no journal; the kernel then lets nobody write
/// to it from the first inconsistency on that it meets. fsck.fat(8) answers 1 for what it has repaired and for what it
/// can't read at all: a second look tells them apart.
///
/// # Errors
/// `disk-tool-missing`, `disk-check-failed`.
pub fn check_vfat(device: &Path) -> Result<Checked> {
    let look = || run("fsck.fat", &["-a".as_ref(), "-w".as_ref(), "--".as_ref(), device.as_os_str()], &[]);
    if look()?.status.success() {
        return Ok(Checked::Clean);
    }
    let second = look()?;
    match second.status.success() {
        true => Ok(Checked::Repaired),
        false => Err(Fault::new("disk-check-failed").with("device", device).because(last_words(&second))),
    }
}

/// Runs a tool with nothing of our environment but a search path, so that its words are always the same.
pub(crate) fn run(tool: &'static str, args: &[&OsStr], env: &[(&str, &str)]) -> Result<Output> {
    let mut command = Command::new(tool);
    command
        .args(args)
        .env_clear()
        .envs(env.iter().copied())
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C");
    command.output().map_err(|e| Fault::new("disk-tool-missing").with("tool", tool).because(e))
}

/// How it ended, and its last line: where these tools say why they stopped.
pub(crate) fn last_words(output: &Output) -> String {
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().rfind(|l| !l.trim().is_empty()).map(str::to_string);
    let words = of(&output.stderr).or_else(|| of(&output.stdout)).unwrap_or_default();
    format!("{}: {words}", output.status)
}
