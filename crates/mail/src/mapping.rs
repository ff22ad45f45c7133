//! Which folder becomes which: separators, prefixes, special uses, names that the other side can't have.
use crate::imap::{Folder, Listing, Name, decode, encode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a person may decide.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Folders left out on purpose, by path with `/` between levels; all below them too.
    pub exclude: Vec<String>,
    /// Paths that become others.
    pub rename: BTreeMap<String, String>,
    /// Whether special folders (Sent, Drafts…) keep their own names instead of joining the target's.
    pub keep_special_names: bool,
}

/// A folder and what it becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// The source's folder.
    pub folder: Folder,
    /// The target's name; none: left out by a rule.
    pub target: Option<Name>,
}

/// Names of special folders where the server does not say which they are.
const KNOWN: [(&str, &[&str]); 5] = [
    ("\\Sent", &["Sent", "Sent Items", "Sent Messages", "Envoyés", "Messages envoyés", "Éléments envoyés"]),
    ("\\Drafts", &["Drafts", "Brouillons"]),
    ("\\Trash", &["Trash", "Deleted Items", "Deleted Messages", "Corbeille", "Éléments supprimés"]),
    ("\\Junk", &["Junk", "Spam", "Junk E-mail", "Indésirables", "Courrier indésirable", "Pourriel"]),
    ("\\Archive", &["Archive", "Archives"]),
];

/// Decides for every folder. What was decided before stays: `decided` has the source's name and the target's.
pub fn assign(source: &Listing, target: &Listing, rules: &Rules, decided: &BTreeMap<Name, Name>) -> Vec<Assigned> {
    let mut taken: BTreeSet<Name> = decided.values().cloned().collect();
    let special = if rules.keep_special_names { Vec::new() } else { special_paths(source, target) };
    let mut all = Vec::new();
    for folder in &source.folders {
        let path = path_of(&folder.name, source);
        let shown: Vec<String> = path.iter().map(|part| Name(part.clone()).shown()).collect();
        let shown = shown.join("/");
        let out = rules.exclude.iter().any(|e| shown == *e || shown.starts_with(&format!("{e}/")));
        let name = if out {
            None
        } else if let Some(known) = decided.get(&folder.name) {
            Some(known.clone())
        } else {
            let renamed = rules.rename.get(&shown).map(|to| to.split('/').map(encode).collect::<Vec<_>>());
            let path = renamed.or_else(|| joined(&path, &special)).unwrap_or(path);
            Some(free(&name_of(&path, target), target, &mut taken))
        };
        all.push(Assigned { folder: folder.clone(), target: name });
    }
    all
}

/// The levels of a name, the prefix taken off.
fn path_of(name: &Name, listing: &Listing) -> Vec<Vec<u8>> {
    if name.is_inbox() {
        return vec![b"INBOX".to_vec()];
    }
    let own = name.0.strip_prefix(listing.prefix.as_slice()).unwrap_or(&name.0);
    match listing.separator {
        Some(separator) => own.split(|b| *b == separator).map(<[u8]>::to_vec).collect(),
        None => vec![own.to_vec()],
    }
}

/// The target's name of a path.
fn name_of(path: &[Vec<u8>], target: &Listing) -> Name {
    if path.len() == 1 && path[0].eq_ignore_ascii_case(b"INBOX") {
        return Name(b"INBOX".to_vec());
    }
    let separator = target.separator.unwrap_or(b'/');
    // Below an inbox prefix, the inbox's own children stand beside the others.
    let under_inbox = target.prefix.len() > 5 && target.prefix[..5].eq_ignore_ascii_case(b"INBOX");
    let path = if under_inbox && path[0].eq_ignore_ascii_case(b"INBOX") { &path[1..] } else { path };
    let parts: Vec<Vec<u8>> = path.iter().map(|part| fitting(part, separator)).collect();
    Name([target.prefix.as_slice(), &parts.join(&separator)].concat())
}

/// A level's name without the target's separator; bytes that are no valid name are read as UTF-8, else as Latin-1.
fn fitting(part: &[u8], separator: u8) -> Vec<u8> {
    let text = decode(part).unwrap_or_else(|| match std::str::from_utf8(part) {
        Ok(text) => text.to_string(),
        Err(_) => part.iter().map(|b| char::from(*b)).collect(),
    });
    let text: String = text.chars().map(|c| if c == char::from(separator) { '_' } else { c }).collect();
    encode(if text.is_empty() { "_" } else { &text })
}

/// The name itself, or with a number where another folder has it already.
fn free(name: &Name, target: &Listing, taken: &mut BTreeSet<Name>) -> Name {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = Name([name.0.as_slice(), format!(" ({number})").as_bytes()].concat());
        number += 1;
    }
    debug_assert!(target.folders.len() < usize::MAX);
    candidate
}

/// What to try where the target refuses a name: without the characters that servers refuse, and not one that is taken.
pub fn fallback(refused: &Name, target: &Listing, taken: &BTreeSet<Name>) -> Name {
    let separator = target.separator.unwrap_or(b'/');
    let own = refused.0.strip_prefix(target.prefix.as_slice()).unwrap_or(&refused.0);
    let plain = |part: &[u8]| {
        let text = Name(part.to_vec()).shown();
        let text: String =
            text.chars().map(|c| if "\"*%\\/.:|<>?".contains(c) || c.is_control() { '_' } else { c }).collect();
        let text = text.trim().to_string();
        encode(if text.is_empty() { "_" } else { &text })
    };
    let parts: Vec<Vec<u8>> = own.split(|b| *b == separator).map(plain).collect();
    let name = [target.prefix.as_slice(), &parts.join(&separator)].concat();
    let numbered =
        |n: u32| Name(if n == 1 { name.clone() } else { [name.as_slice(), format!(" ({n})").as_bytes()].concat() });
    (1..).map(numbered).find(|n| !taken.contains(n) && n != refused).unwrap_or_else(|| refused.clone())
}

type Path = Vec<Vec<u8>>;

/// Special folders of the source with those of the target that serve the same.
fn special_paths(source: &Listing, target: &Listing) -> Vec<(Path, Path)> {
    let theirs = |special: &str| {
        let folder = target.folders.iter().find(|f| f.special.as_deref() == Some(special))?;
        Some(path_of(&folder.name, target))
    };
    let mut pairs = Vec::new();
    for (special, names) in KNOWN {
        let Some(theirs) = theirs(special) else { continue };
        let said = source.folders.iter().find(|f| f.special.as_deref() == Some(special));
        let nobody_says = source.folders.iter().all(|f| f.special.is_none());
        let guessed = || {
            let named = |f: &&Folder| {
                let path = path_of(&f.name, source);
                path.len() == 1 && names.iter().any(|n| Name(path[0].clone()).shown().eq_ignore_ascii_case(n))
            };
            source.folders.iter().find(named).filter(|_| nobody_says)
        };
        if let Some(ours) = said.or_else(guessed) {
            pairs.push((path_of(&ours.name, source), theirs));
        }
    }
    pairs
}

/// The path with the beginning of a special folder replaced.
fn joined(path: &[Vec<u8>], special: &[(Path, Path)]) -> Option<Path> {
    let (ours, theirs) = special.iter().find(|(ours, _)| path.starts_with(ours))?;
    Some(theirs.iter().chain(&path[ours.len()..]).cloned().collect())
}
