//! Keeping what a server has: `socle backup`, `socle restore`, `socle backup-key`.
//!
//! A backup is one sealed archive ([`socle_trust::archive`]), for it holds every key. In it stand *entries*: the head first,
//! then the database as text (the same for SQLite and PostgreSQL), then the files of the data folder, then the
//! repository, and last the list of all that with sizes and digests. Without the whole list, nothing is restored.
//!
//! It is made beside a server that works: the database is read from one consistent view; images never change once they
//! have their name; what is added meanwhile is not in it.
mod entry;
mod files;
mod make;
mod restore;

use crate::{
    image::Voice,
    shape::keep::{BackupKey, Closing, Opening},
};
use serde::{Deserialize, Serialize};
use socle_db::dump::Step;
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use socle_trust::archive::{ArchiveKey, ArchivePublic, Lock, Opener};
use std::{fs, path::Path};

pub use make::backup;
pub use restore::restore;

/// The form of the entries.
const FORM: u32 = 1;

/// The first entry: what follows, and from whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
    form: u32,
    version: String,
    at: Timestamp,
    steps: Vec<Step>,
    images: bool,
}

/// The last entry: everything that came before, and what was left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Listing {
    entries: Vec<Listed>,
    /// Files of the repository that are not in the archive: path, size.
    left_out: Vec<(String, u64)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Listed {
    path: String,
    bytes: u64,
    digest: String,
}

/// A passphrase from its file or from the environment, where no argument is seen by every process.
fn passphrase(file: Option<&Path>) -> Result<Option<String>> {
    let text = match file {
        Some(path) => {
            let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", path).because(e);
            Some(fs::read_to_string(path).map_err(unreadable)?)
        }
        None => std::env::var("SOCLE_PASSPHRASE").ok(),
    };
    Ok(text.map(|t| t.trim_end_matches(['\r', '\n']).to_string()).filter(|t| !t.is_empty()))
}

/// Does something with what closes an archive.
fn closing<T>(args: &Closing, act: impl FnOnce(&Lock, Option<&Opener>) -> Result<T>) -> Result<T> {
    if let Some(public) = &args.for_key {
        let public: ArchivePublic = public
            .parse()
            .or_else(|_| fs::read_to_string(public).map_err(|e| e.to_string())?.parse())
            .map_err(|e: String| Fault::new("socle-archive-key-wrong").because(e))?;
        return act(&Lock::Key(&public), None);
    }
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let passphrase = passphrase.ok_or_else(|| Fault::new("socle-passphrase-missing"))?;
    act(&Lock::Passphrase(&passphrase), Some(&Opener::Passphrase(&passphrase)))
}

/// Does something with what opens an archive.
fn opening<T>(args: &Opening, act: impl FnOnce(&Opener) -> Result<T>) -> Result<T> {
    if let Some(path) = &args.key {
        return act(&Opener::Key(&ArchiveKey::load(path)?));
    }
    let passphrase = passphrase(args.passphrase_file.as_deref())?;
    let passphrase = passphrase.ok_or_else(|| Fault::new("socle-passphrase-missing"))?;
    act(&Opener::Passphrase(&passphrase))
}

/// `socle backup-key`: a key pair whose secret half stays away from the server.
pub fn key(args: &BackupKey, voice: Voice) -> Result<bool> {
    let public = ArchiveKey::create(&args.out)?.public()?.to_string();
    let said = serde_json::json!({ "secret": args.out, "key": public });
    crate::act::say::answer(&said, voice, |_| {
        let values = [("path", (&args.out).into()), ("key", (&public).into())];
        crate::act::say::words(voice, "socle-archive-key-made", &values)
    })
}
