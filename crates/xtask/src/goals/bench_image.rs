//! The image engine beside the usual tools, on the same disk, in the same run.
use super::bench::Figure;
use super::bench_corpus::{self, PARTITIONS};
use super::build::cargo;
use super::measure::{Cost, cost, median};
use crate::command::{command, output, quiet, visible};
use crate::places;
use crate::stop;
use crate::talk::{say, size};
use crate::trouble::{Done, During};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often each act is measured; the median counts.
const TIMES: usize = 3;
const PARTCLONE: &str = "partclone | zstd -3";
const DD: &str = "zstd -3 < disk, dd";

/// What one way of imaging costs.
struct Way {
    capture: Cost,
    restore: Cost,
    stored_bytes: u64,
}

/// Captures and restores a workstation's disk in three ways.
pub fn image() -> Done<Vec<Figure>> {
    let disk = bench_corpus::provide()?;
    say("+", "Building socle optimised, as it is used.");
    visible(&mut cargo(["build", "-p", "socle", "--release"]))?;
    let work = places::folder(places::cache().join(format!("bench-{}", std::process::id())))?;
    let figures = all(&disk, &work);
    fs::remove_dir_all(&work).during("removing the bench's files")?;
    figures
}

fn all(disk: &Path, work: &Path) -> Done<Vec<Figure>> {
    say("+", "Measuring, each act three times.");
    let socle = socle(disk, work)?;
    let partclone = partclone(disk, work)?;
    let dd = dd(disk, work)?;
    let mut figures = Vec::new();
    for (peer, way) in [(PARTCLONE, &partclone), (DD, &dd)] {
        let mut add = |name: &str, unit, value, peer_value| {
            let name = format!("image: {name}");
            figures.push(Figure { name, value, unit, peer: Some(peer.to_string()), peer_value: Some(peer_value) });
        };
        for (act, mine, theirs) in
            [("capture", &socle.capture, &way.capture), ("restore", &socle.restore, &way.restore)]
        {
            add(&format!("{act}, wall"), "s", mine.wall_seconds, theirs.wall_seconds);
            add(&format!("{act}, processor"), "s", mine.cpu_seconds, theirs.cpu_seconds);
            add(&format!("{act}, peak memory"), "MiB", mib(mine.peak_bytes), mib(theirs.peak_bytes));
        }
        add("stored", "MiB", mib(socle.stored_bytes), mib(way.stored_bytes));
    }
    let again = again(disk, work)?;
    let alone = |name: &str, unit, value| Figure { name: name.into(), value, unit, peer: None, peer_value: None };
    figures.push(alone("image: second capture of the same, wall", "s", again.0.wall_seconds));
    figures.push(alone("image: second capture of the same, added", "MiB", mib(again.1)));
    Ok(figures)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn program() -> PathBuf {
    places::target().join("release/socle")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Measures an act several times, each after its preparation.
fn measured(mut prepare: impl FnMut() -> Done, mut act: impl FnMut() -> Command) -> Done<Cost> {
    let mut costs = Vec::new();
    for _ in 0..TIMES {
        prepare()?;
        costs.push(cost(&mut act())?);
    }
    median(costs)
}

fn socle(disk: &Path, work: &Path) -> Done<Way> {
    let (repository, restored) = (work.join("repository"), work.join("restored.disk"));
    let capture = measured(
        || forget(&repository),
        || command(program(), ["image", "capture", &text(disk), "--repo", &text(&repository), "--name", "bench"]),
    )?;
    let restore = measured(
        || forget(&restored),
        || {
            let to = text(&restored);
            command(program(), ["image", "deploy", "bench", "--repo", &text(&repository), "--to", &to, "--yes-erase"])
        },
    )?;
    for (_, name, first, mebibytes) in PARTITIONS {
        same_files(name, &part(&restored, work, "mine", name, first, mebibytes)?)?;
    }
    forget(&restored)?;
    Ok(Way { capture, restore, stored_bytes: stored(&repository)? })
}

/// A second capture into the repository that the first ones left: its cost, and the bytes it added.
fn again(disk: &Path, work: &Path) -> Done<(Cost, u64)> {
    let repository = work.join("repository");
    let before = stored(&repository)?;
    let cost = cost(&mut command(
        program(),
        ["image", "capture", &text(disk), "--repo", &text(&repository), "--name", "bench"],
    ))?;
    Ok((cost, stored(&repository)?.saturating_sub(before)))
}

fn partclone(disk: &Path, work: &Path) -> Done<Way> {
    let (mut save, mut load) = (String::from("set -e -o pipefail; "), String::from("set -e -o pipefail; "));
    for (kind, name, first, mebibytes) in PARTITIONS {
        let from = text(&part(disk, work, "theirs", name, first, mebibytes)?);
        let (file, to, log) = (
            text(&work.join(format!("{name}.pc.zst"))),
            text(&work.join(format!("{name}.out"))),
            text(&work.join("log")),
        );
        save += &format!("partclone.{kind} -c -s {from} -o - -q -L {log} | zstd -3 -T0 -q -f -o {file}; sync {file}; ");
        load += &format!("zstd -dcq {file} | partclone.restore -s - -O {to} -C -q -L {log}; sync {to}; ");
    }
    let capture = measured(|| Ok(()), || command("bash", ["-c", &save]))?;
    let emptied = || {
        PARTITIONS.iter().try_for_each(|(_, name, _, mebibytes)| {
            let file = work.join(format!("{name}.out"));
            forget(&file)?;
            let empty = fs::File::create(&file).during("making an empty partition")?;
            empty.set_len(u64::from(*mebibytes) << 20).during("sizing an empty partition")
        })
    };
    let restore = measured(emptied, || command("bash", ["-c", &load]))?;
    for (_, name, _, _) in PARTITIONS {
        same_files(name, &work.join(format!("{name}.out")))?;
    }
    let files = PARTITIONS.iter().map(|(_, name, _, _)| work.join(format!("{name}.pc.zst")));
    Ok(Way { capture, restore, stored_bytes: files.map(|f| f.metadata().map_or(0, |m| m.len())).sum() })
}

fn dd(disk: &Path, work: &Path) -> Done<Way> {
    let (file, restored) = (work.join("disk.zst"), work.join("restored.disk"));
    let (from, packed, to) = (text(disk), text(&file), text(&restored));
    let save = format!("zstd -3 -T0 -q -f -o {packed} < {from} && sync {packed}");
    let load =
        format!("set -o pipefail; zstd -dcq {packed} | dd of={to} bs=4M conv=sparse,fsync iflag=fullblock status=none");
    let capture = measured(|| Ok(()), || command("bash", ["-c", &save]))?;
    let restore = measured(|| forget(&restored), || command("bash", ["-c", &load]))?;
    let stored_bytes = file.metadata().during("looking at the packed disk")?.len();
    forget(&restored)?;
    Ok(Way { capture, restore, stored_bytes })
}

/// A partition of a disk as a file of its own.
fn part(disk: &Path, work: &Path, whose: &str, name: &str, first_mib: u32, mebibytes: u32) -> Done<PathBuf> {
    let file = work.join(format!("{whose}-{name}.part"));
    let (from, to) = (format!("if={}", text(disk)), format!("of={}", text(&file)));
    let (skip, count) = (format!("skip={first_mib}"), format!("count={mebibytes}"));
    quiet("dd", [&from, &to, "bs=1M", &skip, &count, "conv=sparse", "status=none"])?;
    Ok(file)
}

/// A restored filesystem is sound: a fast tool that loses something wins no race.
fn same_files(name: &str, partition: &Path) -> Done {
    let checked = match name {
        "root" => command("e2fsck", ["-f", "-n", &text(partition)]),
        _ => command("fsck.vfat", ["-n", &text(partition)]),
    };
    let mut checked = checked;
    output(&mut checked).map_err(|trouble| format!("what was restored is not sound: {trouble}"))?;
    Ok(())
}

fn forget(path: &Path) -> Done {
    let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match gone {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).during(format!("removing {}", text(path)))
        }
        _ => Ok(()),
    }
}

/// Bytes of all files below a folder.
fn stored(folder: &Path) -> Done<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder).during(format!("reading {}", text(folder)))?.flatten() {
        let data = entry.metadata().during("looking at a stored file")?;
        sum += if data.is_dir() { stored(&entry.path())? } else { data.size() };
    }
    if sum > 64 << 30 {
        stop!("the bench's repository has {}", size(sum));
    }
    Ok(sum)
}
