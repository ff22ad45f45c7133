//! Capturing a disk: what it holds goes into a [`Sink`], and the disk is left as it was.
mod batch;
mod pipeline;
mod pool;
mod reader;

use crate::{
    filesystem::{self, Contents, Part, Refusal},
    gpt, layout, mbr, table,
};
use serde::{Deserialize, Serialize};
use socle_image::{
    ChunkId, ImageId, Manifest, PageDigest, ReadAt, Sink,
    manifest::{self, GAP, Method, TableSector},
    page::{self, Content, Entry},
};
use socle_texts::{Fault, Result};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

/// How a capture is done.
pub struct CaptureOptions<'a> {
    /// Under which name (`image::manifest::valid_name`).
    pub name: &'a str,
    /// The time to write in the manifest.
    pub captured_at_unix_seconds: u64,
    /// Threads that hash and compress, beside the one that reads.
    pub threads: usize,
    /// The zstd level.
    pub level: i32,
    /// Called from time to time, from any thread.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
    /// Set to true to stop; the answer is then `disk-cancelled`.
    pub cancel: &'a AtomicBool,
}

/// How far a capture or a restoration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes of partitions dealt with.
    pub done_bytes: u64,
    /// Bytes to deal with in all.
    pub total_bytes: u64,
    /// Bytes that came from or went to the repository.
    pub transferred_bytes: u64,
    /// The partition at work; 0 before the first and after the last.
    pub partition: u32,
}

/// What a capture made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Captured {
    /// The image.
    pub root: ImageId,
    /// Its number under its name.
    pub number: u32,
    /// Its manifest.
    pub manifest: Manifest,
    /// Figures.
    pub stats: CaptureStats,
}

/// Figures of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaptureStats {
    /// Bytes in use, zeroes left out.
    pub data_bytes: u64,
    /// Bytes in use that are zero.
    pub zero_bytes: u64,
    /// Chunks of the image, each counted once.
    pub chunks: u64,
    /// Those that the repository did not have.
    pub new_chunks: u64,
    /// Their plain bytes.
    pub new_bytes: u64,
    /// What they take in the repository.
    pub stored_bytes: u64,
    /// Packs sent.
    pub packs: u64,
}

/// Captures `source` into `sink`. Nothing is published unless all of it was read, understood and found unchanged.
///
/// # Errors
/// `disk-no-gpt`, `disk-mbr-unusual`, `disk-filesystem-unclean`, `disk-filesystem-damaged`, `disk-source-changed`,
/// `disk-source-unreadable` (says where), `disk-cancelled`, and the sink's own.
pub fn capture(source: &dyn ReadAt, sink: &dyn Sink, options: &CaptureOptions) -> Result<Captured> {
    let Tables { table, older } = tables(source)?;
    let works = look(source, &table)?;
    let made = pipeline::run(&works, sink, options)?;
    for work in &works {
        let now = filesystem::fingerprint(&work.part).map_err(|r| refused(r, work.number))?;
        if now != work.fingerprint || tables(source)? != (Tables { table: table.clone(), older: older.clone() }) {
            return Err(Fault::new("disk-source-changed").with("partition", work.number).may_retry());
        }
    }
    let mut partitions = Vec::new();
    for (entry, (work, mut entries)) in table.partitions.iter().zip(works.iter().zip(made.entries)) {
        partitions.push(describe(entry, work, put_pages(&mut entries, sink)?));
    }
    let manifest = Manifest {
        format: if older.is_empty() { manifest::FORMAT } else { manifest::FORMAT_MBR },
        name: options.name.to_string(),
        captured_at_unix_seconds: options.captured_at_unix_seconds,
        disk: manifest::Disk {
            size_bytes: source.size_bytes() / u64::from(source.logical_sector_bytes())
                * u64::from(source.logical_sector_bytes()),
            logical_sector_bytes: source.logical_sector_bytes(),
            guid: table.disk_guid,
            boot_code: data_encoding::HEXLOWER.encode(&table.boot_code),
            table_sectors: older,
        },
        partitions,
    };
    let (root, bytes) = manifest.to_bytes()?;
    // What could not be read back must not be published.
    Manifest::open(&root, &bytes)?;
    let number = sink.put_manifest(&root, &bytes)?;
    let (data_bytes, zero_bytes) =
        manifest.partitions.iter().fold((0, 0), |(d, z), p| (d + p.data_bytes, z + p.zero_bytes));
    Ok(Captured { root, number, manifest, stats: CaptureStats { data_bytes, zero_bytes, ..made.stats } })
}

/// The partition table of a disk, of either kind.
#[derive(PartialEq, Eq)]
struct Tables {
    /// What is captured, with the gap behind an older table.
    table: gpt::Table,
    /// The sectors of an older table; none where it is a GUID table.
    older: Vec<TableSector>,
}

/// What lies before the first partition is captured up to here, as far as tools align partitions: a BIOS loader's core.
const GAP_BYTES_MAX: u64 = 1 << 20;

