//! A reset beside what it competes with, on the same disk, in the same run: a cold sequential read where nothing changed,
//! and `rsync --inplace` where a new version is put over an old one.
use super::bench::Figure;
use super::bench_corpus::{self, PARTITIONS};
use super::build::cargo;
use super::measure::{Cost, cost, median};
use crate::command::{command, output, quiet, visible};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often each act is measured; the median counts.
const TIMES: usize = 3;
const READ: &str = "dd iflag=direct, what is in use";
const RSYNC: &str = "rsync --inplace --no-whole-file";
const BLOCK_BYTES: usize = 4096;

/// Resets a workstation's disk: unchanged, and from one version to the next.
pub fn reset() -> Done<Vec<Figure>> {
    let disk = bench_corpus::provide()?;
    say("+", "Building socle optimised, as it is used.");
    visible(&mut cargo(["build", "-p", "socle", "--release"]))?;
    let work = places::folder(places::cache().join(format!("bench-{}", std::process::id())))?;
    let figures = all(&disk, &work);
    fs::remove_dir_all(&work).during("removing the bench's files")?;
    figures
}

fn program() -> PathBuf {
    places::target().join("release/socle")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn socle(args: &[&str]) -> Command {
    let mut command = command(program(), ["image"]);
    command.args(args);
    command
}

fn all(disk: &Path, work: &Path) -> Done<Vec<Figure>> {
    say("+", "Making the second version: files added, changed, removed and copied elsewhere.");
    let next = next_version(disk, work)?;
    let repository = text(&work.join("repository"));
    for (name, from) in [("v1", disk), ("v2", next.as_path())] {
        output(&mut socle(&["capture", &text(from), "--repo", &repository, "--name", name]))?;
    }
    let target = work.join("target");
    let deploy = ["deploy", "v1", "--repo", &repository, "--to", &text(&target), "--grow", "none"];
    output(&mut socle(&deploy))?;
    say("+", "Measuring, each act three times.");
    let mut figures = unchanged(&target, &repository)?;
    figures.extend(in_place(disk, &next, work, &repository)?);
    Ok(figures)
}

fn figure(name: &str, unit: &'static str, value: f64, peer: &str, peer_value: f64) -> Figure {
    let name = format!("reset: {name}");
    Figure { name, value, unit, peer: Some(peer.to_string()), peer_value: Some(peer_value) }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Acts side by side: one, the other, and again, so that a loaded computer loads both.
fn paired(mut one: impl FnMut() -> Done<Cost>, mut other: impl FnMut() -> Done<Cost>) -> Done<(Cost, Cost)> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        ones.push(one()?);
        others.push(other()?);
    }
    Ok((median(ones)?, median(others)?))
}

fn unchanged(target: &Path, repository: &str) -> Done<Vec<Figure>> {
    let to = text(target);
    let args = ["reset", "v1", "--repo", repository, "--to", &to, "--yes-erase", "--json"];
    let found = answer(&mut socle(&args))?;
    if found["reset"]["written_bytes"] != 0 || found["reset"]["missing_chunks"] != 0 {
        stop!("a reset of an unchanged disk wrote something: {found}");
    }
    let compared = found["reset"]["compared_bytes"].as_u64().unwrap_or(0);
    // The same bytes in the same order, past the cache, one read of 4 MiB after the other.
    let mut read = String::from("set -e; ");
    let extents = extents(target)?;
    for (start, bytes) in &extents {
        read += &format!(
            "dd if={to} of=/dev/null iflag=direct,skip_bytes,count_bytes skip={start} count={bytes} bs=4M status=none; "
        );
    }
    let read_bytes: u64 = extents.iter().map(|e| e.1).sum();
    let (mine, theirs) = paired(
        || {
            drop_caches()?;
            cost(&mut socle(&args))
        },
        || {
            drop_caches()?;
            cost(&mut command("bash", ["-c", &read]))
        },
    )?;
    Ok(vec![
        figure("unchanged, wall", "s", mine.wall_seconds, READ, theirs.wall_seconds),
        figure("unchanged, processor", "s", mine.cpu_seconds, READ, theirs.cpu_seconds),
        figure("unchanged, bytes read", "MiB", mib(compared), READ, mib(read_bytes)),
        figure("unchanged, speed against the read", "ratio", theirs.wall_seconds / mine.wall_seconds, READ, 1.0),
        figure("unchanged, bytes written", "MiB", 0.0, READ, 0.0),
    ])
}

