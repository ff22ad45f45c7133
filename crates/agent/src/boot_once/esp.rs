//! The boot environment on the machine's own EFI system partition, in a folder of ours.
use super::Environment;
use crate::steps::{
    choose::{View, socle_partition},
    system::ESP,
};
use socle_disk::{
    boot_entry::Place,
    devices,
    devices::Disk,
    identity::{Mounted, Options},
};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Where the partition is mounted: in the service's own /tmp, which nobody else sees.
const MOUNTED: &str = "/tmp/socle-esp";
const FOLDER: &str = "EFI/socle";
/// What a filesystem keeps for its own books.
const MARGIN_BYTES: u64 = 256 << 10;

/// A file's path, as firmware names it.
pub(super) fn path_of(name: &str) -> String {
    format!("\\EFI\\socle\\{name}")
}

/// Puts the environment there, reads it back, and says on which partition it is.
///
/// # Errors
/// `agent-boot-once-no-partition`, `agent-boot-once-no-room`, `texts-file-unwritable`; those of mounting.
pub(super) fn put(environment: &Environment) -> Result<Place> {
    let (place, node) = find()?;
    let mounted = Mounted::new(&node, "vfat", Path::new(MOUNTED), Options::ReadWrite)?;
    let folder = mounted.folder().join(FOLDER);
    let done = put_all(&folder, environment);
    mounted.close()?;
    done.map(|()| place)
}

/// The EFI partition of the disk that Socle installed.
fn find() -> Result<(Place, PathBuf)> {
    let missing = || Fault::new("agent-boot-once-no-partition");
    let disks: Vec<Disk> = devices::list()?.into_iter().filter(|disk| socle_partition(disk).is_some()).collect();
    for disk in disks {
        let Some(table) = socle_disk::gpt::read(&View::of(&disk)?)? else { continue };
        let Some(esp) = table.partitions.iter().find(|p| p.type_guid == ESP) else { continue };
        let node = disk.partition(esp.number).ok_or_else(missing)?.path.clone();
        let (first_lba, blocks) = (esp.first_lba, esp.last_lba - esp.first_lba + 1);
        return Ok((Place { number: esp.number, first_lba, blocks, guid: esp.unique_guid }, node));
    }
    Err(missing())
}

/// Whole or not at all, each file; what is there already stays.
pub(super) fn put_all(folder: &Path, environment: &Environment) -> Result<()> {
    let unwritable = |path: &Path, e: std::io::Error| Fault::new("texts-file-unwritable").with("path", path).because(e);
    fs::create_dir_all(folder).map_err(|e| unwritable(folder, e))?;
    let wanted: Vec<_> = environment.files.iter().filter(|(name, bytes)| !holds(&folder.join(name), bytes)).collect();
    // What is replaced makes room only once the new file stands beside it: a power cut leaves one of both.
    let needed = wanted.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>();
    let others = others(folder, environment);
    let room = rustix::fs::statvfs(folder).map_err(|e| unwritable(folder, e.into()))?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let given_up: u64 = others.iter().map(|(_, bytes)| bytes).sum();
    if needed > 0 && needed + MARGIN_BYTES > free + given_up {
        return Err(Fault::new("agent-boot-once-no-room").with("needed", needed).with("free", free));
    }
    // An environment of before, of another form: only ours lies in this folder.
    for (path, _) in others {
        fs::remove_file(&path).map_err(|e| unwritable(&path, e))?;
    }
    for (name, bytes) in wanted {
        let (path, beside) = (folder.join(name), folder.join(format!("{name}.new")));
        let write = || {
            let mut file = fs::File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            // On vfat the name carries length and place of the file.
            file.sync_all()?;
            fs::File::open(folder)?.sync_all()
        };
        write().map_err(|e| unwritable(&path, e))?;
        if !holds(&path, bytes) {
            return Err(unwritable(&path, std::io::Error::other("not read back as written")));
        }
    }
    Ok(())
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    let same_length = fs::metadata(path).is_ok_and(|m| m.len() == bytes.len() as u64);
    same_length && fs::read(path).is_ok_and(|there| Digest::of(&there) == Digest::of(bytes))
}

/// Files of this folder that are none of the environment's, and their lengths.
fn others(folder: &Path, environment: &Environment) -> Vec<(PathBuf, u64)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = |name: &str| environment.files.iter().any(|(n, _)| *n == name);
    entries
        .filter(|entry| !entry.file_name().to_str().is_some_and(ours))
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(|m| m.is_file())?.len())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(files: Vec<(&'static str, Vec<u8>)>) -> Environment {
        Environment { files, start: path_of("vmlinuz"), words: String::new() }
    }

    #[test]
    fn what_is_put_replaces_what_was_there_and_nothing_else_stays() {
        let folder = std::env::temp_dir().join(format!("socle-esp-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let first = environment(vec![("vmlinuz", vec![1; 5000]), ("initrd.img", vec![2; 9000])]);
        let second = environment(vec![("socle.efi", vec![3; 7000])]);
        let names = || {
            let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        put_all(&folder, &first).unwrap();
        let when = || fs::metadata(folder.join("vmlinuz")).unwrap().modified().unwrap();
        let before = when();
        put_all(&folder, &first).unwrap();
        assert_eq!((names(), when()), (vec!["initrd.img".into(), "vmlinuz".into()], before), "not written again");
        fs::write(folder.join("vmlinuz"), [9; 5000]).unwrap();
        put_all(&folder, &first).unwrap();
        assert_eq!(fs::read(folder.join("vmlinuz")).unwrap(), [1; 5000]);
        put_all(&folder, &second).unwrap();
        assert_eq!(names(), ["socle.efi"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
