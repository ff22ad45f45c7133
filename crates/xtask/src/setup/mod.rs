//! Set-up of a fresh machine: asks nothing, says what it does and why, and is quick when there is nothing to do.
mod api;
pub mod directory;
pub mod machine;
pub mod mail;
pub mod private;
pub mod qemu;
pub mod signing;
pub mod tpm;
pub mod udpcast;
pub mod wanted;
mod web;

use crate::command::quiet;
use crate::places;
use crate::reference;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;
use std::path::PathBuf;
use wanted::{API, BASE, BENCH, BOOT_FILES, BROWSER, Group, LAB, LAB_FILES, MAIL, POSTGRES, Private};

/// What to set up besides the base.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Wish {
    /// The virtual room, with its reference system.
    pub lab: bool,
    /// The browser for the page tests.
    pub browser: bool,
    /// PostgreSQL.
    pub postgres: bool,
    /// The peers of the benchmarks.
    pub bench: bool,
    /// The mail servers that the mailbox tests talk to.
    pub mail: bool,
    /// The directory that the tests of sign-in talk to.
    pub directory: bool,
    /// What tests the API by its description.
    pub api: bool,
    /// The security chip of the tests and of the lab's machines.
    pub tpm: bool,
}

impl Wish {
    /// Reads `--lab --browser …`.
    pub fn read(args: &[String]) -> Done<Wish> {
        let mut wish = Wish::default();
        for arg in args {
            match arg.as_str() {
                "--lab" => wish.lab = true,
                "--browser" => wish.browser = true,
                "--postgres" => wish.postgres = true,
                "--bench" => wish.bench = true,
                "--mail" => wish.mail = true,
                "--directory" => wish.directory = true,
                "--api" => wish.api = true,
                "--tpm" => wish.tpm = true,
                other => stop!(
                    "setup does not know {other}; it knows --lab --browser --postgres --bench --mail --directory --api --tpm"
                ),
            }
        }
        Ok(wish)
    }

    fn groups(self) -> Vec<&'static Group> {
        let wished = [
            (self.lab, &LAB),
            (self.browser, &BROWSER),
            (self.postgres, &POSTGRES),
            (self.bench, &BENCH),
            (self.mail, &MAIL),
            (self.api, &API),
        ];
        std::iter::once(&BASE).chain(wished.into_iter().filter(|(yes, _)| *yes).map(|(_, group)| group)).collect()
    }
}

/// Brings the machine to where the wish can be fulfilled.
pub fn setup(wish: Wish) -> Done {
    if wish.lab && !machine::is_root() {
        stop!(
            "The lab makes networks and disks of its own, which needs root's rights (nothing outside its own namespaces \
             is touched). Run the same command as root."
        );
    }
    let _alone = places::lock("setup")?;
    machine::install(&[&BASE])?;
    web::provide()?;
    if wish.mail {
        mail::provide()?;
    }
    if wish.directory {
        directory::provide()?;
    }
    if wish.api {
        machine::install(&[&API])?;
        api::provide()?;
    }
    if wish.tpm || wish.lab {
        tpm::provide()?;
    }
    if !wish.lab {
        return machine::install(&wish.groups());
    }
    signing::provide()?;
    // Downloads wait for the network, installations for the disk: side by side they cost the longer of the two.
    std::thread::scope(|threads| {
        let unpacked = threads.spawn(|| unpack(BOOT_FILES.iter().chain(LAB_FILES)));
        let emulator = threads.spawn(|| qemu::provide().map(drop));
        let installed = machine::install(&wish.groups()).and_then(|()| reference::provide().map(drop));
        let unpacked =
            unpacked.join().unwrap_or_else(|_| Err("the downloads stopped".into())).and_then(|()| index_modules());
        let emulator = emulator.join().unwrap_or_else(|_| Err("the download of QEMU stopped".into()));
        installed.and(unpacked).and(emulator)
    })
}

/// Unpacks what is missing of a list, one private apt a release.
fn unpack(list: impl Iterator<Item = &'static Private>) -> Done {
    let missing: Vec<&Private> = list.filter(|p| private::version(p.name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(
        "+",
        "Fetching Debian packages that are only unpacked into the cache (this machine's own packages stay as they are):",
    );
    for package in &missing {
        say(" ", &format!("  {:18} of {:9} {}", package.name, package.suite, package.why));
    }
    let mut suites: Vec<&str> = missing.iter().map(|p| p.suite).collect();
    suites.sort_unstable();
    suites.dedup();
    for suite in suites {
        let apt = private::PrivateApt::open(suite, "files")?;
        missing.iter().filter(|p| p.suite == suite).try_for_each(|p| apt.unpack(p))?;
    }
    Ok(())
}

/// Writes the list of what each module needs, which a packaged kernel gets only when it is installed.
fn index_modules() -> Done {
    let kernel = kernel()?;
    if kernel.modules.join("modules.dep").exists() {
        return Ok(());
    }
    say("+", &format!("Listing the modules of Linux {}.", kernel.version));
    let place = private::place("linux-image-amd64");
    // trixie's packages hold /usr/lib only; depmod looks in /lib.
    if !place.join("lib").exists() {
        std::os::unix::fs::symlink("usr/lib", place.join("lib")).during("linking the kernel's lib")?;
    }
    quiet("depmod", ["-b", &place.to_string_lossy(), &kernel.version])
}

/// The boot environment's kernel, unpacked.
pub struct Kernel {
    /// `6.12.…-amd64`.
    pub version: String,
    /// The kernel itself.
    pub file: PathBuf,
    /// Its modules' folder.
    pub modules: PathBuf,
}

/// Finds the unpacked kernel.
pub fn kernel() -> Done<Kernel> {
    let place = private::place("linux-image-amd64");
    let entries = fs::read_dir(place.join("boot")).during("looking for the boot environment's kernel")?;
    let version =
        entries.flatten().find_map(|e| e.file_name().to_string_lossy().strip_prefix("vmlinuz-").map(str::to_string));
    let Some(version) = version else {
        stop!("no kernel in {}; remove that folder and run setup again", place.display())
    };
    let folder = |top: &str| place.join(top).join("modules").join(&version);
    let modules = [folder("usr/lib"), folder("lib")].into_iter().find(|f| f.exists()).unwrap_or_else(|| folder("lib"));
    Ok(Kernel { file: place.join("boot").join(format!("vmlinuz-{version}")), modules, version })
}

/// The folder of cached things, told at the end of a set-up.
pub fn report() {
    say(
        "✓",
        &format!("This machine is set up (downloads and built systems are kept in {}).", places::cache().display()),
    );
}
