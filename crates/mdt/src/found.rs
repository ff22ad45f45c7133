//! What was found in a share, ready to be applied.
use crate::{FileAccount, Secret, Totals, Verdict};
use serde::Serialize;
use socle_texts::Lang;

/// Where something stood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, by its path in the share.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// What an option holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// A text.
    Text,
    /// A secret.
    Secret,
    /// A list of texts.
    List,
    /// A set of packages among these.
    PackageSet {
        /// What may be chosen.
        choices: Vec<String>,
    },
}

/// How far those below may choose: MDT knows two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Latitude {
    /// Its page was skipped, or it has none: the share decided.
    Fixed,
    /// Its page was shown.
    Asked,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// An option of the share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What it was called in the share: its label, where Socle has none of its own.
    pub was: String,
    /// What it holds.
    #[serde(flatten)]
    pub holds: Kind,
    /// The unit's value. A secret's is among [`Import::secrets`].
    pub value: Option<Value>,
    /// How far those below may choose.
    pub latitude: Latitude,
}

impl Found {
    /// Its label in a language: the share's own word where it is a property of the share's own.
    pub fn label(&self, lang: Lang) -> String {
        let key = format!("mdt-option-{}", self.name.replace('_', "-"));
        socle_texts::says(lang, &key, &[]).unwrap_or_else(|| self.was.clone())
    }
}

/// What a rule sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Set {
    /// The option.
    pub option: String,
    /// Its value. A secret's is among [`Import::secrets`].
    pub value: Value,
}

/// A condition on a machine's facts that sets options.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Its name, unique in the import.
    pub name: String,
    /// The sections that it comes from.
    pub was: String,
    /// Its place: of two rules that match, the lower wins, as in MDT's Priority.
    pub order: u32,
    /// A CEL condition over `facts`.
    pub when: String,
    /// What it sets.
    pub sets: Vec<Set>,
}

/// How machines get their names by themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Naming {
    /// Its name.
    pub name: String,
    /// A CEL condition over `facts`.
    pub when: String,
    /// The pattern, as recognition rules have it.
    pub pattern: String,
}

/// The draft of a master.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its version, as the share says.
    pub version: String,
    /// The task sequence's file.
    pub file: String,
    /// The sequence's text; it reads as a sequence.
    pub sequence: String,
    /// The images that it names, and what the share called them.
    pub images: Vec<(String, String)>,
}

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub struct Import {
    /// Options.
    pub options: Vec<Found>,
    /// Rules, in their order.
    pub rules: Vec<Rule>,
    /// Machines to announce: name and hints.
    pub announced: Vec<socle_domain::recognise::Announced>,
    /// Patterns of names.
    pub naming: Vec<Naming>,
    /// Drafts of masters.
    pub masters: Vec<Draft>,
    /// Secrets, by name and place.
    pub secrets: Vec<Secret>,
    /// What became of each line.
    pub files: Vec<FileAccount>,
}

impl Import {
    /// How many lines became what. Its parts always add up to its whole.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.files.iter().flat_map(|f| &f.lines).for_each(|v| totals.add(v));
        totals
    }
    /// Every line that was not carried, or carried with a caution, with its place and what it speaks of.
    pub fn remarks(&self) -> impl Iterator<Item = (Place, &Verdict)> {
        self.files.iter().flat_map(|file| {
            let said = |v: &Verdict| matches!(v, Verdict::Left { .. } | Verdict::Carried { caution: Some(_), .. });
            let place = |line: usize| Place { file: file.path.clone(), line };
            file.lines.iter().enumerate().filter(move |(_, v)| said(v)).map(move |(n, v)| (place(n + 1), v))
        })
    }
    /// An option by its name.
    pub fn option(&self, name: &str) -> Option<&Found> {
        self.options.iter().find(|o| o.name == name)
    }
}
