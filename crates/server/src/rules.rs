//! Rules that set options: kept, and tried before they are kept.
use crate::{
    House,
    access::Person,
    options::{self, Known, Rules, Subject, Way, target_of},
    refusal::{Answer, Refusal},
};
use serde_json::Value;
use socle_db::{Conn, Scope, machines::Machine, option_rules, settings};
use socle_domain::{
    RuleId, TargetId, UnitId,
    option::referenced_secret,
    resolve::{Case, Setting, Source, may_set},
    role::Right,
    rule::{self, MAX_RULES, Rule, Verdict},
};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use socle_wire::options::{MAX_TRIED_NAMED, TriedChange, TriedMachine, TriedRule, WriteRule};
use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

/// Machines that one try looks at, at most.
const MAX_LOOKED_AT: u32 = 200_000;
/// A try that takes longer tells how far it came.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps a rule: checked as a rule, and each of its values against what its unit may decide.
///
/// # Errors
/// `domain-rule-wrong`; those of [`may_set`], `server-rule-option` where no master that is offered there has the option.
pub(crate) async fn keep(
    house: &House,
    conn: &mut Conn,
    person: &Person,
    id: Option<RuleId>,
    wish: WriteRule,
) -> Answer<Rule> {
    let before = match id {
        Some(id) => Some(own(conn, person.scope, id).await?),
        None => None,
    };
    let rule = meant(house, conn, person, before.as_ref(), wish, true).await?;
    let count = option_rules::list(conn, Scope::of(rule.unit)).await?.iter().filter(|r| r.unit == rule.unit).count();
    if before.is_none() && count >= MAX_RULES {
        return Err(Refusal::wrong(Fault::new("server-list-too-long").with("limit", MAX_RULES)));
    }
    option_rules::put(conn, Scope::of(rule.unit), &rule).await?;
    Ok(rule)
}

/// A rule of the scope itself: those above are seen, not changed.
pub(crate) async fn own(conn: &mut Conn, scope: Scope, id: RuleId) -> Answer<Rule> {
    let found = option_rules::by_id(conn, scope, id).await?.ok_or_else(|| Refusal::unknown("rule"))?;
    match scope.holds(conn, found.unit).await? {
        true => Ok(found),
        false => Err(Refusal::unknown("rule")),
    }
}

/// The rule as it would stand. `seals`: secrets are sealed, as they are when it is kept.
async fn meant(
    house: &House,
    conn: &mut Conn,
    person: &Person,
    before: Option<&Rule>,
    wish: WriteRule,
    seals: bool,
) -> Answer<Rule> {
    let unit = before.map(|r| r.unit).or(wish.unit).unwrap_or(person.scope.unit());
    person.must(conn, Right::Rules, unit).await?;
    let now = house.now();
    let id = match before {
        Some(rule) => rule.id,
        None => RuleId::new(now.as_millisecond().max(0) as u64, chance::bytes()?),
    };
    let mut rule = Rule {
        id,
        unit,
        name: wish.name.trim().to_string(),
        order: wish.order,
        when: wish.when,
        sets: wish.sets,
        by: person.name.clone(),
        at: now,
    };
    rule.check().map_err(Refusal::wrong)?;
    if rule.when.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        let fault = Fault::new("domain-rule-wrong").with("rule", &rule.name).with("field", "when");
        return Err(Refusal::wrong(fault.because("a control character")));
    }
    let known = options::known(house, conn, unit, None).await?;
    let way = Way::to(conn, unit).await?;
    let settings: Vec<&Setting> = way.settings.iter().collect();
    let source = Source::Rule { rule: id, name: rule.name.clone(), unit, order: rule.order };
    let case = Case { path: &way.path, is_machine: false };
    for (option, value) in &mut rule.sets {
        let found = known.iter().find(|k| k.spec.name == *option);
        let found = found.ok_or_else(|| Refusal::wrong(Fault::new("server-rule-option").with("option", option)))?;
        if found.spec.kind.is_secret() {
            let kept = before.and_then(|r| r.sets.get(option));
            *value = secret(house, conn, option, value, kept, seals).await?;
        }
        may_set(found.declared(), case, &settings, &source, value).map_err(Refusal::wrong)?;
    }
    Ok(rule)
}

/// The reference to a secret of a rule: to the one that stands there, or to the one that is given now, in clear.
async fn secret(
    house: &House,
    conn: &mut Conn,
    option: &str,
    value: &Value,
    kept: Option<&Value>,
    seals: bool,
) -> Answer<Value> {
    match (value.as_str(), referenced_secret(value)) {
        (Some(plain), _) if seals => Ok(options::keep_secret(house, conn, option, plain).await?),
        (Some(_), _) => Ok(socle_domain::option::secret_reference("tried")),
        (None, Some(_)) if kept == Some(value) => Ok(value.clone()),
        _ => Err(Refusal::wrong(Fault::new("server-option-secret").with("option", option))),
    }
}

