//! `socle image capture`.
use super::{
    Voice,
    arguments::Capture,
    progress::Bar,
    show::{json, size, tell},
};
use crate::out;
use socle_disk::{
    block::Block,
    capture::{self, CaptureOptions},
    table,
};
use socle_image::{Manifest, manifest::valid_name};
use socle_repository::Local;
use socle_texts::{Fault, Result, say};
use std::{
    sync::atomic::AtomicBool,
    time::{SystemTime, UNIX_EPOCH},
};

pub(super) fn capture(args: &Capture, voice: Voice) -> Result<()> {
    if !valid_name(&args.name) {
        return Err(Fault::new("socle-image-name-invalid").with("name", args.name.as_str()));
    }
    // The disk first: a wrong one must not leave a new repository behind.
    let source = Block::open_source(&args.disk)?;
    let before = source.changed_mark();
    if table::read(&source)?.is_none() {
        return Err(Fault::new("disk-no-gpt"));
    }
    let repository = Local::create(&args.repo)?;
    repository.clear_leftovers();
    let session = repository.session()?;
    let bar = Bar::new("socle-image-capturing", voice);
    let captured = capture::capture(
        &source,
        &Guarded { session: &session, source: &source, before },
        &CaptureOptions {
            name: &args.name,
            captured_at_unix_seconds: now_seconds(),
            threads: usize::from(args.threads),
            level: args.level,
            progress: &|p| bar.show(p),
            cancel: &AtomicBool::new(false),
        },
    )?;
    drop(bar);
    if voice.json {
        return json(&serde_json::json!({
            "name": args.name,
            "number": captured.number,
            "image": captured.root,
            "stats": captured.stats,
            "partitions": captured.manifest.partitions.iter().map(super::look::partition_json).collect::<Vec<_>>(),
        }));
    }
    let stats = captured.stats;
    tell(
        voice,
        "socle-image-captured",
        &[
            ("image", format!("{}@{}", args.name, captured.number).into()),
            ("data", size(voice.lang, stats.data_bytes).into()),
            ("new", size(voice.lang, stats.new_bytes).into()),
            ("stored", size(voice.lang, stats.stored_bytes).into()),
        ],
    );
    told_methods(&captured.manifest, voice);
    Ok(())
}

/// Says which partitions were not understood file by file.
fn told_methods(manifest: &Manifest, voice: Voice) {
    for partition in &manifest.partitions {
        let method = super::look::method_text(partition, voice.lang);
        let part = say(voice.lang, "socle-image-partition", &[("number", partition.number.into())]);
        out::line(format_args!("  {part} {method}"));
    }
}

pub(super) fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// A session that publishes only if the file was not written meanwhile.
struct Guarded<'a> {
    session: &'a socle_repository::Session,
    source: &'a Block,
    before: Option<(i64, i64)>,
}

impl socle_image::Sink for Guarded<'_> {
    fn has(&self, chunks: &[socle_image::ChunkId]) -> Result<Vec<bool>> {
        self.session.has(chunks)
    }
    fn put_pack(&self, name: &socle_image::PackName, bytes: &[u8]) -> Result<()> {
        self.session.put_pack(name, bytes)
    }
    fn put_page(&self, digest: &socle_image::PageDigest, bytes: &[u8]) -> Result<()> {
        self.session.put_page(digest, bytes)
    }
    fn pack_limit_bytes(&self) -> usize {
        self.session.pack_limit_bytes()
    }
    fn put_manifest(&self, root: &socle_image::ImageId, bytes: &[u8]) -> Result<u32> {
        if self.source.changed_mark() != self.before {
            return Err(Fault::new("disk-source-changed").with("partition", 0_u32).may_retry());
        }
        self.session.put_manifest(root, bytes)
    }
}
