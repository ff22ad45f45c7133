//! Latitude: whatever people do, in any order and at any unit, nothing outside of what was stated above is used, nothing
//! is dropped, and nothing changes without being shown.
use crate::kit::at;
use proptest::prelude::*;
use serde_json::{Value, json};
use socle_domain::{
    RuleId, TargetId, UnitId,
    latitude::Latitude,
    option::{Kind, OptionSpec},
    resolve::{Case, Decision, Declared, Resolved, Setting, Source, may_narrow, may_set, resolve},
};

const UNITS: usize = 8;

fn unit(index: usize) -> UnitId {
    match index {
        0 => UnitId::ROOT,
        n => UnitId::new(n as u64, [n as u8; 10]),
    }
}
fn spec(latitude: Latitude, default: Option<i64>) -> OptionSpec {
    let kind = Kind::Integer { min: None, max: None };
    OptionSpec { name: "o".into(), default: default.map(Value::from), label: None, help: None, latitude, kind }
}

/// A tree of units, and what was decided in it.
#[derive(Debug, Clone)]
struct World {
    parents: Vec<usize>,
    spec: OptionSpec,
    settings: Vec<Setting>,
    clock: i64,
}

/// Somebody does something.
#[derive(Debug, Clone)]
enum Deed {
    Set { unit: usize, value: i64 },
    SetMachine { unit: usize, value: i64 },
    SetRule { unit: usize, order: u32, value: i64 },
    Narrow { unit: usize, latitude: Latitude },
    Clear { which: usize },
}

impl World {
    fn path(&self, of: usize) -> Vec<UnitId> {
        let mut path = vec![unit(of)];
        let mut at = of;
        while at != 0 {
            at = self.parents[at];
            path.insert(0, unit(at));
        }
        path
    }
    fn look(&self, of: usize, is_machine: bool) -> Resolved {
        let path = self.path(of);
        let settings: Vec<&Setting> = self.settings.iter().filter(|s| concerns(s, of, is_machine)).collect();
        resolve(self.declared(), Case { path: &path, is_machine }, &settings)
    }
    fn declared(&self) -> Declared<'_> {
        Declared { spec: &self.spec, at: at(0) }
    }
    /// What is kept of one who decides: a value, a latitude, or both.
    fn keep(&mut self, source: Source, value: Option<Value>, narrows: Option<Latitude>) {
        self.clock += 1;
        let now = at(self.clock);
        match self.settings.iter_mut().find(|s| s.source == source) {
            Some(setting) => {
                setting.value = value.or(setting.value.take());
                setting.narrows = narrows.or(setting.narrows.take());
            }
            None => {
                self.settings.push(Setting { source, option: "o".into(), value, narrows, by: "p".into(), at: now });
            }
        }
    }
    /// Does it, if it may be done.
    fn act(&mut self, deed: &Deed) -> bool {
        let (of, source, is_machine, value) = match deed {
            Deed::Set { unit: of, value } => (*of, Source::Unit { unit: unit(*of) }, false, *value),
            Deed::SetMachine { unit: of, value } => (*of, Source::Machine { machine: machine(*of) }, true, *value),
            Deed::SetRule { unit: of, order, value } => {
                let rule = RuleId::new(*of as u64, [*order as u8; 10]);
                let name = format!("r{order}");
                (*of, Source::Rule { rule, name, unit: unit(*of), order: *order }, false, *value)
            }
            Deed::Narrow { unit: of, latitude } => {
                let path = self.path(*of);
                let case = Case { path: &path, is_machine: false };
                let source = Source::Unit { unit: unit(*of) };
                let own = self.settings.iter().find(|s| s.source == source).and_then(|s| s.value.clone());
                let settings: Vec<&Setting> = self.settings.iter().collect();
                if may_narrow(self.declared(), case, &settings, latitude, own.as_ref()).is_err() {
                    return false;
                }
                self.keep(source, None, Some(latitude.clone()));
                return true;
            }
            Deed::Clear { which } => {
                if !self.settings.is_empty() {
                    self.settings.remove(which % self.settings.len());
                }
                return true;
            }
        };
        let path = self.path(of);
        let settings: Vec<&Setting> = self.settings.iter().filter(|s| concerns(s, of, is_machine)).collect();
        if may_set(self.declared(), Case { path: &path, is_machine }, &settings, &source, &json!(value)).is_err() {
            return false;
        }
        self.keep(source, Some(json!(value)), None);
        true
    }
}

