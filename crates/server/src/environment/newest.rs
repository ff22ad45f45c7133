//! The newest boot environment that this server has ever served: an older one is not served again.
//!
//! An old environment is signed as well as a new one; what was mended since is what somebody would bring it back for
//! (vocabulary of TUF: rollback). Whoever holds the content key goes back all the same, by signing the old parts anew.
//! Whoever has the whole data folder can take this memory away too: against him stands what machines remember, and the
//! firmware's own list of what is revoked.
use crate::data::{read_json, to_json, write};
use serde::{Deserialize, Serialize};
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use std::path::Path;

#[derive(Serialize, Deserialize)]
struct Newest {
    at: Timestamp,
}

/// Remembers the moment at which an environment was signed, and refuses one that was signed before the newest.
///
/// # Errors
/// `server-environment-older` (with `at`, `newest`, `path`), those of reading and writing the file.
pub(super) fn check(path: &Path, at: Timestamp) -> Result<()> {
    let known = if path.exists() { Some(read_json::<Newest>(path)?.at) } else { None };
    match known {
        Some(newest) if at < newest => Err(Fault::new("server-environment-older")
            .with("at", at.to_string())
            .with("newest", newest.to_string())
            .with("path", path)),
        Some(newest) if at == newest => Ok(()),
        _ => write(path, &to_json(&Newest { at })?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_is_refused_and_what_is_newer_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("newest.json");
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        check(&path, at(100)).expect("the first");
        check(&path, at(100)).expect("the same again");
        check(&path, at(200)).expect("a newer one");
        assert!(check(&path, at(199)).is_err_and(|f| f.is("server-environment-older")));
        check(&path, at(200)).expect("the newest still");
    }
}
