//! `socle restore`: everything is checked before the first byte is written, and the folder has its name when all is there.
use super::{
    FORM, Head, Listed, Listing,
    entry::{self, Before},
    files, opening,
};
use crate::{
    act::{
        say::{answer, words},
        tokens::read,
    },
    image::Voice,
    shape::keep::Restore,
};
use serde_json::json;
use socle_db::{
    Db,
    dump::{Loading, Snapshot, check_steps, settle, undo},
};
use socle_repository::Local;
use socle_server::{Config, Data, data::Keys};
use socle_texts::{Fault, Result};
use socle_trust::archive::{ArchiveReader, Opener};
use std::{
    fs,
    io::{BufReader, Read, sink},
    path::{Path, PathBuf},
};

type Source = BufReader<ArchiveReader<BufReader<fs::File>>>;

fn open(path: &Path, opener: &Opener) -> Result<Source> {
    let file = fs::File::open(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
    Ok(BufReader::with_capacity(1 << 20, ArchiveReader::new(BufReader::with_capacity(1 << 20, file), opener)?))
}

fn broken(why: impl std::fmt::Display) -> Fault {
    Fault::new("trust-archive-broken").because(why)
}

fn head(source: &mut Source) -> Result<(Head, Before)> {
    let before = entry::next(source)?.filter(|b| b.path == "head").ok_or_else(|| broken("no head"))?;
    let bytes = entry::small(source, &before)?;
    // A newer form may have another head: only its number is asked for first.
    let form = serde_json::from_slice::<serde_json::Value>(&bytes).map_err(broken)?["form"].as_u64();
    match form {
        Some(form) if form == u64::from(FORM) => serde_json::from_slice(&bytes).map(|h| (h, before)).map_err(broken),
        Some(form) => Err(Fault::new("socle-restore-newer").with("found", form).with("known", FORM)),
        None => Err(broken("no form")),
    }
}

/// Reads an archive to its end and holds it against its own list.
pub fn verify(path: &Path, opener: &Opener) -> Result<(Head, Listing)> {
    let mut source = open(path, opener)?;
    let (head, before) = head(&mut source)?;
    let mut seen: Vec<Listed> = Vec::new();
    // The head is the first of the list: it was read already, so its digest is taken from its text once more.
    let mut listing: Option<Listing> = None;
    while let Some(next) = entry::next(&mut source)? {
        if listing.is_some() {
            return Err(broken("something follows the list"));
        }
        if next.path == "listing" {
            let bytes = entry::small(&mut source, &next)?;
            listing = Some(serde_json::from_slice(&bytes).map_err(broken)?);
            continue;
        }
        let digest = entry::copy(&mut source, &next, &mut sink())?;
        seen.push(Listed { path: next.path, bytes: next.bytes, digest: digest.to_hex().to_string() });
    }
    let listing = listing.ok_or_else(|| broken("no list"))?;
    let first = listing.entries.first().filter(|e| e.path == before.path && e.bytes == before.bytes);
    if first.is_none() || listing.entries[1..] != seen[..] {
        return Err(broken("the list names other things"));
    }
    Ok((head, listing))
}

/// Restores a backup, or only checks it.
pub fn restore(args: &Restore, database: Option<&str>, voice: Voice) -> Result<bool> {
    let config = read(args.config.as_deref(), database)?;
    let (head, listing) = opening(&args.opening, |opener| {
        let (head, listing) = verify(&args.file, opener)?;
        check_steps(&head.steps)?;
        let inside =
            |path: &str| path.strip_prefix("data/").or_else(|| path.strip_prefix("folder/")).map(str::to_string);
        let places = listing.entries.iter().filter_map(|e| inside(&e.path));
        places.map(|path| files::place(Path::new("/"), &path)).collect::<Result<Vec<_>>>()?;
        if !args.check {
            place(args, &config, &head, opener)?;
        }
        Ok((head, listing))
    })?;
    let bytes: u64 = listing.entries.iter().map(|e| e.bytes).sum();
    let said = json!({
        "data": args.data, "made": head.at, "version": head.version, "entries": listing.entries.len(), "bytes": bytes,
        "left_out": listing.left_out.iter().map(|l| &l.0).collect::<Vec<_>>(), "restored": !args.check,
    });
    answer(&said, voice, |_| {
        let values = [
            ("path", (&args.data).into()),
            ("version", (&head.version).into()),
            ("at", head.at.to_string().into()),
            ("mib", (bytes >> 20).into()),
            ("left", listing.left_out.len().into()),
        ];
        let mut text = words(voice, if args.check { "socle-backup-whole" } else { "socle-restored" }, &values);
        if !listing.left_out.is_empty() {
            text += &format!("\n{}", words(voice, "socle-restored-without-images", &values));
        }
        text
    })
}

/// Writes everything beside the folder, opens it as a server would, and gives it its name.
fn place(args: &Restore, config: &Config, head: &Head, opener: &Opener) -> Result<()> {
    let empty = match fs::read_dir(&args.data) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
        Err(e) => return Err(Fault::new("texts-file-unreadable").with("path", &args.data).because(e)),
    };
    if !empty {
        return Err(Fault::new("socle-restore-not-empty").with("path", &args.data));
    }
    let beside = beside(&args.data);
    let unwritable = |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", &beside).because(e);
    if beside.exists() {
        // What a restore left that was killed.
        fs::remove_dir_all(&beside).map_err(unwritable)?;
    }
    let data = Data::new(&beside)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Fault::new("server-broken").because(e))?;
    let written = runtime.block_on(write(args, config, head, opener, &data));
    // What was written is taken away again where it gets no name. Who is killed leaves it, and begins again.
    let take_away = || {
        let _ = fs::remove_dir_all(&beside);
        if let Some(url) = &config.database.url {
            // The first fault is the one that is told: this one would only say that the database is not empty.
            let _ = runtime.block_on(undo(url, &mark(&args.data)));
        }
    };
    if let Err(fault) = written {
        take_away();
        return Err(fault);
    }
    // The keys belong together and the repository opens: a server will start with them.
    let repository = || if data.repository().exists() { Local::open(&data.repository()).map(drop) } else { Ok(()) };
    let opens = Keys::load_or_create(&data, crate::act::now()).and_then(|_| repository());
    let named = opens.and_then(|()| {
        let _ = fs::remove_dir(&args.data);
        fs::rename(&beside, &args.data).map_err(unwritable)?;
        let folder = args.data.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder).and_then(|f| f.sync_all()).map_err(unwritable)
    });
    if named.is_err() {
        take_away();
        return named;
    }
    match &config.database.url {
        Some(url) => runtime.block_on(settled(url)),
        None => Ok(()),
    }
}

