//! Deleting what no image needs.
use crate::{
    Local,
    files::{Durable, sync_folder, unwritable},
    lock,
};
use serde::Serialize;
use socle_image::{ChunkId, MAX_PACK_BYTES, PackBuilder, PackName, PageDigest, page};
use socle_texts::{Fault, Result};
use std::{collections::HashSet, fs};

/// What pruning did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pruned {
    /// Packs deleted.
    pub deleted_packs: u64,
    /// Packs written again without what nobody needs.
    pub repacked: u64,
    /// Pages deleted.
    pub deleted_pages: u64,
    /// Bytes of what was deleted.
    pub freed_bytes: u64,
    /// Bytes of the packs written again.
    pub added_bytes: u64,
    /// Files of interrupted work deleted.
    pub leftovers: u64,
}

/// A pack is written again when less than this part of it is needed, in hundredths.
const REPACK_BELOW_PERCENT: u64 = 70;

struct Needed {
    chunks: HashSet<ChunkId>,
    pages: HashSet<PageDigest>,
}

impl Local {
    /// Deletes the packs and pages that no published image needs, and what interrupted work left.
    ///
    /// Alone in the repository. Whenever it is interrupted every image is whole: what is kept of a pack is on the
    /// medium in a new one before the old one goes. Refuses to delete anything while an image can't be read, since what
    /// that image needs is then unknown.
    ///
    /// # Errors
    /// `repository-busy`, `repository-prune-blind`.
    pub fn prune(&self, dry_run: bool) -> Result<Pruned> {
        let lock = lock::exclusive(self.folder())?;
        self.refresh()?;
        let needed = self.needed()?;
        let mut pruned = Pruned::default();
        if !dry_run {
            pruned.leftovers = self.clear_tmp();
            lock.announce_deletion(self.folder())?;
        }
        self.prune_packs(&needed.chunks, dry_run, &mut pruned)?;
        self.prune_pages(&needed.pages, dry_run, &mut pruned)?;
        if !dry_run {
            self.refresh()?;
            self.save_index()?;
        }
        drop(lock);
        Ok(pruned)
    }

    /// What all images need together.
    fn needed(&self) -> Result<Needed> {
        let mut needed = Needed { chunks: HashSet::new(), pages: HashSet::new() };
        for image in self.images()? {
            let blind = |f: Fault| Fault::new("repository-prune-blind").with("image", image.to_string()).because(f);
            let manifest = self.manifest_of(&image).map_err(blind)?;
            for partition in &manifest.partitions {
                let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
                for digest in &partition.pages {
                    if !needed.pages.insert(*digest) {
                        continue;
                    }
                    let bytes = self.page_bytes(digest).map_err(blind)?;
                    let entries = page::decode(&bytes, size_bytes)
                        .ok_or_else(|| blind(Fault::new("repository-page-damaged").with("page", digest.to_string())))?;
                    needed.chunks.extend(entries.iter().filter_map(|e| match e.content {
                        page::Content::Chunk { id, .. } => Some(id),
                        page::Content::Zero => None,
                    }));
                }
            }
        }
        Ok(needed)
    }

    fn page_bytes(&self, digest: &PageDigest) -> Result<Vec<u8>> {
        let lost = || Fault::new("repository-page-damaged").with("page", digest.to_string());
        let bytes = fs::read(self.object("pages", &digest.0)).map_err(|e| lost().because(e))?;
        if digest.is_of(&bytes) { Ok(bytes) } else { Err(lost()) }
    }

    /// Removes what interrupted work left in `tmp/`, unless somebody is at work. Answers how many files.
    pub fn clear_leftovers(&self) -> u64 {
        match lock::exclusive(self.folder()) {
            Ok(_lock) => self.clear_tmp(),
            Err(_) => 0,
        }
    }

    fn clear_tmp(&self) -> u64 {
        // Of what stands there, only files that are being written have a number for a name: see `files::temporary`.
        let written =
            |name: &std::ffi::OsStr| name.to_str().is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        let files = fs::read_dir(self.tmp()).into_iter().flatten().flatten();
        files.filter(|f| written(&f.file_name()) && fs::remove_file(f.path()).is_ok()).count() as u64
    }

