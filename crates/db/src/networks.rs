//! The networks of units: from where a unit's machines speak, and so in whose queue an unknown one waits.
//!
//! A network belongs to one unit. Where several are around an address, the narrowest counts. A unit that ends keeps its
//! networks: the one that comes after it answers for them, and may take them over.
//!
//! INVARIANT: nobody draws another's machines into his own queue: a network inside one of another unit belongs to that
//! unit or to one below it, unless whoever enters it holds both.
use crate::{
    Conn, Scope,
    many::{Cell, insert},
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{Timestamp, UnitId, network::Network};
use socle_texts::{Fault, Result};
use sqlx::{AssertSqlSafe, any::AnyRow};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Networks of one unit, at most.
pub const MAX_OF_UNIT: usize = 500;

/// A network of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The network.
    pub network: Network,
    /// Whose it is.
    pub unit: UnitId,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

fn read(row: &AnyRow) -> Result<Held> {
    Ok(Held {
        network: row.parsed("network")?,
        unit: row.parsed("unit")?,
        by: row.text("set_by")?,
        at: row.moment("set_ms")?,
    })
}

/// The networks of the scope's units, in the order of their addresses.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Held>> {
    let text = "SELECT * FROM unit_networks WHERE {in unit_networks}";
    let rows = sqlx::query(within(scope, text)).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    all.sort_by_key(|held| held.network);
    Ok(all)
}

/// The networks of one unit of the scope, without those below it.
pub async fn of_unit(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<Vec<Network>> {
    let text = "SELECT * FROM unit_networks WHERE {of unit_networks} AND unit = $2";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(unit.to_string());
    let rows = query.fetch_all(conn).await.map_err(failed)?;
    let mut all = rows.iter().map(|row| row.parsed("network")).collect::<Result<Vec<Network>>>()?;
    all.sort();
    Ok(all)
}

/// Which of these networks belong to somebody, and to whom.
async fn holders(conn: &mut Conn, some: &[Network]) -> Result<BTreeMap<Network, UnitId>> {
    let mut found = BTreeMap::new();
    // As many at once as a network has around it.
    for some in some.chunks(129) {
        let marks: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
        let text = format!("SELECT network, unit FROM unit_networks WHERE network IN ({})", marks.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for network in some {
            query = query.bind(network.to_string());
        }
        for row in query.fetch_all(&mut *conn).await.map_err(failed)? {
            found.insert(row.parsed("network")?, row.parsed("unit")?);
        }
    }
    Ok(found)
}

/// The unit in whose queue a machine waits that speaks from this address; none where no network is known around it.
///
/// The server's own question: it is told of no person.
pub async fn unit_at(conn: &mut Conn, address: IpAddr) -> Result<Option<UnitId>> {
    let around: Vec<Network> = Network::around(address).collect();
    let holders = holders(conn, &around).await?;
    let Some(unit) = around.iter().find_map(|network| holders.get(network)) else { return Ok(None) };
    open_heir(conn, *unit).await
}

/// The unit itself, or, where it has ended, the open one that comes after it.
async fn open_heir(conn: &mut Conn, unit: UnitId) -> Result<Option<UnitId>> {
    let text = "SELECT t.ancestor AS unit FROM unit_tree t JOIN units u ON u.id = t.ancestor \
                WHERE t.unit = $1 AND u.ended_ms IS NULL ORDER BY t.depth LIMIT 1";
    let row = sqlx::query(text).bind(unit.to_string()).fetch_optional(conn).await.map_err(failed)?;
    row.map(|row| row.parsed("unit")).transpose()
}

async fn has_ended(conn: &mut Conn, unit: UnitId) -> Result<bool> {
    let text = "SELECT id FROM units WHERE id = $1 AND ended_ms IS NOT NULL";
    let row = sqlx::query(text).bind(unit.to_string()).fetch_optional(conn).await.map_err(failed)?;
    Ok(row.is_some())
}

/// Whether a unit may have a network: `line` is the unit and those above it. One that another unit of the scope is about
/// to give up (`given_up`) is free.
///
/// # Errors
/// `db-network-taken`, `db-network-inside`.
pub async fn check(
    conn: &mut Conn,
    scope: Scope,
    line: &[UnitId],
    network: Network,
    given_up: &BTreeSet<Network>,
) -> Result<()> {
    let around: Vec<Network> = network.line().collect();
    let holders = holders(conn, &around).await?;
    if let Some(unit) = holders.get(&network).filter(|unit| line.first() != Some(*unit)) {
        let reached = scope.holds(conn, *unit).await?;
        let leaves = given_up.contains(&network) || has_ended(conn, *unit).await?;
        if !(reached && leaves) {
            return Err(Fault::new("db-network-taken").with("network", network.to_string()));
        }
    }
    let Some(outer) = around.iter().skip(1).find_map(|outer| holders.get(outer)) else { return Ok(()) };
    match line.contains(outer) || scope.holds(conn, *outer).await? {
        true => Ok(()),
        false => Err(Fault::new("db-network-inside").with("network", network.to_string())),
    }
}

/// Gives units of the scope their networks, instead of those that they had: all or none. A unit that is not named keeps its
/// own.
///
/// # Errors
/// `db-unit-outside`, `db-unit-closed`, `db-networks-too-many`; those of [`check`].
pub async fn set(
    conn: &mut Conn,
    scope: Scope,
    wished: &BTreeMap<UnitId, BTreeSet<Network>>,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let mut fresh = Vec::new();
    let mut given_up = BTreeSet::new();
    for (unit, networks) in wished {
        scope.check_open(conn, *unit).await?;
        if networks.len() > MAX_OF_UNIT {
            return Err(Fault::new("db-networks-too-many").with("limit", MAX_OF_UNIT));
        }
        let old: BTreeSet<Network> = of_unit(conn, scope, *unit).await?.into_iter().collect();
        given_up.extend(old.difference(networks).copied());
        fresh.extend(networks.difference(&old).map(|network| (*unit, *network)));
    }
    let mut there = BTreeSet::new();
    for (unit, network) in &fresh {
        if !there.insert(*network) {
            return Err(Fault::new("db-network-taken").with("network", network.to_string()));
        }
        let line = line(conn, *unit).await?;
        check(conn, scope, &line, *network, &given_up).await?;
    }
    // What is taken over from a unit that has ended goes as well.
    for network in given_up.iter().chain(fresh.iter().map(|(_, network)| network)) {
        let query = sqlx::query("DELETE FROM unit_networks WHERE network = $1").bind(network.to_string());
        query.execute(&mut *conn).await.map_err(failed)?;
    }
    let cells = |(unit, network): &(UnitId, Network)| -> Vec<Cell> {
        vec![network.to_string().into(), unit.to_string().into(), by.into(), ms(now).into()]
    };
    let rows: Vec<_> = fresh.iter().map(cells).collect();
    insert(conn, "INSERT INTO unit_networks (network, unit, set_by, set_ms)", "", &rows).await
}

/// A unit and those above it.
async fn line(conn: &mut Conn, unit: UnitId) -> Result<Vec<UnitId>> {
    let query = sqlx::query("SELECT ancestor FROM unit_tree WHERE unit = $1 ORDER BY depth").bind(unit.to_string());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(|row| row.parsed("ancestor")).collect()
}
