//! The tree of one moment.
use super::{Change, MAX_DEPTH, MAX_NAME_CHARS, MAX_PARTS, MAX_UNITS, Part, UnitDecision, UnitKind};
use crate::{Timestamp, UnitId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use std::collections::{BTreeMap, BTreeSet};

/// How a unit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Ended {
    /// It became part of another.
    Merged {
        /// Which.
        into: UnitId,
    },
    /// It became several; the first is its heir.
    Split {
        /// Which.
        into: Vec<UnitId>,
    },
    /// It was closed.
    Closed,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unit {
    /// Its identifier.
    pub id: UnitId,
    /// The unit above; for a closed unit, its heir. None: the centre.
    pub parent: Option<UnitId>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// Since when it is; none for the centre, which always was.
    pub since: Option<Timestamp>,
    /// Until when it was, and how it ended; none while it is open.
    pub ended: Option<(Timestamp, Ended)>,
}

impl Unit {
    /// Whether something new may be put into it.
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }
}

/// The organisation at one moment: a fold of decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    units: BTreeMap<UnitId, Unit>,
    below: BTreeMap<UnitId, BTreeSet<UnitId>>,
    /// Names of open units, folded, by the unit above.
    names: BTreeMap<(UnitId, String), UnitId>,
}

/// The name that the centre has until somebody decides another.
const CENTRE: &str = "Centre";

impl Default for Tree {
    fn default() -> Self {
        let centre = Unit {
            id: UnitId::ROOT,
            parent: None,
            name: CENTRE.into(),
            kind: UnitKind::Centre,
            since: None,
            ended: None,
        };
        Tree { units: BTreeMap::from([(UnitId::ROOT, centre)]), below: BTreeMap::new(), names: BTreeMap::new() }
    }
}

/// Whether `new` may join `decisions` (in the order in which they were entered): the history makes sense with it at every
/// moment, past and to come. Answers the tree of the last of those moments.
///
/// # Errors
/// `domain-unit-…`: of the first decision that would make no sense, which need not be the new one.
pub fn accept(decisions: &[UnitDecision], new: &[UnitDecision]) -> Result<Tree> {
    fold(decisions.iter().chain(new), |_| true)
}

/// The decisions that name a unit, by the moment from which they hold.
pub fn history(decisions: &[UnitDecision], unit: UnitId) -> Vec<&UnitDecision> {
    let mut found: Vec<_> = decisions.iter().filter(|d| d.what.units().contains(&unit)).collect();
    found.sort_by_key(|d| d.at);
    found
}

fn fold<'a>(decisions: impl Iterator<Item = &'a UnitDecision>, counts: impl Fn(&UnitDecision) -> bool) -> Result<Tree> {
    let mut ordered: Vec<&UnitDecision> = decisions.filter(|d| counts(d)).collect();
    // Of two that hold from the same moment, the one entered first comes first: the sort keeps their order.
    ordered.sort_by_key(|d| d.at);
    let mut tree = Tree::default();
    for decision in ordered {
        tree.apply(decision)?;
    }
    Ok(tree)
}

impl Tree {
    /// The tree of a moment, from decisions in the order in which they were entered.
    ///
    /// # Errors
    /// `domain-unit-…` where the decisions make no sense: never for those that [`accept`] has taken one after the other.
    pub fn at(decisions: &[UnitDecision], moment: Timestamp) -> Result<Tree> {
        fold(decisions.iter(), |d| d.at <= moment)
    }

    /// The tree of a moment as it was known at another: without the decisions that were entered after `known`.
    pub fn as_known(decisions: &[UnitDecision], moment: Timestamp, known: Timestamp) -> Result<Tree> {
        fold(decisions.iter(), |d| d.at <= moment && d.decided <= known)
    }

