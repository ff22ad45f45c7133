//! Which messages of the target are which of the source, by their bytes alone. Never a guess.
use crate::print::Print;
use socle_domain::Digest;
use std::collections::{BTreeMap, VecDeque};

/// What was matched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matched {
    /// Positions in source and target that belong together.
    pub pairs: Vec<(usize, usize)>,
    /// Positions in the source of which it can't be told whether they are there.
    pub ambiguous: Vec<usize>,
}

/// Matches as multisets: of three equal messages on the source and two on the target, two are there.
///
/// Exact bytes first. Then what a target is known to change in headers ([`Print::masked`]): where several different
/// messages of the source look the same after that change, and the target has fewer of them, nobody can tell which are
/// missing, and all of them are ambiguous.
pub fn matched(source: &[Print], target: &[Print]) -> Matched {
    let mut result = Matched::default();
    let mut by_exact: BTreeMap<Digest, VecDeque<usize>> = BTreeMap::new();
    target.iter().enumerate().for_each(|(t, print)| by_exact.entry(print.exact).or_default().push_back(t));
    let mut left: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    for (s, print) in source.iter().enumerate() {
        match by_exact.get_mut(&print.exact).and_then(VecDeque::pop_front) {
            Some(t) => result.pairs.push((s, t)),
            None => left.entry(print.masked).or_default().push(s),
        }
    }
    let mut by_masked: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    for t in by_exact.into_values().flatten() {
        by_masked.entry(target[t].masked).or_default().push(t);
    }
    for (masked, sources) in left {
        let Some(targets) = by_masked.get(&masked) else { continue };
        let all_same = sources.iter().all(|s| source[*s].exact == source[sources[0]].exact);
        if targets.len() >= sources.len() || all_same {
            result.pairs.extend(sources.into_iter().zip(targets.iter().copied()));
        } else {
            result.ambiguous.extend(sources);
        }
    }
    result.pairs.sort_unstable();
    result
}
