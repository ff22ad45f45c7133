//! Verbs that compare a machine's disk with what it was, read from outside.
use crate::command::{command, output, quiet};
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::{Done, During};
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How much is compared at once.
const BLOCK: usize = 1 << 20;

/// Keeps a copy of a machine's disk.
pub fn remember(teller: &mut Teller, line: &Line) -> Done<String> {
    if line.word(1)? != "disk" {
        return Err(line.wrong("only a disk can be remembered: remember alpha disk"));
    }
    let (disk, copy) = files(teller, line)?;
    quiet("cp", [Path::new("--sparse=always"), &disk, &copy])?;
    Ok(String::new())
}

/// The disk is, byte for byte, what was remembered; `except=socle` leaves out the partition of that name.
pub fn untouched(teller: &mut Teller, line: &Line) -> Done<String> {
    let (disk, copy) = files(teller, line)?;
    if !copy.exists() {
        return Err(line.wrong(&format!("say before: remember {} disk", line.word(0)?)));
    }
    let left_out = match line.option("except") {
        None => None,
        Some(name) => Some(partition(&copy, name)?.ok_or_else(|| line.wrong(&format!("it has no partition {name}")))?),
    };
    match first_difference(&copy, &disk, left_out)? {
        None => Ok("the disk is byte for byte as it was".into()),
        Some(at) => Err(line.wrong(&format!("the disk of {} has changed, first near byte {at}", line.word(0)?))),
    }
}

fn files(teller: &Teller, line: &Line) -> Done<(PathBuf, PathBuf)> {
    let index = teller.machine(line, line.word(0)?)?;
    let disk = teller.lab.machines[index].disk_file(line.count("disk", 0)? as usize);
    let copy = disk.with_extension("before.disk");
    Ok((disk, copy))
}

/// The bytes of a partition, by its name.
pub(super) fn partition(disk: &Path, name: &str) -> Done<Option<Range<u64>>> {
    for number in 1..=128 {
        let text = output(&mut command("sgdisk", [&format!("--info={number}"), &disk.to_string_lossy().into_owned()]))?;
        let field = |key: &str| text.lines().find_map(|l| l.strip_prefix(key).map(str::trim));
        if field("Partition name:") != Some(&format!("'{name}'")) {
            continue;
        }
        let sector = |key: &str| field(key).and_then(|value| value.split(' ').next()?.parse::<u64>().ok());
        if let (Some(first), Some(last)) = (sector("First sector:"), sector("Last sector:")) {
            return Ok(Some(first * 512..(last + 1) * 512));
        }
    }
    Ok(None)
}

fn first_difference(one: &Path, other: &Path, left_out: Option<Range<u64>>) -> Done<Option<u64>> {
    let open = |path: &Path| File::open(path).during(format!("reading {}", path.display()));
    let (mut one, mut other) = (open(one)?, open(other)?);
    let (mut mine, mut theirs) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut at = 0u64;
    loop {
        let read = fill(&mut one, &mut mine)?;
        if fill(&mut other, &mut theirs)? != read {
            return Ok(Some(at));
        }
        if read == 0 {
            return Ok(None);
        }
        if mine[..read] != theirs[..read] {
            let differ = (0..read).find(|i| {
                let byte = at + *i as u64;
                mine[*i] != theirs[*i] && !left_out.as_ref().is_some_and(|range| range.contains(&byte))
            });
            if let Some(index) = differ {
                return Ok(Some(at + index as u64));
            }
        }
        at += read as u64;
    }
}

fn fill(file: &mut File, buffer: &mut [u8]) -> Done<usize> {
    let mut full = 0;
    while full < buffer.len() {
        match file.read(&mut buffer[full..]).during("reading a disk")? {
            0 => break,
            read => full += read,
        }
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &[u8], other: &[u8], left_out: Option<Range<u64>>, expect: Option<u64>) {
        let folder = std::env::temp_dir().join(format!("xtask-disks-{}-{:p}", std::process::id(), one));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (a, b) = (folder.join("a"), folder.join("b"));
        std::fs::write(&a, one).expect("a file");
        std::fs::write(&b, other).expect("a file");
        let found = first_difference(&a, &b, left_out);
        std::fs::remove_dir_all(&folder).expect("removing a folder");
        assert_eq!(found, Ok(expect));
    }

    #[test]
    fn the_first_difference_is_found_outside_of_what_is_left_out() {
        check(b"abcdef", b"abcdef", None, None);
        check(b"abcdef", b"abXdeY", None, Some(2));
        check(b"abcdef", b"abXdeY", Some(2..3), Some(5));
        check(b"abcdef", b"abXdef", Some(2..3), None);
        check(b"abc", b"abcd", None, Some(0));
    }
}