/// Looks what a rule would do to the machines of its unit and below: nothing is changed.
pub(crate) async fn attempt(
    house: &House,
    person: &Person,
    instead_of: Option<RuleId>,
    wish: WriteRule,
) -> Answer<TriedRule> {
    let mut conn = house.db.read().await?;
    let before = match instead_of {
        Some(id) => Some(own(&mut conn, person.scope, id).await?),
        None => None,
    };
    let rule = meant(house, &mut conn, person, before.as_ref(), wish, false).await?;
    let scope = Scope::of(rule.unit);
    let machines =
        socle_db::machines::list(&mut conn, scope, Some(socle_db::machines::State::Known), MAX_LOOKED_AT).await?;
    let mut own: HashMap<TargetId, Vec<Setting>> = HashMap::new();
    for setting in settings::of_machines_below(&mut conn, scope).await? {
        if let Source::Machine { machine } = setting.source {
            own.entry(machine).or_default().push(setting);
        }
    }
    let mut places: HashMap<UnitId, (Vec<Known>, Way)> = HashMap::new();
    for unit in machines.iter().map(|m| m.unit) {
        if let std::collections::hash_map::Entry::Vacant(free) = places.entry(unit) {
            let known = options::known(house, &mut conn, unit, None).await?;
            let touched = known.into_iter().filter(|k| rule.sets.contains_key(&k.spec.name)).collect();
            free.insert((touched, Way::to(&mut conn, unit).await?));
        }
    }
    drop(conn);
    let trial = Trial { rule, machines, own, places };
    Ok(crate::house::blocking(move || trial.run()).await?)
}

/// Everything that a try looks at.
struct Trial {
    rule: Rule,
    machines: Vec<Machine>,
    own: HashMap<TargetId, Vec<Setting>>,
    places: HashMap<UnitId, (Vec<Known>, Way)>,
}

impl Trial {
    fn run(mut self) -> Result<TriedRule> {
        let begun = Instant::now();
        let wrong = |why: String| {
            Fault::new("domain-rule-wrong").with("rule", &self.rule.name).with("field", "when").because(why)
        };
        let condition = self.rule.condition().map_err(wrong)?;
        let mut told = TriedRule {
            looked_at: 0,
            of: self.machines.len() as u64,
            matches: 0,
            undecided: 0,
            why_undecided: None,
            would_change: 0,
            machines: vec![],
        };
        let after: BTreeMap<UnitId, Way> =
            self.places.iter().map(|(unit, (_, way))| (*unit, self.with_rule(way))).collect();
        for machine in std::mem::take(&mut self.machines) {
            if begun.elapsed() > PATIENCE {
                break;
            }
            told.looked_at += 1;
            let own = self.own.remove(&machine.id).unwrap_or_default();
            let subject = Subject { target: target_of(&machine), facts: &machine.facts, own };
            let verdict = match subject.seen() {
                Ok(seen) => rule::decide(&condition, &seen),
                Err(why) => Verdict::Undecided { why },
            };
            let (Some((known, before)), Some(after)) = (self.places.get(&machine.unit), after.get(&machine.unit))
            else {
                continue;
            };
            match verdict {
                Verdict::Undecided { why } => {
                    told.undecided += 1;
                    told.why_undecided.get_or_insert(why);
                }
                // One that it no longer matches may change too, where it stands in another's place.
                Verdict::Not {} => told.would_change += u64::from(!changes(known, before, after, &subject).is_empty()),
                Verdict::Matches {} => {
                    told.matches += 1;
                    let changes = changes(known, before, after, &subject);
                    told.would_change += u64::from(!changes.is_empty());
                    if told.machines.len() < MAX_TRIED_NAMED {
                        told.machines.push(TriedMachine { id: machine.id, name: subject.target.name.clone(), changes });
                    }
                }
            }
        }
        Ok(told)
    }

    /// The way as it would be with the rule.
    fn with_rule(&self, way: &Way) -> Way {
        let mut way = way.clone();
        way.rules.retain(|r| r.id != self.rule.id);
        way.rules.push(self.rule.clone());
        way
    }
}

fn changes(known: &[Known], before: &Way, after: &Way, subject: &Subject<'_>) -> Vec<TriedChange> {
    let was = options::values(known, before, &Rules::of(before), subject);
    let is = options::values(known, after, &Rules::of(after), subject);
    let change = |(was, is): (socle_domain::resolve::Resolved, socle_domain::resolve::Resolved)| {
        (was.value != is.value).then_some(TriedChange { option: was.option, before: was.value, after: is.value })
    };
    was.into_iter().zip(is).filter_map(change).collect()
}
