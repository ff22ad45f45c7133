//! One option, for one machine or one unit.
use super::{Bound, Conflict, Decision, Declared, Resolved, Setting, Source};
use crate::{UnitId, latitude::Latitude, latitude::Reach};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::cmp::Reverse;

/// For whom an option is resolved.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The units from the centre down to his own.
    pub path: &'a [UnitId],
    /// Whether he is a machine in the last of them; else he is that unit.
    pub is_machine: bool,
}

/// Who stands above whom: the master 0, the centre 1, and so on down; a machine stands below its unit.
pub(super) type Level = usize;
const MASTER: Level = 0;

impl Case<'_> {
    /// The level of the one for whom it is resolved.
    pub(super) fn own(&self) -> Level {
        self.path.len() + usize::from(self.is_machine)
    }
    /// The level of who decides; none where he is not on the way up.
    pub(super) fn level(&self, source: &Source) -> Option<Level> {
        match source {
            Source::Master {} => Some(MASTER),
            Source::Unit { unit } | Source::Rule { unit, .. } => {
                self.path.iter().position(|u| u == unit).map(|index| index + 1)
            }
            Source::Machine { .. } | Source::Start {} => self.is_machine.then(|| self.own()),
        }
    }
}

/// The latitudes and the unit's values along the way, from the master down.
pub(super) struct Way {
    pub bounds: Vec<(Level, Bound)>,
    /// What the units decided, each within what is above it: by level.
    chain: Vec<(Level, Value)>,
}

impl Way {
    pub fn new(declared: Declared<'_>, case: Case<'_>, settings: &[&Setting]) -> Way {
        let Declared { spec, at } = declared;
        let own = Bound { source: Source::Master {}, latitude: spec.latitude.clone(), by: None, at };
        let mut way = Way { bounds: vec![(MASTER, own)], chain: vec![] };
        way.chain.extend(spec.default.clone().map(|value| (MASTER, value)));
        let mut units: Vec<(Level, &Setting)> = settings
            .iter()
            .filter(|s| matches!(s.source, Source::Unit { .. }))
            .filter_map(|s| Some((case.level(&s.source)?, *s)))
            .collect();
        units.sort_by_key(|(level, _)| *level);
        for (level, setting) in units {
            if let Some(value) = &setting.value
                && way.outside(declared, level, value).is_none()
            {
                way.chain.push((level, value.clone()));
            }
            if let Some(latitude) = &setting.narrows {
                let (source, by) = (setting.source.clone(), Some(setting.by.clone()));
                way.bounds.push((level, Bound { source, latitude: latitude.clone(), by, at: setting.at }));
            }
        }
        way
    }

    /// The value that the units above and at a level have decided.
    pub fn value_at(&self, level: Level) -> Option<&Value> {
        self.chain.iter().rev().find(|(l, _)| *l <= level).map(|(_, value)| value)
    }

    /// The latitudes that bind whoever stands on this level.
    pub fn binding(&self, level: Level) -> impl Iterator<Item = &Bound> {
        // The master binds everybody, and its own default was checked when it was read.
        self.bounds.iter().filter(move |(l, _)| *l < level).map(|(_, bound)| bound)
    }
    pub fn reach(&self, level: Level) -> Reach {
        self.binding(level).fold(Reach::default(), |reach, bound| reach.narrowed(&bound.latitude))
    }

    /// Outside of which latitude a value stands that somebody on this level decides, and why.
    pub fn outside(&self, declared: Declared<'_>, level: Level, value: &Value) -> Option<(Bound, Fault)> {
        if let Err(why) = declared.spec.check_value(value) {
            return Some((self.bounds[0].1.clone(), why));
        }
        let option = &declared.spec.name;
        let bound = self.bounds.iter().filter(|(l, _)| *l < level);
        bound.into_iter().find_map(|(l, bound)| {
            let why = match &bound.latitude {
                Latitude::Fixed if self.value_at(*l) == Some(value) => return None,
                Latitude::Fixed => Fault::new("domain-option-fixed").with("option", option),
                latitude => Reach::default().narrowed(latitude).check(option, value).err()?,
            };
            Some((bound.clone(), why))
        })
    }

