//! Every message between server, agent and command line: JSON over HTTPS, one module per conversation.
//!
//! Paths carry the version of the conversation (`/agent/v1/…`). A field may be added with a default; a field never
//! changes its meaning: then the version does. Frozen samples in the tests keep this promise.
pub mod account;
pub mod agent;
pub mod api;
pub mod boot_once;
pub mod cast;
pub mod diagnosis;
pub mod options;
pub mod organisation;
pub mod page;
pub mod presence;
pub mod problem;
pub mod rights;
pub mod tpm;
pub mod webhook;
pub mod wizard;

/// The largest JSON message that either side reads, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// The largest pack that a machine may send, in bytes.
pub const MAX_PACK_BYTES: usize = 20 << 20;
