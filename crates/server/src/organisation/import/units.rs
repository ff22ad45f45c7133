//! Units: `path,kind,networks,id`. A path that is there changes nothing; one that is not founds a unit; an identifier whose
//! path is another renames and moves it. Networks, where some are written, stand instead of those that the unit had
//! ([`networks`]).
mod networks;

use super::{Ground, Plan, became};
use crate::{
    House,
    access::Person as Caller,
    organisation::csv_text::Line,
    organisation::{decision, new_unit},
    refusal::Answer,
};
use socle_db::Conn;
use socle_domain::{
    UnitId,
    network::Network,
    unit::{Change, Tree, UnitDecision, UnitKind},
};
use socle_texts::{Fault, Result};
use socle_wire::organisation::Effect;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const COLUMNS: &[&str] = &["path", "kind", "networks", "id"];

/// The decisions to enter, then the networks of units.
pub(super) struct Work(Vec<UnitDecision>, BTreeMap<UnitId, BTreeSet<Network>>);

impl Work {
    pub async fn carry_out(self, house: &House, caller: &Caller, conn: &mut Conn) -> Answer<()> {
        socle_db::units::decide(conn, caller.scope, &self.0, house.now()).await?;
        Ok(socle_db::networks::set(conn, caller.scope, &self.1, &caller.name, house.now()).await?)
    }
}

/// What a line does, as far as the tree is concerned.
struct Done<'a> {
    line: &'a Line,
    unit: UnitId,
    effect: Effect,
    name: String,
    detail: String,
}

pub(super) async fn plan(ground: &Ground<'_>, conn: &mut Conn, lines: &[Line], plan: &mut Plan) -> Result<Work> {
    let mut tree = ground.tree.clone();
    let (mut work, mut done) = (Vec::new(), Vec::new());
    // Those above first, in whatever order they stand in the file.
    let mut ordered: Vec<&Line> = lines.iter().collect();
    ordered.sort_by_key(|line| (line.get("path").map_or(0, |path| path.matches('/').count()), line.number));
    for line in ordered {
        match one(ground, &mut tree, &mut work, line) {
            Ok((unit, effect, detail)) => {
                done.push(Done { line, unit, effect, name: tree.path(unit), detail });
            }
            Err((column, fault)) => plan.wrong(line, column, fault),
        }
    }
    let wished = networks::plan(ground, conn, &tree, &mut done, plan).await?;
    let wrong: BTreeSet<u64> = plan.wrongs.iter().map(|wrong| wrong.line).collect();
    for one in done.into_iter().filter(|one| !wrong.contains(&one.line.number)) {
        plan.did(one.line, one.effect, one.name, one.detail);
    }
    Ok(Work(work, wished))
}

type Told<T> = std::result::Result<T, (&'static str, Fault)>;

/// The unit of a line, what the line does to it, and how that is told.
type Planned = (UnitId, Effect, String);

fn one(ground: &Ground, tree: &mut Tree, work: &mut Vec<UnitDecision>, line: &Line) -> Told<Planned> {
    let path = line.get("path").ok_or_else(|| ("path", Fault::new("server-import-missing").with("column", "path")))?;
    let kind = line.get("kind").map(str::parse::<UnitKind>).transpose();
    let kind = kind.map_err(|e| ("kind", Fault::new("server-import-word-wrong").because(e)))?;
    let there = match line.get("id") {
        Some(id) => Some(known(ground, tree, id)?),
        None => tree.by_path(path).map(|unit| unit.id),
    };
    let Some(unit) = there else { return found(ground, tree, work, path, kind) };
    let old = tree.get(unit).cloned().ok_or_else(|| ("id", unknown(path)))?;
    if kind.is_some_and(|kind| kind != old.kind) {
        return Err(("kind", Fault::new("server-import-kind-differs").with("kind", old.kind.word())));
    }
    let was = tree.path(unit);
    if unit != UnitId::ROOT && tree.by_path(path).map(|u| u.id) != Some(unit) {
        let (parent, name) = parent_of(tree, path)?;
        if name.to_lowercase() != old.name.to_lowercase() {
            enter(ground, tree, work, Change::Renamed { unit, name })?;
        }
        if Some(parent) != old.parent {
            enter(ground, tree, work, Change::Moved { unit, parent })?;
        }
    }
    let now = tree.path(unit);
    let effect = if was == now { Effect::Same } else { Effect::Changed };
    Ok((unit, effect, if was == now { String::new() } else { became("path", &was, &now) }))
}

fn known(ground: &Ground, tree: &Tree, id: &str) -> Told<UnitId> {
    let found = id.parse::<UnitId>().ok().filter(|id| tree.get(*id).is_some_and(|unit| unit.is_open()));
    let reached = found.filter(|id| tree.is_within(*id, ground.scope().unit()));
    reached.ok_or_else(|| ("id", unknown(id)))
}

fn unknown(unit: &str) -> Fault {
    Fault::new("server-import-unit-unknown").with("unit", unit)
}

/// The unit above and the name that a path says.
fn parent_of(tree: &Tree, path: &str) -> Told<(UnitId, String)> {
    let (above, name) = path.trim_end_matches(['/', ' ']).rsplit_once('/').unwrap_or(("", path));
    let parent = tree.by_path(above).ok_or_else(|| ("path", unknown(above.trim())))?;
    Ok((parent.id, name.trim().to_string()))
}

fn found(
    ground: &Ground,
    tree: &mut Tree,
    work: &mut Vec<UnitDecision>,
    path: &str,
    kind: Option<UnitKind>,
) -> Told<Planned> {
    let (parent, name) = parent_of(tree, path)?;
    if !tree.is_within(parent, ground.scope().unit()) {
        return Err(("path", unknown(path)));
    }
    let usual = match tree.get(parent).map(|above| above.kind) {
        Some(UnitKind::Centre) | None => UnitKind::Body,
        Some(UnitKind::Body) => UnitKind::Site,
        Some(UnitKind::Site | UnitKind::Room) => UnitKind::Room,
    };
    let kind = kind.unwrap_or(usual);
    let unit = new_unit(ground.now).map_err(|fault| ("", fault))?;
    enter(ground, tree, work, Change::Founded { unit, parent, name, kind })?;
    Ok((unit, Effect::Added, format!("kind: {}", kind.word())))
}

fn enter(ground: &Ground, tree: &mut Tree, work: &mut Vec<UnitDecision>, what: Change) -> Told<()> {
    let one = decision(ground.now, ground.now, &ground.caller.name, what).map_err(|fault| ("", fault))?;
    tree.apply(&one).map_err(|fault| ("path", fault))?;
    work.push(one);
    Ok(())
}