    /// A unit, open or closed.
    pub fn get(&self, unit: UnitId) -> Option<&Unit> {
        self.units.get(&unit)
    }
    /// Every unit, closed ones included.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }
    /// The units directly below one, closed ones that hang there included, in the order of their identifiers.
    pub fn children(&self, unit: UnitId) -> impl Iterator<Item = &Unit> {
        self.below.get(&unit).into_iter().flatten().filter_map(|id| self.units.get(id))
    }
    /// A unit and those above it, up to the centre.
    pub fn line(&self, unit: UnitId) -> impl Iterator<Item = &Unit> {
        std::iter::successors(self.units.get(&unit), |u| u.parent.and_then(|p| self.units.get(&p)))
    }
    /// A unit and all below it.
    pub fn subtree(&self, unit: UnitId) -> Vec<UnitId> {
        let mut found: Vec<UnitId> = self.units.get(&unit).map(|u| u.id).into_iter().collect();
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            found.extend(self.below.get(&id).into_iter().flatten());
            next += 1;
        }
        found
    }
    /// Whether `unit` is `above` or below it.
    pub fn is_within(&self, unit: UnitId, above: UnitId) -> bool {
        self.line(unit).any(|u| u.id == above)
    }
    /// The open unit that stands for a unit: itself, or the last of its heirs.
    pub fn heir(&self, unit: UnitId) -> Option<&Unit> {
        self.line(unit).find(|u| u.is_open())
    }
    /// The names from below the centre down to the unit, joined by ` / `; the centre's own name for itself.
    pub fn path(&self, unit: UnitId) -> String {
        let mut names: Vec<&str> = self.line(unit).map(|u| u.name.as_str()).collect();
        if names.len() > 1 {
            names.pop();
        }
        names.reverse();
        names.join(" / ")
    }
    /// The open unit of a path as [`Tree::path`] writes it, with or without the centre's name in front, spaces around
    /// the strokes and capitals not counted. An empty path is the centre; so is its name, unless a unit directly below it
    /// is called so too.
    pub fn by_path(&self, path: &str) -> Option<&Unit> {
        let mut names: Vec<String> = path.split('/').map(folded).filter(|n| !n.is_empty()).collect();
        let down = |names: &[String]| {
            names.iter().try_fold(UnitId::ROOT, |above, name| self.names.get(&(above, name.clone())).copied())
        };
        let found = down(&names).or_else(|| {
            let centre = folded(&self.units[&UnitId::ROOT].name);
            (names.first() == Some(&centre)).then(|| names.remove(0)).and_then(|_| down(&names))
        });
        found.and_then(|id| self.units.get(&id))
    }

    /// The tree as whoever holds a unit sees it: the unit, all below it, and those above it, which have no other
    /// children then. Nothing where the unit is not there.
    pub fn around(&self, unit: UnitId) -> Tree {
        let kept: BTreeSet<UnitId> = self.subtree(unit).into_iter().chain(self.line(unit).map(|u| u.id)).collect();
        let mut seen = Tree { units: BTreeMap::new(), ..Tree::default() };
        for id in kept.into_iter().chain([UnitId::ROOT]) {
            if let Some(unit) = self.units.get(&id) {
                seen.add(unit.clone());
            }
        }
        seen
    }

    fn open(&self, unit: UnitId) -> Result<&Unit> {
        let found = self.get(unit).ok_or_else(|| Fault::new("domain-unit-unknown").with("unit", unit.to_string()))?;
        match found.is_open() {
            true => Ok(found),
            false => Err(Fault::new("domain-unit-closed").with("unit", &found.name)),
        }
    }
    /// An open unit that may end or move: the centre may not.
    fn movable(&self, unit: UnitId) -> Result<&Unit> {
        match unit == UnitId::ROOT {
            true => Err(Fault::new("domain-unit-centre")),
            false => self.open(unit),
        }
    }
    fn free(&self, parent: UnitId, name: &str, for_unit: UnitId) -> Result<()> {
        check_name(name)?;
        match self.names.get(&(parent, folded(name))) {
            Some(other) if *other != for_unit => {
                Err(Fault::new("domain-unit-name-taken").with("name", name).with("parent", &self.units[&parent].name))
            }
            _ => Ok(()),
        }
    }
    fn depth(&self, unit: UnitId) -> usize {
        self.line(unit).count()
    }
    fn height(&self, unit: UnitId) -> usize {
        let (mut level, mut levels) = (vec![unit], 0);
        while !level.is_empty() {
            levels += 1;
            level = level.iter().flat_map(|id| self.below.get(id).into_iter().flatten().copied()).collect();
        }
        levels
    }
    fn deep_enough(&self, parent: UnitId, levels: usize) -> Result<()> {
        match self.depth(parent) + levels > MAX_DEPTH {
            true => Err(Fault::new("domain-unit-too-deep").with("limit", MAX_DEPTH)),
            false => Ok(()),
        }
    }

    /// Applies one decision: to try several, one after the other. Nothing is changed where it is refused.
    pub fn apply(&mut self, decision: &UnitDecision) -> Result<()> {
        let at = decision.at;
        match &decision.what {
            Change::Founded { unit, parent, name, kind } => self.found(*unit, *parent, name, *kind, at),
            Change::Renamed { unit, name } => self.rename(*unit, name),
            Change::Moved { unit, parent } => self.shift(*unit, *parent),
            Change::Merged { unit, into } => self.merge(*unit, *into, at),
            Change::Split { unit, into } => self.split(*unit, into, at),
            Change::Closed { unit } => self.close(*unit, at),
        }
    }

    fn found(&mut self, unit: UnitId, parent: UnitId, name: &str, kind: UnitKind, at: Timestamp) -> Result<()> {
        if self.units.contains_key(&unit) {
            return Err(Fault::new("domain-unit-there").with("unit", unit.to_string()));
        }
        if self.units.len() >= MAX_UNITS {
            return Err(Fault::new("domain-unit-too-many").with("limit", MAX_UNITS));
        }
        self.open(parent)?;
        self.free(parent, name, unit)?;
        self.deep_enough(parent, 1)?;
        self.add(Unit { id: unit, parent: Some(parent), name: name.trim().into(), kind, since: Some(at), ended: None });
        Ok(())
    }

    fn rename(&mut self, unit: UnitId, name: &str) -> Result<()> {
        let parent = self.open(unit)?.parent;
        match parent {
            Some(parent) => self.free(parent, name, unit)?,
            None => check_name(name)?,
        }
        let mut renamed = self.take(unit);
        renamed.name = name.trim().into();
        self.add(renamed);
        Ok(())
    }

    fn shift(&mut self, unit: UnitId, parent: UnitId) -> Result<()> {
        let name = self.movable(unit)?.name.clone();
        self.open(parent)?;
        if self.is_within(parent, unit) {
            return Err(Fault::new("domain-unit-cycle").with("unit", &name).with("parent", &self.units[&parent].name));
        }
        self.free(parent, &name, unit)?;
        self.deep_enough(parent, self.height(unit))?;
        self.hang(unit, parent);
        Ok(())
    }

    fn merge(&mut self, unit: UnitId, into: UnitId, at: Timestamp) -> Result<()> {
        let name = self.movable(unit)?.name.clone();
        self.open(into)?;
        if self.is_within(into, unit) {
            return Err(Fault::new("domain-unit-cycle").with("unit", &name).with("parent", &self.units[&into].name));
        }
        let going: Vec<UnitId> = self.children(unit).filter(|u| u.is_open()).map(|u| u.id).collect();
        for child in &going {
            // The unit itself ends by this: a child of its name is in nobody's way, but for the others there.
            match self.names.get(&(into, folded(&self.units[child].name))) {
                Some(other) if *other == unit => {}
                _ => self.free(into, &self.units[child].name, *child)?,
            }
        }
        self.deep_enough(into, self.height(unit))?;
        self.end(unit, into, at, Ended::Merged { into });
        going.into_iter().for_each(|child| self.hang(child, into));
        Ok(())
    }

    fn split(&mut self, unit: UnitId, parts: &[Part], at: Timestamp) -> Result<()> {
        let (kind, parent) = (self.movable(unit)?.kind, self.units[&unit].parent.unwrap_or(UnitId::ROOT));
        let wrong = |why: &str| Fault::new("domain-unit-split-wrong").because(why);
        if !(2..=MAX_PARTS).contains(&parts.len()) {
            return Err(wrong("parts").with("limit", MAX_PARTS));
        }
        self.deep_enough(parent, self.height(unit) + 1)?;
        let going: BTreeSet<UnitId> = self.children(unit).filter(|u| u.is_open()).map(|u| u.id).collect();
        let (mut names, mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for part in parts {
            if self.units.contains_key(&part.unit) || !ids.insert(part.unit) {
                return Err(Fault::new("domain-unit-there").with("unit", part.unit.to_string()));
            }
            // The split unit's own name becomes free by this.
            self.free(parent, &part.name, unit)?;
            if !names.insert(folded(&part.name)) {
                let above = &self.units[&parent].name;
                return Err(Fault::new("domain-unit-name-taken").with("name", &part.name).with("parent", above));
            }
            for child in &part.takes {
                if !going.contains(child) {
                    return Err(wrong("a unit that is not directly below"));
                }
                if taken.insert(*child, part.unit).is_some() {
                    return Err(wrong("a unit in two parts"));
                }
            }
        }
        if self.units.len() + parts.len() > MAX_UNITS {
            return Err(Fault::new("domain-unit-too-many").with("limit", MAX_UNITS));
        }
        let heir = parts[0].unit;
        let into = parts.iter().map(|p| p.unit).collect();
        self.names.remove(&(parent, folded(&self.units[&unit].name)));
        for Part { unit, name, .. } in parts {
            let name = name.trim().into();
            self.add(Unit { id: *unit, parent: Some(parent), name, kind, since: Some(at), ended: None });
        }
        self.end(unit, heir, at, Ended::Split { into });
        going.into_iter().for_each(|child| self.hang(child, taken.get(&child).copied().unwrap_or(heir)));
        Ok(())
    }

    fn close(&mut self, unit: UnitId, at: Timestamp) -> Result<()> {
        let found = self.movable(unit)?;
        let (name, parent) = (found.name.clone(), found.parent.unwrap_or(UnitId::ROOT));
        if let Some(child) = self.children(unit).find(|u| u.is_open()) {
            return Err(Fault::new("domain-unit-not-empty").with("unit", name).with("child", &child.name));
        }
        self.end(unit, parent, at, Ended::Closed);
        Ok(())
    }

    /// Takes a unit out of the indexes.
    fn take(&mut self, unit: UnitId) -> Unit {
        let taken = self.units[&unit].clone();
        if let Some(parent) = taken.parent {
            let key = (parent, folded(&taken.name));
            if self.names.get(&key) == Some(&unit) {
                self.names.remove(&key);
            }
            if let Some(there) = self.below.get_mut(&parent) {
                there.remove(&unit);
            }
        }
        taken
    }
    /// Puts a unit into the tree and its indexes.
    fn add(&mut self, unit: Unit) {
        if let Some(parent) = unit.parent {
            self.below.entry(parent).or_default().insert(unit.id);
            if unit.is_open() {
                self.names.insert((parent, folded(&unit.name)), unit.id);
            }
        }
        self.units.insert(unit.id, unit);
    }
    fn hang(&mut self, unit: UnitId, parent: UnitId) {
        let mut taken = self.take(unit);
        taken.parent = Some(parent);
        self.add(taken);
    }
    fn end(&mut self, unit: UnitId, heir: UnitId, at: Timestamp, how: Ended) {
        let mut taken = self.take(unit);
        taken.parent = Some(heir);
        taken.ended = Some((at, how));
        self.add(taken);
    }
}

/// A name as it is compared: without capitals nor spaces around it.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn check_name(name: &str) -> Result<()> {
    let name = name.trim();
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    match fits && !name.contains('/') && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Fault::new("domain-unit-name-wrong").with("limit", MAX_NAME_CHARS)),
    }
}
