//! The mail servers that the mailbox tests talk to: Dovecot installed, Cyrus only unpacked, because Debian lets one
//! machine have but one of them. The tests start throw-away instances of both; no service of the machine is touched.
use super::private::{self, PrivateApt};
use super::wanted::STABLE;
use crate::talk::say;
use crate::trouble::Done;

/// The server itself, and the tool that makes its users.
const UNPACKED: [&str; 2] = ["cyrus-imapd", "sasl2-bin"];

/// Unpacks what is missing.
pub fn provide() -> Done {
    let missing: Vec<&str> = UNPACKED.into_iter().filter(|name| private::version(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say("+", "Fetching the Cyrus mail server into the cache (nothing is installed).");
    let apt = PrivateApt::open(STABLE, "mail")?;
    missing.into_iter().try_for_each(|name| apt.unpack_with_needs(name))
}
