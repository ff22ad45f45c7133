//! An image as data: cutting, naming by digest, packing, the signed manifest. No I/O.
//!
//! The format is frozen and described byte by byte in `docs/format.md`. From small to large: a [`cut`] piece of a
//! file is a *chunk*, named by the BLAKE3 of its plain bytes; a run of chunks compressed together is a [`frame`];
//! frames stand in an immutable [`pack`], named by the BLAKE3 of its bytes; [`page`]s say which chunk goes where on
//! the disk; the [`manifest`] says what disk it was and names the pages, so that its own digest, the [`ImageId`],
//! vouches for everything.
//!
//! INVARIANT: whatever is parsed here may come from an enemy. Parsing is bounded, never panics, and nothing that was
//! parsed is believed before its digest was checked.
pub mod cut;
pub mod diff;
mod digest;
pub mod frame;
mod guid;
pub mod manifest;
pub mod moves;
pub mod pack;
pub mod page;
mod ports;

pub use digest::{ChunkId, ImageId, PackName, PageDigest};
pub use guid::Guid;
pub use manifest::Manifest;
pub use pack::{FrameLocation, PackBuilder};
pub use ports::{Arrival, Arrivals, ReadAt, Sink, Source, WriteAt};

/// The longest chunk that the format allows, in bytes. What [`cut`] makes is at most a quarter of it.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;
/// The most plain bytes in one frame.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
/// The longest pack that is ever accepted.
pub const MAX_PACK_BYTES: usize = 64 << 20;
/// The longest pack that a machine sends over the network.
pub const MAX_UPLOAD_PACK_BYTES: usize = 16 << 20;
/// The longest page of a manifest.
pub const MAX_PAGE_BYTES: usize = 1 << 20;
/// The longest manifest header.
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;
