//! Reading both mailboxes again.
use super::{FolderVerdict, Report, Verdict, pair};
use crate::{
    census::{Counted, Salt, part, unreadable},
    endpoint::Endpoint,
    imap::{Connection, Name},
    mapping::{Rules, assign},
    reading,
    state::Store,
};
use serde::Serialize;
use socle_domain::{Digest, census::Census, merkle};
use socle_texts::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// One message's line in the list of names: what a person needs to find it again. It never enters a chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line<'a> {
    /// Its leaf's number.
    pub number: u64,
    /// Its folder on the source.
    pub folder: &'a str,
    /// Its UID there.
    pub uid: u32,
    /// Its subject.
    pub subject: &'a str,
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: &'a Verdict,
    /// Its leaf.
    pub leaf: Digest,
}

/// Reads both mailboxes and gives each message its verdict; `each` gets every line, with names.
///
/// From the state only two things are taken: which folder became which, and in what words the target refused. They make
/// no message count as present.
pub fn verify(
    source: &Endpoint,
    target: &Endpoint,
    state: &Path,
    rules: &Rules,
    salt: &Salt,
    each: &mut dyn FnMut(&Line<'_>) -> Result<()>,
) -> Result<Report> {
    crate::wait_for(async {
        let store = Store::open(state)?;
        let (here, there) = tokio::join!(Connection::open_endpoint(source), Connection::open_endpoint(target));
        let (mut here, mut there) = (here?, there?);
        let (ours, theirs) = (here.list().await?, there.list().await?);
        let decided: BTreeMap<Name, Name> =
            store.index.folders.iter().map(|e| (e.source.clone(), e.target.clone())).collect();
        let present: BTreeSet<&Name> = theirs.folders.iter().filter(|f| f.selectable).map(|f| &f.name).collect();
        let mut report = empty();
        let mut leaves = Vec::new();
        let assigned = assign(&ours, &theirs, rules, &decided);
        for (number, one) in assigned.iter().filter(|a| a.folder.selectable).enumerate() {
            let number = number + 1;
            let name = one.folder.name.shown();
            let (mut source, mut subjects) = (Vec::new(), Vec::new());
            reading::folder(&mut here, &one.folder.name, "1:*", true, &mut |read| {
                source.push(Counted::of(&read));
                subjects.push(read.subject);
            })
            .await
            .map_err(|fault| unreadable(fault, number))?;
            let mut target = Vec::new();
            if let Some(wanted) = one.target.as_ref().filter(|n| present.contains(n) || n.is_inbox()) {
                let take = &mut |read: reading::Read| target.push(Counted::of(&read));
                reading::folder(&mut there, wanted, "1:*", false, take).await?;
            }
            let refused = refusals(&store, &one.folder.name)?;
            let pairing = pair(&source, &target);
            let mut folder = FolderVerdict {
                folder: name,
                target: one.target.as_ref().map(Name::shown).unwrap_or_default(),
                only_on_target: pairing.only_on_target,
                ..FolderVerdict::default()
            };
            for ((message, found), subject) in source.iter().zip(pairing.found).zip(&subjects) {
                let verdict = match found {
                    _ if one.target.is_none() => Verdict::Excluded,
                    Some(ways) if ways.is_empty() => Verdict::Identical,
                    Some(ways) => Verdict::Altered { ways },
                    None => match refused.words(message) {
                        Some(verbatim) => Verdict::Refused { verbatim },
                        None => Verdict::Unexplained,
                    },
                };
                let leaf = verdict_leaf(message, &verdict, salt);
                each(&Line {
                    number: leaves.len() as u64,
                    folder: &folder.folder,
                    uid: message.uid,
                    subject,
                    digest: message.print.exact,
                    verdict: &verdict,
                    leaf,
                })?;
                leaves.push(leaf);
                count(&mut report, &mut folder, &verdict);
            }
            report.only_on_target += folder.only_on_target;
            report.before.parts.push(part(number, &source, salt));
            report.after.parts.push(part(number, &target, salt));
            report.folders.push(folder);
        }
        report.root = merkle::root(&leaves);
        report.leaves = leaves.len() as u64;
        tokio::join!(here.bye(), there.bye());
        Ok(report)
    })
}

fn empty() -> Report {
    Report {
        folders: Vec::new(),
        counts: BTreeMap::new(),
        altered: BTreeMap::new(),
        refusals: BTreeMap::new(),
        only_on_target: 0,
        before: Census { parts: Vec::new() },
        after: Census { parts: Vec::new() },
        root: merkle::root(&[]),
        leaves: 0,
    }
}

fn verdict_leaf(message: &Counted, verdict: &Verdict, salt: &Salt) -> Digest {
    let text = serde_json::to_string(verdict).unwrap_or_default();
    let bytes = [message.leaf(salt).0.as_slice(), text.as_bytes()].concat();
    merkle::leaf(blake3::keyed_hash(salt, &bytes).as_bytes())
}

fn count(report: &mut Report, folder: &mut FolderVerdict, verdict: &Verdict) {
    *report.counts.entry(verdict.word()).or_default() += 1;
    *folder.counts.entry(verdict.word()).or_default() += 1;
    match verdict {
        Verdict::Altered { ways } => ways.iter().for_each(|w| *report.altered.entry(w.word()).or_default() += 1),
        Verdict::Refused { verbatim } => *report.refusals.entry(verbatim.clone()).or_default() += 1,
        _ => {}
    }
}

/// What the target refused of a folder, as it was noted at that moment.
struct Refusals {
    folder: Option<String>,
    messages: BTreeMap<u32, (String, Option<Digest>)>,
}

fn refusals(store: &Store, name: &Name) -> Result<Refusals> {
    let entry = store.index.folders.iter().find(|e| e.source == *name);
    let messages = match entry {
        Some(entry) => store.folder(entry.id)?.refused,
        None => BTreeMap::new(),
    };
    Ok(Refusals { folder: entry.and_then(|e| e.refused.clone()), messages })
}

impl Refusals {
    /// The target's words about this very message.
    fn words(&self, message: &Counted) -> Option<String> {
        let of_message = self.messages.get(&message.uid);
        let same = of_message.filter(|(_, digest)| digest.is_none_or(|d| d == message.print.exact));
        same.map(|(words, _)| words.clone()).or_else(|| self.folder.clone())
    }
}
