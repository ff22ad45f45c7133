//! `socle image list`, `show`, `diff`, `stats`.
use super::{
    Voice,
    show::{json, size, tell},
};
use crate::out;
use jiff::Timestamp;
use serde_json::{Value, json as value};
use socle_image::{
    Manifest,
    diff::{self, Difference},
    manifest::{Method, Partition},
};
use socle_repository::Local;
use socle_texts::{Lang, Result, say};
use std::path::Path;

pub(super) fn list(repo: &Path, voice: Voice) -> Result<()> {
    let repository = Local::open(repo)?;
    let mut rows = Vec::new();
    for image in repository.images()? {
        let manifest = repository.manifest_of(&image);
        if voice.json {
            rows.push(match &manifest {
                Ok(m) => value!({
                    "name": image.name, "number": image.number, "image": image.root, "signed": image.signed,
                    "captured_at": when(m), "disk_bytes": m.disk.size_bytes, "data_bytes": m.data_bytes(),
                }),
                Err(fault) => {
                    value!({ "name": image.name, "number": image.number, "image": image.root, "fault": fault })
                }
            });
            continue;
        }
        let (at, data) = match &manifest {
            Ok(m) => (when(m), size(voice.lang, m.data_bytes())),
            Err(_) => (String::new(), say(voice.lang, "socle-image-unreadable", &[])),
        };
        let signed = if image.signed { say(voice.lang, "socle-image-signed", &[]) } else { String::new() };
        rows.push(Value::String(format!(
            "{:<24} {:<21} {:>12}  {}  {signed}",
            image.to_string(),
            at,
            data,
            &image.root.to_string()[..12]
        )));
    }
    if voice.json {
        return json(&rows);
    }
    if rows.is_empty() {
        tell(voice, "socle-image-none", &[]);
    }
    for row in rows.iter().filter_map(Value::as_str) {
        out::line(row.trim_end());
    }
    Ok(())
}

fn when(manifest: &Manifest) -> String {
    let seconds = i64::try_from(manifest.captured_at_unix_seconds).unwrap_or(0);
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string())
}

pub(super) fn show(wish: &str, repo: &Path, voice: Voice) -> Result<()> {
    let repository = Local::open(repo)?;
    let image = repository.find(wish)?;
    let manifest = repository.manifest_of(&image)?;
    if voice.json {
        return json(&value!({
            "name": image.name, "number": image.number, "image": image.root, "signed": image.signed,
            "captured_at": when(&manifest), "disk": manifest.disk,
            "partitions": manifest.partitions.iter().map(partition_json).collect::<Vec<_>>(),
        }));
    }
    tell(
        voice,
        "socle-image-shown",
        &[
            ("image", image.to_string().into()),
            ("root", image.root.to_string().into()),
            ("at", when(&manifest).into()),
            ("disk", size(voice.lang, manifest.disk.size_bytes).into()),
            ("sector", manifest.disk.logical_sector_bytes.into()),
        ],
    );
    for partition in &manifest.partitions {
        out::line(partition_text(partition, manifest.disk.logical_sector_bytes, voice.lang));
    }
    Ok(())
}

/// A partition without its pages.
pub(super) fn partition_json(partition: &Partition) -> Value {
    value!({
        "number": partition.number, "name": partition.name, "type_guid": partition.type_guid,
        "unique_guid": partition.unique_guid, "first_lba": partition.first_lba, "last_lba": partition.last_lba,
        "method": partition.method, "why": partition.why, "filesystem": partition.filesystem,
        "census": partition.census, "data_bytes": partition.data_bytes, "zero_bytes": partition.zero_bytes,
    })
}

fn partition_text(partition: &Partition, sector: u32, lang: Lang) -> String {
    let filesystem = partition.filesystem.as_ref();
    let kind = filesystem.map_or_else(|| say(lang, "socle-image-no-filesystem", &[]), |f| f.kind.clone());
    let mut text = format!(
        "{:>3} {:<16} {:<6} {:>10} {:>10}  {}",
        partition.number,
        partition.name,
        kind,
        size(lang, partition.size_bytes(sector)),
        size(lang, partition.data_bytes),
        method_text(partition, lang)
    );
    if let Some(census) = partition.census {
        let args = [("files", census.files.into()), ("folders", census.directories.into())];
        text.push_str(&format!(", {}", say(lang, "socle-image-census", &args)));
    }
    text
}

/// How a partition was captured, and why not better.
pub(super) fn method_text(partition: &Partition, lang: Lang) -> String {
    let key = match partition.method {
        Method::FileAware => "socle-image-method-file-aware",
        Method::UsedBlocks => "socle-image-method-used-blocks",
        Method::Whole => "socle-image-method-whole",
        Method::Omitted => "socle-image-method-omitted",
    };
    let text = say(lang, key, &[]);
    if partition.why.is_empty() { text } else { format!("{text} ({})", partition.why) }
}

pub(super) fn diff(old: &str, new: &str, repo: &Path, voice: Voice) -> Result<()> {
    let repository = Local::open(repo)?;
    let session = repository.session()?;
    let (old, new) = (repository.find(old)?, repository.find(new)?);
    let found = diff::diff(&session, &repository.manifest_of(&old)?, &repository.manifest_of(&new)?)?;
    if voice.json {
        return json(&value!({ "old": old, "new": new, "difference": found }));
    }
    tell(voice, "socle-image-diff", &[("old", old.to_string().into()), ("new", new.to_string().into())]);
    for part in &found.partitions {
        let text = match &part.difference {
            Difference::Added => say(voice.lang, "socle-image-diff-added", &[]),
            Difference::Removed => say(voice.lang, "socle-image-diff-removed", &[]),
            Difference::Same => say(voice.lang, "socle-image-diff-same", &[]),
            Difference::Changed { changed_bytes, new_chunks, new_bytes, gone_chunks } => say(
                voice.lang,
                "socle-image-diff-changed",
                &[
                    ("changed", size(voice.lang, *changed_bytes).into()),
                    ("chunks", (*new_chunks).into()),
                    ("bytes", size(voice.lang, *new_bytes).into()),
                    ("gone", (*gone_chunks).into()),
                ],
            ),
        };
        out::line(format_args!("{:>3} {:<16} {text}", part.number, part.name));
    }
    tell(voice, "socle-image-diff-no-paths", &[]);
    Ok(())
}

pub(super) fn stats(repo: &Path, voice: Voice) -> Result<()> {
    let stats = Local::open(repo)?.stats()?;
    if voice.json {
        return json(&stats);
    }
    tell(
        voice,
        "socle-image-stats",
        &[
            ("images", stats.images.into()),
            ("data", size(voice.lang, stats.image_bytes).into()),
            ("chunks", stats.chunks.into()),
            ("plain", size(voice.lang, stats.chunk_bytes).into()),
            ("packs", stats.packs.into()),
            ("stored", size(voice.lang, stats.stored_bytes).into()),
        ],
    );
    Ok(())
}
