//! Mailboxes: what one holds, moving it with nothing lost, and proving it by a second reading.
//!
//! ```text
//! imap/       the protocol: connections, answers, names, folders. A message's bytes are streamed, never gathered.
//! print       what identifies a message: a digest of its exact bytes, and of what a target is known to change
//! reading     every message of a folder, read and forgotten: the census and the verification stand on it
//! mapping     which folder becomes which
//! state/      what was done so far, kept so that a stop at any byte loses and doubles nothing
//! copy/       the passes: what is new, gone, renamed, flagged; the pump that streams from source to target
//! verify/     the second reading, by its own way, and its verdict for each message
//! ```
//!
//! INVARIANTS. The source is only read (`EXAMINE`, `BODY.PEEK`). No byte of a message is changed or added. Before
//! anything is sent to a folder of the target, every message that is there is known. Nothing is deleted on the target
//! that we did not put there, nor that somebody touched since.
pub mod census;
pub mod copy;
pub mod endpoint;
pub mod imap;
pub mod mapping;
pub mod print;
pub mod reading;
pub mod state;
pub mod verify;

pub use endpoint::{Auth, Endpoint, Side};

/// Drives one mailbox's work on the calling thread: each mailbox has its own, so that a slow server holds up nobody else.
pub(crate) fn wait_for<T>(work: impl Future<Output = socle_texts::Result<T>>) -> socle_texts::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| socle_texts::Fault::new("mail-not-started").because(e))?
        .block_on(work)
}