    /// Whether a value of this level decides nothing: it is what was fixed above.
    fn is_idle(&self, level: Level) -> bool {
        self.binding(level).any(|bound| bound.latitude == Latitude::Fixed)
    }
}

/// An option's value for one machine or unit, and where it came from. `settings` may hold more than this option and
/// this way: what does not belong is left aside. Rules are those that match.
pub fn resolve(declared: Declared<'_>, case: Case<'_>, settings: &[&Setting]) -> Resolved {
    let spec = declared.spec;
    let own: Vec<&Setting> = settings.iter().filter(|s| s.option == spec.name).copied().collect();
    let way = Way::new(declared, case, &own);
    let mut candidates: Vec<(Level, &Setting)> =
        own.iter().filter(|s| s.value.is_some()).filter_map(|s| Some((case.level(&s.source)?, *s))).collect();
    candidates.sort_by_key(|(level, setting)| nearness(*level, &setting.source));
    let mut resolved = Resolved {
        option: spec.name.clone(),
        value: None,
        decided: None,
        within: vec![],
        overridden: vec![],
        conflicts: vec![],
        reach: way.reach(case.own()),
        bounds: way.binding(case.own()).cloned().collect(),
        beyond: vec![],
        asked: case.is_machine && way.reach(case.own()).is_asked(),
    };
    // What is in force where nobody repeats a fixed value: who repeats it decides nothing, unless somebody above the one
    // who fixed it decides otherwise for this machine alone (a rule).
    let firm = candidates.iter().find_map(|(level, setting)| {
        let value = setting.value.as_ref()?;
        (!way.is_idle(*level) && way.outside(declared, *level, value).is_none()).then_some(value)
    });
    let firm = firm.or(spec.default.as_ref()).cloned();
    for (level, setting) in candidates {
        let Some(value) = setting.value.clone() else { continue };
        let outside = way.outside(declared, level, &value);
        let decision = Decision { source: setting.source.clone(), value, by: Some(setting.by.clone()), at: setting.at };
        match outside {
            Some((bound, why)) => resolved.conflicts.push(Conflict { decision, bound, why }),
            None if way.is_idle(level) && firm.as_ref() == Some(&decision.value) => resolved.overridden.push(decision),
            None => take(&mut resolved, &way, level, decision),
        }
    }
    if let Some(value) = spec.default.clone() {
        take(&mut resolved, &way, MASTER, Decision { source: Source::Master {}, value, by: None, at: declared.at });
    }
    resolved
}

/// Of the settings of one option, which is asked first: the nearest.
fn nearness(level: Level, source: &Source) -> (u8, Reverse<Level>, u32, String) {
    let (class, order, name) = match source {
        Source::Start {} => (0, 0, ""),
        Source::Machine { .. } => (1, 0, ""),
        Source::Rule { order, name, .. } => (2, *order, name.as_str()),
        Source::Unit { .. } => (3, 0, ""),
        Source::Master {} => (4, 0, ""),
    };
    (class, Reverse(level), order, name.to_string())
}

fn take(resolved: &mut Resolved, way: &Way, level: Level, decision: Decision) {
    if resolved.decided.is_some() {
        resolved.overridden.push(decision);
        return;
    }
    resolved.value = Some(decision.value.clone());
    resolved.within = way.binding(level).cloned().collect();
    let outside = |bound: &&(Level, Bound)| {
        let reach = Reach::default().narrowed(&bound.1.latitude);
        bound.0 >= level.max(1) && reach.check(&resolved.option, &decision.value).is_err()
    };
    resolved.beyond = way.bounds.iter().filter(outside).map(|(_, bound)| bound.clone()).collect();
    resolved.decided = Some(decision);
}

/// What whoever stands on a level may decide: checked before it is kept.
pub(super) fn check(declared: Declared<'_>, way: &Way, level: Level, value: &Value) -> Result<()> {
    match way.outside(declared, level, value) {
        Some((_, why)) => Err(why),
        None if way.is_idle(level) => Err(Fault::new("domain-option-fixed").with("option", &declared.spec.name)),
        None => Ok(()),
    }
}
