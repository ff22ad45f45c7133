//! A stream of an image to many machines at once, between a machine and the server; the stream itself: `docs/cast.md`.
//!
//! ```text
//! POST /agent/v1/casts                    Join       -> Joined     (whether there is a stream; the machine needs none)
//! GET  /agent/v1/casts/{session}/plan                -> bytes      (from here on it is counted among those who hear)
//! POST /agent/v1/casts/{session}/report   CastReport -> CastHeard
//! POST /agent/v1/casts/{session}/leave               -> 204
//! ```
use serde::{Deserialize, Serialize};
use socle_domain::{Digest, RunId, sign::PublicKey};
use std::{fmt, net::SocketAddrV4};

/// The option of a master by which a site says how fast streams may be there, in millions of bits per second; 0: none.
pub const RATE_OPTION: &str = "room_megabits";
/// Ranges in one report.
pub const MAX_RANGES: usize = 512;

/// Is there a stream of this image for this run's machine?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// The run.
    pub run: RunId,
    /// The image that it is about to write.
    pub image: Digest,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The stream; none: the image is fetched in the ordinary way.
    pub cast: Option<Cast>,
}

/// A stream that a machine may hear. What it carries is verified chunk by chunk all the same.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Cast {
    /// Which.
    pub session: u64,
    /// Where to.
    pub group: SocketAddrV4,
    /// What its members share: 32 bytes in hexadecimal.
    pub secret: Digest,
    /// Whose seals count.
    pub seals: PublicKey,
    /// Digest of its plan.
    pub plan: Digest,
    /// It begins at most so long after the first machine is ready to hear.
    pub begins_within_milliseconds: u64,
}
impl fmt::Debug for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {:016x} to {}", self.session, self.group)
    }
}

/// What a machine has heard since its last report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CastReport {
    /// Blocks before this one are behind it.
    pub through: u32,
    /// Of these, ranges that it lacks: first, and the one after the last. At most [`MAX_RANGES`].
    pub missing: Vec<[u32; 2]>,
    /// Packets that were to come.
    pub expected: u64,
    /// Of these, so many came.
    pub came: u64,
}

/// The answer to a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CastHeard {
    /// Whether more will come.
    pub goes_on: bool,
}
