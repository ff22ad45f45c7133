//! Options: from what the database keeps to the values of a run, and the explanation of each.
//!
//! A setting is named by its option alone: what a body decided about `language` holds in every master that declares a
//! `language`. Where two masters declare it differently, each is asked for itself.
use crate::{
    House,
    refusal::{Answer, Refusal},
    views,
    views::OpenMaster,
};
use serde_json::Value;
use socle_db::{Conn, Offered, Scope, machines::Machine, option_rules, sealed, settings, stages};
use socle_domain::{
    Digest, TargetId, Timestamp, UnitId,
    facts::Facts,
    master::{Stage, Version},
    option::{OptionSpec, check_secret, secret_reference},
    resolve::{Case, Conflict, Declared, Resolved, Setting, Source, resolve},
    rule::{self, Rule, Verdict},
    sequence::{Condition, Seen},
    target::{Target, TargetKind},
};
use socle_texts::{Fault, Result};
use socle_trust::{chance, vault::Place};
use socle_wire::options::{MasterName, OptionView, UndecidedRule, UnitName};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Of what kind the thing is that a sealed value of an option belongs to.
const SEALED: &str = "option";
const FIELD: &str = "value";

/// An option, and the master that declares it so.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub spec: OptionSpec,
    pub master: MasterName,
    /// When that master was signed.
    pub at: Timestamp,
}

impl Known {
    /// The options of one master.
    pub fn of(opened: &OpenMaster) -> Result<Vec<Known>> {
        let master = MasterName {
            digest: opened.view.digest,
            name: opened.view.name.clone(),
            version: opened.view.version.clone(),
        };
        let specs = opened.master.specs_of(&opened.sequence)?.into_iter();
        Ok(specs.map(|spec| Known { spec, master: master.clone(), at: opened.master.at }).collect())
    }
    pub fn declared(&self) -> Declared<'_> {
        Declared { spec: &self.spec, at: self.at }
    }
}

/// The masters that a unit may take, the newest production first.
pub(crate) async fn offered(house: &House, conn: &mut Conn, unit: UnitId) -> Result<Vec<OpenMaster>> {
    let to = Offered::to(unit);
    let way = settings::way(conn, to).await?;
    let allowed = stages::allowed(conn, to).await?;
    let mut found = Vec::new();
    for kept in stages::on_the_way(conn, to).await? {
        // Only a pilot's own list is asked for: most are in production or retired.
        let pilots = match kept.version.stage {
            Stage::Pilot => stages::pilots(conn, kept.version.unit, &kept.version.name).await?,
            _ => vec![],
        };
        if kept.version.is_offered(&way, &pilots, &allowed) {
            found.push(views::kept(house, &kept)?);
        }
    }
    found.sort_by_key(|m| Reverse(m.view.stage == Stage::Production));
    Ok(found)
}

/// Every option that a unit meets, each as the newest master that it may take declares it; or those of one master.
///
/// # Errors
/// 404 where that master is not offered here.
pub(crate) async fn known(house: &House, conn: &mut Conn, unit: UnitId, master: Option<Digest>) -> Answer<Vec<Known>> {
    let masters = offered(house, conn, unit).await?;
    if let Some(digest) = master {
        let one = masters.iter().find(|m| m.view.digest == digest).ok_or_else(|| Refusal::unknown("master"))?;
        return Ok(Known::of(one)?);
    }
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for master in &masters {
        all.extend(Known::of(master)?.into_iter().filter(|k| seen.insert(k.spec.name.clone())));
    }
    Ok(all)
}

/// What comes down to a unit: who is above it, what they decided, their rules.
#[derive(Clone)]
pub(crate) struct Way {
    pub path: Vec<UnitId>,
    names: Vec<UnitName>,
    pub settings: Vec<Setting>,
    pub rules: Vec<Rule>,
}

impl Way {
    /// What comes down to a unit.
    ///
    /// # Errors
    /// 404 where there is no such unit.
    pub async fn to(conn: &mut Conn, unit: UnitId) -> Answer<Way> {
        let to = Offered::to(unit);
        let path = settings::way(conn, to).await?;
        if path.is_empty() {
            return Err(Refusal::unknown("unit"));
        }
        let names = settings::names_on_the_way(conn, to).await?;
        let name = |unit: &UnitId| UnitName { unit: *unit, name: names.get(unit).cloned().unwrap_or_default() };
        Ok(Way {
            names: path.iter().map(name).collect(),
            settings: settings::on_the_way(conn, to).await?,
            rules: option_rules::on_the_way(conn, to).await?,
            path,
        })
    }
}

/// A machine, as rules and the resolution see it. It need not be placed in its unit yet.
pub(crate) struct Subject<'a> {
    pub target: Target,
    pub facts: &'a Facts,
    /// What was decided for this very machine, and for this one run.
    pub own: Vec<Setting>,
}