fn tables(source: &dyn ReadAt) -> Result<Tables> {
    let no_table = || Fault::new("disk-no-gpt");
    if let Some(table) = gpt::read(source)?.filter(|t| !t.partitions.is_empty()) {
        return Ok(Tables { table, older: Vec::new() });
    }
    let found = mbr::read(source)?.filter(|t| !t.partitions.is_empty()).ok_or_else(no_table)?;
    if found.extended.len() > 1 {
        return Err(Fault::new("disk-mbr-unusual"));
    }
    let mut table = table::as_guid_table(source, &found)?;
    let links = found.sectors.iter().skip(1).map(|(lba, _)| *lba);
    let first = table.partitions.iter().map(|p| p.first_lba).chain(links).min().unwrap_or(1);
    let end = first.min(GAP_BYTES_MAX / u64::from(source.logical_sector_bytes()));
    if end > 1 {
        let gap = gpt::Partition {
            number: GAP,
            type_guid: mbr::kind_guid(0),
            unique_guid: mbr::partition_guid(found.signature, GAP),
            first_lba: 1,
            last_lba: end - 1,
            attributes: 0,
            name: String::new(),
        };
        table.partitions.insert(0, gap);
    }
    let older = found.sectors.iter().map(|(lba, bytes)| TableSector::new(*lba, bytes)).collect();
    Ok(Tables { table, older })
}

/// A partition to capture.
struct Work<'a> {
    number: u32,
    part: Part<'a>,
    contents: Contents,
    fingerprint: [u8; 32],
}

/// Cuts contents of a part of a disk as a capture would, and shows each chunk: its name, and its ranges in the part.
pub(crate) fn names(
    part: Part<'_>,
    contents: Contents,
    threads: usize,
    cancel: &AtomicBool,
    see: &(dyn Fn(ChunkId, &[batch::Segment]) + Sync),
) -> Result<()> {
    let works = [Work { number: 0, part, contents, fingerprint: [0; 32] }];
    let spare = pool::Spare::default();
    let (sender, receiver) = mpsc::sync_channel::<batch::Batch>(2 * threads.max(1));
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(batch) = next else { return };
                    for ((_, segments), name) in batch.chunks().zip(batch.name()) {
                        if let Some(id) = name {
                            see(id, segments);
                        }
                    }
                    spare.give(batch.data);
                }
            });
        }
        let answer = reader::read(&works, &spare, &mut |batch| {
            let stop = cancel.load(Ordering::Relaxed) || sender.send(batch).is_err();
            if stop { Err(Fault::new("disk-cancelled")) } else { Ok(()) }
        });
        drop(sender);
        answer
    })
}

/// Looks at every partition before anything is read in earnest, so that a refusal comes at once.
fn look<'a>(source: &'a dyn ReadAt, table: &gpt::Table) -> Result<Vec<Work<'a>>> {
    let sector = u64::from(source.logical_sector_bytes());
    let mut works = Vec::new();
    for p in &table.partitions {
        let bytes = (p.last_lba - p.first_lba + 1) * sector;
        let part = Part { disk: source, start: p.first_lba * sector, bytes };
        let own = p.type_guid == layout::SOCLE_TYPE || p.type_guid == layout::CACHE_TYPE;
        let fingerprint = filesystem::fingerprint(&part).map_err(|r| refused(r, p.number))?;
        let contents = match p.number {
            _ if own => Ok(Contents::omitted()),
            GAP => filesystem::gap(&part),
            _ => filesystem::look(&part),
        };
        works.push(Work { number: p.number, part, contents: contents.map_err(|r| refused(r, p.number))?, fingerprint });
    }
    Ok(works)
}

fn refused(refusal: Refusal, partition: u32) -> Fault {
    match refusal {
        Refusal::Unclean => Fault::new("disk-filesystem-unclean").with("partition", partition),
        Refusal::Damaged => Fault::new("disk-filesystem-damaged").with("partition", partition),
        Refusal::Unreadable(offset, e) => {
            Fault::new("disk-source-unreadable").with("offset", offset).with("partition", partition).because(e)
        }
    }
}

/// What the pages of a partition hold together.
struct Paged {
    pages: Vec<PageDigest>,
    data_bytes: u64,
    zero_bytes: u64,
}

fn put_pages(entries: &mut Vec<Entry>, sink: &dyn Sink) -> Result<Paged> {
    entries.sort_unstable_by_key(|e| e.offset_bytes);
    entries.dedup_by(|next, last| {
        let joined = next.content == Content::Zero && last.content == Content::Zero;
        let joined = joined && last.end_bytes() == next.offset_bytes;
        if joined {
            last.bytes += next.bytes;
        }
        joined
    });
    let mut paged = Paged { pages: Vec::new(), data_bytes: 0, zero_bytes: 0 };
    for entry in entries.iter() {
        match entry.content {
            Content::Zero => paged.zero_bytes += entry.bytes,
            Content::Chunk { .. } => paged.data_bytes += entry.bytes,
        }
    }
    for entries in page::paginate(entries) {
        let bytes = page::encode(entries);
        let digest = PageDigest::of(&bytes);
        sink.put_page(&digest, &bytes)?;
        paged.pages.push(digest);
    }
    Ok(paged)
}

fn describe(entry: &gpt::Partition, work: &Work, paged: Paged) -> manifest::Partition {
    manifest::Partition {
        number: entry.number,
        type_guid: entry.type_guid,
        unique_guid: entry.unique_guid,
        name: entry.name.clone(),
        attributes: entry.attributes,
        first_lba: entry.first_lba,
        last_lba: entry.last_lba,
        method: work.contents.method,
        why: work.contents.why.to_string(),
        filesystem: work.contents.filesystem.clone(),
        census: if work.contents.method == Method::Omitted { None } else { work.contents.census },
        data_bytes: paged.data_bytes,
        zero_bytes: paged.zero_bytes,
        pages: paged.pages,
    }
}
