//! Kernel modules: those that are always wanted, and those that this machine's hardware asks for.
//!
//! The tables and their meaning are those of `socle_boot::environment::hardware`.
use socle_boot::environment::hardware::Tables;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

const FOLDER: &str = "/lib/modules";
/// Files under /sys are thousands, never millions.
const MODALIAS_MAX: usize = 100_000;
const DEPTH_MAX: usize = 24;
/// Buses go on finding devices for a while after their driver is there.
const SETTLE: Duration = Duration::from_millis(1500);

/// What has been loaded, so that nothing is tried twice.
#[derive(Debug, Default)]
pub struct Loader {
    tables: Tables,
    tried: BTreeSet<String>,
    asked: BTreeSet<String>,
    loaded: usize,
}

impl Loader {
    /// The tables of the boot environment.
    pub fn new() -> Self {
        let read = |name: &str| fs::read_to_string(Path::new(FOLDER).join(name)).unwrap_or_default();
        let tables = Tables::read(&read("always.list"), &read("alias.list"), &read("load.list"));
        Loader { tables, ..Loader::default() }
    }

    /// Loads what is always wanted, then what the hardware asks for, until it asks for nothing more.
    ///
    /// Says how many were loaded.
    pub fn load(&mut self) -> usize {
        let before = self.loaded;
        for file in self.tables.always.clone() {
            self.insert(&file);
        }
        let mut last = Instant::now();
        loop {
            if self.load_asked() {
                last = Instant::now();
            } else if last.elapsed() > SETTLE || has_all() {
                return self.loaded - before;
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// One round over the hardware. Says whether anything was loaded.
    fn load_asked(&mut self) -> bool {
        let mut names = BTreeSet::new();
        modaliases(Path::new("/sys/devices"), 0, &mut names);
        let mut loaded = false;
        for name in names {
            if !self.asked.insert(name.clone()) {
                continue;
            }
            let files: Vec<String> = self.tables.asked_by(&name).into_iter().map(String::from).collect();
            for file in files {
                loaded |= self.insert(&file);
            }
        }
        loaded
    }

    fn insert(&mut self, file: &str) -> bool {
        if !self.tried.insert(file.to_string()) {
            return false;
        }
        let Ok(module) = File::open(Path::new(FOLDER).join(file)) else { return false };
        // SAFETY: the descriptor is open and the parameters are an empty C string, both alive for the call.
        let done = unsafe { libc::syscall(libc::SYS_finit_module, module.as_raw_fd(), c"".as_ptr(), 0) };
        self.loaded += usize::from(done == 0);
        done == 0
    }
}

/// Whether the machine already has a network card and a disk: then nobody waits for more to appear.
fn has_all() -> bool {
    let any = |folder: &str, is: &dyn Fn(&Path) -> bool| {
        fs::read_dir(folder).into_iter().flatten().flatten().any(|e| is(&e.path()))
    };
    any("/sys/class/net", &|p| p.join("device").exists()) && any("/sys/block", &|p| p.join("device").exists())
}

fn modaliases(folder: &Path, depth: usize, names: &mut BTreeSet<String>) {
    if depth > DEPTH_MAX || names.len() > MODALIAS_MAX {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(entry.path()),
            Ok(kind) if kind.is_file() && entry.file_name() == "modalias" => {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                names.extend(Some(text.trim().to_string()).filter(|t| !t.is_empty()));
            }
            _ => {}
        }
    }
    for folder in folders {
        modaliases(&folder, depth + 1, names);
    }
}