fn in_place(disk: &Path, next: &Path, work: &Path, repository: &str) -> Done<Vec<Figure>> {
    let (mine_file, their_file) = (work.join("mine"), work.join("theirs"));
    let (mine_text, their_text, next_text) = (text(&mine_file), text(&their_file), text(next));
    let args = ["reset", "v2", "--repo", repository, "--to", &mine_text, "--yes-erase", "--json"];
    let fresh = |to: &Path| quiet("cp", ["--sparse=always", &text(disk), &text(to)]);
    let (mine, theirs) = paired(
        || {
            fresh(&mine_file)?;
            drop_caches()?;
            cost(&mut socle(&args))
        },
        || {
            fresh(&their_file)?;
            drop_caches()?;
            let rsync = format!("rsync --inplace --no-whole-file {next_text} {their_text} && sync {their_text}");
            cost(&mut command("bash", ["-c", &rsync]))
        },
    )?;
    // Once more for what each wrote: by their own words, and by what really differs.
    fresh(&mine_file)?;
    let found = answer(&mut socle(&args))?;
    let written = ["written_bytes", "zeroed_bytes"].iter().filter_map(|k| found["reset"][k].as_u64()).sum::<u64>();
    let changed = changed_bytes(disk, &mine_file)?;
    fresh(&their_file)?;
    let said = output(&mut command("rsync", ["--inplace", "--no-whole-file", "--stats", &next_text, &their_text]))?;
    let literal = said.lines().find_map(|l| l.strip_prefix("Literal data: ")).unwrap_or("0");
    let literal: u64 = literal.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    for (_, name, first, mebibytes) in PARTITIONS {
        same_files(&mine_file, work, name, first, mebibytes)?;
    }
    let moved = |key: &str| mib(found["reset"][key].as_u64().unwrap_or(0));
    Ok(vec![
        figure("v1 to v2 in place, wall", "s", mine.wall_seconds, RSYNC, theirs.wall_seconds),
        figure("v1 to v2 in place, processor", "s", mine.cpu_seconds, RSYNC, theirs.cpu_seconds),
        figure("v1 to v2, processor against rsync", "ratio", mine.cpu_seconds / theirs.cpu_seconds, RSYNC, 1.0),
        figure("v1 to v2, written", "MiB", mib(written), "blocks of 4 KiB that really changed", mib(changed)),
        figure(
            "v1 to v2, written against changed",
            "ratio",
            written as f64 / changed.max(1) as f64,
            "blocks of 4 KiB that really changed",
            1.0,
        ),
        figure("v1 to v2, from afar", "MiB", moved("fetched_bytes"), RSYNC, mib(literal)),
        figure("v1 to v2, found elsewhere on the disk", "MiB", moved("found_bytes"), RSYNC, 0.0),
        figure("v1 to v2, peak memory", "MiB", mib(mine.peak_bytes), RSYNC, mib(theirs.peak_bytes)),
    ])
}

/// What a command answers in JSON.
fn answer(command: &mut Command) -> Done<serde_json::Value> {
    let said = output(command)?;
    serde_json::from_str(&said).during("reading socle's answer")
}

/// Cold means cold, where the kernel lets us; direct reads are past the cache anyway.
fn drop_caches() -> Done {
    // SAFETY: it takes nothing and can't fail.
    unsafe { libc::sync() };
    let _ = fs::write("/proc/sys/vm/drop_caches", "1");
    Ok(())
}

/// Where a file holds data.
fn extents(file: &Path) -> Done<Vec<(u64, u64)>> {
    let open = File::open(file).during("opening the target")?;
    let (mut all, mut at) = (Vec::new(), 0);
    let size = open.metadata().during("looking at the target")?.len();
    // SAFETY: the descriptor is open while this is asked.
    let seek = |at: u64, how| unsafe { libc::lseek(open.as_raw_fd(), at as libc::off_t, how) };
    while at < size {
        let Ok(start) = u64::try_from(seek(at, libc::SEEK_DATA)) else { break };
        let end = u64::try_from(seek(start, libc::SEEK_HOLE)).unwrap_or(size);
        all.push((start, end - start));
        at = end;
    }
    Ok(all)
}

/// Bytes of the blocks in which two disks differ.
fn changed_bytes(before: &Path, after: &Path) -> Done<u64> {
    let (before, after) = (File::open(before).during("opening")?, File::open(after).during("opening")?);
    let size = after.metadata().during("looking at a disk")?.len();
    let (mut one, mut other) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let (mut at, mut changed) = (0, 0);
    while at < size {
        let length = (size - at).min(1 << 20) as usize;
        before.read_exact_at(&mut one[..length], at).during("reading a disk")?;
        after.read_exact_at(&mut other[..length], at).during("reading a disk")?;
        let blocks = one[..length].chunks(BLOCK_BYTES).zip(other[..length].chunks(BLOCK_BYTES));
        changed += blocks.filter(|(a, b)| a != b).map(|(a, _)| a.len() as u64).sum::<u64>();
        at += length as u64;
    }
    Ok(changed)
}

