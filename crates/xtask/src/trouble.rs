//! What stops the workshop, as one sentence for the person at the terminal.
use std::fmt;

/// A reason to stop: what happened and, where known, why and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble(pub String);

/// The answer of everything here.
pub type Done<T = ()> = Result<T, Trouble>;

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Trouble {
    fn from(text: String) -> Self {
        Trouble(text)
    }
}

impl From<&str> for Trouble {
    fn from(text: &str) -> Self {
        Trouble(text.to_string())
    }
}

/// Says what was being done when something failed.
pub trait During<T> {
    /// `reading X: No such file`: the act first, the cause after.
    fn during(self, act: impl fmt::Display) -> Done<T>;
}

impl<T, E: fmt::Display> During<T> for Result<T, E> {
    fn during(self, act: impl fmt::Display) -> Done<T> {
        self.map_err(|cause| Trouble(format!("{act}: {cause}")))
    }
}

/// Stops with a formatted sentence.
#[macro_export]
macro_rules! stop {
    ($($text:tt)*) => { return Err($crate::trouble::Trouble(format!($($text)*))) };
}
