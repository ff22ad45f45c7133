//! Verdicts.
use serde::Serialize;
use socle_domain::{Digest, census::Census};
use socle_texts::Fault;
use std::collections::BTreeMap;

/// In what way a message differs on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alteration {
    /// The target replaced bytes of the header that are not ASCII.
    HeaderMasked,
    /// Its internal date is another.
    DateChanged,
    /// A flag such as \Seen differs.
    FlagsDiffer,
    /// Keywords are missing.
    KeywordsLost,
    /// The target added keywords.
    KeywordsAdded,
}

impl Alteration {
    /// The word of texts and facts.
    pub fn word(self) -> &'static str {
        match self {
            Alteration::HeaderMasked => "header-masked",
            Alteration::DateChanged => "date-changed",
            Alteration::FlagsDiffer => "flags-differ",
            Alteration::KeywordsLost => "keywords-lost",
            Alteration::KeywordsAdded => "keywords-added",
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// The same bytes, flags, keywords and date.
    Identical,
    /// There, and altered by the target in ways that have a name.
    Altered {
        /// The ways.
        ways: Vec<Alteration>,
    },
    /// The target refused it.
    Refused {
        /// In these words.
        verbatim: String,
    },
    /// Left out by a written rule.
    Excluded,
    /// Not there, and nobody can say why.
    Unexplained,
}

impl Verdict {
    /// The word of texts and facts.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Identical => "identical",
            Verdict::Altered { .. } => "altered",
            Verdict::Refused { .. } => "refused",
            Verdict::Excluded => "excluded",
            Verdict::Unexplained => "unexplained",
        }
    }
}

/// A folder's verdicts, with its name: for the person who moves the mailbox.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FolderVerdict {
    /// The source's name.
    pub folder: String,
    /// The target's name.
    pub target: String,
    /// Messages by verdict word.
    pub counts: BTreeMap<&'static str, u64>,
    /// Messages of the target that the source has not.
    pub only_on_target: u64,
}

/// What the second reading found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// By folder.
    pub folders: Vec<FolderVerdict>,
    /// Messages by verdict word.
    pub counts: BTreeMap<&'static str, u64>,
    /// Altered messages by way; one message may have several.
    pub altered: BTreeMap<&'static str, u64>,
    /// Refusals by the target's words.
    pub refusals: BTreeMap<String, u64>,
    /// Messages of the target that the source has not (its owner's, since cut-over).
    pub only_on_target: u64,
    /// The source's census, as read now.
    pub before: Census,
    /// The target's census, as read now.
    pub after: Census,
    /// Root over one salted leaf a message of the source, each with its verdict.
    pub root: Digest,
    /// How many leaves.
    pub leaves: u64,
}

impl Report {
    /// How many messages have this verdict.
    pub fn count(&self, word: &str) -> u64 {
        self.counts.get(word).copied().unwrap_or(0)
    }
    /// Figures for the journal: words and numbers, no name.
    pub fn facts(&self) -> BTreeMap<String, String> {
        let mut facts: BTreeMap<String, String> = BTreeMap::new();
        for word in ["identical", "altered", "refused", "excluded", "unexplained"] {
            facts.insert(word.into(), self.count(word).to_string());
        }
        facts.extend(self.altered.iter().map(|(word, n)| (format!("altered-{word}"), n.to_string())));
        facts.insert("only-on-target".into(), self.only_on_target.to_string());
        facts.insert("verdict-root".into(), self.root.to_string());
        facts.insert("verdict-leaves".into(), self.leaves.to_string());
        facts
    }
    /// Nothing, or why this can't be signed as complete.
    pub fn fault(&self) -> Option<Fault> {
        let count = self.count("unexplained");
        (count > 0).then(|| Fault::new("mail-unexplained").with("count", count))
    }
}
