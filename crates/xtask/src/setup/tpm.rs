//! The security chip (TPM 2.0) of the tests and of the lab's machines: swtpm, only unpacked.
use super::private::{self, PrivateApt};
use super::wanted::STABLE;
use crate::command::command;
use crate::talk::say;
use crate::trouble::Done;
use std::process::Command;

const UNPACKED: &str = "swtpm";

/// Unpacks it where it is missing.
pub fn provide() -> Done {
    if private::version(UNPACKED).is_some() {
        return Ok(());
    }
    say("+", "Fetching the emulator of security chips (swtpm) into the cache (nothing is installed).");
    PrivateApt::open(STABLE, "tpm")?.unpack_with_needs(UNPACKED)
}

/// A command that starts it.
pub fn swtpm() -> Command {
    let place = private::place(UNPACKED);
    let mut command = command(place.join("usr/bin/swtpm"), [] as [&str; 0]);
    let libraries = ["usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/swtpm"];
    command.env("LD_LIBRARY_PATH", libraries.map(|l| place.join(l).display().to_string()).join(":"));
    command
}
