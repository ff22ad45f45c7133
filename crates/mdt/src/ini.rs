//! INI files as MDT reads them: sections in brackets, `name=value`, comments after `;` at a line's beginning. Names have
//! no case, quotes are part of a value, and of two things of one name the first counts.
use crate::{Reason, Verdict, account::Book, secret::is_secret};

/// Most sections of a file.
const MAX_SECTIONS: usize = 5_000;

/// A line `name=value`.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub value: String,
    pub line: usize,
}

/// A section.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub name: String,
    pub line: usize,
    pub entries: Vec<Entry>,
}

impl Section {
    /// The value of a name.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key.eq_ignore_ascii_case(key))
    }
}

/// Reads a file; what says nothing, what stands twice and what is no INI is marked at once.
pub(crate) fn read(book: &mut Book, file: usize, text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    // Whether what follows belongs to a section that counts.
    let mut within = Some(Reason::NotUnderstood);
    for (index, raw) in text.lines().enumerate() {
        let (number, line) = (index + 1, raw.trim());
        if let Some(comment) = line.strip_prefix(';') {
            book.mark(file, number, comment_verdict(comment));
        } else if line.is_empty() {
            book.mark(file, number, Verdict::Form);
        } else if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let name = name.trim();
            let twice = sections.iter().any(|s| s.name.eq_ignore_ascii_case(name));
            within = match (twice, sections.len() >= MAX_SECTIONS) {
                (true, _) => Some(Reason::Duplicate),
                (_, true) => Some(Reason::TooMuch),
                _ => None,
            };
            match within {
                Some(reason) => book.mark(file, number, Verdict::left(reason, name)),
                None => sections.push(Section { name: name.to_string(), line: number, entries: Vec::new() }),
            }
        } else if let Some((key, value)) = line.split_once('=') {
            let entry = Entry { key: key.trim().to_string(), value: value.trim().to_string(), line: number };
            match (within, sections.last_mut()) {
                (None, Some(section)) if section.get(&entry.key).is_some() => {
                    book.mark(file, number, Verdict::left(Reason::Duplicate, &entry.key));
                }
                (None, Some(section)) => section.entries.push(entry),
                (reason, _) => {
                    book.mark(file, number, Verdict::left(reason.unwrap_or(Reason::NotUnderstood), &entry.key));
                }
            }
        } else {
            book.mark(file, number, Verdict::left(within.unwrap_or(Reason::NotUnderstood), ""));
        }
    }
    sections
}

/// A comment says nothing, unless somebody left a password in it.
fn comment_verdict(comment: &str) -> Verdict {
    match comment.split_once('=') {
        Some((key, value)) if is_secret(key.trim()) && !key.trim().contains(' ') && !value.trim().is_empty() => {
            Verdict::left(Reason::SecretAside, key)
        }
        _ => Verdict::Form,
    }
}
