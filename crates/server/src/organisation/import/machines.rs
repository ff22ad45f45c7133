//! Machines: `unit,name,mac,serial,uuid,id,fact.…`. One that is known stays, moves to the unit that is written, and gets the
//! facts that are; one that is not is announced.
use super::{Ground, Plan, became};
use crate::{
    House, access::Person as Caller, consenting, organisation::csv_text::Line, organisation::move_one, refusal::Answer,
};
use serde_json::Value;
use socle_db::{
    Conn, announced, facts,
    machines::{self, Label, State},
};
use socle_domain::{TargetId, UnitId, recognise::Announced, role::Right, target::is_host_name};
use socle_texts::{Fault, Result};
use socle_wire::organisation::Effect;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const COLUMNS: &[&str] = &["unit", "name", "mac", "serial", "uuid", "id"];

/// Who is announced, who moves, what is said of whom.
#[derive(Default)]
pub(super) struct Work {
    announced: Vec<Announced>,
    moved: Vec<(TargetId, UnitId)>,
    said: Vec<(TargetId, String, Value)>,
}

impl Work {
    pub async fn carry_out(self, house: &House, caller: &Caller, conn: &mut Conn) -> Answer<()> {
        // A list moves many at once: it can't wait, so that what one person alone may not do is refused as a whole.
        let (rights, moved) = ([Right::Organise], self.moved.len() as u64);
        consenting::count_alone(house, conn, caller.id, caller.scope.unit(), &rights, moved).await?;
        for (machine, unit) in self.moved {
            move_one(house, conn, (caller.scope, &caller.name), machine, unit).await?;
        }
        for (machine, name, value) in self.said {
            facts::say(conn, caller.scope, machine, &name, Some(&value), &caller.name, house.now()).await?;
        }
        Ok(announced::put_many(conn, caller.scope, &self.announced).await?)
    }
}

/// The machines within reach, by what a line may call them.
pub(super) struct Everything {
    by_id: BTreeMap<TargetId, Label>,
    by_name: BTreeMap<String, Vec<TargetId>>,
}

impl Everything {
    pub async fn of(ground: &Ground<'_>, conn: &mut Conn) -> Result<Everything> {
        let mut all = Everything { by_id: BTreeMap::new(), by_name: BTreeMap::new() };
        for label in machines::labels(conn, ground.scope()).await? {
            if let (State::Known, Some(name)) = (label.state, &label.name) {
                all.by_name.entry(name.clone()).or_default().push(label.id);
                all.by_id.insert(label.id, label);
            }
        }
        Ok(all)
    }
    pub fn get(&self, id: TargetId) -> Option<&Label> {
        self.by_id.get(&id)
    }
    /// The one of a name: of the unit first, else the only one.
    pub fn named(&self, name: &str, unit: Option<UnitId>) -> Result<Option<&Label>> {
        let found: Vec<&Label> = self.by_name.get(name).into_iter().flatten().filter_map(|id| self.get(*id)).collect();
        if let Some(own) = found.iter().find(|m| Some(m.unit) == unit) {
            return Ok(Some(own));
        }
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Fault::new("server-import-ambiguous").with("name", name)),
        }
    }
}

pub(super) async fn plan(ground: &Ground<'_>, conn: &mut Conn, lines: &[Line], plan: &mut Plan) -> Result<Work> {
    let everything = Everything::of(ground, conn).await?;
    let awaited = announced::awaited(conn, ground.scope()).await?;
    let awaited: BTreeMap<(UnitId, String), Announced> =
        awaited.into_iter().map(|one| ((one.unit, one.name.clone()), one)).collect();
    let mut names: BTreeSet<(UnitId, String)> = BTreeSet::new();
    let mut work = Work::default();
    for line in lines {
        let told = one(ground, &everything, &awaited, &mut names, line, &mut work, plan);
        if let Err((column, fault)) = told {
            plan.wrong(line, &column, fault);
        }
    }
    Ok(work)
}

type Told<T> = std::result::Result<T, (String, Fault)>;

fn at<T>(column: &str, result: Result<T>) -> Told<T> {
    result.map_err(|fault| (column.to_string(), fault))
}