fn machine(of: usize) -> TargetId {
    TargetId::new(of as u64, [99; 10])
}
/// There is one machine in each unit, and every rule matches it.
fn concerns(setting: &Setting, of: usize, is_machine: bool) -> bool {
    match &setting.source {
        Source::Machine { machine: m } => is_machine && *m == machine(of),
        Source::Rule { .. } => is_machine,
        _ => true,
    }
}

/// Whether a latitude lets a value through, told again and otherwise than the code does.
fn lets(latitude: &Latitude, value: i64, fixed: Option<i64>) -> bool {
    match latitude {
        Latitude::Fixed => fixed == Some(value),
        Latitude::Free => true,
        Latitude::OneOf(values) => values.contains(&json!(value)),
        Latitude::Range { min, max } => {
            min.as_ref().is_none_or(|m| value >= m.as_i64().unwrap())
                && max.as_ref().is_none_or(|m| value <= m.as_i64().unwrap())
        }
        Latitude::Asked(within) => lets(within, value, fixed),
        Latitude::Pattern(_) => unreachable!("not for numbers"),
    }
}

/// The units above the one who decides (for a machine: its own too), with what each states and what holds there.
fn above(world: &World, path: &[UnitId], source: &Source) -> Vec<(Latitude, Option<i64>)> {
    let until = match source {
        Source::Master {} => return vec![],
        Source::Unit { unit } | Source::Rule { unit, .. } => path.iter().position(|u| u == unit).unwrap(),
        Source::Machine { .. } | Source::Start {} => path.len(),
    };
    let mut all = vec![(world.spec.latitude.clone(), world.spec.default.as_ref().and_then(Value::as_i64))];
    for upper in &path[..until] {
        let stated = world.settings.iter().find(|s| s.source == Source::Unit { unit: *upper });
        if let Some(latitude) = stated.and_then(|s| s.narrows.clone()) {
            let index = (0..UNITS).find(|i| unit(*i) == *upper).unwrap();
            all.push((latitude, world.look(index, false).value.as_ref().and_then(Value::as_i64)));
        }
    }
    all
}

/// Everything that must hold in a world, for each unit and each machine.
fn check(world: &World) -> Result<(), TestCaseError> {
    for of in 0..UNITS {
        for is_machine in [false, true] {
            let path = world.path(of);
            let seen = world.look(of, is_machine);
            prop_assert_eq!(seen.value.clone(), seen.decided.as_ref().map(|d| d.value.clone()));
            let stands = |source: &Source, value: &Value| {
                let value = value.as_i64().unwrap();
                above(world, &path, source).iter().all(|(latitude, fixed)| lets(latitude, value, *fixed))
            };
            if let Some(decision) = &seen.decided {
                prop_assert!(stands(&decision.source, &decision.value), "outside: {decision:?}\n{world:#?}");
            }
            for decision in &seen.overridden {
                prop_assert!(stands(&decision.source, &decision.value), "overridden and outside: {decision:?}");
            }
            for conflict in &seen.conflicts {
                let (Source::Unit { .. } | Source::Master {}) = conflict.bound.source else { panic!("{conflict:?}") };
                prop_assert!(!stands(&conflict.decision.source, &conflict.decision.value), "no conflict: {conflict:?}");
            }
            // Nothing that was decided on the way up is left out.
            for setting in world.settings.iter().filter(|s| concerns(s, of, is_machine)) {
                let on_the_way = match &setting.source {
                    Source::Unit { unit } | Source::Rule { unit, .. } => path.contains(unit),
                    _ => true,
                };
                let Some(value) = setting.value.as_ref().filter(|_| on_the_way) else { continue };
                let told =
                    seen.decided.iter().chain(&seen.overridden).chain(seen.conflicts.iter().map(|c| &c.decision));
                let told = told.filter(|d| d.source == setting.source && d.value == *value).count();
                prop_assert_eq!(told, 1, "{:?} of {:?} is told {} times", setting, seen, told);
            }
            if is_machine {
                let all = above(world, &path, &Source::Start {});
                let asked = all.iter().any(|(l, _)| matches!(l, Latitude::Asked(_)));
                let fixed = all.iter().any(|(l, _)| *l == Latitude::Fixed);
                prop_assert_eq!(seen.asked, asked && !fixed);
            }
        }
    }
    Ok(())
}

