//! Packages that are only unpacked into the cache: newer firmware and kernels, and QEMU.
//!
//! A private apt with its own sources, lists and archives does the work, so that the machine's own apt never hears of
//! another release, and versions are whatever Debian has today.
use super::machine;
use super::wanted::Private;
use crate::command::{command, output, quiet, tail};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// An apt of our own for one release.
pub struct PrivateApt {
    suite: String,
    home: PathBuf,
}

/// Where an unpacked package is, or will be.
pub fn place(package: &str) -> PathBuf {
    places::cache().join("debian").join(package)
}

/// The version that was unpacked, if it was.
pub fn version(package: &str) -> Option<String> {
    let text = fs::read_to_string(place(package).join(".version")).ok()?;
    (!text.trim().is_empty()).then(|| text.trim().to_string())
}

impl PrivateApt {
    /// Prepares the private apt of a release and fetches its lists. Each purpose has its own, so that they may work at once.
    pub fn open(suite: &str, purpose: &str) -> Done<PrivateApt> {
        let home = places::folder(places::cache().join("apt").join(format!("{suite}-{purpose}")))?;
        for folder in ["lists/partial", "archives/partial", "cache"] {
            places::folder(home.join(folder))?;
        }
        let apt = PrivateApt { suite: suite.to_string(), home };
        places::write(&apt.home.join("sources.list"), &sources(suite)?)?;
        places::write(&apt.home.join("apt.conf"), &apt.config())?;
        let mut update = apt.apt_get(["update", "-q"]);
        output(&mut update).map_err(|trouble| {
            format!("Debian's lists of {suite} can't be fetched; is the package mirror reachable?\n{trouble}")
        })?;
        Ok(apt)
    }

    fn config(&self) -> String {
        let at = |name: &str| self.home.join(name).display().to_string();
        let mut text = String::new();
        for (key, value) in [
            ("Dir::Etc::sourcelist", at("sources.list")),
            ("Dir::Etc::sourceparts", "/dev/null".into()),
            ("Dir::Etc::preferencesparts", "/dev/null".into()),
            ("Dir::State::lists", at("lists")),
            ("Dir::Cache", at("cache")),
            ("Dir::Cache::archives", at("archives")),
            ("Dir::Log", at("cache")),
            ("APT::Architecture", "amd64".into()),
            ("APT::Sandbox::User", "".into()),
            ("Debug::NoLocking", "true".into()),
            ("Acquire::Languages", "none".into()),
            ("Acquire::Retries", "3".into()),
            ("Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", "false".into()),
        ] {
            text.push_str(&format!("{key} \"{value}\";\n"));
        }
        text
    }

