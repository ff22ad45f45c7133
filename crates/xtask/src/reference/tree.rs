//! The tree of files of the reference system.
use super::{Identifiers, plain, public_key};
use crate::command::command;
use crate::places;
use crate::setup::private;
use crate::setup::wanted::STABLE;
use crate::trouble::{Done, During};
use std::fs;
use std::path::{Path, PathBuf};

/// Installs Debian into a folder and customises it.
pub fn grow(work: &Path, identifiers: &Identifiers) -> Done<PathBuf> {
    let tree = work.join("tree");
    let recipe = places::root().join("lab/reference");
    let packages = fs::read_to_string(recipe.join("packages")).during("reading lab/reference/packages")?;
    let packages: Vec<&str> =
        packages.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let mut mmdebstrap = command("mmdebstrap", ["--quiet", "--mode=root", "--variant=minbase", "--format=directory"]);
    for option in ["Acquire::Languages \"none\"", "APT::Install-Recommends \"false\""] {
        mmdebstrap.arg(format!("--aptopt={option}"));
    }
    for folder in ["man", "doc", "locale", "i18n", "info", "lintian"] {
        mmdebstrap.arg(format!("--dpkgopt=path-exclude=/usr/share/{folder}/*"));
    }
    mmdebstrap
        .args(["--dpkgopt=force-unsafe-io", "--skip=cleanup/reproducible"])
        .arg(format!("--include={}", packages.join(",")))
        .arg(format!("--customize-hook={}", recipe.join("customize.sh").display()))
        .arg(STABLE)
        .arg(&tree);
    for line in private::sources(STABLE)?.lines() {
        mmdebstrap.arg(line);
    }
    // The kernel of virtual machines has its disks' drivers inside: it starts faster without an initial memory disk.
    mmdebstrap.env("INITRD", "No");
    mmdebstrap.env("ROOT_UUID", &identifiers.root_filesystem).env("ESP_SERIAL", &identifiers.esp_serial);
    mmdebstrap.env("LAB_KEY", public_key()?);
    plain(&mut mmdebstrap)?;
    Ok(tree)
}
