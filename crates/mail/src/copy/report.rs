//! What a pass did.
use serde::Serialize;

/// A message that the target would not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageRefused {
    /// The source's folder, as people read it.
    pub folder: String,
    /// The source's UID.
    pub uid: u32,
    /// The target's words.
    pub verbatim: String,
}

/// A folder that the target would not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FolderRefused {
    /// The source's folder, as people read it.
    pub folder: String,
    /// The target's words.
    pub verbatim: String,
}

/// Figures of a pass. Names of folders stand here for the person who moves the mailbox: none of it enters a chain.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PassReport {
    /// Folders of the source.
    pub folders: u64,
    /// Folders in which something had to be done.
    pub changed_folders: u64,
    /// Messages sent.
    pub copied: u64,
    /// Bytes of them.
    pub copied_bytes: u64,
    /// Messages that were found on the target already (after a stop, or with the state lost).
    pub found_again: u64,
    /// Messages removed from the target because the source has them no more.
    pub removed: u64,
    /// Of the copied and removed, those that are the same message in another folder.
    pub moved: u64,
    /// Folders renamed.
    pub renamed_folders: u64,
    /// Messages whose flags were brought to the source's.
    pub flags_changed: u64,
    /// Messages left as they are on the target because somebody touched them there.
    pub left_touched: u64,
    /// Messages marked deleted but not removed, because the target can't remove single messages (no UIDPLUS).
    pub marked_only: u64,
    /// Doubles of our own, left by a stopped process and removed.
    pub doubles_removed: u64,
    /// Messages of which a person must say whether they are there.
    pub to_confirm: u64,
    /// Messages refused, all passes together.
    pub refused: Vec<MessageRefused>,
    /// Folders refused.
    pub folders_refused: Vec<FolderRefused>,
    /// Folders left out by rule or because they belong to others.
    pub excluded_folders: Vec<String>,
}