impl<'a> Subject<'a> {
    /// A machine where it stands, with what was decided for it.
    pub async fn of(conn: &mut Conn, machine: &'a Machine) -> Result<Subject<'a>> {
        let own = settings::of_machine(conn, Scope::of(machine.unit), machine.id).await?;
        Ok(Subject { target: target_of(machine), facts: &machine.facts, own })
    }
    /// The same, with values that hold for one run alone.
    pub fn with(mut self, wishes: &BTreeMap<String, Value>, by: &str, at: Timestamp) -> Subject<'a> {
        self.own.extend(wishes.iter().map(|(option, value)| Setting {
            source: Source::Start {},
            option: option.clone(),
            value: Some(value.clone()),
            narrows: None,
            by: by.to_string(),
            at,
        }));
        self
    }
    pub fn seen(&self) -> std::result::Result<Seen, String> {
        rule::seen(self.facts, &self.target)
    }
}

/// A machine as a target.
pub(crate) fn target_of(machine: &Machine) -> Target {
    let name = machine.name.clone().unwrap_or_default();
    Target { id: machine.id, kind: TargetKind::Machine, unit: machine.unit, name }
}

/// The rules of a way, read once.
pub(crate) struct Rules<'a>(Vec<(&'a Rule, std::result::Result<Condition, String>)>);

impl<'a> Rules<'a> {
    pub fn of(way: &'a Way) -> Rules<'a> {
        Rules(way.rules.iter().map(|rule| (rule, rule.condition())).collect())
    }
    /// What the rules that match a machine set, and those that nobody can decide.
    pub fn matching(&self, subject: &Subject<'_>) -> (Vec<Setting>, Vec<UndecidedRule>) {
        let (mut set, mut undecided) = (Vec::new(), Vec::new());
        if self.0.is_empty() {
            return (set, undecided);
        }
        let seen = subject.seen();
        for (rule, condition) in &self.0 {
            let verdict = match (condition, &seen) {
                (Ok(condition), Ok(seen)) => rule::decide(condition, seen),
                (Err(why), _) | (_, Err(why)) => Verdict::Undecided { why: why.clone() },
            };
            match verdict {
                Verdict::Matches {} => set.extend(rule.settings()),
                Verdict::Not {} => {}
                Verdict::Undecided { why } => {
                    undecided.push(UndecidedRule { rule: rule.name.clone(), unit: rule.unit, why });
                }
            }
        }
        (set, undecided)
    }
}

/// The options of a unit, or of a machine in it, resolved and explained.
pub(crate) fn look(known: &[Known], way: &Way, subject: Option<&Subject<'_>>) -> Vec<OptionView> {
    let (by_rules, undecided) = subject.map(|s| Rules::of(way).matching(s)).unwrap_or_default();
    let own: &[Setting] = subject.map_or(&[], |s| &s.own);
    let here = match subject {
        Some(subject) => Source::Machine { machine: subject.target.id },
        None => Source::Unit { unit: way.path.last().copied().unwrap_or(UnitId::ROOT) },
    };
    let all: Vec<&Setting> = way.settings.iter().chain(&by_rules).chain(own).collect();
    let case = Case { path: &way.path, is_machine: subject.is_some() };
    let view = |known: &Known| {
        let mine = |s: &&&Setting| s.source == here && s.option == known.spec.name;
        OptionView {
            spec: known.spec.clone(),
            master: known.master.clone(),
            resolved: resolve(known.declared(), case, &all),
            own: all.iter().find(mine).map(|s| (*s).clone()),
            units: way.names.clone(),
            undecided: undecided.clone(),
        }
    };
    known.iter().map(view).collect()
}

/// Only the values: for fleets.
pub(crate) fn values(known: &[Known], way: &Way, rules: &Rules<'_>, subject: &Subject<'_>) -> Vec<Resolved> {
    let (by_rules, _) = rules.matching(subject);
    let all: Vec<&Setting> = way.settings.iter().chain(&by_rules).chain(&subject.own).collect();
    let case = Case { path: &way.path, is_machine: true };
    known.iter().map(|k| resolve(k.declared(), case, &all)).collect()
}

/// What was chosen for one run alone.
#[derive(Clone, Copy)]
pub(crate) struct Chosen<'a> {
    /// Values. No secret is among them, and no reference to one: who names another's secret shall not be given it.
    pub values: &'a BTreeMap<String, Value>,
    /// Secrets, in clear, as they were typed at the machine.
    pub secrets: &'a BTreeMap<String, String>,
}

