//! The second reading: both mailboxes are read again, by new connections, without what the copy noted, and every message
//! of the source gets its verdict.
mod pairing;
mod run;
mod verdict;

pub use pairing::{Pairing, pair};
pub use run::{Line, verify};
pub use verdict::{Alteration, FolderVerdict, Report, Verdict};
