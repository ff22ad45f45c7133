//! The three tables by which the agent loads modules, and nothing that the machine does not need.
//!
//! All are text, one entry a line, fields parted by one space, in the initrd's folder `/lib/modules`:
//!
//! | file | line | the agent… |
//! |---|---|---|
//! | `always.list` | `FILE` | …loads these first, in this order, with `finit_module` |
//! | `alias.list` | `PATTERN NAME` | …matches each `/sys/**/modalias` against the patterns |
//! | `load.list` | `NAME FILE FILE…` | …loads these files, in this order, for each name that matched |
//!
//! `FILE` is a file of the same folder (`ext4.ko`, never compressed). A pattern is the kernel's own: `*` stands for
//! any characters, `?` for one, `[a-f0]` for one of a set; all else for itself. Loading brings new `modalias` files:
//! the agent goes over `/sys` again until a round loads nothing; what hangs on USB appears seconds later, so it looks
//! again while it waits for a card or a disk. "Already there" (EEXIST) is success. A module that
//! answers "no such device" (ENODEV) is only not for this machine: the others are loaded all the same.
use std::collections::{BTreeMap, BTreeSet};

/// The tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// Files to load at every start, in this order.
    pub always: Vec<String>,
    /// Patterns and the name of the module that each asks for.
    pub alias: BTreeSet<(String, String)>,
    /// For each name, all files to load, in this order.
    pub load: BTreeMap<String, Vec<String>>,
}

impl Tables {
    /// The texts of `always.list`, `alias.list` and `load.list`.
    pub fn write(&self) -> [(&'static str, String); 3] {
        let alias = self.alias.iter().map(|(pattern, name)| format!("{pattern} {name}\n")).collect();
        let load = self.load.iter().map(|(name, files)| format!("{name} {}\n", files.join(" "))).collect();
        let always = self.always.iter().map(|file| format!("{file}\n")).collect();
        [("always.list", always), ("alias.list", alias), ("load.list", load)]
    }

    /// Reads the three texts; a line that makes no sense is left out.
    pub fn read(always: &str, alias: &str, load: &str) -> Tables {
        let pair = |line: &str| line.split_once(' ').map(|(a, b)| (a.to_string(), b.to_string()));
        let files = |line: &str| {
            let (name, files) = pair(line)?;
            Some((name, files.split(' ').map(String::from).collect()))
        };
        Tables {
            always: always.lines().map(String::from).collect(),
            alias: alias.lines().filter_map(pair).collect(),
            load: load.lines().filter_map(files).collect(),
        }
    }

    /// The files that a piece of hardware asks for by its `modalias`, in the order to load them.
    pub fn asked_by(&self, modalias: &str) -> Vec<&str> {
        let mut files: Vec<&str> = Vec::new();
        for (_, name) in self.alias.iter().filter(|(pattern, _)| matches(pattern.as_bytes(), modalias.as_bytes())) {
            for file in self.load.get(name).into_iter().flatten() {
                if !files.contains(&file.as_str()) {
                    files.push(file);
                }
            }
        }
        files
    }
}

/// Whether a name fits a pattern. The time is bounded by the product of both lengths: `*` never branches.
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            last_star = Some((p, n));
            p += 1;
        } else if let Some(next) = one(pattern, p, name[n]) {
            p = next;
            n += 1;
        } else if let Some((star, from)) = last_star {
            last_star = Some((star, from + 1));
            (p, n) = (star + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

/// Where the pattern goes on after one character, if that character fits.
fn one(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match pattern.get(at)? {
        b'?' => Some(at + 1),
        b'[' => {
            let length = pattern[at + 1..].iter().position(|b| *b == b']')?;
            let set = &pattern[at + 1..at + 1 + length];
            let mut i = 0;
            while i < set.len() {
                let range = if set.get(i + 1) == Some(&b'-') { set.get(i + 2).map(|to| (set[i], *to)) } else { None };
                let (from, to) = range.unwrap_or((set[i], set[i]));
                if (from..=to).contains(&byte) {
                    return Some(at + length + 2);
                }
                i += if range.is_some() { 3 } else { 1 };
            }
            None
        }
        b => (*b == byte).then_some(at + 1),
    }
}
