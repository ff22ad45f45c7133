//! The audit trail: who did what, as one chain that shows any entry that was altered, removed or moved.
//!
//! An entry holds no name of a person. It says *who* and, where that is a person or a word that somebody chose, *about
//! what* as digests salted with sixteen random bytes of that entry's own; names and salts stand beside the chain in a
//! table of their own. When they are deleted, nobody can say any more whom the entry speaks of, and the chain stays
//! verifiable.
//!
//! What is chained is the digest of what an entry says, not its text. So an export for a part of the organisation leaves
//! out what the others did, keeps one digest in its place, and still shows that nothing is missing.
//!
//! The server signs where the chain stands ([`AuditHead`]): in an export always at its end, and along it at each of the
//! checkpoints that were kept.
use crate::{
    Digest, Timestamp, UnitId,
    keys::{Delegation, server_key},
    sign::{PublicKey, Signed, Statement},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use socle_texts::{Fault, Result};
use std::{collections::BTreeMap, fmt, str::FromStr};

const FORMAT: u32 = 1;
/// Entries in one file; an export that is longer goes on in another one, after a signed head.
pub const MAX_ENTRIES: usize = 200_000;
const MAX_FILE_BYTES: usize = 256 << 20;
const MAX_HEADS: usize = 10_000;
const MAX_WORD_BYTES: usize = 64;

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was done without a second person, because nobody else could have said yes.
    Alone,
    /// It waits for a second person.
    Asked,
    /// A second person said yes.
    Approved,
    /// A second person said no.
    Refused,
    /// It was tried after a second person's yes, and failed.
    Failed,
    /// It was refused: the person lacks the right, or did not prove who he is.
    Denied,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 7] = [
        Outcome::Done,
        Outcome::Alone,
        Outcome::Asked,
        Outcome::Approved,
        Outcome::Refused,
        Outcome::Failed,
        Outcome::Denied,
    ];
    /// The word of the wire and of the database.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Alone => "alone",
            Outcome::Asked => "asked",
            Outcome::Approved => "approved",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
            Outcome::Denied => "denied",
        }
    }
}
impl FromStr for Outcome {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        Outcome::ALL.into_iter().find(|o| o.word() == word).ok_or_else(|| format!("no outcome {word:?}"))
    }
}

/// What an act is about: a kind and an identifier that Socle made, or a salted digest. It can hold no name: only a UUID
/// or a digest is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(String);

impl Subject {
    /// Of a kind (`machine`) and an identifier; none where that is not one that Socle made.
    pub fn new(kind: &str, id: &str) -> Option<Subject> {
        let made_by_us = id.parse::<Digest>().is_ok() || id.parse::<uuid::Uuid>().is_ok_and(|u| u.to_string() == id);
        (is_word(kind) && made_by_us).then(|| Subject(format!("{kind}:{id}")))
    }
    /// Of a kind and a text that somebody chose (a rule's name, a person): its digest with the entry's salt.
    pub fn salted(kind: &str, text: &str, salt: &Salt) -> Option<Subject> {
        Subject::new(kind, &salted(salt, kind, text).to_string())
    }
}
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for Subject {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (kind, id) = text.split_once(':').ok_or("a subject is KIND:ID")?;
        Subject::new(kind, id).ok_or_else(|| "a subject is a kind and a UUID or a digest".to_string())
    }
}
impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// What makes the digests of one entry worth nothing without the names beside the chain.
pub type Salt = [u8; 16];

/// The digest of a text with an entry's salt.
pub fn salted(salt: &Salt, kind: &str, text: &str) -> Digest {
    Digest::of(&[b"socle-audit-name-v1\0".as_slice(), salt, kind.as_bytes(), &[0], text.as_bytes()].concat())
}

/// Whether `text` is a word of ours: lower-case letters and inner hyphens.
pub fn is_word(text: &str) -> bool {
    (1..=MAX_WORD_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.as_bytes()[0].is_ascii_lowercase()
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Whose affair it is.
    pub unit: UnitId,
    /// Who, as a salted digest.
    pub who: Digest,
    /// What was done: `machine-accept`.
    #[serde(deserialize_with = "word")]
    pub act: String,
    /// About what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// How it ended.
    pub outcome: Outcome,
}

fn word<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<String, D::Error> {
    let text = String::deserialize(d)?;
    if is_word(&text) { Ok(text) } else { Err(D::Error::custom("an act is a word")) }
}

impl Said {
    /// The text that is kept.
    ///
    /// # Errors
    /// `domain-audit-unreadable` where an act is no word: it could not be read back.
    pub fn text(&self) -> Result<String> {
        if !is_word(&self.act) {
            return Err(Fault::new("domain-audit-unreadable").because("an act is a word"));
        }
        serde_json::to_string(self).map_err(|e| Fault::new("domain-audit-unreadable").because(e))
    }
    /// Reads it back.
    ///
    /// # Errors
    /// `domain-audit-unreadable`.
    pub fn read(text: &str) -> Result<Said> {
        serde_json::from_str(text).map_err(|e| Fault::new("domain-audit-unreadable").because(e))
    }
}

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// From 1, without a gap.
    pub number: u64,
    /// Digest of the entry before; zeros before the first.
    pub previous: Digest,
    /// What it says.
    pub said: Said,
}

impl Entry {
    /// The digest by which the next entry refers to it.
    ///
    /// # Errors
    /// Those of [`Said::text`].
    pub fn digest(&self) -> Result<Digest> {
        Ok(link(self.number, &self.previous, &Digest::of(self.said.text()?.as_bytes())))
    }
}

