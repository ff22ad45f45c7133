//! What labs that died in the middle left behind is swept before a new one starts.
use super::namespace::PREFIX;
use crate::command::{command, output, quiet};
use crate::places;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the files of a run are: machines, logs, pictures.
pub fn runs() -> PathBuf {
    places::cache().join("runs")
}

/// Files of a run that are larger than this are disks, programs and images: not what tells its story.
const LARGE_BYTES: u64 = 4 << 20;
/// How many runs of the past keep their logs and pictures.
const RUNS_KEPT: usize = 8;

/// Sweeps networks, processes and disks whose lab is gone.
pub fn sweep() -> Done {
    let list = output(&mut command("ip", ["netns", "list"]))?;
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| process_of(name, PREFIX).is_some_and(|pid| !is_alive(pid))) {
        say("·", &format!("Removing the network {name} of a lab that died."));
        let inside = output(&mut command("ip", ["netns", "pids", name])).unwrap_or_default();
        for pid in inside.lines().filter_map(|line| line.trim().parse::<i32>().ok()) {
            // SAFETY: kill has no memory effect; the process lives in a namespace that a lab of ours made.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        quiet("ip", ["netns", "del", name])?;
    }
    for entry in fs::read_dir("/tmp").into_iter().flatten().flatten() {
        if process_of(&entry.file_name().to_string_lossy(), PREFIX).is_some_and(|pid| !is_alive(pid)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    forget_old_runs(&places::folder(runs())?)
}

/// Old runs lose their disks at once, and all but the newest are forgotten.
fn forget_old_runs(folder: &Path) -> Done {
    let entries = fs::read_dir(folder).during("looking at old runs")?.flatten();
    let mut old: Vec<_> = entries
        .filter(|e| process_of(&e.file_name().to_string_lossy(), "").is_some_and(|pid| !is_alive(pid)))
        .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
        .collect();
    old.sort();
    old.reverse();
    for (index, (_, path)) in old.iter().enumerate() {
        if index >= RUNS_KEPT {
            let _ = fs::remove_dir_all(path);
            continue;
        }
        remove_disks(path);
    }
    Ok(())
}

/// Removes the large files of a run and keeps what tells its story.
pub fn remove_disks(run: &Path) {
    let Ok(entries) = fs::read_dir(run) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            remove_disks(&path);
        } else if entry.metadata().is_ok_and(|data| data.len() > LARGE_BYTES) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The process number in `PREFIX123-role`.
fn process_of(name: &str, prefix: &str) -> Option<i32> {
    name.strip_prefix(prefix)?.split('-').next()?.parse().ok()
}

/// Whether a process lives: one that has died and that nobody has asked after is in the list still, as `Z`.
fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_living_are_told_from_the_dead() {
        assert!(is_alive(std::process::id() as i32));
        let mut child = std::process::Command::new("true").spawn().expect("true starts");
        let pid = child.id() as i32;
        while is_alive(pid) {
            std::thread::yield_now();
        }
        assert!(Path::new(&format!("/proc/{pid}")).exists(), "it is still in the list");
        child.wait().expect("true ends");
        assert!(!is_alive(pid));
    }

    #[test]
    fn the_process_is_read_from_a_name() {
        assert_eq!(process_of("socle-lab-4711-room", PREFIX), Some(4711));
        assert_eq!(process_of("socle-lab-4711", PREFIX), Some(4711));
        assert_eq!(process_of("somebody-else", PREFIX), None);
        assert_eq!(process_of("socle-lab-room", PREFIX), None);
    }
}