/// For what a database is filled that stands apart from the folder.
fn mark(data: &Path) -> String {
    std::path::absolute(data).unwrap_or_else(|_| data.to_path_buf()).display().to_string()
}

async fn settled(url: &str) -> Result<()> {
    let db = Db::url(url, crate::act::now()).await?;
    let mut tx = db.write().await?;
    settle(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

fn beside(data: &Path) -> PathBuf {
    let name = data.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_else(|| "data".into());
    data.with_file_name(format!(".{name}.restoring"))
}

async fn write(args: &Restore, config: &Config, head: &Head, opener: &Opener<'_>, data: &Data) -> Result<()> {
    let mut source = open(&args.file, opener)?;
    self::head(&mut source)?;
    let mut loading = match &config.database.url {
        Some(url) => Loading::url(url, &head.steps, &mark(&args.data)).await?,
        None => Loading::file(&data.database(), &head.steps).await?,
    };
    while let Some(next) = entry::next(&mut source)? {
        if let Some(rest) = next.path.strip_prefix("database/") {
            let table = rest.split('/').next().unwrap_or_default();
            let piece = entry::small(&mut source, &next)?;
            loading.piece(table, &piece).await?;
        } else if let Some(path) = next.path.strip_prefix("folder/") {
            files::make_folder(&files::place(data.folder(), path)?)?;
            entry::copy(&mut source, &next, &mut sink())?;
        } else if let Some(path) = next.path.strip_prefix("data/") {
            let at = files::place(data.folder(), path)?;
            let mut file = files::make(&at, next.mode)?;
            entry::copy(&mut source, &next, &mut file)?;
            file.sync_all().map_err(|e| Fault::new("texts-file-unwritable").with("path", &at).because(e))?;
        } else {
            entry::copy(&mut source, &next, &mut sink())?;
        }
    }
    let mut rest = Vec::new();
    source.read_to_end(&mut rest).map_err(broken)?;
    loading.commit().await?;
    // Brought up to date here, so that what does not migrate is met before the folder has its name.
    match &config.database.url {
        Some(url) => Db::url(url, crate::act::now()).await?.close().await,
        None => {
            Db::file(&data.database(), crate::act::now()).await?.close().await;
            Snapshot::file(&data.database()).await?.end().await?;
        }
    }
    Ok(())
}
