//! Roles that people hold at units.
use crate::{
    Conn, Scope,
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{
    AccountId, Timestamp, UnitId,
    role::{Grant, Right, Role},
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// The most that one person holds.
pub const MAX_OF_ONE: usize = 200;

/// A grant, with how far its unit is from the root: 0 at the root itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// The grant.
    pub grant: Grant,
    /// How far down.
    pub depth: u32,
}

fn read(row: &AnyRow) -> Result<Grant> {
    Ok(Grant { person: row.parsed("person")?, role: row.parsed("role")?, unit: row.parsed("unit")? })
}

/// What a person holds, the topmost first. Asked before anybody knows his scope: it gives one.
pub async fn of(conn: &mut Conn, person: AccountId) -> Result<Vec<Placed>> {
    let rows = sqlx::query(
        "SELECT g.person AS person, g.role AS role, g.unit AS unit, t.depth AS depth FROM grants g \
         JOIN unit_tree t ON t.unit = g.unit AND t.ancestor = $2 WHERE g.person = $1 ORDER BY t.depth, g.unit, g.role",
    )
    .bind(person.to_string())
    .bind(UnitId::ROOT.to_string())
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok(Placed { grant: read(row)?, depth: row.count("depth")? as u32 })).collect()
}

/// A unit and every unit above it; nothing where there is no such unit.
pub async fn path(conn: &mut Conn, unit: UnitId) -> Result<Vec<UnitId>> {
    let rows = sqlx::query("SELECT ancestor FROM unit_tree WHERE unit = $1 ORDER BY depth")
        .bind(unit.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.parsed("ancestor")).collect()
}

/// The name of a unit, if there is such a one.
pub async fn unit_name(conn: &mut Conn, unit: UnitId) -> Result<Option<String>> {
    let row = sqlx::query("SELECT name FROM units WHERE id = $1")
        .bind(unit.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.text("name")).transpose()
}

/// The units of a scope that are open, the topmost first; at most 2,000.
pub async fn open_units(conn: &mut Conn, scope: Scope) -> Result<Vec<(UnitId, String)>> {
    let sql = "SELECT u.id AS id, u.name AS name FROM units u JOIN unit_tree t ON t.unit = u.id AND t.ancestor = $1 \
               WHERE u.ended_ms IS NULL ORDER BY t.depth, u.name, u.id LIMIT 2000";
    let rows = sqlx::query(sql).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("id")?, row.text("name")?))).collect()
}

/// A grant as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The grant.
    pub grant: Grant,
    /// The person's name; none where nobody is known by this identifier any more.
    pub person_name: Option<String>,
    /// The unit's name.
    pub unit_name: String,
    /// Since when.
    pub at: Timestamp,
}

/// Every grant within a scope, by unit and person; at most `limit`.
pub async fn list(conn: &mut Conn, scope: Scope, limit: u32) -> Result<Vec<Given>> {
    let sql = "SELECT g.person AS person, g.role AS role, g.unit AS unit, g.given_ms AS given_ms, \
               a.name AS person_name, u.name AS unit_name FROM grants g JOIN units u ON u.id = g.unit \
               LEFT JOIN administrators a ON a.id = g.person WHERE {in g} ORDER BY u.name, g.unit, a.name, g.role LIMIT $2";
    let rows = sqlx::query(within(scope, sql))
        .bind(scope.text())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let given = |row: &AnyRow| {
        Ok(Given {
            grant: read(row)?,
            person_name: row.maybe("person_name")?,
            unit_name: row.text("unit_name")?,
            at: row.moment("given_ms")?,
        })
    };
    rows.iter().map(given).collect()
}

/// Gives a role; whether it was not held before.
///
/// # Errors
/// `db-unit-outside`, `db-unit-closed`; `db-grants-many`.
pub async fn add(conn: &mut Conn, scope: Scope, grant: &Grant, by: Option<AccountId>, now: Timestamp) -> Result<bool> {
    scope.check_open(conn, grant.unit).await?;
    if of(conn, grant.person).await?.len() >= MAX_OF_ONE {
        return Err(Fault::new("db-grants-many").with("limit", MAX_OF_ONE));
    }
    let done = sqlx::query(
        "INSERT INTO grants (person, role, unit, given_by, given_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (person, role, unit) DO NOTHING",
    )
    .bind(grant.person.to_string())
    .bind(grant.role.word())
    .bind(grant.unit.to_string())
    .bind(by.map(|p| p.to_string()))
    .bind(ms(now))
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// Takes a role away; whether it was held.
pub async fn remove(conn: &mut Conn, scope: Scope, grant: &Grant) -> Result<bool> {
    let sql = "DELETE FROM grants WHERE {of grants} AND person = $2 AND role = $3 AND unit = $4";
    let done = sqlx::query(within(scope, sql))
        .bind(scope.text())
        .bind(grant.person.to_string())
        .bind(grant.role.word())
        .bind(grant.unit.to_string())
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// How many grants there are at all.
pub async fn count(conn: &mut Conn) -> Result<u64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM grants").fetch_one(conn).await.map_err(failed)?;
    row.count("n")
}

/// Who holds a right at a unit, by a grant there or above it.
pub async fn holders(conn: &mut Conn, right: Right, unit: UnitId) -> Result<Vec<AccountId>> {
    let rows = sqlx::query(
        "SELECT g.person AS person, g.role AS role, g.unit AS unit FROM grants g \
         JOIN unit_tree t ON t.ancestor = g.unit WHERE t.unit = $1 ORDER BY g.person",
    )
    .bind(unit.to_string())
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let grants = rows.iter().map(read).collect::<Result<Vec<Grant>>>()?;
    let mut holders: Vec<AccountId> = grants.into_iter().filter(|g| g.gives(right)).map(|g| g.person).collect();
    holders.dedup();
    Ok(holders)
}

/// The roles of the first administrator, at the root.
pub async fn found(conn: &mut Conn, person: AccountId, now: Timestamp) -> Result<()> {
    for role in Role::FIRST_ADMINISTRATOR {
        add(conn, Scope::ROOT, &Grant { person, role, unit: UnitId::ROOT }, None, now).await?;
    }
    Ok(())
}
