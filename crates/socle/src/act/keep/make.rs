//! `socle backup`.
use super::{
    FORM, Head, Listed, Listing, closing,
    entry::{self, Before},
    files,
    restore::verify,
};
use crate::{
    act::{
        say::{answer, words},
        tokens::read,
    },
    image::Voice,
    shape::keep::Backup,
};
use serde_json::json;
use socle_db::dump::Snapshot;
use socle_server::{Config, Data};
use socle_texts::{Fault, Result};
use socle_trust::archive::{ArchiveWriter, Lock, Opener};
use std::{
    fs,
    io::{BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Makes a backup beside a server that may be working. Its name appears when it is whole and was read back.
pub fn backup(args: &Backup, database: Option<&str>, voice: Voice) -> Result<bool> {
    if !args.data.join("content.pub").exists() {
        return Err(Fault::new("socle-data-missing").with("path", &args.data));
    }
    if args.out.exists() {
        return Err(Fault::new("socle-backup-there").with("path", &args.out));
    }
    let (data, config) = (Data::new(&args.data)?, read(args.config.as_deref(), database)?);
    let part = part_of(&args.out);
    let listing = closing(&args.closing, |lock, opener| {
        let listing = write(&data, &config, &part, lock, !args.without_images)?;
        read_back(&part, opener, &listing)?;
        Ok(listing.listing)
    })?;
    let unwritable = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", &args.out).because(e);
    // A link, not a rename: it fails where the name is taken meanwhile.
    fs::hard_link(&part, &args.out).map_err(unwritable)?;
    let _ = fs::remove_file(&part);
    let folder = args.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|f| f.sync_all()).map_err(unwritable)?;
    let bytes = fs::metadata(&args.out).map_or(0, |m| m.len());
    let said = json!({
        "file": args.out, "bytes": bytes, "entries": listing.entries.len(), "left_out": listing.left_out.len(),
    });
    answer(&said, voice, |_| {
        let values = [
            ("path", (&args.out).into()),
            ("mib", (bytes >> 20).into()),
            ("entries", listing.entries.len().into()),
            ("left", listing.left_out.len().into()),
        ];
        words(voice, "socle-backup-made", &values)
    })
}

/// What is being written has another name: a half archive is never taken for a whole one.
fn part_of(out: &Path) -> PathBuf {
    let name = out.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    out.with_file_name(format!(".{name}.part"))
}

/// Bytes on their way to the disk, hashed as they are meant.
struct Hashed<W: Write> {
    sink: W,
    hasher: blake3::Hasher,
}
impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.sink.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}

/// What was written: the list, and the digest of the file's own bytes.
struct Written {
    digest: blake3::Hash,
    listing: Listing,
}

struct Out<W: Write> {
    archive: ArchiveWriter<W>,
    listing: Listing,
}

impl<W: Write> Out<W> {
    fn add(&mut self, path: String, mode: u32, bytes: u64, source: &mut impl Read) -> Result<()> {
        let before = Before { path: path.clone(), bytes, mode };
        let digest = entry::write(&mut self.archive, &before, source)?;
        self.listing.entries.push(Listed { path, bytes, digest: digest.to_hex().to_string() });
        Ok(())
    }
    fn add_bytes(&mut self, path: String, bytes: &[u8]) -> Result<()> {
        self.add(path, 0, bytes.len() as u64, &mut &bytes[..])
    }
}

fn write(data: &Data, config: &Config, part: &Path, lock: &Lock, images: bool) -> Result<Written> {
    let unwritable = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", part).because(e);
    let _ = fs::remove_file(part);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).map_err(unwritable)?;
    let hashed = Hashed { sink: BufWriter::with_capacity(1 << 20, file), hasher: blake3::Hasher::new() };
    let mut out = Out { archive: ArchiveWriter::new(hashed, lock)?, listing: Listing::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Fault::new("server-broken").because(e))?.block_on(database(data, config, images, &mut out))?;
    let (folders, found) = files::below(data.folder())?;
    // Also those that are empty: a repository without its folders is none.
    for folder in folders.into_iter().filter(|f| images || !f.starts_with("repository")) {
        out.add_bytes(format!("folder/{folder}"), b"")?;
    }
    for file in found {
        let is_image = file.path.starts_with("repository/");
        if is_image && !images {
            out.listing.left_out.push((file.path, file.bytes));
            continue;
        }
        let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", &file.at).because(e);
        let mut source = match fs::File::open(&file.at) {
            Ok(source) => source,
            // Deleted since it was listed: an image that somebody forgot.
            Err(e) if is_image && e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(unreadable(e)),
        };
        if is_image {
            out.add(format!("data/{}", file.path), file.mode, file.bytes, &mut source)?;
        } else {
            // Small files may be replaced at any moment: what was opened is read whole.
            let mut bytes = Vec::new();
            source.take(entry::MAX_SMALL_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
            out.add(format!("data/{}", file.path), file.mode, bytes.len() as u64, &mut &bytes[..])?;
        }
    }
    let listing = out.listing;
    let text = serde_json::to_vec(&listing).map_err(|e| Fault::new("server-broken").because(e))?;
    let before = Before { path: "listing".into(), bytes: text.len() as u64, mode: 0 };
    entry::write(&mut out.archive, &before, &mut &text[..])?;
    let hashed = out.archive.finish().map_err(unwritable)?;
    let digest = hashed.hasher.finalize();
    let file = hashed.sink.into_inner().map_err(|e| unwritable(e.into_error()))?;
    file.sync_all().map_err(unwritable)?;
    Ok(Written { digest, listing })
}

async fn database<W: Write>(data: &Data, config: &Config, images: bool, out: &mut Out<W>) -> Result<()> {
    let mut snapshot = match &config.database.url {
        Some(url) => Snapshot::url(url).await?,
        None => Snapshot::file(&data.database()).await?,
    };
    let head = Head {
        form: FORM,
        version: env!("CARGO_PKG_VERSION").into(),
        at: crate::act::now(),
        steps: snapshot.steps().await?,
        images,
    };
    let text = serde_json::to_vec(&head).map_err(|e| Fault::new("server-broken").because(e))?;
    out.add_bytes("head".into(), &text)?;
    for table in snapshot.tables().await? {
        let mut number = 0;
        let name = table.clone();
        let mut failed = None;
        snapshot
            .pieces(&table, |piece| {
                number += 1;
                let added = out.add_bytes(format!("database/{name}/{number:06}"), &piece);
                if let Err(fault) = &added {
                    failed = Some(fault.clone());
                }
                added
            })
            .await
            .map_err(|fault| failed.take().unwrap_or(fault))?;
    }
    snapshot.end().await
}

/// Reads the archive back: the very bytes, and where that is possible what they hold.
fn read_back(part: &Path, opener: Option<&Opener>, written: &Written) -> Result<()> {
    let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", part).because(e);
    let file = fs::File::open(part).map_err(unreadable)?;
    // From the disk, not from memory.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let mut hasher = blake3::Hasher::new();
    let mut source = BufReader::with_capacity(1 << 20, file);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = source.read(&mut buffer).map_err(unreadable)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
    }
    let differs = || Fault::new("socle-backup-differs").with("path", part);
    if hasher.finalize() != written.digest {
        return Err(differs());
    }
    match opener {
        Some(opener) if verify(part, opener)?.1 != written.listing => Err(differs()),
        _ => Ok(()),
    }
}
