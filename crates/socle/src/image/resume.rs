//! Where an interrupted deployment goes on: remembered in the repository's `tmp` folder, a file for each target.
use super::arguments::Deploy;
use socle_disk::{block::Block, layout::Plan, restore::ResumePoint};
use socle_image::{PackName, ReadAt};
use socle_repository::Image;
use std::{fs, io, path::PathBuf};

/// What is remembered of a target.
pub(super) struct State {
    file: PathBuf,
    saved: Option<(Plan, ResumePoint)>,
}

impl State {
    /// What is remembered of the target of these arguments for this image; nothing of a file that did not exist.
    pub fn of(args: &Deploy, image: &Image, new_file: bool) -> State {
        let target = args.to.canonicalize().unwrap_or_else(|_| args.to.clone());
        let name = PackName::of(target.as_os_str().as_encoded_bytes()).to_string();
        let file = args.repo.join(format!("tmp/resume-{}.json", &name[..16]));
        let bytes = fs::read(&file).ok().filter(|_| !new_file);
        let saved: Option<(Plan, ResumePoint)> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        State { file, saved: saved.filter(|(_, point)| point.root == image.root) }
    }

    /// The plan and the point, if the target still has the layout of then.
    pub fn resume(&self, target: &Block) -> Option<(Plan, ResumePoint)> {
        let same = |plan: &Plan| target.size_bytes() == plan.disk_bytes && plan.stands_on(target).unwrap_or(false);
        self.saved.clone().filter(|(plan, _)| same(plan))
    }

    /// Remembers a point, durably.
    pub fn save(&self, plan: &Plan, point: &ResumePoint) -> io::Result<()> {
        let temporary = self.file.with_extension("new");
        fs::write(&temporary, serde_json::to_vec(&(plan, point))?)?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, &self.file)
    }

    /// The work is done.
    pub fn forget(&self) {
        let _ = fs::remove_file(&self.file);
    }
}
