//! Is everything there, and what its name says?
use crate::{Local, local::damaged, lock, session::chunks_are_sound};
use serde::Serialize;
use socle_image::pack::Footer;
use socle_texts::{Fault, Result};
use std::fs;

/// How far a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every file is there, and its bytes are those of its name.
    Files,
    /// Also, every chunk is opened and compared with its own name.
    Chunks,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Checked {
    /// Images looked at.
    pub images: u64,
    /// Packs read.
    pub packs: u64,
    /// Their bytes.
    pub stored_bytes: u64,
    /// Chunks opened.
    pub chunks: u64,
    /// What is wrong.
    pub problems: Vec<Fault>,
    /// Damaged packs that were moved to `damaged/`, so that `sync` brings sound ones.
    pub set_aside: u64,
}

impl Local {
    /// Checks everything. With `set_aside`, damaged packs are moved out of the way.
    pub fn check(&self, depth: Depth, set_aside: bool, progress: &dyn Fn(u64, u64)) -> Result<Checked> {
        let lock = if set_aside { lock::exclusive(self.folder())? } else { lock::shared(self.folder())? };
        self.refresh()?;
        let mut checked = Checked::default();
        let mut bad = Vec::new();
        let mut packs: Vec<_> = self.list_packs()?.into_iter().collect();
        packs.sort();
        for (done, name) in packs.iter().enumerate() {
            progress(done as u64, packs.len() as u64);
            match self.check_one_pack(name, depth, &mut checked) {
                Ok(()) => checked.packs += 1,
                Err(fault) => {
                    checked.problems.push(fault);
                    bad.push(*name);
                }
            }
        }
        if set_aside && !bad.is_empty() {
            let folder = self.folder().join("damaged");
            crate::files::make_folder(&folder)?;
            lock.announce_deletion(self.folder())?;
            for name in &bad {
                let from = self.pack_path(name);
                fs::rename(&from, folder.join(name.to_string())).map_err(|e| crate::files::unwritable(&from, e))?;
                checked.set_aside += 1;
            }
            self.refresh()?;
            self.save_index()?;
        }
        // What a damaged pack holds counts as missing, so that the images that suffer are named.
        drop(lock);
        let session = self.session()?;
        for image in self.images()? {
            checked.images += 1;
            let state = self.manifest_of(&image).and_then(|manifest| session.missing_of(&manifest));
            match state {
                Ok(0) => {}
                Ok(count) => {
                    let fault = Fault::new("repository-image-incomplete").with("image", image.to_string());
                    checked.problems.push(fault.with("count", count));
                }
                Err(fault) => checked.problems.push(fault),
            }
        }
        progress(packs.len() as u64, packs.len() as u64);
        Ok(checked)
    }

    fn check_one_pack(&self, name: &socle_image::PackName, depth: Depth, checked: &mut Checked) -> Result<()> {
        let bytes = self.read_pack(name)?;
        let footer = Footer::of_pack(&bytes).ok_or_else(|| damaged(name))?;
        checked.stored_bytes += bytes.len() as u64;
        if depth == Depth::Chunks {
            checked.chunks += footer.chunks.len() as u64;
            if !chunks_are_sound(&bytes, &footer)? {
                return Err(damaged(name));
            }
        }
        Ok(())
    }
}
