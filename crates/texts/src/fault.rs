//! The one error type of the house.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// A value put into a sentence. Numbers stay numbers, so that plurals and separators follow the reader's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Arg {
    /// A count or a size.
    Number(f64),
    /// Anything else, already fit to print.
    Text(String),
}

macro_rules! numbers { ($($t:ty),*) => { $(impl From<$t> for Arg { fn from(n: $t) -> Self { Arg::Number(n as f64) } })* } }
numbers!(u8, u16, u32, u64, usize, i32, i64, f64);
impl From<&str> for Arg {
    fn from(s: &str) -> Self {
        Arg::Text(s.into())
    }
}
impl From<String> for Arg {
    fn from(s: String) -> Self {
        Arg::Text(s)
    }
}
impl From<&String> for Arg {
    fn from(s: &String) -> Self {
        Arg::Text(s.clone())
    }
}
impl From<&std::path::Path> for Arg {
    fn from(p: &std::path::Path) -> Self {
        Arg::Text(p.display().to_string())
    }
}
impl From<&std::path::PathBuf> for Arg {
    fn from(p: &std::path::PathBuf) -> Self {
        p.as_path().into()
    }
}

/// What went wrong, as data: a stable code (the key of its text), what the sentence needs, the technical cause.
///
/// It travels over the wire and into the journal as it is; a person reads it through [`crate::tell`] in the
/// language he chose. `Display` is for logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// Stable code, kebab-case, beginning with its room: `image-source-in-use`.
    pub code: Cow<'static, str>,
    /// Named values of the sentence. Never a secret, and never a person's name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(Cow<'static, str>, Arg)>,
    /// The technical cause in its own words, for the support line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Whether the same act may succeed later with nothing changed (a cut network, a busy disk).
    #[serde(default)]
    pub retry: bool,
}

impl Fault {
    /// A fault with the given code; the code must have a text in both languages (a check sees to it).
    pub fn new(code: &'static str) -> Self {
        Fault { code: Cow::Borrowed(code), args: Vec::new(), cause: None, retry: false }
    }
    /// Adds a value for the sentence.
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((Cow::Borrowed(name), value.into()));
        self
    }
    /// Adds the technical cause.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
    /// Says that trying again later may succeed.
    pub fn may_retry(mut self) -> Self {
        self.retry = true;
        self
    }
    /// Whether this is the fault of the given code.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        for (name, value) in &self.args {
            match value {
                Arg::Number(n) => write!(f, " {name}={n}")?,
                Arg::Text(t) => write!(f, " {name}={t:?}")?,
            }
        }
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
