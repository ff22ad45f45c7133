//! Secrets that stood in clear. Their values leave this room only by [`Secret::expose`]; nothing prints them.
use crate::Place;
use serde::Serialize;
use std::fmt;

/// A secret found in the share.
#[derive(Clone, Serialize)]
pub struct Secret {
    /// The option that shall hold it, sealed.
    pub option: String,
    /// The rule that sets it; none: the unit.
    pub rule: Option<String>,
    /// What it was called in the share.
    pub was: String,
    /// Where it stood.
    pub place: Place,
    #[serde(skip)]
    value: String,
}

impl Secret {
    pub(crate) fn new(option: &str, was: &str, place: Place, value: &str) -> Secret {
        Secret { option: option.into(), rule: None, was: was.into(), place, value: value.into() }
    }
    /// Its value, to be sealed at once.
    pub fn expose(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} at {}:{})", self.option, self.place.file, self.place.line)
    }
}

/// Whether something of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = ["password", "passwd", "passphrase", "pwd", "secret", "apikey", "api_key", "token", "credential"];
    // SkipAdminPassword is a page, not a password.
    !name.starts_with("skip")
        && (words.iter().any(|w| name.contains(w))
            || name.contains("productkey")
            || name.contains("motdepasse")
            || name == "bdepin"
            || name.ends_with("_pin"))
}

/// Whether a command line or a text holds a password by its look: `/password:x`, `pwd=x`, `net use … /user:x y`.
pub(crate) fn looks_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    let marks =
        ["password=", "password:", "password ", "passwd=", "/pass:", "pwd=", "pwd:", "-pw ", "/user:", "secret="];
    marks.iter().any(|mark| text.contains(mark))
}