fn a_latitude() -> impl Strategy<Value = Latitude> {
    let range = |min: i64, more: i64| Latitude::Range { min: Some(json!(min)), max: Some(json!(min + more)) };
    let plain = prop_oneof![
        2 => Just(Latitude::Free),
        3 => proptest::collection::vec(0..10_i64, 1..5).prop_map(|v| Latitude::OneOf(v.into_iter().map(Value::from).collect())),
        3 => (0..10_i64, 0..6_i64).prop_map(move |(min, more)| range(min, more)),
    ];
    prop_oneof![
        1 => Just(Latitude::Fixed),
        1 => plain.clone().prop_map(|within| Latitude::Asked(Box::new(within))),
        4 => plain,
    ]
}

fn a_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..UNITS, 0..10_i64).prop_map(|(unit, value)| Deed::Set { unit, value }),
        1 => (0..UNITS, 0..10_i64).prop_map(|(unit, value)| Deed::SetMachine { unit, value }),
        1 => (0..UNITS, 0..3_u32, 0..10_i64).prop_map(|(unit, order, value)| Deed::SetRule { unit, order, value }),
        4 => (0..UNITS, a_latitude()).prop_map(|(unit, latitude)| Deed::Narrow { unit, latitude }),
        1 => (0..100_usize).prop_map(|which| Deed::Clear { which }),
    ]
}

