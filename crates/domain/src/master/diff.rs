//! Two versions of a master side by side.
use super::Master;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a thing from one version to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// It is the same.
    Same,
    /// It is in the second only.
    Added,
    /// It was in the first only.
    Removed,
    /// It is another.
    Changed,
}

/// A line of the two texts beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffLine {
    /// What became of it.
    pub side: Side,
    /// Its number in the first text, from 1, and the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<(u32, String)>,
    /// The same of the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<(u32, String)>,
}

/// A named part that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What became of it: never [`Side::Same`].
    pub side: Side,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What two versions differ in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MasterDiff {
    /// The whole sequence's text, line beside line.
    pub sequence: Vec<DiffLine>,
    /// Images, by name.
    pub images: Vec<Change>,
    /// Packages, by name.
    pub packages: Vec<Change>,
    /// Drivers, by name.
    pub drivers: Vec<Change>,
    /// Options, by name: their whole declarations.
    pub options: Vec<Change>,
    /// The generations.
    pub generation: (u64, u64),
}

impl MasterDiff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        let parts = [&self.images, &self.packages, &self.drivers, &self.options];
        self.sequence.iter().all(|l| l.side == Side::Same)
            && parts.iter().all(|p| p.is_empty())
            && self.generation.0 == self.generation.1
    }
}

/// What `after` has otherwise than `before`. A text that can't be read has no options to compare: its lines are.
pub fn diff(before: &Master, after: &Master) -> MasterDiff {
    let trees = |parts: &BTreeMap<String, crate::Digest>| -> BTreeMap<String, Value> {
        parts.iter().map(|(name, digest)| (name.clone(), digest.to_string().into())).collect()
    };
    let options = |master: &Master| -> BTreeMap<String, Value> {
        let specs = master.specs().unwrap_or_default().into_iter();
        specs.map(|spec| (spec.name.clone(), serde_json::to_value(&spec).unwrap_or_default())).collect()
    };
    MasterDiff {
        sequence: lines(&before.sequence, &after.sequence),
        images: changes(&trees(&before.images), &trees(&after.images)),
        packages: changes(&trees(&before.packages), &trees(&after.packages)),
        drivers: changes(&trees(&before.drivers), &trees(&after.drivers)),
        options: changes(&options(before), &options(after)),
        generation: (before.generation, after.generation),
    }
}

fn changes(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<Change> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |name: &String| {
        let (was, is) = (before.get(name), after.get(name));
        let side = match (was, is) {
            (Some(was), Some(is)) if was == is => return None,
            (Some(_), Some(_)) => Side::Changed,
            (None, _) => Side::Added,
            (_, None) => Side::Removed,
        };
        Some(Change { name: name.clone(), side, before: was.cloned(), after: is.cloned() })
    };
    names.into_iter().filter_map(change).collect()
}

/// Longer texts than this are not compared line by line but for what they begin and end with alike.
const MAX_LINES: usize = 6_000;

/// Texts line beside line. Where lines were replaced, the first stands beside the first.
fn lines(before: &str, after: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let numbered = |lines: &[&str], index: usize| Some((index as u32 + 1, lines.get(index)?.to_string()));
    let mut beside = Vec::new();
    for op in operations(&old, &new) {
        let (was, is) = (op.old_range(), op.new_range());
        let same = matches!(op, DiffOp::Equal { .. });
        for row in 0..was.len().max(is.len()) {
            let before = (row < was.len()).then(|| numbered(&old, was.start + row)).flatten();
            let after = (row < is.len()).then(|| numbered(&new, is.start + row)).flatten();
            let side = match (&before, &after) {
                _ if same => Side::Same,
                (Some(_), Some(_)) => Side::Changed,
                (None, _) => Side::Added,
                (_, None) => Side::Removed,
            };
            beside.push(DiffLine { side, before, after });
        }
    }
    beside
}

fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    if old.len().max(new.len()) <= MAX_LINES {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (rest_old, rest_new) = (&old[head..], &new[head..]);
    let tail = rest_old.iter().rev().zip(rest_new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (rest_old.len() - tail, rest_new.len() - tail);
    vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: head },
        DiffOp::Replace { old_index: head, old_len, new_index: head, new_len },
        DiffOp::Equal { old_index: head + old_len, new_index: head + new_len, len: tail },
    ]
}
