//! The passes: each brings the target to what the source is now, and may be stopped at any byte.
mod delta;
mod folders;
mod fresh;
mod matching;
mod pass;
mod pump;
mod reconcile;
mod report;
mod touch;
mod work;

pub use matching::{Matched, matched};
pub use pass::{Move, Stop};
pub use report::{FolderRefused, MessageRefused, PassReport};
