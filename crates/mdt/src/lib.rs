//! Reading a deployment share of Microsoft's Deployment Toolkit (MDT): bytes in, findings out.
//!
//! [`read`] takes the files of a share ([`wanted`] says which) and answers an [`Import`]: options with their latitude,
//! rules over facts, machines to announce, patterns of names, drafts of masters, and the secrets that stood there in
//! clear. Nothing of what is read is ever executed, and no value of a line that is left aside is repeated.
//!
//! INVARIANT: every line of every file has exactly one [`Verdict`]: carried, sealed, form (blank, comment, XML's own
//! scaffolding), or left with a [`Reason`]. [`Import::totals`] adds them up, and the tests hold that sum to the files.
//!
//! What MDT means by its files stands with each module: `ini` (syntax), `plan` (Priority, sections, subsections),
//! `settings` (properties and wizard pages), `control` (lists of the share), `steps` (task sequences).
mod account;
mod condition;
mod control;
mod decode;
mod draft;
mod found;
mod ini;
mod merge;
mod names;
mod pattern;
mod plan;
mod property;
mod reason;
pub mod report;
mod secret;
mod settings;
mod steps;
mod tree;
mod wish;

pub use account::{FileAccount, Target, Totals, Verdict};
pub use decode::Encoding;
pub use found::{Draft, Found, Import, Kind, Latitude, Naming, Place, Rule, Set, Value};
pub use reason::Reason;
pub use secret::Secret;

use account::Book;
use socle_texts::{Fault, Lang, Result};

/// Largest file that is read.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Most that is read of one share.
pub const MAX_SHARE_BYTES: usize = 256 << 20;
/// Most files that are read of one share.
pub const MAX_FILES: usize = 4_000;

/// A file of the share.
#[derive(Clone)]
pub struct Source {
    /// Its path in the share, with `/` between folders.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Whether a file of the share is read, by its path in the share: `Control/*.ini`, `Control/*.xml`,
/// `Control/ID/ts.xml` and `Control/ID/Unattend.xml`, whatever their case.
pub fn wanted(path: &str) -> bool {
    let path = path.to_lowercase();
    match path.split('/').collect::<Vec<_>>()[..] {
        ["control", file] => file.ends_with(".ini") || file.ends_with(".xml"),
        ["control", _, file] => file == "ts.xml" || file == "unattend.xml",
        _ => false,
    }
}

/// Reads a share; comments in the drafts are in `lang`.
///
/// # Errors
/// `mdt-share-none` where there is neither `CustomSettings.ini` nor a list of task sequences;
/// `mdt-share-too-large` (with `limit`) beyond [`MAX_FILES`], [`MAX_FILE_BYTES`] or [`MAX_SHARE_BYTES`].
pub fn read(sources: &[Source], lang: Lang) -> Result<Import> {
    let bytes: usize = sources.iter().map(|s| s.bytes.len()).sum();
    if sources.len() > MAX_FILES || bytes > MAX_SHARE_BYTES || sources.iter().any(|s| s.bytes.len() > MAX_FILE_BYTES) {
        return Err(Fault::new("mdt-share-too-large").with("files", sources.len()).with("mib", bytes >> 20));
    }
    let mut sources: Vec<&Source> = sources.iter().filter(|s| wanted(&s.path)).collect();
    sources.sort_by_key(|s| s.path.to_lowercase());
    let mut book = Book::default();
    let texts: Vec<String> = sources.iter().map(|s| book.open(&s.path, &s.bytes)).collect();
    let named = |name: &str| sources.iter().position(|s| s.path.eq_ignore_ascii_case(&format!("control/{name}")));
    if named("customsettings.ini").is_none() && named("tasksequences.xml").is_none() {
        return Err(Fault::new("mdt-share-none"));
    }
    let mut import = Import::default();
    let control = control::read(&mut book, &texts);
    settings::read(&mut book, &texts, &control, &mut import);
    steps::read(&mut book, &texts, &control, lang, &mut import);
    book.without(|name| import.masters.iter().any(|m| m.name == name));
    import.files = book.close(&texts);
    Ok(import)
}
