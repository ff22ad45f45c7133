//! The directory that the tests of sign-in and of people's import talk to: OpenLDAP's slapd, only unpacked. The tests start
//! throw-away instances of it; no service of the machine is touched.
use super::private::{self, PrivateApt};
use super::wanted::STABLE;
use crate::talk::say;
use crate::trouble::Done;

const UNPACKED: &str = "slapd";

/// Unpacks it where it is missing.
pub fn provide() -> Done {
    if private::version(UNPACKED).is_some() {
        return Ok(());
    }
    say("+", "Fetching the OpenLDAP directory into the cache (nothing is installed).");
    PrivateApt::open(STABLE, "directory")?.unpack_with_needs(UNPACKED)
}
