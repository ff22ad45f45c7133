//! The pages' third-party files: exactly what the lock file says, into `web/node_modules`.
use crate::command::{command, find, output};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;

/// Fetches them when the lock file is not what was fetched last.
pub fn provide() -> Done {
    let web = places::root().join("web");
    let lock = fs::read_to_string(web.join("package-lock.json")).during("reading web/package-lock.json")?;
    let stamp = web.join("node_modules/.fetched");
    if fs::read_to_string(&stamp).is_ok_and(|fetched| fetched == lock) {
        return Ok(());
    }
    say("+", "Fetching the pages' third-party files by their lock file (npm).");
    let Some(npm) = find("npm") else { stop!("npm is missing, and this machine's packages do not bring it") };
    let mut fetch = command(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    output(fetch.current_dir(&web))
        .map_err(|trouble| format!("The pages' files can't be fetched; is npm's registry reachable?\n{trouble}"))?;
    places::write(&stamp, &lock)
}