fn link(number: u64, previous: &Digest, content: &Digest) -> Digest {
    let context = b"socle-audit-entry-v1\0".as_slice();
    Digest::of(&[context, &number.to_be_bytes(), &previous.0, &content.0].concat())
}

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The number of the last entry; 0 before the first.
    pub number: u64,
    /// Its digest; zeros before the first.
    pub head: Digest,
}

impl Chain {
    /// Before the first entry.
    pub const START: Chain = Chain { number: 0, head: Digest([0; 32]) };

    /// The next entry, of which only the digest of its text is known.
    pub fn add_hidden(&mut self, content: &Digest) {
        self.head = link(self.number + 1, &self.head, content);
        self.number += 1;
    }
    /// The next entry.
    ///
    /// # Errors
    /// Those of [`Said::text`].
    pub fn add(&mut self, said: &Said) -> Result<Entry> {
        let entry = Entry { number: self.number + 1, previous: self.head, said: said.clone() };
        self.head = entry.digest()?;
        self.number = entry.number;
        Ok(entry)
    }
}

/// The server says: the audit trail stands here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// The number of the last entry.
    pub number: u64,
    /// Its digest.
    pub head: Digest,
    /// When it was said.
    pub at: Timestamp,
}
impl Statement for AuditHead {
    const CONTEXT: &'static str = "socle-audit-head-v1";
}
impl AuditHead {
    /// Where the chain stands.
    pub fn chain(&self) -> Chain {
        Chain { number: self.number, head: self.head }
    }
}

/// One entry in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Line {
    /// What it says.
    Said(Said),
    /// It is not for the reader of this file: the digest of what it says.
    Hidden(Digest),
}

/// An export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFile {
    /// The version of this form: 1.
    pub socle_audit: u32,
    /// The content key's word for the server's key.
    pub delegation: Signed<Delegation>,
    /// Where the chain stood before the first line; none: at its very beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Signed<AuditHead>>,
    /// The entries, without a gap.
    pub entries: Vec<Line>,
    /// Where the server said that the chain stood, in the order of their numbers; the last is the file's end.
    pub heads: Vec<Signed<AuditHead>>,
}

/// What an export shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditVerdict {
    /// The number of its first entry.
    pub first: u64,
    /// The number of its last entry.
    pub last: u64,
    /// Where the chain stands at its end.
    pub head: Digest,
    /// When the server said so.
    pub at: Timestamp,
    /// Entries of which only a digest is here.
    pub hidden: u64,
    /// How often each act was done.
    pub acts: BTreeMap<String, u64>,
    /// Signed heads that the chain agrees with.
    pub heads: u64,
}

impl AuditFile {
    /// A file of these.
    pub fn new(
        delegation: Signed<Delegation>,
        since: Option<Signed<AuditHead>>,
        entries: Vec<Line>,
        heads: Vec<Signed<AuditHead>>,
    ) -> Self {
        AuditFile { socle_audit: FORMAT, delegation, since, entries, heads }
    }
    /// The file's bytes, in its one form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// Whether these bytes claim to be an export of the audit trail.
pub fn is_one(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "socle_audit")]
        _format: u32,
    }
    serde_json::from_slice::<Head>(bytes).is_ok()
}

/// Checks an export with the content public key alone: its form, the chain, every signed head.
///
/// # Errors
/// `domain-audit-unreadable`; `domain-signature-wrong`; `domain-audit-broken` (with `number`: the chain does not agree
/// with what the server signed when it stood there: something up to that entry was altered, removed, added or moved).
pub fn verify(bytes: &[u8], content: &PublicKey) -> Result<AuditVerdict> {
    let unreadable = |why: &str| Fault::new("domain-audit-unreadable").because(why);
    if bytes.len() > MAX_FILE_BYTES {
        return Err(unreadable("longer than 256 MiB"));
    }
    let file: AuditFile = serde_json::from_slice(bytes).map_err(|e| unreadable(&e.to_string()))?;
    if file.socle_audit != FORMAT {
        return Err(unreadable(&format!("form {} is not known to this version", file.socle_audit)));
    }
    if file.to_bytes() != bytes {
        return Err(unreadable("its form is not the one that Socle writes: bytes were added, removed or moved"));
    }
    if file.entries.len() > MAX_ENTRIES || file.heads.len() > MAX_HEADS {
        return Err(unreadable("too many entries"));
    }
    let server = server_key(content, &file.delegation)?;
    let heads = file.heads.iter().map(|h| h.open(&server)).collect::<Result<Vec<AuditHead>>>()?;
    let end = heads.last().cloned().ok_or_else(|| unreadable("it has no signed end"))?;
    let mut chain = match &file.since {
        Some(since) => since.open(&server)?.chain(),
        None => Chain::START,
    };
    let broken = |number: u64, why: &str| Fault::new("domain-audit-broken").with("number", number).because(why);
    let first = chain.number + 1;
    let mut verdict = AuditVerdict {
        first,
        last: end.number,
        head: end.head,
        at: end.at,
        hidden: 0,
        acts: BTreeMap::new(),
        heads: heads.len() as u64,
    };
    let mut heads = heads.iter().peekable();
    let mut check = |chain: &Chain| -> Result<()> {
        while let Some(head) = heads.next_if(|h| h.number <= chain.number) {
            if head.chain() != *chain {
                return Err(broken(head.number, "the server signed another chain"));
            }
        }
        Ok(())
    };
    check(&chain)?;
    for line in &file.entries {
        match line {
            Line::Said(said) => {
                chain.add(said)?;
                *verdict.acts.entry(said.act.clone()).or_default() += 1;
            }
            Line::Hidden(content) => {
                chain.add_hidden(content);
                verdict.hidden += 1;
            }
        }
        check(&chain)?;
    }
    if chain != end.chain() {
        return Err(broken(chain.number, "the file does not end where the server signed its end"));
    }
    Ok(verdict)
}
