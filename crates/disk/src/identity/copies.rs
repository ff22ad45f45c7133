//! What files of the EFI partition held before they were rewritten, kept on the root until they are written for good.
//!
//! FAT has no journal. Power that is cut while a file is replaced can leave an empty one in its place, or none, and the
//! repair that follows makes no better of it: what it held would be gone, and the machine would start nothing. The root has
//! a journal, so a copy stands there from before the first write until the partition is on the medium as a whole.
use super::{Tree, WriteAs};
use socle_texts::Result;

/// Where they stand, as the installed system sees it.
const FOLDER: &str = "/var/lib/socle/before";

/// The copies of one EFI partition on one root.
pub(super) struct Copies<'t> {
    /// The EFI partition.
    pub(super) of: &'t Tree,
    /// The root.
    pub(super) on: &'t Tree,
}

impl Copies<'_> {
    /// Where the copy of a path stands: one name, its slashes written as in an address.
    fn place(file: &str) -> String {
        format!("{FOLDER}/{}", file.replace('%', "%25").replace('/', "%2F"))
    }

    /// The files of which a copy stands: an earlier attempt was cut off.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.on.names(FOLDER).into_iter().filter(|n| n.starts_with("%2F"));
        names.map(|n| n.replace("%2F", "/").replace("%25", "%")).collect()
    }

    /// What a file held before it was first rewritten; nothing where there is none.
    pub(super) fn before(&self, file: &str) -> Result<Option<Vec<u8>>> {
        match self.on.read(&Self::place(file))? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.of.read(file),
        }
    }

    /// Keeps what a file holds; a copy that stands already is the older one, and stays.
    pub(super) fn keep(&self, file: &str, bytes: &[u8]) -> Result<()> {
        match self.on.exists(&Self::place(file)) {
            true => Ok(()),
            false => self.on.write(&Self::place(file), bytes, WriteAs { mode: 0o600, force_mode: true }),
        }
    }

    /// The partition is on the medium as a whole: no copy is needed any more.
    pub(super) fn forget(&self) -> Result<()> {
        let names = self.on.names(FOLDER);
        if names.is_empty() {
            return Ok(());
        }
        self.of.sync()?;
        for name in names {
            self.on.remove(&format!("{FOLDER}/{name}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Renaming, forget_leftovers, rewrite_references};
    use std::fs;

    const OLD: &str = "11111111-0000-4000-8000-000000000001";
    const NEW: &str = "22222222-0000-4000-8000-000000000002";

    #[test]
    fn what_a_power_cut_emptied_or_took_away_is_written_from_its_copy() {
        let (root_folder, esp_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (esp_at, copies_at) = (esp_folder.path(), root_folder.path().join("var/lib/socle/before"));
        fs::create_dir_all(esp_at.join("loader/entries")).unwrap();
        fs::create_dir_all(esp_at.join("grub")).unwrap();
        let (entry, menu) = (esp_at.join("loader/entries/100%.conf"), esp_at.join("grub/grub.cfg"));
        let (root, esp) = (Tree::open(root_folder.path()).unwrap(), Tree::open(esp_at).unwrap());
        let copies = Copies { of: &esp, on: &root };
        for file in [&entry, &menu] {
            fs::write(file, format!("root={OLD}\n")).unwrap();
        }
        for file in ["/loader/entries/100%.conf", "/grub/grub.cfg"] {
            copies.keep(file, &copies.before(file).unwrap().unwrap()).unwrap();
        }
        // The cut: one file is empty, one is gone, and a repair has saved a piece.
        fs::write(&entry, "").unwrap();
        fs::remove_file(&menu).unwrap();
        fs::write(esp_at.join("FSCK0000.REC"), "root=").unwrap();
        // A copy of what is broken takes no older one's place.
        copies.keep("/loader/entries/100%.conf", b"").unwrap();

        let renamings = [Renaming { old: OLD.into(), new: NEW.into() }];
        forget_leftovers(&root, Some(&esp)).unwrap();
        assert_eq!(rewrite_references(&root, Some(&esp), &renamings).unwrap().len(), 2);
        for file in [&entry, &menu] {
            assert_eq!(fs::read_to_string(file).unwrap(), format!("root={NEW}\n"));
        }
        assert_eq!(fs::read_dir(copies_at).unwrap().count(), 0, "they are not needed any more");
        assert!(!esp_at.join("FSCK0000.REC").exists());
        assert_eq!(rewrite_references(&root, Some(&esp), &renamings).unwrap(), []);
    }
}
