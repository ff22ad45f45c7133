//! A deployed system made a machine of its own.
//!
//! Two machines that received one image hold the same hostname, machine-id, SSH host keys and filesystem identifiers,
//! until this room renames what must differ. Every act may be done twice: what is already new is left as it is and
//! not reported again. What changed comes back as data for the journal; secrets never do.
mod copies;
mod filesystems;
mod mounted;
mod names;
mod references;
mod service;
mod ssh;
mod tree;

pub(crate) use filesystems::ext4_mounted_seconds;
pub use filesystems::{Ext4Uuid, VfatId, ext4_uuid, set_ext4_uuid, set_vfat_id, vfat_id};
pub use mounted::{Mounted, Options};
pub use names::{forget_leftovers, set_hostname, set_machine_id, valid_hostname};
pub use references::{Renaming, rewrite_references};
pub use service::{AgentFiles, install_report};
pub use ssh::renew_ssh_keys;
pub use tree::{Tree, WriteAs};

/// One thing that was changed in the deployed system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file, as the installed system sees it; or `ext4`, `vfat` for a filesystem's own identifier.
    pub file: String,
    /// What stood there; empty where nothing did.
    pub old: String,
    /// What stands there now; empty where it was removed.
    pub new: String,
}

impl Change {
    fn new(file: impl Into<String>, old: impl Into<String>, new: impl Into<String>) -> Self {
        Change { file: file.into(), old: old.into(), new: new.into() }
    }
}