    fn apt_get<const N: usize>(&self, args: [&str; N]) -> Command {
        let mut command = command("apt-get", args);
        command.env("APT_CONFIG", self.home.join("apt.conf")).env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    /// Downloads one package and unpacks it into its place.
    pub fn unpack(&self, wanted: &Private) -> Done {
        let real = if wanted.follow { self.first_dependency(wanted.name)? } else { wanted.name.to_string() };
        let fresh = self.empty_folder(&format!("get-{}", wanted.name))?;
        output(self.apt_get(["download", "-q", &real]).current_dir(&fresh))?;
        let Some(file) = debs(&fresh)?.pop() else { stop!("apt fetched nothing for {real} of {}", self.suite) };
        self.install_into_place(wanted.name, &[file])?;
        fs::remove_dir_all(&fresh).during("removing a used folder")
    }

    /// Downloads a package with everything that it needs and this machine lacks, and unpacks all into one place.
    pub fn unpack_with_needs(&self, package: &str) -> Done {
        let archives = self.empty_folder("archives")?;
        places::folder(archives.join("partial"))?;
        // Nothing gets installed, so that what the plan would remove from this machine stays as it is.
        let options = ["install", "-y", "-q", "--download-only", "--no-install-recommends"];
        let mut plan = self.apt_get(options);
        plan.args(["--allow-change-held-packages", "--allow-downgrades", package]);
        output(&mut plan)?;
        self.install_into_place(package, &debs(&archives)?)?;
        fs::remove_dir_all(&archives).during("removing a used folder")
    }

    /// A metapackage's first dependency of its own family: `linux-image-amd64` → `linux-image-6.12.…-amd64`.
    fn first_dependency(&self, meta: &str) -> Done<String> {
        let mut query = command("apt-cache", ["depends", "--important", meta]);
        let text = output(query.env("APT_CONFIG", self.home.join("apt.conf")))?;
        let family = meta.rsplit_once('-').map_or(meta, |(left, _)| left);
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        match names.map(str::trim).find(|name| name.starts_with(family)) {
            Some(name) => Ok(name.to_string()),
            None => Err(format!("{meta} of {} names no package {family}-…:\n{}", self.suite, tail(&text, 5)).into()),
        }
    }

    fn empty_folder(&self, name: &str) -> Done<PathBuf> {
        let folder = self.home.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).during(format!("emptying {}", folder.display()))?;
        }
        places::folder(folder)
    }

    /// All or nothing: unpacked beside, then renamed.
    fn install_into_place(&self, package: &str, files: &[PathBuf]) -> Done {
        let place = place(package);
        let beside = place.with_extension("unpacking");
        for old in [&beside, &place] {
            if old.exists() {
                fs::remove_dir_all(old).during(format!("removing {}", old.display()))?;
            }
        }
        places::folder(beside.clone())?;
        let mut versions = Vec::new();
        for file in files {
            quiet("dpkg-deb", [Path::new("-x"), file, &beside])?;
            let name = output(&mut command(
                "dpkg-deb",
                ["-W", "--showformat=${Package} ${Version}", &file.to_string_lossy()],
            ))?;
            if files.len() == 1 || name.starts_with(&format!("{package} ")) {
                versions.push(name.trim().to_string());
            }
        }
        fs::write(beside.join(".version"), versions.join(", ")).during("noting a version")?;
        fs::rename(&beside, &place).during(format!("moving {} into place", place.display()))?;
        say(" ", &format!("  {} → {}", versions.join(", "), place.display()));
        Ok(())
    }
}

fn debs(folder: &Path) -> Done<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).during(format!("reading {}", folder.display()))?;
    Ok(entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "deb")).collect())
}

/// The sources of a release: the machine's own mirror, which the machine's apt knows and we do not name.
pub fn sources(suite: &str) -> Done<String> {
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let signed = if Path::new(keyring).exists() { format!("[signed-by={keyring}] ") } else { String::new() };
    let mirrors = mirrors()?;
    let mut lines = String::new();
    for (site, release) in &mirrors {
        // The machine's own release comes with its updates and its security fixes, as the machine has them.
        if release == suite || release.strip_prefix(suite).is_some_and(|rest| rest == "-updates" || rest == "-security")
        {
            lines.push_str(&format!("deb {signed}{site} {release} main\n"));
        }
    }
    if lines.is_empty() {
        lines = format!("deb {signed}{} {suite} main\n", main_mirror()?);
    }
    Ok(lines)
}

/// `(site, release)` of each Debian archive that the machine's apt uses.
fn mirrors() -> Done<Vec<(String, String)>> {
    let known = known_mirrors()?;
    if !known.is_empty() {
        return Ok(known);
    }
    // A machine whose apt has never fetched its lists does not say where it would fetch them from.
    machine::refresh_lists()?;
    known_mirrors()
}

fn known_mirrors() -> Done<Vec<(String, String)>> {
    let targets = ["indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages", "Component: main"];
    let text = output(&mut command("apt-get", targets))?;
    let pairs = text.lines().filter_map(|l| l.split_once(' ')).map(|(s, r)| (s.to_string(), r.trim().to_string()));
    Ok(pairs.collect::<BTreeSet<_>>().into_iter().collect())
}

/// The mirror from which this machine takes its own release.
pub fn main_mirror() -> Done<String> {
    let own = own_release()?;
    match mirrors()?.into_iter().find(|(_, release)| *release == own) {
        Some((site, _)) => Ok(site),
        None => {
            Err(format!("This machine's apt has no source for its own release {own}: see /etc/apt/sources.list.")
                .into())
        }
    }
}

fn own_release() -> Done<String> {
    let text = fs::read_to_string("/etc/os-release").during("reading /etc/os-release")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    line.map(|name| name.trim_matches('"').to_string())
        .ok_or_else(|| "this machine does not say its Debian release".into())
}
