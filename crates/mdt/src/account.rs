//! The account of every line: what became of it.
use crate::{
    Reason,
    decode::{Encoding, decode},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a line went.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum Target {
    /// An option's value or declaration.
    Option(String),
    /// An option's latitude.
    Latitude(String),
    /// A rule.
    Rule(String),
    /// The order in which rules are tried.
    Order,
    /// A machine to announce.
    Machine(String),
    /// A pattern of names.
    Naming(String),
    /// A master's draft.
    Master(String),
    /// A package of a list's choices.
    Package(String),
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It says nothing: blank, a comment, a bracket.
    Form,
    /// It was carried.
    Carried {
        /// Where it went.
        to: Target,
        /// What a person should look at all the same.
        #[serde(skip_serializing_if = "Option::is_none")]
        caution: Option<Reason>,
    },
    /// It holds a secret, which was sealed.
    Sealed {
        /// The option that holds it now.
        option: String,
    },
    /// It was left aside.
    Left {
        /// Why.
        reason: Reason,
        /// What the line speaks of: a name, never a value.
        what: String,
    },
}

impl Verdict {
    pub(crate) fn carried(to: Target) -> Verdict {
        Verdict::Carried { to, caution: None }
    }
    pub(crate) fn left(reason: Reason, what: &str) -> Verdict {
        Verdict::Left { reason, what: crate::names::shown(what) }
    }
    /// Of two things that one line says, the one that a person needs to know more.
    fn weight(&self) -> u8 {
        match self {
            Verdict::Form => 0,
            Verdict::Carried { caution: None, .. } => 1,
            Verdict::Carried { .. } => 2,
            Verdict::Sealed { .. } => 3,
            Verdict::Left { reason, .. } if reason.is_harmless() => 4,
            Verdict::Left { .. } => 5,
        }
    }
}

/// The account of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileAccount {
    /// Its path in the share.
    pub path: String,
    /// How its text was written.
    pub encoding: Encoding,
    /// What became of its lines, from line 1 on.
    pub lines: Vec<Verdict>,
}

/// How many lines became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// All of them.
    pub lines: usize,
    /// Those that say nothing.
    pub form: usize,
    /// Those carried.
    pub carried: usize,
    /// Those sealed.
    pub sealed: usize,
    /// Those left aside where nothing is lost by it.
    pub harmless: usize,
    /// Those left aside that somebody should look at.
    pub left: usize,
}

impl Totals {
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        self.lines += 1;
        *match verdict {
            Verdict::Form => &mut self.form,
            Verdict::Carried { .. } => &mut self.carried,
            Verdict::Sealed { .. } => &mut self.sealed,
            Verdict::Left { reason, .. } if reason.is_harmless() => &mut self.harmless,
            Verdict::Left { .. } => &mut self.left,
        } += 1;
    }
}

/// The book in which readers write what became of each line. Files and lines are named by number; lines from 1.
#[derive(Default)]
pub(crate) struct Book {
    files: Vec<(String, Encoding, Vec<Option<Verdict>>)>,
    /// What is said of a file's other lines.
    rest: BTreeMap<usize, Verdict>,
}

impl Book {
    /// Opens a file's account; its text is the answer.
    pub fn open(&mut self, path: &str, bytes: &[u8]) -> String {
        let (text, encoding) = decode(bytes);
        self.files.push((path.to_string(), encoding, vec![None; text.lines().count()]));
        text
    }
    pub fn path(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |f| &f.0)
    }
    /// The files whose path, in lower case, is wanted.
    pub fn find(&self, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.files.len()).filter(|n| wanted(&self.files[*n].0.to_lowercase())).collect()
    }
    /// Says what became of a line. Where one line says several things, what a person needs most stays.
    pub fn mark(&mut self, file: usize, line: usize, verdict: Verdict) {
        let Some(slot) = line.checked_sub(1).and_then(|n| self.files.get_mut(file)?.2.get_mut(n)) else { return };
        if slot.as_ref().is_none_or(|old| old.weight() < verdict.weight()) {
            *slot = Some(verdict);
        }
    }
    /// Says what became of a line of which nothing was said yet.
    pub fn mark_if_new(&mut self, file: usize, line: usize, verdict: Verdict) {
        let slot = line.checked_sub(1).and_then(|n| self.files.get_mut(file)?.2.get_mut(n));
        if let Some(slot @ None) = slot {
            *slot = Some(verdict);
        }
    }
    /// Says what became of a line, whatever was said before.
    pub fn force(&mut self, file: usize, line: usize, verdict: Verdict) {
        if let Some(slot) = line.checked_sub(1).and_then(|n| self.files.get_mut(file)?.2.get_mut(n)) {
            *slot = Some(verdict);
        }
    }
    /// What holds for every line of which nothing is said otherwise. The first word counts.
    pub fn rest(&mut self, file: usize, verdict: Verdict) {
        self.rest.entry(file).or_insert(verdict);
    }
    /// Takes back what was said to be carried to masters that did not come about.
    pub fn without(&mut self, is_there: impl Fn(&str) -> bool) {
        for slot in self.files.iter_mut().flat_map(|f| &mut f.2) {
            if let Some(Verdict::Carried { to: Target::Master(name), .. }) = slot
                && !is_there(name)
            {
                *slot = Some(Verdict::left(Reason::NoSequence, name));
            }
        }
    }
    /// Closes it: a line that no reader spoke of is blank, or it was not understood; it is never forgotten.
    pub fn close(mut self, texts: &[String]) -> Vec<FileAccount> {
        let mut files = Vec::new();
        for (number, ((path, encoding, slots), text)) in self.files.into_iter().zip(texts).enumerate() {
            let rest = self.rest.remove(&number).unwrap_or_else(|| Verdict::left(Reason::NotUnderstood, ""));
            let one = |(slot, line): (Option<Verdict>, &str)| match slot {
                Some(verdict) => verdict,
                None if line.trim().is_empty() => Verdict::Form,
                None => rest.clone(),
            };
            files.push(FileAccount { path, encoding, lines: slots.into_iter().zip(text.lines()).map(one).collect() });
        }
        files
    }
}
