//! Which message of the source is which of the target: by what they are, never by what the copy noted.
use super::Alteration;
use crate::census::Counted;
use std::collections::{BTreeMap, BTreeSet};

/// How two folders compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pairing {
    /// For each message of the source, in its order: how it differs on the target; none: it is not there.
    pub found: Vec<Option<Vec<Alteration>>>,
    /// Messages of the target that the source has not.
    pub only_on_target: u64,
}

/// Pairs each message at most once: equals first, then the same bytes with other marks, then bytes altered in a known way.
pub fn pair(source: &[Counted], target: &[Counted]) -> Pairing {
    let mut pairing = Pairing { found: vec![None; source.len()], only_on_target: 0 };
    let mut free: BTreeSet<usize> = (0..target.len()).collect();
    round(source, target, &mut free, &mut pairing, |m| (m.print.exact, m.at, m.flags.clone()));
    round(source, target, &mut free, &mut pairing, |m| (m.print.exact, m.at));
    round(source, target, &mut free, &mut pairing, |m| m.print.exact);
    round(source, target, &mut free, &mut pairing, |m| (m.print.masked, m.at));
    round(source, target, &mut free, &mut pairing, |m| m.print.masked);
    pairing.only_on_target = free.len() as u64;
    pairing
}

fn round<K: Ord>(
    source: &[Counted],
    target: &[Counted],
    free: &mut BTreeSet<usize>,
    pairing: &mut Pairing,
    key: impl Fn(&Counted) -> K,
) {
    let mut by_key: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for t in free.iter().rev() {
        by_key.entry(key(&target[*t])).or_default().push(*t);
    }
    for (s, message) in source.iter().enumerate() {
        if pairing.found[s].is_some() {
            continue;
        }
        if let Some(t) = by_key.get_mut(&key(message)).and_then(Vec::pop) {
            free.remove(&t);
            pairing.found[s] = Some(differences(message, &target[t]));
        }
    }
}

fn differences(source: &Counted, target: &Counted) -> Vec<Alteration> {
    let system = |m: &Counted| -> BTreeSet<String> {
        m.flags.iter().filter(|f| f.starts_with('\\')).map(|f| f.to_ascii_lowercase()).collect()
    };
    let keywords = |m: &Counted| -> BTreeSet<String> {
        m.flags.iter().filter(|f| !f.starts_with('\\')).map(|f| f.to_ascii_lowercase()).collect()
    };
    let (ours, theirs) = (keywords(source), keywords(target));
    let mut ways = Vec::new();
    if source.print.exact != target.print.exact {
        ways.push(Alteration::HeaderMasked);
    }
    if source.at != target.at {
        ways.push(Alteration::DateChanged);
    }
    if system(source) != system(target) {
        ways.push(Alteration::FlagsDiffer);
    }
    if !ours.is_subset(&theirs) {
        ways.push(Alteration::KeywordsLost);
    }
    if !theirs.is_subset(&ours) {
        ways.push(Alteration::KeywordsAdded);
    }
    ways
}
