//! The archive: tar (POSIX 1003.1-1988, "ustar") packed with zstd. Its name appears when it is whole; killed before, nothing
//! of it is left.
use crate::image::Voice;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use serde::Serialize;
use socle_domain::Timestamp;
use socle_texts::{Fault, Result, say};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
    path::{Path, PathBuf},
};

const BLOCK: usize = 512;
const LEVEL: i32 = 9;

/// One file that goes in, already scrubbed.
pub struct Part {
    /// Its name in the archive.
    pub name: &'static str,
    /// What it holds: a key of the locales.
    pub about: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One file that went in.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// BLAKE3 of it.
    pub digest: String,
    /// What it holds, in words.
    pub about: String,
}

/// What went in.
pub struct Listing {
    /// The archive's size.
    pub bytes: u64,
    /// Its files.
    pub parts: Vec<Listed>,
}

/// An archive that is being made.
pub struct Pack {
    file: File,
    to: PathBuf,
    /// Where the filesystem knows no files without a name.
    beside: Option<PathBuf>,
    at: Timestamp,
}

impl Pack {
    /// Takes its place in a folder, without a name.
    ///
    /// # Errors
    /// `texts-file-unwritable`.
    pub fn new(to: &Path, at: Timestamp) -> Result<Pack> {
        let unwritable = |e: io::Error| Fault::new("texts-file-unwritable").with("path", to).because(e);
        let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mode = Mode::from_raw_mode(0o600);
        let (file, beside) = match openat(CWD, folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, mode) {
            Ok(file) => (File::from(file), None),
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::ISDIR | rustix::io::Errno::INVAL) => {
                let name = to.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let beside = to.with_file_name(format!(".{name}.part"));
                let _ = fs::remove_file(&beside);
                let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
                (file.map_err(unwritable)?, Some(beside))
            }
            Err(e) => return Err(unwritable(e.into())),
        };
        Ok(Pack { file, to: to.to_path_buf(), beside, at })
    }

    /// Writes everything, the list first, and gives it its name.
    pub fn write(self, parts: &[Part], voice: Voice) -> Result<Listing> {
        let done = self.try_write(parts, voice);
        if let (Err(_), Some(beside)) = (&done, &self.beside) {
            let _ = fs::remove_file(beside);
        }
        done.map_err(|e| Fault::new("texts-file-unwritable").with("path", &self.to).because(e))
    }

    fn try_write(&self, parts: &[Part], voice: Voice) -> io::Result<Listing> {
        let list = |p: &Part| Listed {
            name: p.name.into(),
            bytes: p.bytes.len(),
            digest: blake3::hash(&p.bytes).to_hex().to_string(),
            about: say(voice.lang, p.about, &[]),
        };
        let listed: Vec<Listed> = parts.iter().map(list).collect();
        let mut packed = zstd::stream::write::Encoder::new(&self.file, LEVEL)?;
        let mut add = |name: &str, bytes: &[u8]| -> io::Result<()> {
            packed.write_all(&header(name, bytes.len(), self.at))?;
            packed.write_all(bytes)?;
            packed.write_all(&vec![0; bytes.len().next_multiple_of(BLOCK) - bytes.len()])
        };
        add("index.txt", index(&listed, voice).as_bytes())?;
        add("index.json", &serde_json::to_vec_pretty(&listed)?)?;
        parts.iter().try_for_each(|part| add(part.name, &part.bytes))?;
        packed.write_all(&[0; 2 * BLOCK])?;
        packed.finish()?;
        self.file.sync_all()?;
        let bytes = self.file.metadata()?.len();
        match &self.beside {
            None => {
                let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                linkat(CWD, own.as_str(), CWD, &self.to, AtFlags::SYMLINK_FOLLOW)?;
            }
            Some(beside) => {
                // A link, not a rename: it fails where the name is taken meanwhile.
                fs::hard_link(beside, &self.to)?;
                fs::remove_file(beside)?;
            }
        }
        Ok(Listing { bytes, parts: listed })
    }
}

/// The list as a person reads it.
fn index(listed: &[Listed], voice: Voice) -> String {
    let lines = listed.iter().map(|p| format!("{:<20} {:>9}  {}\n", p.name, p.bytes, p.about));
    format!("{}\n\n{}", say(voice.lang, "socle-support-index", &[]), lines.collect::<String>())
}

/// A file's header: readable by its owner, of nobody, at a moment.
fn header(name: &str, bytes: usize, at: Timestamp) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |from: usize, text: &[u8]| header[from..from + text.len()].copy_from_slice(text);
    put(0, &name.as_bytes()[..name.len().min(100)]);
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{bytes:011o}\0").as_bytes());
    put(136, format!("{:011o}\0", at.as_second().max(0)).as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