/// The values of a run, frozen: every option of its master for this machine, with what was chosen for this one run.
///
/// # Errors
/// Those of the resolution, where what was chosen is outside; `server-option-unknown`; `server-option-undecided` where
/// nobody has decided and the master has no default; `server-option-secret` where a secret stands among the values.
pub(crate) async fn for_run(
    house: &House,
    conn: &mut Conn,
    machine: &Machine,
    opened: &OpenMaster,
    chosen: Chosen<'_>,
) -> Answer<BTreeMap<String, Value>> {
    let wrong = |code: &'static str, option: &str| Refusal::wrong(Fault::new(code).with("option", option));
    let known = Known::of(opened)?;
    let is_secret = |option: &str| known.iter().find(|k| k.spec.name == option).map(|k| k.spec.kind.is_secret());
    for option in chosen.values.keys() {
        match is_secret(option) {
            None => return Err(wrong("server-option-unknown", option)),
            Some(true) => return Err(wrong("server-option-secret", option)),
            Some(false) => {}
        }
    }
    let mut wishes = chosen.values.clone();
    for (option, plain) in chosen.secrets {
        match is_secret(option) {
            Some(true) => wishes.insert(option.clone(), keep_secret(house, conn, option, plain).await?),
            _ => return Err(wrong("server-option-unknown", option)),
        };
    }
    let way = Way::to(conn, machine.unit).await?;
    let subject = Subject::of(conn, machine).await?.with(&wishes, "", house.now());
    let mut values = BTreeMap::new();
    for view in look(&known, &way, Some(&subject)) {
        let mine = |c: &&Conflict| c.decision.source == Source::Start {};
        if let Some(conflict) = view.resolved.conflicts.iter().find(mine) {
            return Err(Refusal::wrong(conflict.why.clone()));
        }
        // A value that was fixed above and is said once more decides nothing, and harms nobody.
        let value = view.resolved.value.ok_or_else(|| wrong("server-option-undecided", &view.spec.name))?;
        values.insert(view.spec.name, value);
    }
    Ok(values)
}

/// What the options of a master are for a machine, where nothing else is chosen; no secret.
pub(crate) async fn holding(
    conn: &mut Conn,
    scope: Scope,
    id: TargetId,
    opened: &OpenMaster,
) -> Answer<BTreeMap<String, Value>> {
    let machine = machine(conn, scope, id).await?;
    let (known, way) = (Known::of(opened)?, Way::to(conn, machine.unit).await?);
    let subject = Subject::of(conn, &machine).await?;
    let views = look(&known, &way, Some(&subject)).into_iter().filter(|v| !v.spec.kind.is_secret());
    Ok(views.filter_map(|v| Some((v.spec.name, v.resolved.value?))).collect())
}

/// Refuses secrets among the values that somebody chose for runs, before these are kept anywhere.
pub(crate) async fn refuse_secrets(
    house: &House,
    conn: &mut Conn,
    scope: Scope,
    master: Digest,
    options: &BTreeMap<String, Value>,
) -> Answer<()> {
    if options.is_empty() {
        return Ok(());
    }
    let kept = stages::by_digest(conn, scope, master).await?.ok_or_else(|| Refusal::unknown("master"))?;
    let known = Known::of(&views::kept(house, &kept)?)?;
    match known.iter().find(|k| k.spec.kind.is_secret() && options.contains_key(&k.spec.name)) {
        Some(k) => Err(Refusal::wrong(Fault::new("server-option-secret").with("option", &k.spec.name))),
        None => Ok(()),
    }
}

/// Whether a unit may take a version now.
pub(crate) async fn is_offered(conn: &mut Conn, unit: UnitId, version: &Version) -> Result<bool> {
    let to = Offered::to(unit);
    let way = settings::way(conn, to).await?;
    let allowed = stages::allowed(conn, to).await?;
    let pilots = stages::pilots(conn, version.unit, &version.name).await?;
    Ok(version.is_offered(&way, &pilots, &allowed))
}

/// Seals a secret, and gives the reference that stands for it everywhere else.
///
/// # Errors
/// `domain-option-too-long`, `domain-option-control`, `trust-…`.
pub(crate) async fn keep_secret(house: &House, conn: &mut Conn, option: &str, plain: &str) -> Result<Value> {
    check_secret(option, plain)?;
    let id = uuid::Builder::from_random_bytes(chance::bytes()?).into_uuid().to_string();
    let value = house.vault.seal(Place { kind: SEALED, owner: &id, field: FIELD }, plain.as_bytes())?;
    let one = sealed::Sealed { kind: SEALED.into(), owner: id.clone(), field: FIELD.into(), value };
    sealed::put(conn, &one, house.now()).await?;
    Ok(secret_reference(&id))
}

/// The plain text of a secret, for whoever has proved that it is his to know.
pub(crate) async fn open_secret(house: &House, conn: &mut Conn, reference: &str) -> Result<Option<String>> {
    let Some(value) = sealed::get(conn, SEALED, reference, FIELD).await? else { return Ok(None) };
    let secret = house.vault.open(Place { kind: SEALED, owner: reference, field: FIELD }, &value)?;
    Ok(Some(secret.text()?.to_string()))
}

/// A machine of a scope.
pub(crate) async fn machine(conn: &mut Conn, scope: Scope, id: TargetId) -> Answer<Machine> {
    socle_db::machines::by_id(conn, scope, id).await?.ok_or_else(|| Refusal::unknown("machine"))
}
