//! A line `property=value` that holds for some machines: what a share wishes.
use crate::{Place, condition::Cond};

/// One of them. Those of one share stand in the order in which MDT reads them.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub key: String,
    pub value: String,
    pub file: usize,
    pub line: usize,
    /// The section, for rules' names.
    pub section: String,
    /// Which section: wishes of one section belong to one rule.
    pub group: usize,
    pub when: Cond,
}

impl Wish {
    pub fn is_for_all(&self) -> bool {
        self.when == Cond::Always
    }
    pub fn place(&self, path: &str) -> Place {
        Place { file: path.to_string(), line: self.line }
    }
}

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// Of itself.
    Plain,
    /// Of other variables: `%Model%`.
    Variables,
    /// Of a script: `#Left("%SerialNumber%", 8)#`.
    Script,
}

pub(crate) fn made(value: &str) -> Made {
    let hashes = value.matches('#').count();
    if hashes >= 2 && (value.starts_with('#') || value.contains('(')) {
        return Made::Script;
    }
    let pieces: Vec<&str> = value.split('%').collect();
    let is_name = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || "_-().".contains(c));
    // `100%` is a text, `%Model%` is not.
    match pieces.len() >= 3 && pieces.iter().skip(1).step_by(2).take((pieces.len() - 1) / 2).any(|p| is_name(p)) {
        true => Made::Variables,
        false => Made::Plain,
    }
}
