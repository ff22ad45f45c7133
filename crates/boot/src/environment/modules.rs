//! Kernel modules: finding them, unpacking them, and the order to load them in.
//!
//! Each module says in itself what it needs (`depends`, `softdep`) and which hardware it drives (`alias`): the tables
//! that `depmod` would compute are not needed, and the folder stays as the package left it.
use super::{elf, hardware::Tables, wanted};
use socle_texts::{Fault, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    path::{Path, PathBuf},
};

/// More than any kernel has (Debian's 6.12 has 4229).
const MAX_MODULES: usize = 20_000;
/// Larger than any module that is carried, unpacked.
const MAX_MODULE_BYTES: u64 = 64 << 20;
/// Where the providers of a name asked by `softdep` stand, when no module bears that name: algorithms.
const PROVIDERS: &[&str] = &["/crypto/"];

/// The modules picked, unpacked, and the agent's tables.
#[derive(Debug)]
pub(super) struct Picked {
    /// File names and contents.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The agent's tables.
    pub tables: Tables,
    /// Modules that this kernel does not have.
    pub absent: Vec<String>,
}

struct Module {
    bytes: Vec<u8>,
    needs: Vec<String>,
    wishes: Vec<String>,
    alias: Vec<String>,
}

struct Shelf {
    paths: BTreeMap<String, PathBuf>,
    built_in: BTreeSet<String>,
    read: BTreeMap<String, Module>,
    providers: Option<BTreeMap<String, Vec<String>>>,
}

/// Picks the modules of [`wanted`] out of `folder` (`lib/modules/VERSION`), with all that they need.
pub(super) fn pick(folder: &Path) -> Result<Picked> {
    let mut shelf = Shelf::open(folder)?;
    let mut tables = Tables::default();
    let mut absent = Vec::new();
    for name in wanted::ALWAYS {
        match shelf.closure(name)? {
            Some(order) => append(&mut tables.always, order),
            None => absent.push(plain(name)),
        }
    }
    for name in wanted::ON_DEMAND {
        let Some(order) = shelf.closure(name)? else {
            absent.push(plain(name));
            continue;
        };
        let name = plain(name);
        // Built in: nothing to load.
        let Some(module) = shelf.read.get(&name) else { continue };
        let alias = module.alias.iter().filter(|a| wanted::BUSES.iter().any(|bus| a.starts_with(bus)));
        tables.alias.extend(alias.filter(|a| !a.contains(' ')).map(|a| (a.clone(), name.clone())));
        tables.load.insert(name, order);
    }
    let carried: BTreeSet<&String> = tables.always.iter().chain(tables.load.values().flatten()).collect();
    let mut files = BTreeMap::new();
    for file in carried {
        if let Some(module) = shelf.read.get(file.trim_end_matches(".ko")) {
            files.insert(file.clone(), module.bytes.clone());
        }
    }
    Ok(Picked { files, tables, absent })
}

