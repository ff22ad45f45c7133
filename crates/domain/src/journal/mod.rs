//! The journal: what happened, as one stream of entries, each chained to the one before and signed by the machine.
//!
//! The first entry is chained to the order that started the run, so a journal can't be attached to another order.
//! Progress ticks are no entries: they are live only.
mod chain;
mod event;

pub use chain::{Chain, Entry, SignedEntry, Writer};
pub use event::{Event, Identity, Kept};
