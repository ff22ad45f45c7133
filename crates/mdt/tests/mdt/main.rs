//! Shares as they are met: read, accounted for to the line, and never believed.
mod any;
mod golden;
mod meaning;
mod nasty;

use socle_mdt::{Import, Source};
use socle_texts::Lang;
use std::{fs, path::Path};

/// A sample share of `tests/shares`.
pub fn share(name: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shares").join(name);
    let mut sources = Vec::new();
    gather(&root, &root, &mut sources);
    assert!(sources.len() > 3, "the share {name} has files");
    sources
}

fn gather(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            gather(root, &path, sources);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_string();
            sources.push(Source { path: name, bytes: fs::read(&path).unwrap() });
        }
    }
}

/// A share of one `CustomSettings.ini`.
pub fn settings(text: &str) -> Import {
    socle_mdt::read(&[source("Control/CustomSettings.ini", text)], Lang::En).unwrap()
}

/// One file of a share.
pub fn source(path: &str, text: &str) -> Source {
    Source { path: path.into(), bytes: text.into() }
}
