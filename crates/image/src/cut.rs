//! Where a long file is cut into chunks.
//!
//! FastCDC as published in 2020, normalisation level 1, with the sizes below. INVARIANT: cuts are part of the format's
//! *efficiency*, not of its correctness: an image cut otherwise still reads well, but shares nothing with earlier
//! ones. A frozen sample in the tests tells when a new version of the library would move them.
use fastcdc::v2020::{self, Normalization};
use std::sync::LazyLock;

/// No chunk of a longer file is shorter (but its last).
pub const MIN_BYTES: usize = 16 << 10;
/// Where chunks of a longer file end up on average; a file up to this length is one chunk.
pub const AVERAGE_BYTES: usize = 64 << 10;
/// No chunk is longer.
pub const MAX_BYTES: usize = 256 << 10;

static MASKS: LazyLock<(u64, u64)> = LazyLock::new(|| v2020::select_masks(AVERAGE_BYTES, Normalization::Level1));

/// The length of the first chunk of `data`, the rest of a file longer than [`AVERAGE_BYTES`].
///
/// The answer holds only when `data` reaches the end of the file or is at least [`MAX_BYTES`] long.
pub fn first(data: &[u8]) -> usize {
    let (short, long) = *MASKS;
    v2020::cut(data, MIN_BYTES, AVERAGE_BYTES, MAX_BYTES, short, long, short << 1, long << 1).1
}
