//! Packages installed on the machine itself, by its own apt.
use super::wanted::Group;
use crate::command::{command, find, output};
use crate::stop;
use crate::talk::say;
use crate::trouble::Done;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Installs what is missing of the groups. Costs one short look when nothing is.
pub fn install(groups: &[&Group]) -> Done {
    let wanted: BTreeSet<&str> = groups.iter().flat_map(|g| g.packages).map(|p| p.name).collect();
    let present = installed(&wanted)?;
    let missing: Vec<&str> = wanted.iter().copied().filter(|name| !present.contains(*name)).collect();
    let missing: Vec<&str> = missing.into_iter().filter(|name| !otherwise_present(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say("+", &format!("Installing {} Debian package(s) with this machine's own apt:", missing.len()));
    for package in groups.iter().flat_map(|g| g.packages).filter(|p| missing.contains(&p.name)) {
        say(" ", &format!("  {:16} {}", package.name, package.why));
    }
    if apt(&["install"], &missing).is_err() {
        // The lists are empty or too old on many fresh machines.
        refresh_lists()?;
        if let Err(trouble) = apt(&["install"], &missing) {
            stop!(
                "These packages can't be installed: {}. {trouble}\nInstall them by hand, then run the same command again.",
                missing.join(", ")
            );
        }
    }
    let present = installed(&wanted)?;
    match missing.iter().find(|name| !present.contains(**name)) {
        Some(name) => Err(format!("apt said yes, but the package {name} is still not installed.").into()),
        None => Ok(()),
    }
}

/// Fetches the lists of this machine's own apt, at most once, whoever asks.
pub fn refresh_lists() -> Done {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if !*done {
        say("+", "Refreshing apt's lists first.");
        apt(&["update"], &[])?;
        *done = true;
    }
    Ok(())
}

/// Node from elsewhere than Debian brings npm along, and a browser may be there under another name.
fn otherwise_present(package: &str) -> bool {
    matches!(package, "npm" | "nodejs" | "chromium" if find(package.trim_end_matches("js")).is_some())
        || package == "gcc" && find("cc").is_some()
}

/// Which of these packages dpkg has installed.
pub fn installed(names: &BTreeSet<&str>) -> Done<BTreeSet<String>> {
    if find("dpkg-query").is_none() || find("apt-get").is_none() {
        stop!("This machine is not a Debian (no dpkg, no apt-get). Socle's workshop sets itself up on Debian 12 only.");
    }
    // dpkg-query ends with 1 when it does not know a name: that is an answer, not a failure.
    let mut query = command("dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package}\\n"]);
    let answer = query.args(names).output().map_err(|e| format!("starting dpkg-query: {e}"))?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    Ok(text.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_string).collect())
}

fn apt(verb: &[&str], packages: &[&str]) -> Done {
    let options = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
    let mut command = if is_root() {
        command("apt-get", options)
    } else if find("sudo").is_some() {
        let mut command = command("sudo", ["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command.args(options);
        command
    } else {
        stop!("Installing packages needs root's rights, and there is no sudo here. Run the same command as root.");
    };
    command.args(verb).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    output(&mut command).map(drop)
}

/// Whether we are root: networks and disks of the lab need it.
pub fn is_root() -> bool {
    // SAFETY: geteuid has no precondition and can't fail.
    unsafe { libc::geteuid() == 0 }
}
