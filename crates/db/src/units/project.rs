//! From decisions to the tables of the present: only what differs is written.
use super::{decisions, read};
use crate::{
    Conn,
    many::{Cell, insert},
    row::{Read, failed, json, ms},
    search::{self, Kind},
    wide,
};
use socle_domain::{
    Timestamp, UnitId,
    unit::{Tree, Unit},
};
use socle_texts::Result;
use std::collections::{BTreeMap, HashMap};

/// Makes `units` and `unit_tree` what the decisions fold to at a moment.
pub(crate) async fn project(conn: &mut Conn, now: Timestamp) -> Result<()> {
    let tree = Tree::at(&decisions(conn).await?, now)?;
    units(conn, &tree, now).await?;
    closure(conn, &tree).await?;
    sqlx::query("UPDATE unit_decisions SET applied = CASE WHEN at_ms <= $1 THEN 1 ELSE 0 END WHERE applied = 0")
        .bind(ms(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

async fn units(conn: &mut Conn, tree: &Tree, now: Timestamp) -> Result<()> {
    let rows = sqlx::query("SELECT * FROM units").fetch_all(&mut *conn).await.map_err(failed)?;
    let there = rows.iter().map(|row| read(row).map(|u| (u.id, u))).collect::<Result<BTreeMap<_, _>>>()?;
    let mut fresh = Vec::new();
    let mut named = Vec::new();
    // From the root down: a unit is written after the one above it.
    for unit in tree.subtree(UnitId::ROOT).into_iter().filter_map(|id| tree.get(id)) {
        let old = there.get(&unit.id);
        if old == Some(unit) {
            continue;
        }
        if old.is_none_or(|old| old.name != unit.name) {
            named.push(unit);
        }
        match old {
            None => fresh.push(cells(unit, now)?),
            Some(_) => update(conn, unit, &mut fresh).await?,
        }
    }
    write(conn, &mut fresh).await?;
    // The closure comes next: the words need no scope to be written.
    let words = named.iter().map(|u| (u.id.to_string(), u.id, socle_domain::search::of_name(&u.name)));
    search::put_many(conn, Kind::Unit, words.collect()).await
}

const HEAD: &str = "INSERT INTO units (id, parent, name, kind, since_ms, ended_ms, ended, created_ms)";

async fn write(conn: &mut Conn, fresh: &mut Vec<Vec<Cell>>) -> Result<()> {
    insert(conn, HEAD, "", &std::mem::take(fresh)).await
}

fn cells(unit: &Unit, now: Timestamp) -> Result<Vec<Cell>> {
    Ok(vec![
        unit.id.to_string().into(),
        unit.parent.map(|p| p.to_string()).into(),
        unit.name.clone().into(),
        unit.kind.word().into(),
        unit.since.map(ms).into(),
        unit.ended.as_ref().map(|(at, _)| ms(*at)).into(),
        unit.ended.as_ref().map(|(_, how)| json(how)).transpose()?.into(),
        ms(now).into(),
    ])
}

async fn update(conn: &mut Conn, unit: &Unit, fresh: &mut Vec<Vec<Cell>>) -> Result<()> {
    // It may now stand below one that is only about to be written.
    write(conn, fresh).await?;
    sqlx::query(
        "UPDATE units SET parent = $2, name = $3, kind = $4, since_ms = $5, ended_ms = $6, ended = $7 WHERE id = $1",
    )
    .bind(unit.id.to_string())
    .bind(unit.parent.map(|p| p.to_string()))
    .bind(unit.name.clone())
    .bind(unit.kind.word())
    .bind(unit.since.map(ms))
    .bind(unit.ended.as_ref().map(|(at, _)| ms(*at)))
    .bind(unit.ended.as_ref().map(|(_, how)| json(how)).transpose()?)
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

async fn closure(conn: &mut Conn, tree: &Tree) -> Result<()> {
    let rows =
        sqlx::query("SELECT ancestor, unit, depth FROM unit_tree").fetch_all(&mut *conn).await.map_err(failed)?;
    let mut there: HashMap<(String, String), i64> = HashMap::with_capacity(rows.len());
    for row in &rows {
        there.insert((row.text("ancestor")?, row.text("unit")?), row.number("depth")?);
    }
    let mut fresh = Vec::new();
    for unit in tree.units() {
        for (depth, above) in tree.line(unit.id).enumerate() {
            let key = (above.id.to_string(), unit.id.to_string());
            let depth = depth as i64;
            match there.remove(&key) {
                Some(old) if old == depth => {}
                Some(_) => {
                    forget(conn, &key).await?;
                    fresh.push(vec![key.0.into(), key.1.into(), depth.into()]);
                }
                None => fresh.push(vec![key.0.into(), key.1.into(), depth.into()]),
            }
        }
    }
    for key in there.keys() {
        forget(conn, key).await?;
    }
    let pairs = tree.units().flat_map(|unit| tree.line(unit.id).map(|above| (above.id, unit.id))).collect();
    wide::learn(conn, pairs).await?;
    insert(conn, "INSERT INTO unit_tree (ancestor, unit, depth)", "", &fresh).await
}

async fn forget(conn: &mut Conn, (ancestor, unit): &(String, String)) -> Result<()> {
    sqlx::query("DELETE FROM unit_tree WHERE ancestor = $1 AND unit = $2")
        .bind(ancestor.clone())
        .bind(unit.clone())
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}