fn append(list: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// The kernel takes `-` and `_` in a module's name for the same.
fn plain(name: &str) -> String {
    name.replace('-', "_")
}

impl Shelf {
    fn open(folder: &Path) -> Result<Shelf> {
        let unreadable =
            |path: &Path, e: std::io::Error| Fault::new("texts-file-unreadable").with("path", path).because(e);
        let mut paths = BTreeMap::new();
        let mut folders = vec![folder.join("kernel")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).map_err(|e| unreadable(&folder, e))? {
                let entry = entry.map_err(|e| unreadable(&folder, e))?;
                let path = entry.path();
                if entry.file_type().is_ok_and(|t| t.is_dir()) {
                    folders.push(path);
                } else if let Some(name) = module_name(&path) {
                    paths.insert(name, path);
                }
                if paths.len() + folders.len() > MAX_MODULES {
                    return Err(Fault::new("boot-environment-too-many-modules").with("folder", &folder));
                }
            }
        }
        let list = folder.join("modules.builtin");
        let built_in = std::fs::read_to_string(&list).map_err(|e| unreadable(&list, e))?;
        let built_in = built_in.lines().filter_map(|line| module_name(Path::new(line))).collect();
        Ok(Shelf { paths, built_in, read: BTreeMap::new(), providers: None })
    }

    /// The files to load for a module, itself last; nothing if this kernel has none of that name. Empty if built in.
    fn closure(&mut self, name: &str) -> Result<Option<Vec<String>>> {
        let name = plain(name);
        if self.built_in.contains(&name) {
            return Ok(Some(Vec::new()));
        }
        if !self.paths.contains_key(&name) {
            return Ok(None);
        }
        let (mut order, mut visiting) = (Vec::new(), BTreeSet::new());
        self.visit(&name, &mut order, &mut visiting)?;
        Ok(Some(order.into_iter().map(|n| format!("{n}.ko")).collect()))
    }

    fn visit(&mut self, name: &str, order: &mut Vec<String>, visiting: &mut BTreeSet<String>) -> Result<()> {
        if order.iter().any(|n| n == name) || !visiting.insert(name.to_string()) {
            return Ok(());
        }
        let (needs, wishes) = {
            let module = self.module(name)?;
            (module.needs.clone(), module.wishes.clone())
        };
        for need in needs {
            if self.built_in.contains(&need) {
                continue;
            }
            if !self.paths.contains_key(&need) {
                return Err(Fault::new("boot-environment-module-missing").with("module", need).with("by", name));
            }
            self.visit(&need, order, visiting)?;
        }
        for wish in wishes {
            for provider in self.providers_of(&wish)? {
                self.visit(&provider, order, visiting)?;
            }
        }
        order.push(name.to_string());
        Ok(())
    }

    fn module(&mut self, name: &str) -> Result<&Module> {
        if !self.read.contains_key(name) {
            let path = self.paths.get(name).cloned().unwrap_or_default();
            let module = read_module(name, &path)?;
            self.read.insert(name.to_string(), module);
        }
        let gone = || Fault::new("boot-environment-module-missing").with("module", name).with("by", name);
        self.read.get(name).ok_or_else(gone)
    }

    /// The modules that a soft dependency stands for: the one of that name, or all that offer it as an alias. None is
    /// no failure: it may be built in.
    fn providers_of(&mut self, wish: &str) -> Result<Vec<String>> {
        let name = plain(wish);
        if self.built_in.contains(&name) {
            return Ok(Vec::new());
        }
        if self.paths.contains_key(&name) {
            return Ok(vec![name]);
        }
        if self.providers.is_none() {
            let is_provider = |path: &Path| PROVIDERS.iter().any(|p| path.to_string_lossy().contains(p));
            let names: Vec<_> = self.paths.iter().filter(|(_, p)| is_provider(p)).map(|(n, _)| n.clone()).collect();
            let mut offers: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for name in names {
                for alias in self.module(&name)?.alias.clone() {
                    offers.entry(plain(&alias)).or_default().push(name.clone());
                }
            }
            self.providers = Some(offers);
        }
        Ok(self.providers.as_ref().and_then(|offers| offers.get(&name)).cloned().unwrap_or_default())
    }
}

fn module_name(path: &Path) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    let name = [".ko", ".ko.xz", ".ko.zst"].iter().find_map(|end| file.strip_suffix(end))?;
    Some(plain(name))
}

fn read_module(name: &str, path: &Path) -> Result<Module> {
    let damaged = || Fault::new("boot-environment-module-damaged").with("path", path);
    let packed = std::fs::read(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
    let mut bytes = Vec::new();
    let limit = MAX_MODULE_BYTES + 1;
    match path.extension().and_then(|e| e.to_str()) {
        Some("xz") => liblzma::read::XzDecoder::new(&packed[..]).take(limit).read_to_end(&mut bytes),
        Some("zst") => {
            zstd::stream::read::Decoder::new(&packed[..]).and_then(|d| d.take(limit).read_to_end(&mut bytes))
        }
        _ => packed.as_slice().take(limit).read_to_end(&mut bytes),
    }
    .map_err(|e| damaged().because(e))?;
    if bytes.len() as u64 > MAX_MODULE_BYTES {
        return Err(damaged().because("larger than any module"));
    }
    let info = elf::module_info(&bytes).ok_or_else(damaged)?;
    let all =
        |key: &str| info.iter().filter(move |(k, _)| k == key).map(|(_, value)| value.as_str()).collect::<Vec<_>>();
    let needs = all("depends").iter().flat_map(|v| v.split(',')).filter(|n| !n.is_empty()).map(plain).collect();
    let mut wishes: Vec<String> = all("softdep").iter().flat_map(|v| wished_before(v)).collect();
    wishes.extend(wanted::ALSO.iter().filter(|(n, _)| *n == name).flat_map(|(_, also)| also.iter().map(|a| plain(a))));
    let alias = all("alias").into_iter().map(String::from).collect();
    Ok(Module { bytes, needs, wishes, alias })
}

/// `pre: a b post: c` → a, b: what is to be loaded first (modprobe.d(5), "softdep").
fn wished_before(softdep: &str) -> Vec<String> {
    let (mut before, mut wishes) = (false, Vec::new());
    for word in softdep.split_whitespace() {
        match word {
            "pre:" => before = true,
            "post:" => before = false,
            wish if before => wishes.push(wish.to_string()),
            _ => {}
        }
    }
    wishes
}
