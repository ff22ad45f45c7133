//! The boot environment that is served: only one that the content key signed, whole and unaltered.
mod newest;

use crate::data::read_json;
use socle_boot::{
    chain::SHIM,
    environment::{CERTIFICATE, Manifest, UKI, pe},
};
use socle_domain::{
    Digest, Timestamp,
    keys::{EnvironmentRelease, Generations},
    sign::{PublicKey, Signed},
};
use socle_texts::{Fault, Result};
use socle_tpm::start::Known;
use std::{
    collections::BTreeMap,
    ffi::OsString,
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
pub(crate) use socle_boot::environment::{BIOS_LOADER, LOADER};
/// More files than any environment is made of.
const MAX_FILES: usize = 64;
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
    at: Timestamp,
    measured: Arc<Known>,
}

/// When the files were last changed.
type Mark = Vec<(OsString, Option<(SystemTime, u64)>)>;

impl Shelf {
    pub fn new(folder: PathBuf, content: PublicKey) -> Self {
        Shelf { folder, content, held: Mutex::default() }
    }

    /// The files, if they are what the content key signed. Looked at again when they change. Reads files: call it off
    /// the async threads.
    ///
    /// # Errors
    /// `server-environment-missing`, `server-environment-altered` (with `file`), `server-environment-older`,
    /// `domain-signature-wrong`.
    pub fn files(&self) -> Result<Files> {
        self.look().map(|found| found.files)
    }

    /// The lowest generation of each master that the environment's agents accept; none where no environment is served.
    /// Reads files: call it off the async threads.
    pub fn lowest(&self) -> Generations {
        self.look().map(|found| found.lowest).unwrap_or_default()
    }

    /// What a TPM says of a machine that this environment has started; nothing where none is served. Reads files: call it off
    /// the async threads.
    pub fn measured(&self) -> Arc<Known> {
        self.look().map(|found| found.measured).unwrap_or_default()
    }

    fn look(&self) -> Result<Found> {
        let mark = self.mark();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, found)) = held.as_ref()
            && *known == mark
        {
            return found.clone();
        }
        let newest = self.folder.with_extension("newest.json");
        let found = read(&self.folder, &self.content);
        let found = found.and_then(|found| newest::check(&newest, found.at).map(|()| found));
        match &found {
            Ok(_) => tracing::info!(folder = %self.folder.display(), "boot environment verified"),
            Err(fault) => tracing::warn!(%fault, "boot environment not served"),
        }
        *held = Some((mark, found.clone()));
        found
    }

    fn mark(&self) -> Mark {
        let here = fs::read_dir(&self.folder).into_iter().flatten().flatten().take(2 * MAX_FILES);
        let mut mark: Mark = here
            .map(|entry| {
                let meta = entry.metadata().ok();
                (entry.file_name(), meta.and_then(|meta| Some((meta.modified().ok()?, meta.len()))))
            })
            .collect();
        mark.sort();
        mark
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
    if let Some(missing) = FILES.into_iter().find(|name| !manifest.files.contains_key(*name)) {
        return Err(altered(missing));
    }
    let plain = |name: &str| !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    if manifest.files.len() > MAX_FILES || !manifest.files.keys().all(|name| plain(name)) {
        return Err(altered(MANIFEST_FILE));
    }
    for (name, expected) in &manifest.files {
        let path = folder.join(name);
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
    let measured = Arc::new(measured(&files));
    // Who takes the environment elsewhere checks it again by these two.
    files.insert(MANIFEST_FILE.to_string(), bytes.into());
    let word = fs::read(folder.join(RELEASE_FILE)).map_err(|e| altered(RELEASE_FILE).because(e))?;
    files.insert(RELEASE_FILE.to_string(), word.into());
    Ok(Found { files: Arc::new(files), lowest: release.lowest, at: release.at, measured })
}

/// The digests that firmware measures when it starts these files.
fn measured(files: &BTreeMap<String, axum::body::Bytes>) -> Known {
    let image = files.get(UKI);
    Known {
        certificate: files.get(CERTIFICATE).map(|bytes| bytes.to_vec()).unwrap_or_default(),
        image: image.and_then(|bytes| pe::digest(bytes)),
        kernel: image.and_then(|bytes| pe::digest(pe::section(bytes, ".linux")?)),
        shim: files.get(SHIM).and_then(|bytes| pe::digest(bytes)),
        firmware: Vec::new(),
    }
}
