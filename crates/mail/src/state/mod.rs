//! What was done so far, kept beside the mover.
//!
//! ```text
//! state/
//! ├── lock           held while a process works on this mailbox
//! ├── index.json     which folder became which, and what the last pass saw; replaced whole
//! └── 7.log          what became of each message of folder 7: lines, each with its CRC, only ever added to
//! ```
//!
//! None of it has to survive: it saves work. Whatever is missing is found again by reading the target and comparing
//! digests, so a lost line, a lost file or a lost folder leads to no doubled message.
mod folder;
mod index;
mod record;

pub use folder::{FolderState, Kept};
pub use index::{Entry, Index, Seen, Store};
