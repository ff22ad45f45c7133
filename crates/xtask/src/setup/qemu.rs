//! Where QEMU is, with the libraries and firmware files that belong to it.
use super::private::{self, PrivateApt};
use super::wanted::STABLE;
use crate::command::{command, find, output};
use crate::stop;
use crate::talk::say;
use crate::trouble::Done;
use std::path::PathBuf;
use std::process::Command;

const PACKAGE: &str = "qemu-system-x86";

/// A QEMU that runs here.
#[derive(Debug, Clone)]
pub struct Qemu {
    program: PathBuf,
    /// The folder that it was unpacked into, unless the machine has its own.
    unpacked: Option<PathBuf>,
}

/// The machine's own QEMU if it has one; otherwise Debian's, unpacked privately with the libraries that are missing.
///
/// Installing it is not an option everywhere: bookworm's QEMU 7.2 and the qemu-utils 10 that some machines have from
/// backports exclude one another.
pub fn provide() -> Done<Qemu> {
    if let Some(program) = find("qemu-system-x86_64") {
        return Ok(Qemu { program, unpacked: None });
    }
    let place = private::place(PACKAGE);
    let qemu = Qemu { program: place.join("usr/bin/qemu-system-x86_64"), unpacked: Some(place) };
    if private::version(PACKAGE).is_none() || qemu.version().is_err() {
        say("+", "Fetching QEMU, the emulator of the lab's machines, into the cache (nothing is installed).");
        PrivateApt::open(STABLE, "qemu")?.unpack_with_needs(PACKAGE)?;
    }
    match qemu.version() {
        Ok(_) => Ok(qemu),
        Err(trouble) => stop!("QEMU was unpacked but does not start.\n{trouble}"),
    }
}

impl Qemu {
    /// What it says of itself, which proves that all its libraries are there.
    pub fn version(&self) -> Done<String> {
        let text = output(self.command().arg("--version"))?;
        Ok(text.lines().next().unwrap_or_default().to_string())
    }

    /// A command that starts it.
    pub fn command(&self) -> Command {
        let mut command = command(&self.program, [] as [&str; 0]);
        if let Some(place) = &self.unpacked {
            let libraries =
                ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|l| place.join(l).display().to_string());
            command.env("LD_LIBRARY_PATH", libraries.join(":"));
            command.env("QEMU_MODULE_DIR", place.join("usr/lib/x86_64-linux-gnu/qemu"));
            for share in ["usr/share/qemu", "usr/share/seabios"] {
                command.arg("-L").arg(place.join(share));
            }
        }
        // The cards' boot programs, which stand in a package of their own.
        command.arg("-L").arg(private::place("ipxe-qemu").join("usr/lib/ipxe/qemu"));
        command
    }
}
