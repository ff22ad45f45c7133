//! Programs carried into the boot environment, each with the libraries that it needs.
use super::{cpio::Tree, elf};
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Where libraries stand in the boot environment: a place where Debian's loader looks by itself.
const LIBRARIES: &str = "lib/x86_64-linux-gnu";
/// More than any tool that is carried needs.
const MAX_LIBRARIES: usize = 200;

/// Puts each tool into `/sbin`, its loader where it expects it, and its libraries, found in `folders` in their
/// order. Returns all files added with their contents' digest, by path.
pub(super) fn add(tree: &mut Tree, tools: &[PathBuf], folders: &[PathBuf]) -> Result<BTreeMap<String, blake3::Hash>> {
    let mut added = BTreeMap::new();
    let mut put = |tree: &mut Tree, path: String, bytes: Vec<u8>| {
        added.insert(path.clone(), blake3::hash(&bytes));
        tree.put_file(&path, 0o755, bytes);
    };
    let mut waiting: Vec<(String, String)> = Vec::new();
    let mut known = BTreeSet::new();
    for tool in tools {
        let bytes = read(tool)?;
        let name = tool.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_string();
        let needs =
            elf::needs(&bytes).ok_or_else(|| Fault::new("boot-environment-not-a-program").with("path", tool))?;
        waiting.extend(needs.libraries.into_iter().map(|l| (l, name.clone())));
        if let Some(loader) = needs.loader.filter(|l| known.insert(l.clone())) {
            put(tree, loader.trim_start_matches('/').to_string(), read(Path::new(&loader))?);
        }
        put(tree, format!("sbin/{name}"), bytes);
    }
    while let Some((library, by)) = waiting.pop() {
        // The loader itself stands among the needs of the C library.
        if library.contains('/')
            || known.iter().any(|l| l.ends_with(&format!("/{library}")))
            || !known.insert(library.clone())
        {
            continue;
        }
        let missing = Fault::new("boot-environment-library-missing").with("library", &library).with("by", &by);
        if known.len() > MAX_LIBRARIES {
            return Err(missing);
        }
        let path = folders.iter().map(|f| f.join(&library)).find(|p| p.is_file()).ok_or(missing)?;
        let bytes = read(&path)?;
        let needs =
            elf::needs(&bytes).ok_or_else(|| Fault::new("boot-environment-not-a-program").with("path", &path))?;
        waiting.extend(needs.libraries.into_iter().map(|l| (l, library.clone())));
        put(tree, format!("{LIBRARIES}/{library}"), bytes);
    }
    Ok(added)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))
}