prop_compose! {
    fn a_world()(
        parents in proptest::collection::vec(any::<prop::sample::Index>(), UNITS),
        latitude in a_latitude(),
        default in proptest::option::weighted(0.8, 0..10_i64),
    ) -> World {
        let parents = parents.iter().enumerate().map(|(n, p)| if n == 0 { 0 } else { p.index(n) }).collect();
        let fits = default.is_some() || latitude != Latitude::Fixed;
        World { parents, spec: spec(if fits { latitude } else { Latitude::Free }, default), settings: vec![], clock: 0 }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_outside_is_used_whatever_people_do(mut world in a_world(), deeds in proptest::collection::vec(a_deed(), 1..25)) {
        for deed in &deeds {
            let before = world.clone();
            let done = world.act(deed);
            check(&world)?;
            if let (true, Deed::Narrow { unit: narrower, .. }) = (done, deed) {
                for of in 0..UNITS {
                    let (was, is) = (before.look(of, true), world.look(of, true));
                    if was.value != is.value {
                        // Not silently: what was used is a conflict now, or what is used was one before (who narrowed
                        // has narrowed otherwise).
                        prop_assert!(world.path(of).contains(&unit(*narrower)));
                        let names = |all: &Resolved, d: &Option<Decision>| {
                            d.as_ref().is_some_and(|d| all.conflicts.iter().any(|c| c.decision == *d))
                        };
                        prop_assert!(names(&is, &was.decided) || names(&was, &is.decided), "{was:#?}\n{is:#?}");
                    }
                }
                // And not lost: when the narrowing is taken back, everything is as it was.
                let mut back = world.clone();
                let source = Source::Unit { unit: unit(*narrower) };
                let earlier = before.settings.iter().find(|s| s.source == source).and_then(|s| s.narrows.clone());
                back.settings.iter_mut().filter(|s| s.source == source).for_each(|s| s.narrows = earlier.clone());
                for of in 0..UNITS {
                    prop_assert_eq!(before.look(of, true).value, back.look(of, true).value);
                }
            }
        }
    }
}

/// A centre, a body below it, a site below that.
fn three() -> World {
    let mut parents = vec![0; UNITS];
    (parents[1], parents[2]) = (0, 1);
    World {
        parents,
        spec: spec(Latitude::Range { min: Some(json!(0)), max: Some(json!(9)) }, Some(1)),
        settings: vec![],
        clock: 0,
    }
}
const CENTRE: usize = 0;
const BODY: usize = 1;
const SITE: usize = 2;

#[test]
fn the_nearest_decides_and_the_explanation_is_whole() {
    let mut world = three();
    for deed in [
        Deed::Set { unit: CENTRE, value: 2 },
        Deed::Set { unit: BODY, value: 3 },
        Deed::Set { unit: SITE, value: 4 },
        Deed::SetRule { unit: CENTRE, order: 1, value: 5 },
        Deed::SetRule { unit: SITE, order: 2, value: 6 },
        Deed::SetRule { unit: SITE, order: 1, value: 7 },
    ] {
        assert!(world.act(&deed), "{deed:?}");
    }
    let seen = world.look(SITE, true);
    let all: Vec<i64> = seen.decided.iter().chain(&seen.overridden).map(|d| d.value.as_i64().unwrap()).collect();
    assert_eq!(
        all,
        [7, 6, 5, 4, 3, 2, 1],
        "rule of the site by its order, rule of the centre, site, body, centre, master"
    );
    let decided = seen.decided.unwrap();
    assert!(matches!(&decided.source, Source::Rule { name, .. } if name == "r1"));
    assert_eq!((decided.by.as_deref(), decided.at), (Some("p"), at(6)));
    assert_eq!(seen.within.len(), 1, "the master's latitude");
    assert!(world.act(&Deed::SetMachine { unit: SITE, value: 8 }));
    assert_eq!(world.look(SITE, true).value, Some(json!(8)));
    assert_eq!(world.look(SITE, false).value, Some(json!(4)), "a unit is no machine");
    assert_eq!(world.look(BODY, true).value, Some(json!(5)), "the centre's rule speaks of everybody");
}

#[test]
fn a_later_narrowing_is_a_conflict_that_names_both() {
    let mut world = three();
    assert!(world.act(&Deed::Set { unit: BODY, value: 3 }));
    assert!(world.act(&Deed::Set { unit: SITE, value: 9 }));
    assert!(world.act(&Deed::Narrow { unit: CENTRE, latitude: Latitude::OneOf(vec![json!(1), json!(3)]) }));
    let seen = world.look(SITE, true);
    assert_eq!(seen.value, Some(json!(3)), "the nearest that stands: the body's");
    let conflict = &seen.conflicts[0];
    assert_eq!((&conflict.decision.source, &conflict.decision.value), (&Source::Unit { unit: unit(SITE) }, &json!(9)));
    assert_eq!(conflict.bound.source, Source::Unit { unit: unit(CENTRE) });
    assert!(conflict.why.is("domain-option-not-offered"));
    assert!(!world.act(&Deed::Set { unit: SITE, value: 8 }), "nobody steps outside any more");
    assert!(world.act(&Deed::Set { unit: SITE, value: 1 }));
    assert!(world.look(SITE, true).conflicts.is_empty());
}

#[test]
fn nobody_widens_nor_forbids_what_he_hands_down() {
    let path = [unit(0), unit(1)];
    let mut world = three();
    let narrow = |world: &World, latitude: Latitude, value: Option<i64>| {
        let case = Case { path: &path, is_machine: false };
        let settings: Vec<&Setting> = world.settings.iter().collect();
        may_narrow(world.declared(), case, &settings, &latitude, value.map(Value::from).as_ref()).err()
    };
    let range = |min: i64, max: i64| Latitude::Range { min: Some(json!(min)), max: Some(json!(max)) };
    assert!(narrow(&world, range(0, 9), None).is_none());
    assert!(narrow(&world, range(0, 10), None).unwrap().is("domain-latitude-wider"));
    assert!(narrow(&world, range(5, 6), None).unwrap().is("domain-latitude-excludes"), "1 comes down from the master");
    assert!(narrow(&world, range(5, 6), Some(5)).is_none(), "with a value of its own");
    assert!(narrow(&world, Latitude::OneOf(vec![]), None).unwrap().is("domain-latitude-wrong"));
    assert!(world.act(&Deed::Narrow { unit: CENTRE, latitude: Latitude::Fixed }));
    assert!(narrow(&world, Latitude::Free, None).unwrap().is("domain-latitude-wider"));
    assert!(!world.act(&Deed::Set { unit: SITE, value: 2 }));
    assert!(!world.act(&Deed::Set { unit: SITE, value: 1 }), "nor the same value: it would decide nothing");
    assert!(world.act(&Deed::Set { unit: CENTRE, value: 2 }), "who fixed it may change it");
    assert_eq!(world.look(SITE, true).value, Some(json!(2)));
}

#[test]
fn a_latitude_binds_those_below_and_not_those_above() {
    let mut world = three();
    assert!(world.act(&Deed::Narrow { unit: BODY, latitude: Latitude::OneOf(vec![json!(1), json!(2)]) }));
    assert!(world.act(&Deed::Set { unit: CENTRE, value: 7 }), "the body can't keep the centre from deciding");
    let seen = world.look(SITE, true);
    assert_eq!(seen.value, Some(json!(7)));
    assert_eq!(seen.beyond.len(), 1, "and the body sees that its own line is passed over");
    assert!(seen.conflicts.is_empty());
}