/// The same workstation some months later: programs replaced, moved and removed, a log that grew, new files.
fn next_version(disk: &Path, work: &Path) -> Done<PathBuf> {
    let next = work.join("next");
    quiet("cp", ["--sparse=always", &text(disk), &text(&next)])?;
    let [_, (_, _, first, mebibytes)] = PARTITIONS;
    let root = part(&next, work, "root", first, mebibytes)?;
    let (noise, script) = (work.join("noise"), work.join("script"));
    fs::write(&noise, noise_bytes(24 << 20)).during("writing noise")?;
    let tree = work.join("old");
    fs::create_dir_all(&tree).during("making a folder")?;
    // What an update replaces: half of a large package is new, the other half is the same in new places.
    quiet("debugfs", ["-R", &format!("rdump /usr/lib/libreoffice {}", text(&tree)), &text(&root)])?;
    let mut lines = format!("write {} /var/log/grown\n", text(&noise));
    let mut number = 0_usize;
    walk(&tree.join("libreoffice"), &mut |file| {
        number += 1;
        let inside = file.strip_prefix(&tree).unwrap_or(file);
        let to = format!("/usr/lib/{}", inside.display());
        if to.contains(' ') || number % 2 == 0 {
            return Ok(());
        }
        if number % 4 == 1 {
            let mut content = fs::read(file).during("reading a file")?;
            let length = content.len();
            content.iter_mut().skip(length / 3).step_by(977).for_each(|b| *b ^= 0x5a);
            fs::write(file, content).during("changing a file")?;
        }
        lines += &format!("rm {to}\nwrite {} {to}\n", text(file));
        Ok(())
    })?;
    lines += "rm /usr/share/dict/words\n";
    fs::write(&script, lines).during("writing the changes")?;
    quiet("debugfs", ["-w", "-f", &text(&script), &text(&root)])?;
    // debugfs leaves small counts to e2fsck, which answers 1 when it has corrected some.
    let fixed = command("e2fsck", ["-f", "-y", &text(&root)]).output().during("checking the next version")?;
    if fixed.status.code().is_none_or(|code| code > 1) {
        stop!("the next version is not sound: {}", String::from_utf8_lossy(&fixed.stdout));
    }
    let (from, to, seek) = (format!("if={}", text(&root)), format!("of={}", text(&next)), format!("seek={first}"));
    quiet("dd", [&from, &to, &seek, "bs=1M", "conv=notrunc", "status=none"])?;
    fs::remove_dir_all(&tree).during("removing a folder")?;
    Ok(next)
}

/// Bytes that don't compress, always the same.
fn noise_bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length / 8).flat_map(|_| next()).collect()
}

fn walk(folder: &Path, see: &mut dyn FnMut(&Path) -> Done) -> Done {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).during("reading a folder")?.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let kind = fs::symlink_metadata(&path).during("looking at a file")?.file_type();
        if kind.is_dir() {
            walk(&path, see)?;
        } else if kind.is_file() {
            see(&path)?;
        }
    }
    Ok(())
}

/// A partition of a disk as a file of its own.
fn part(disk: &Path, work: &Path, name: &str, first_mib: u32, mebibytes: u32) -> Done<PathBuf> {
    let file = work.join(format!("{name}.part"));
    let (from, to) = (format!("if={}", text(disk)), format!("of={}", text(&file)));
    let (skip, count) = (format!("skip={first_mib}"), format!("count={mebibytes}"));
    quiet("dd", [&from, &to, "bs=1M", &skip, &count, "conv=sparse", "status=none"])?;
    Ok(file)
}

/// What was brought to the next version is sound: a fast tool that loses something wins no race.
fn same_files(disk: &Path, work: &Path, name: &str, first_mib: u32, mebibytes: u32) -> Done {
    let file = part(disk, work, name, first_mib, mebibytes)?;
    let mut checked = match name {
        "root" => command("e2fsck", ["-f", "-n", &text(&file)]),
        _ => command("fsck.vfat", ["-n", &text(&file)]),
    };
    output(&mut checked).map_err(|trouble| format!("what was brought up to date is not sound: {trouble}"))?;
    Ok(())
}
