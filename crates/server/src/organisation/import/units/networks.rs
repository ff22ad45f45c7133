//! The column `networks` of the list of units: networks apart by spaces. An empty cell leaves a unit its own; `-` takes them
//! away.
use super::{Done, Effect, Ground, Plan, became};
use crate::organisation::{csv_text::Line, networks};
use socle_db::{Conn, networks as rows};
use socle_domain::{UnitId, network::Network, unit::Tree};
use socle_texts::{Fault, Result};
use std::collections::{BTreeMap, BTreeSet};

const COLUMN: &str = "networks";
const NONE: &str = "-";

type Wished = BTreeMap<UnitId, BTreeSet<Network>>;

/// What units shall have instead of what they have. What is done about a line is added to what is told of it.
pub(super) async fn plan(
    ground: &Ground<'_>,
    conn: &mut Conn,
    tree: &Tree,
    done: &mut [Done<'_>],
    plan: &mut Plan,
) -> Result<Wished> {
    let wished = wishes(done, plan);
    if wished.is_empty() {
        return Ok(Wished::new());
    }
    let mut old = Wished::new();
    for held in rows::list(conn, ground.scope()).await? {
        old.entry(held.unit).or_default().insert(held.network);
    }
    let had = |unit: &UnitId| old.get(unit).cloned().unwrap_or_default();
    let given_up: BTreeSet<Network> =
        wished.iter().flat_map(|(unit, (_, own))| had(unit).difference(own).copied().collect::<Vec<_>>()).collect();
    let (mut taken, mut work) = (BTreeSet::new(), Wished::new());
    for (unit, (line, own)) in wished {
        let above: Vec<UnitId> = tree.line(unit).map(|u| u.id).collect();
        let before = had(&unit);
        for network in own.difference(&before) {
            let free = match taken.insert(*network) {
                true => rows::check(conn, ground.scope(), &above, *network, &given_up).await,
                false => Err(Fault::new("db-network-taken").with("network", network.to_string())),
            };
            if let Err(fault) = free {
                plan.wrong(line, COLUMN, fault);
            }
        }
        if own.len() > rows::MAX_OF_UNIT {
            plan.wrong(line, COLUMN, Fault::new("db-networks-too-many").with("limit", rows::MAX_OF_UNIT));
        }
        if own != before {
            tell(done, unit, &networks::written(&before, " "), &networks::written(&own, " "));
            work.insert(unit, own);
        }
    }
    Ok(work)
}

/// What is written, by unit.
fn wishes<'a>(done: &[Done<'a>], plan: &mut Plan) -> BTreeMap<UnitId, (&'a Line, BTreeSet<Network>)> {
    let mut wished: BTreeMap<UnitId, (&Line, BTreeSet<Network>)> = BTreeMap::new();
    for one in done {
        let Some(text) = one.line.get(COLUMN) else { continue };
        match networks::read(if text == NONE { "" } else { text }) {
            Ok(own) if wished.get(&one.unit).is_none_or(|(_, before)| *before == own) => {
                wished.insert(one.unit, (one.line, own));
            }
            Ok(_) => plan.wrong(one.line, COLUMN, Fault::new("server-import-twice").with("name", &one.name)),
            Err(fault) => plan.wrong(one.line, COLUMN, fault),
        }
    }
    wished
}

fn tell(done: &mut [Done<'_>], unit: UnitId, before: &str, after: &str) {
    if let Some(one) = done.iter_mut().find(|one| one.unit == unit && one.line.get(COLUMN).is_some()) {
        let said = [std::mem::take(&mut one.detail), became(COLUMN, before, after)];
        one.detail = said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        if one.effect == Effect::Same {
            one.effect = Effect::Changed;
        }
    }
}