    fn prune_packs(&self, needed: &HashSet<ChunkId>, dry_run: bool, pruned: &mut Pruned) -> Result<()> {
        let mut doomed = Vec::new();
        let mut rewrite = Vec::new();
        {
            let index = self.index();
            for (name, bytes, footer) in index.packs() {
                // A chunk that stands in two packs is needed in the one where it is looked for.
                let wanted = |id: &ChunkId| needed.contains(id) && index.locate(id).is_some_and(|l| l.pack == name);
                let keep: Vec<bool> = footer
                    .frames
                    .iter()
                    .map(|f| footer.chunks[f.chunks.clone()].iter().any(|c| wanted(&c.0)))
                    .collect();
                let kept_bytes: u64 =
                    footer.frames.iter().zip(&keep).filter(|(_, k)| **k).map(|(f, _)| u64::from(f.stored_bytes)).sum();
                if !keep.contains(&true) {
                    doomed.push((name, bytes));
                } else if kept_bytes * 100 < bytes * REPACK_BELOW_PERCENT {
                    rewrite.push((name, bytes, footer.clone(), keep));
                }
            }
        }
        let mut builder = PackBuilder::new();
        // A pack that an interrupted prune wrote looks unneeded while the old one is there too, and is written again
        // under the same name: it must not be deleted then.
        let mut written: HashSet<PackName> = HashSet::new();
        let mut waiting: Vec<(PackName, u64)> = Vec::new();
        for (name, bytes, footer, keep) in rewrite {
            pruned.repacked += 1;
            if dry_run {
                let kept = footer.frames.iter().zip(&keep).filter(|(_, k)| **k);
                pruned.freed_bytes += bytes;
                pruned.added_bytes += kept.map(|(f, _)| u64::from(f.stored_bytes)).sum::<u64>();
                continue;
            }
            let pack = self.read_pack(&name)?;
            for frame in footer.frames.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(frame, _)| frame) {
                let chunks = &footer.chunks[frame.chunks.clone()];
                if builder.bytes_with(frame.stored_bytes as usize, chunks.len()) > MAX_PACK_BYTES {
                    written.insert(self.close(std::mem::take(&mut builder), pruned)?);
                    self.delete_packs(&mut waiting, pruned)?;
                }
                let start = frame.offset_bytes as usize;
                builder.push(frame.method, &pack[start..start + frame.stored_bytes as usize], chunks);
            }
            // The last frames of this pack may still wait in the builder: it goes when they are on the medium.
            waiting.push((name, bytes));
        }
        if !builder.is_empty() {
            written.insert(self.close(builder, pruned)?);
        }
        if dry_run {
            pruned.deleted_packs += doomed.len() as u64;
            pruned.freed_bytes += doomed.iter().map(|d| d.1).sum::<u64>();
            return Ok(());
        }
        doomed.retain(|(name, _)| !written.contains(name));
        self.delete_packs(&mut waiting, pruned)?;
        pruned.deleted_packs += doomed.len() as u64;
        self.delete_packs(&mut doomed, pruned)
    }

    /// Puts a pack on the medium.
    fn close(&self, builder: PackBuilder, pruned: &mut Pruned) -> Result<PackName> {
        let (name, bytes) = builder.finish();
        pruned.added_bytes += bytes.len() as u64;
        self.put_object("packs", &name.0, &bytes, Durable::Now)?;
        Ok(name)
    }

    fn delete_packs(&self, packs: &mut Vec<(PackName, u64)>, pruned: &mut Pruned) -> Result<()> {
        for (name, bytes) in packs.drain(..) {
            let path = self.pack_path(&name);
            fs::remove_file(&path).map_err(|e| unwritable(&path, e))?;
            pruned.freed_bytes += bytes;
        }
        Ok(())
    }

    fn prune_pages(&self, needed: &HashSet<PageDigest>, dry_run: bool, pruned: &mut Pruned) -> Result<()> {
        let pages = self.folder().join("pages");
        for folder in fs::read_dir(&pages).into_iter().flatten().flatten() {
            let mut changed = false;
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let digest = file.file_name().to_str().and_then(|n| n.parse::<PageDigest>().ok());
                if digest.is_some_and(|d| needed.contains(&d)) {
                    continue;
                }
                pruned.deleted_pages += 1;
                pruned.freed_bytes += file.metadata().map_or(0, |m| m.len());
                if !dry_run {
                    fs::remove_file(file.path()).map_err(|e| unwritable(&file.path(), e))?;
                    changed = true;
                }
            }
            if changed {
                sync_folder(&folder.path())?;
            }
        }
        Ok(())
    }
}
