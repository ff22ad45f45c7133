//! udpcast, the multicast tool that ours is measured beside: only unpacked.
use super::private::{self, PrivateApt};
use super::wanted::STABLE;
use crate::talk::say;
use crate::trouble::Done;
use std::path::PathBuf;

const UNPACKED: &str = "udpcast";

/// Unpacks it where it is missing.
pub fn provide() -> Done {
    if private::version(UNPACKED).is_some() {
        return Ok(());
    }
    say("+", "Fetching the other multicast tool (udpcast) into the cache (nothing is installed).");
    PrivateApt::open(STABLE, "udpcast")?.unpack_with_needs(UNPACKED)
}

/// One of its programs.
pub fn program(name: &str) -> PathBuf {
    let place = private::place(UNPACKED);
    let found = ["usr/bin", "usr/sbin"].map(|f| place.join(f).join(name)).into_iter().find(|p| p.exists());
    found.unwrap_or_else(|| name.into())
}
