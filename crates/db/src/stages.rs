//! The way of masters: the stage of each version, the generations that were seen, and who may take which.
//!
//! A move is written beside what it changes and never removed, so that a rollback knows what production was before.
use crate::{
    Conn, Offered, Scope, found,
    row::{Read, failed, json, ms},
    scope::within,
};
use socle_domain::{
    Digest, Timestamp, UnitId,
    keys::Generations,
    master::{Master, Stage, Version},
    sign::Signed,
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

const MAX_LISTED: i64 = 1_000;

/// A master that was published, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// As the content key signed it.
    pub signed: Signed<Master>,
    /// Its unit, name and stage.
    pub version: Version,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Who put it there.
    pub by: String,
}

pub(crate) fn read(row: &AnyRow) -> Result<Kept> {
    Ok(Kept {
        signed: row.tree("signed")?,
        version: Version { unit: row.parsed("unit")?, name: row.text("name")?, stage: row.parsed("stage")? },
        since: row.moment("stage_ms")?,
        by: row.text("stage_by")?,
    })
}

/// What a generation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A master.
    Master,
    /// An image.
    Image,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Master => "master",
            Kind::Image => "image",
        }
    }
}

/// Takes a generation of a name, if no newer one was ever seen.
///
/// # Errors
/// `domain-generation-old` (with `name`, `generation`, `lowest`).
pub async fn take_generation(conn: &mut Conn, unit: UnitId, kind: Kind, name: &str, generation: u64) -> Result<()> {
    let seen = highest(conn, unit, kind, name).await?;
    Generations(BTreeMap::from([(name.to_string(), seen)])).check(name, generation)?;
    sqlx::query(
        "INSERT INTO generations (unit, kind, name, highest) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (unit, kind, name) DO UPDATE SET highest = excluded.highest WHERE generations.highest < excluded.highest",
    )
    .bind(unit.to_string())
    .bind(kind.word())
    .bind(name.to_string())
    .bind(i64::try_from(generation).unwrap_or(i64::MAX))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The highest generation of a name that was ever seen; 0 where none was.
pub async fn highest(conn: &mut Conn, unit: UnitId, kind: Kind, name: &str) -> Result<u64> {
    let row = sqlx::query("SELECT highest FROM generations WHERE unit = $1 AND kind = $2 AND name = $3")
        .bind(unit.to_string())
        .bind(kind.word())
        .bind(name.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map_or(Ok(0), |row| row.count("highest"))
}

/// A published master of the scope, or offered to it.
pub async fn by_digest(conn: &mut Conn, scope: Scope, digest: Digest) -> Result<Option<Kept>> {
    found::one(conn, scope, "SELECT * FROM masters WHERE {seen masters} AND digest = $2", digest, read).await
}

/// The published masters of the scope and those above it, the newest first; at most 1,000.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Kept>> {
    let text = "SELECT * FROM masters WHERE {seen masters} ORDER BY published_ms DESC, digest LIMIT $2";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(MAX_LISTED);
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// The published masters of a unit and of those above it, the newest first; at most 1,000.
pub async fn on_the_way(conn: &mut Conn, to: Offered) -> Result<Vec<Kept>> {
    let sql = to.sql("SELECT * FROM masters WHERE {to masters} ORDER BY published_ms DESC, digest LIMIT $2");
    let query = sqlx::query(sql).bind(to.text()).bind(MAX_LISTED);
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// Puts a version of the scope onto a stage. Whoever stood on production is retired by a new one.
///
/// # Errors
/// `db-stage-wrong` (with `from`, `to`) where no door leads there.
pub async fn move_to(
    conn: &mut Conn,
    scope: Scope,
    digest: Digest,
    to: Stage,
    by: &str,
    now: Timestamp,
) -> Result<Option<Kept>> {
    let text = "SELECT * FROM masters WHERE {of masters} AND digest = $2";
    let Some(kept) = found::one(conn, scope, text, digest, read).await? else { return Ok(None) };
    let from = kept.version.stage;
    if !from.may_become(to) {
        return Err(Fault::new("db-stage-wrong").with("from", from.word()).with("to", to.word()));
    }
    if to == Stage::Production
        && let Some(before) = production(conn, kept.version.unit, &kept.version.name).await?
    {
        stand(conn, &kept.version, before, Stage::Retired, by, now).await?;
    }
    stand(conn, &kept.version, digest, to, by, now).await?;
    by_digest(conn, scope, digest).await
}

/// Writes the first stage of a version that has just been published.
pub async fn begin(conn: &mut Conn, version: &Version, digest: Digest, by: &str, now: Timestamp) -> Result<()> {
    stand(conn, version, digest, version.stage, by, now).await
}

async fn stand(conn: &mut Conn, of: &Version, digest: Digest, stage: Stage, by: &str, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE masters SET stage = $2, stage_by = $3, stage_ms = $4 WHERE digest = $1")
        .bind(digest.to_string())
        .bind(stage.word())
        .bind(by.to_string())
        .bind(ms(now))
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    let row = sqlx::query("SELECT COALESCE(MAX(number), 0) AS n FROM master_moves").fetch_one(&mut *conn).await;
    let number = row.map_err(failed)?.number("n")? + 1;
    sqlx::query(
        "INSERT INTO master_moves (number, unit, name, digest, stage, moved_by, moved_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(number)
    .bind(of.unit.to_string())
    .bind(of.name.clone())
    .bind(digest.to_string())
    .bind(stage.word())
    .bind(by.to_string())
    .bind(ms(now))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// The version of a name that is in production, if one is.
pub async fn production(conn: &mut Conn, unit: UnitId, name: &str) -> Result<Option<Digest>> {
    let row = sqlx::query("SELECT digest FROM masters WHERE unit = $1 AND name = $2 AND stage = 'production'")
        .bind(unit.to_string())
        .bind(name.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("digest")).transpose()
}

/// What production was before the version that it is now, if it was anything that is still there.
pub async fn before_production(conn: &mut Conn, unit: UnitId, name: &str) -> Result<Option<Digest>> {
    let now = production(conn, unit, name).await?.map(|d| d.to_string()).unwrap_or_default();
    // A version that was brought in before moves were written has none: the newest but the present one, then.
    let row = sqlx::query(
        "SELECT m.digest AS digest FROM masters m LEFT JOIN master_moves v ON v.digest = m.digest AND v.stage = 'production' \
         WHERE m.unit = $1 AND m.name = $2 AND m.digest <> $3 AND m.stage = 'retired' \
         ORDER BY COALESCE(v.number, 0) DESC, m.published_ms DESC LIMIT 1",
    )
    .bind(unit.to_string())
    .bind(name.to_string())
    .bind(now)
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    row.map(|row| row.parsed("digest")).transpose()
}

/// How a version came where it stands, the first move first.
pub async fn moves(conn: &mut Conn, scope: Scope, digest: Digest) -> Result<Vec<(Stage, String, Timestamp)>> {
    let text = "SELECT v.stage AS stage, v.moved_by AS moved_by, v.moved_ms AS moved_ms FROM master_moves v \
                JOIN masters ON masters.digest = v.digest WHERE {seen masters} AND v.digest = $2 ORDER BY v.number";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(digest.to_string());
    let rows = query.fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("stage")?, row.text("moved_by")?, row.moment("moved_ms")?))).collect()
}

/// The units that try the pilots of a master, besides its own.
pub async fn pilots(conn: &mut Conn, unit: UnitId, name: &str) -> Result<Vec<UnitId>> {
    let rows = sqlx::query("SELECT pilot FROM master_pilots WHERE unit = $1 AND name = $2 ORDER BY pilot")
        .bind(unit.to_string())
        .bind(name.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.parsed("pilot")).collect()
}

/// Says which units try the pilots of a master of the scope. They are below its unit.
///
/// # Errors
/// `db-unit-outside`.
pub async fn set_pilots(conn: &mut Conn, scope: Scope, unit: UnitId, name: &str, pilots: &[UnitId]) -> Result<()> {
    scope.check(conn, unit).await?;
    for pilot in pilots {
        Scope::of(unit).check(conn, *pilot).await?;
    }
    sqlx::query("DELETE FROM master_pilots WHERE unit = $1 AND name = $2")
        .bind(unit.to_string())
        .bind(name.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    for pilot in pilots {
        sqlx::query(
            "INSERT INTO master_pilots (unit, name, pilot) VALUES ($1, $2, $3) ON CONFLICT (unit, name, pilot) DO NOTHING",
        )
        .bind(unit.to_string())
        .bind(name.to_string())
        .bind(pilot.to_string())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// Of whom a unit and those above it say which masters may be taken: by unit, the names.
pub async fn allowed(conn: &mut Conn, to: Offered) -> Result<BTreeMap<UnitId, Vec<String>>> {
    let sql = to.sql("SELECT unit, names FROM master_offers WHERE {to master_offers}");
    let rows = sqlx::query(sql).bind(to.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("unit")?, row.tree("names")?))).collect()
}

/// Says which masters a unit and those below it may take; none: all that is left to it.
///
/// # Errors
/// `db-unit-outside`.
pub async fn allow(
    conn: &mut Conn,
    scope: Scope,
    unit: UnitId,
    names: Option<&[String]>,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    scope.check(conn, unit).await?;
    let Some(names) = names else {
        let query = sqlx::query("DELETE FROM master_offers WHERE unit = $1").bind(unit.to_string());
        return query.execute(conn).await.map(drop).map_err(failed);
    };
    sqlx::query(
        "INSERT INTO master_offers (unit, names, set_by, set_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (unit) DO UPDATE SET names = excluded.names, set_by = excluded.set_by, set_ms = excluded.set_ms",
    )
    .bind(unit.to_string())
    .bind(json(&names)?)
    .bind(by.to_string())
    .bind(ms(now))
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}
