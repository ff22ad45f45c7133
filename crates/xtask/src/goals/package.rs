//! The Debian package: made by cargo-deb, and tried in a Debian of its own, never on this machine.
use super::build::{self, cargo};
use crate::command::{command, find, output, quiet, visible};
use crate::places;
use crate::setup::{self, Wish, private, wanted::STABLE};
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const CARGO_DEB: &str = "3.8.0";

/// `package [--check] [--as-built]`
pub fn package(options: &[String]) -> Done {
    let [mut check, mut as_built] = [false; 2];
    for option in options {
        match option.as_str() {
            "--check" => check = true,
            "--as-built" => as_built = true,
            other => stop!("package does not know {other}; it knows --check --as-built"),
        }
    }
    setup::setup(Wish::default())?;
    if check && (find("mmdebstrap").is_none() || fs::metadata("/proc/self").is_ok_and(|m| m.uid() != 0)) {
        stop!(
            "The package is tried in a small Debian of its own, which needs mmdebstrap and root's rights: run `cargo xtask setup --lab` once, as root."
        );
    }
    let profile = match (check, as_built) {
        // What is checked is how the package installs, not how fast its programs are.
        (true, false) => {
            build::programs()?;
            "debug"
        }
        (true, true) => "debug",
        (false, true) => "release",
        (false, false) => {
            build::release()?;
            "release"
        }
    };
    stage(profile)?;
    let folder = places::folder(places::target().join("debian"))?;
    let first = make(&folder, None, check)?;
    say("✓", &format!("{}", first.display()));
    if check {
        let second = make(&folder, Some("9.9.9-1"), true)?;
        try_out(&first, &second)?;
    }
    Ok(())
}

/// The package of the programs as they were built for tests: how it installs and serves is looked at, not how fast.
pub fn for_the_lab() -> Done<PathBuf> {
    build::programs()?;
    stage("debug")?;
    make(&places::folder(places::target().join("debian"))?, None, true)
}

/// Puts the programs where the package's list looks for them, without what only a debugger reads.
fn stage(profile: &str) -> Done {
    let stage = places::folder(places::target().join("package"))?;
    let agent = places::target().join("x86_64-unknown-linux-gnu/agent/socle-agent");
    for (from, name) in [(places::target().join(profile).join("socle"), "socle"), (agent, "socle-agent")] {
        let to = stage.join(name);
        fs::copy(&from, &to).during(format!("copying {} (is it built?)", from.display()))?;
        if find("strip").is_some() {
            quiet("strip", [Path::new("--strip-unneeded"), &to])?;
        }
    }
    // The list names them below the repository, wherever cargo builds.
    let own = places::root().join("target/package");
    if own != stage {
        places::folder(places::root().join("target"))?;
        let _ = fs::remove_dir_all(&own);
        let copied = || -> std::io::Result<()> {
            fs::create_dir_all(&own)?;
            ["socle", "socle-agent"].iter().try_for_each(|n| fs::copy(stage.join(n), own.join(n)).map(drop))
        };
        copied().during("copying the programs below the repository")?;
    }
    Ok(())
}

/// cargo-deb, fetched once into the cache where the machine has none.
fn cargo_deb() -> Done<PathBuf> {
    if let Some(found) = find("cargo-deb") {
        return Ok(found);
    }
    let tools = places::cache().join("tools");
    let own = tools.join("bin/cargo-deb");
    if !own.exists() {
        let _one = places::lock("cargo-deb")?;
        if !own.exists() {
            say("+", "Building cargo-deb, once.");
            let mut install = cargo(["install", "cargo-deb", "--locked", "--quiet", "--version", CARGO_DEB, "--root"]);
            visible(install.arg(&tools))?;
        }
    }
    Ok(own)
}

fn make(folder: &Path, version: Option<&str>, check: bool) -> Done<PathBuf> {
    let mut deb = command(cargo_deb()?, ["--no-build", "--no-strip", "--quiet", "-p", "socle", "--output"]);
    let out = folder.join(version.map_or("socle.deb".into(), |v| format!("socle-{v}.deb")));
    deb.arg(&out).current_dir(places::root());
    if check {
        deb.arg("--fast");
    }
    if let Some(version) = version {
        deb.args(["--deb-version", version]);
    }
    output(&mut deb)?;
    Ok(out)
}

/// Installs, upgrades, removes and purges the package in a tree of its own.
fn try_out(first: &Path, second: &Path) -> Done {
    let base = base()?;
    let work = places::folder(places::cache().join("package"))?;
    let root = work.join(format!("root-{}", std::process::id()));
    let result = within(&base, &root, first, second);
    let _ = fs::remove_dir_all(&root);
    result?;
    say("✓", "The package installs, runs, upgrades, is removed and is purged cleanly.");
    Ok(())
}

fn within(base: &Path, root: &Path, first: &Path, second: &Path) -> Done {
    places::folder(root.to_path_buf())?;
    output(&mut command("tar", ["--numeric-owner", "-xf", &base.to_string_lossy(), "-C", &root.to_string_lossy()]))?;
    for (from, name) in [(first, "first.deb"), (second, "second.deb")] {
        fs::copy(from, root.join("tmp").join(name)).during("copying the package into the tree")?;
    }
    let script = places::root().join("packaging/check.sh");
    fs::copy(&script, root.join("tmp/check.sh")).during("copying packaging/check.sh")?;
    // Namespaces of its own: what it starts, mounts and listens on ends with it.
    let inside = "mount -t proc proc \"$1/proc\" && mount -t tmpfs tmpfs \"$1/run\" && mount --bind /dev \"$1/dev\" && \
                  ip link set lo up 2>/dev/null; exec chroot \"$1\" /bin/sh /tmp/check.sh";
    let mut unshare = command(
        "unshare",
        ["--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts", "/bin/sh", "-c", inside, "sh"],
    );
    unshare.arg(root).env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    unshare.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
    visible(&mut unshare)
}

/// A small Debian as an archive, made once.
fn base() -> Done<PathBuf> {
    let archive = places::folder(places::cache())?.join("package-base.tar");
    let _one = places::lock("package-base")?;
    if archive.exists() {
        return Ok(archive);
    }
    say("+", "Making a small Debian to try the package in, once.");
    let beside = archive.with_extension("making.tar");
    let _ = fs::remove_file(&beside);
    let mut mmdebstrap =
        command("mmdebstrap", ["--quiet", "--mode=root", "--variant=minbase", "--include=systemd,ca-certificates"]);
    for option in ["Acquire::Languages \"none\"", "APT::Install-Recommends \"false\""] {
        mmdebstrap.arg(format!("--aptopt={option}"));
    }
    mmdebstrap.args(["--dpkgopt=force-unsafe-io", "--skip=cleanup/reproducible", STABLE]).arg(&beside);
    for line in private::sources(STABLE)?.lines() {
        mmdebstrap.arg(line);
    }
    output(&mut mmdebstrap)?;
    fs::rename(&beside, &archive).during("keeping the small Debian")?;
    Ok(archive)
}
