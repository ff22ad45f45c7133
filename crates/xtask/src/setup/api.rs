//! schemathesis, which asks the API what nobody would think of: exactly the listed versions, by their digests, in a
//! Python environment of its own in the cache. The machine's Python stays as it is.
use crate::command::{command, find, output};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;
use std::path::PathBuf;

/// What is wanted, with every digest that it may have.
const WANTED: &str = include_str!("schemathesis.txt");

/// Where it is.
fn place() -> PathBuf {
    places::cache().join("schemathesis")
}

/// Fetches it when it is not there, or not as listed.
pub fn provide() -> Done {
    let place = place();
    let stamp = place.join(".fetched");
    // Its programs name their own place: in a cache that was moved they start nothing.
    let wanted_here = format!("{}\n{WANTED}", place.display());
    if fs::read_to_string(&stamp).is_ok_and(|fetched| fetched == wanted_here) {
        return Ok(());
    }
    say("+", "Fetching schemathesis, which tests the API by its description, into the cache (nothing is installed).");
    let Some(python) = find("python3") else {
        stop!("python3 is missing, and this machine's packages do not bring it")
    };
    if place.exists() {
        fs::remove_dir_all(&place).during(format!("removing {}", place.display()))?;
    }
    let folder = place.to_string_lossy().into_owned();
    output(&mut command(python, ["-m", "venv", &folder]))?;
    let list = place.join("wanted.txt");
    places::write(&list, WANTED)?;
    let list = list.to_string_lossy().into_owned();
    let pip = place.join("bin/pip");
    let options =
        ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"];
    let mut fetch = command(pip, options);
    output(fetch.args(["--require-hashes", "--requirement", &list]))
        .map_err(|trouble| format!("schemathesis can't be fetched; is Python's package index reachable?\n{trouble}"))?;
    places::write(&stamp, &wanted_here)
}
