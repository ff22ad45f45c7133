//! What checks signatures of UEFI images by other means than ours: Debian's sbsigntool, only unpacked.
use super::private::{self, PrivateApt};
use super::wanted::STABLE;
use crate::talk::say;
use crate::trouble::Done;

/// Debian's name of it.
pub const UNPACKED: &str = "sbsigntool";

/// Unpacks it where it is missing.
pub fn provide() -> Done {
    if private::version(UNPACKED).is_some() {
        return Ok(());
    }
    say("+", "Fetching what checks signatures of UEFI images (sbsigntool) into the cache (nothing is installed).");
    PrivateApt::open(STABLE, "signing")?.unpack_with_needs(UNPACKED)
}
