//! The loader and the boot environment: there, as they were signed, readable by the server, and not too old.
use super::Ground;
use crate::{
    data::{Data, read_json},
    environment::{LOADER, RELEASE_FILE, Shelf},
};
use socle_domain::{
    Timestamp,
    keys::EnvironmentRelease,
    sign::{PublicKey, Signed},
};
use socle_texts::{Arg, Result};
use socle_wire::diagnosis::{Finding, Part, State};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// After half a year a kernel has known holes and lacks the newest cards.
const OLD_DAYS: i64 = 180;

/// Looks at them.
pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    let folder = Data::at(&ground.data).environment();
    let mut findings = unreadable(&ground.data, &folder);
    match signed(ground, &folder) {
        Ok((release, loaders)) => {
            findings.push(age(ground.now, release.at));
            findings.push(match loaders.iter().any(|name| name == LOADER) {
                true => Finding::new(Part::Loader, State::Good, "doctor-loader-good").with("files", loaders.join(", ")),
                false => Finding::new(Part::Loader, State::Wrong, "doctor-loader-missing").with("path", &folder),
            });
        }
        // A file that is not as it was signed is named; the loader is one of them.
        Err(fault) => {
            let of_loader = fault.args.iter().any(|(_, v)| matches!(v, Arg::Text(t) if t.ends_with(LOADER)));
            let part = if of_loader { Part::Loader } else { Part::Environment };
            findings.push(Finding::of(part, State::Wrong, fault));
        }
    }
    findings
}

/// What was signed, if every file is it; and which loaders there are.
fn signed(ground: &Ground, folder: &Path) -> Result<(EnvironmentRelease, Vec<String>)> {
    let content = socle_trust::read_public(&Data::at(&ground.data).content_public())?;
    let files = shelf(ground, content).files()?;
    let signed: Signed<EnvironmentRelease> = read_json(&folder.join(RELEASE_FILE))?;
    let is_loader = |name: &&String| !matches!(name.as_str(), "vmlinuz" | "initrd.img");
    Ok((signed.open(&content)?, files.keys().filter(is_loader).cloned().collect()))
}

fn shelf(ground: &Ground, content: PublicKey) -> Arc<Shelf> {
    let read = || Arc::new(Shelf::new(Data::at(&ground.data).environment(), content));
    ground.shelf.clone().unwrap_or_else(read)
}

/// The initrd that is served, if it is as it was signed.
pub(super) fn initrd(ground: &Ground) -> Option<Vec<u8>> {
    let content = socle_trust::read_public(&Data::at(&ground.data).content_public()).ok()?;
    let files = shelf(ground, content).files().ok()?;
    files.get("initrd.img").map(|bytes| bytes.to_vec())
}

fn age(now: Timestamp, signed: Timestamp) -> Finding {
    let days = (now.as_second() - signed.as_second()).div_euclid(24 * 3600);
    let (state, code) = match days {
        ..-1 => (State::Attention, "doctor-environment-future"),
        ..OLD_DAYS => (State::Good, "doctor-environment-good"),
        _ => (State::Attention, "doctor-environment-old"),
    };
    let day = signed.strftime("%Y-%m-%d").to_string();
    Finding::new(Part::Environment, state, code).with("days", days).with("day", day)
}

/// Files that the server's account may not read: whoever copied them as root is the usual cause. Seen from any account that
/// may look into the folder, by owner and mode.
fn unreadable(data: &Path, folder: &Path) -> Vec<Finding> {
    let Ok(owner) = fs::metadata(data) else { return Vec::new() };
    let may = |path: &PathBuf| {
        let Ok(meta) = fs::metadata(path) else { return true };
        let bit = match (meta.uid() == owner.uid(), meta.gid() == owner.gid()) {
            (true, _) => 0o400,
            (false, true) => 0o040,
            _ => 0o004,
        };
        owner.uid() == 0 || meta.mode() & bit != 0
    };
    let inside = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let keys = ["tls.key", "tls.pem", "server.key", "vault.key", "socle.db"].map(|name| data.join(name));
    let closed: Vec<String> =
        inside.chain(keys).chain([folder.to_path_buf()]).filter(|p| !may(p)).map(|p| p.display().to_string()).collect();
    match closed.is_empty() {
        true => Vec::new(),
        false => {
            let finding = Finding::new(Part::Environment, State::Wrong, "doctor-environment-unreadable");
            vec![finding.with("files", closed.join(", ")).with("uid", owner.uid().to_string())]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_age_is_told() {
        let at = |days: i64| Timestamp::from_second(days * 24 * 3600).unwrap_or_default();
        let check = |now: i64, state, code| {
            let finding = age(at(now), at(1_000));
            assert_eq!((finding.state, finding.said.code.as_ref()), (state, code));
        };
        check(1_000, State::Good, "doctor-environment-good");
        check(1_000 + OLD_DAYS, State::Attention, "doctor-environment-old");
        check(900, State::Attention, "doctor-environment-future");
    }
}
