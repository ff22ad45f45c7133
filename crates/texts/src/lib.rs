//! Words that a person reads.
//!
//! Every text lives in `locales/<language>/<room>.ftl` (Fluent syntax), in French and in English; code holds only
//! keys. Everything that can go wrong for a person is a [`Fault`]: a stable code, which is also its key here, and
//! what the sentence needs. A message says what happened, where and why; its `.next` attribute says what to do.
//!
//! ```ftl
//! image-source-in-use = The disk { $disk } is in use ({ $why }). Nothing was read or changed.
//!     .next = Unmount it, or start the machine from the network, then capture again.
//! ```
mod fault;
mod numbers;
mod speak;

pub use fault::{Arg, Fault};
pub use speak::{Lang, keys, next_step, say, says, tell};

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The answer of everything that may fail for a person.
pub type Result<T> = std::result::Result<T, Fault>;