fn one(
    ground: &Ground,
    everything: &Everything,
    awaited: &BTreeMap<(UnitId, String), Announced>,
    names: &mut BTreeSet<(UnitId, String)>,
    line: &Line,
    work: &mut Work,
    plan: &mut Plan,
) -> Told<()> {
    let unit = at("unit", ground.unit(line))?;
    let hints = hints(line, unit)?;
    let known = match line.get("id") {
        Some(id) => {
            let unknown = || ("id".to_string(), Fault::new("server-import-machine-unknown").with("name", id));
            Some(id.parse().ok().and_then(|id| everything.get(id)).ok_or_else(unknown)?)
        }
        // A machine that is announced with hints is another than the one of the same name elsewhere.
        None if hints.mac.is_none() && hints.serial.is_none() && hints.uuid.is_none() => {
            at("name", everything.named(&hints.name, Some(unit)))?
        }
        None => at("name", everything.named(&hints.name, Some(unit)))?.filter(|m| m.unit == unit),
    };
    let name = known.and_then(|m| m.name.clone()).unwrap_or_else(|| hints.name.clone());
    if !hints.name.is_empty() && hints.name != name {
        return Err(("name".into(), Fault::new("server-import-no-renaming").with("name", name)));
    }
    if !names.insert((unit, name.clone())) {
        return Err(("name".into(), Fault::new("server-import-twice").with("name", name)));
    }
    match known {
        Some(machine) => known_one(ground, machine, unit, name, line, work, plan),
        None => new_one(ground, awaited, hints, line, work, plan),
    }
}

/// What a line says of a machine that may come.
fn hints(line: &Line, unit: UnitId) -> Told<Announced> {
    let mac = line.get("mac").map(|mac| mac.replace('-', ":").to_ascii_lowercase());
    if mac.as_deref().is_some_and(|mac| mac.parse::<socle_boot::Mac>().is_err()) {
        return Err(("mac".into(), Fault::new("server-import-mac-wrong")));
    }
    let name = line.get("name").unwrap_or_default().to_string();
    if !is_host_name(&name) && (line.get("id").is_none() || !name.is_empty()) {
        return Err(("name".into(), Fault::new("server-name-wrong").with("name", name)));
    }
    let text = |column: &str| line.get(column).map(str::to_string);
    Ok(Announced { name, unit, mac, serial: text("serial"), uuid: text("uuid").map(|u| u.to_ascii_lowercase()) })
}

fn known_one(
    ground: &Ground,
    machine: &Label,
    unit: UnitId,
    name: String,
    line: &Line,
    work: &mut Work,
    plan: &mut Plan,
) -> Told<()> {
    let mut told = Vec::new();
    if line.get("unit").is_some() && unit != machine.unit {
        told.push(became("unit", &ground.tree.path(machine.unit), &ground.tree.path(unit)));
        work.moved.push((machine.id, unit));
    }
    for (column, value) in line.cells() {
        let Some(fact) = column.strip_prefix("fact.") else { continue };
        told.push(became(column, "", value));
        work.said.push((machine.id, fact.to_string(), typed(value)));
    }
    let effect = if told.is_empty() { Effect::Same } else { Effect::Changed };
    plan.did(line, effect, name, told.join(", "));
    Ok(())
}

/// A number or yes and no as what they are, anything else as text.
fn typed(value: &str) -> Value {
    match value {
        "true" => true.into(),
        "false" => false.into(),
        text => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

fn new_one(
    ground: &Ground,
    awaited: &BTreeMap<(UnitId, String), Announced>,
    one: Announced,
    line: &Line,
    work: &mut Work,
    plan: &mut Plan,
) -> Told<()> {
    if one.mac.is_none() && one.serial.is_none() && one.uuid.is_none() {
        return Err((String::new(), Fault::new("server-import-no-hint")));
    }
    if let Some((column, _)) = line.cells().find(|(column, _)| column.starts_with("fact.")) {
        return Err((column.to_string(), Fault::new("server-import-not-come")));
    }
    let effect = match awaited.get(&(one.unit, one.name.clone())) {
        Some(there) if *there == one => Effect::Same,
        Some(_) => Effect::Changed,
        None => Effect::Added,
    };
    let known = [&one.mac, &one.serial, &one.uuid].into_iter().flatten().cloned().collect::<Vec<_>>().join(" · ");
    plan.did(line, effect, &one.name, format!("unit: {}, {known}", ground.tree.path(one.unit)));
    if effect != Effect::Same {
        work.announced.push(one);
    }
    Ok(())
}
