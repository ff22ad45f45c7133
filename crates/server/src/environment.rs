//! The boot environment that is served: only one that the content key signed, whole and unaltered.
use crate::data::read_json;
use socle_boot::environment::Manifest;
use socle_domain::{
    Digest,
    keys::{EnvironmentRelease, Generations},
    sign::{PublicKey, Signed},
};
use socle_texts::{Fault, Result};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// What the environment is made of.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The content key's word for it.
pub const RELEASE_FILE: &str = "release.json";
const FILES: [&str; 2] = ["vmlinuz", "initrd.img"];
/// Served where the signed manifest names it.
pub(crate) use socle_boot::environment::LOADER;
const MAX_FILE_BYTES: u64 = 512 << 20;

/// The files of a verified environment, in memory: what is served is what was checked.
pub(crate) type Files = Arc<BTreeMap<String, axum::body::Bytes>>;

/// Where the environment stands, and what was found of it when it was last looked at.
pub(crate) struct Shelf {
    folder: PathBuf,
    content: PublicKey,
    held: Mutex<Option<(Mark, Result<Found>)>>,
}

/// A verified environment.
#[derive(Clone)]
struct Found {
    files: Files,
    lowest: Generations,
}

/// When the files were last changed.
type Mark = Vec<Option<(SystemTime, u64)>>;

impl Shelf {
    pub fn new(folder: PathBuf, content: PublicKey) -> Self {
        Shelf { folder, content, held: Mutex::default() }
    }

    /// The files, if they are what the content key signed. Looked at again when they change. Reads files: call it off
    /// the async threads.
    ///
    /// # Errors
    /// `server-environment-missing`, `server-environment-altered` (with `file`), `domain-signature-wrong`.
    pub fn files(&self) -> Result<Files> {
        self.look().map(|found| found.files)
    }

    /// The lowest generation of each master that the environment's agents accept; none where no environment is served.
    /// Reads files: call it off the async threads.
    pub fn lowest(&self) -> Generations {
        self.look().map(|found| found.lowest).unwrap_or_default()
    }

    fn look(&self) -> Result<Found> {
        let mark = self.mark();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, found)) = held.as_ref()
            && *known == mark
        {
            return found.clone();
        }
        let found = read(&self.folder, &self.content);
        match &found {
            Ok(_) => tracing::info!(folder = %self.folder.display(), "boot environment verified"),
            Err(fault) => tracing::warn!(%fault, "boot environment not served"),
        }
        *held = Some((mark, found.clone()));
        found
    }

    fn mark(&self) -> Mark {
        let of = |name: &&str| {
            let meta = fs::metadata(self.folder.join(name)).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        };
        FILES.iter().chain(&[MANIFEST_FILE, RELEASE_FILE, LOADER]).map(of).collect()
    }
}

fn read(folder: &Path, content: &PublicKey) -> Result<Found> {
    let release = folder.join(RELEASE_FILE);
    if !release.exists() {
        return Err(Fault::new("server-environment-missing").with("path", folder));
    }
    let signed: Signed<EnvironmentRelease> = read_json(&release)?;
    let release = signed.open(content)?;
    let altered = |file: &str| Fault::new("server-environment-altered").with("file", &folder.join(file));
    let bytes = fs::read(folder.join(MANIFEST_FILE)).map_err(|e| altered(MANIFEST_FILE).because(e))?;
    if Digest::of(&bytes) != release.manifest {
        return Err(altered(MANIFEST_FILE));
    }
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| altered(MANIFEST_FILE).because(e))?;
    let mut files = BTreeMap::new();
    let named = |name: &&str| *name != LOADER || manifest.files.contains_key(LOADER);
    for name in FILES.into_iter().chain([LOADER]).filter(named) {
        let path = folder.join(name);
        let expected = manifest.files.get(name).ok_or_else(|| altered(name))?;
        let length = fs::metadata(&path).map_err(|e| altered(name).because(e))?.len();
        if length != expected.bytes || length > MAX_FILE_BYTES {
            return Err(altered(name));
        }
        let bytes = fs::read(&path).map_err(|e| altered(name).because(e))?;
        if Digest::of(&bytes).to_string() != expected.blake3 {
            return Err(altered(name));
        }
        files.insert(name.to_string(), bytes.into());
    }
    Ok(Found { files: Arc::new(files), lowest: release.lowest })
}
