//! Dated links between people, machines and units. None is ever removed: a link ends.
use crate::{
    Conn, Scope,
    many::{Cell, insert},
    row::{Read, failed, ms},
    scope::within,
};
use socle_domain::{LinkId, PersonId, TargetId, Timestamp, UnitId, link::Link};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

/// Links in one answer, at most.
pub const MAX_LISTED: i64 = 1_000;

fn read(row: &AnyRow) -> Result<Link> {
    Ok(Link {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        kind: row.parsed("kind")?,
        person: row.maybe_parsed("person")?,
        machine: row.maybe_parsed("machine")?,
        from: row.moment("from_ms")?,
        until: row.maybe_moment("until_ms")?,
        by: row.text("by_whom")?,
    })
}

fn cells(link: &Link) -> Vec<Cell> {
    vec![
        link.id.to_string().into(),
        link.unit.to_string().into(),
        link.kind.word().into(),
        link.person.map(|p| p.to_string()).into(),
        link.machine.map(|m| m.to_string()).into(),
        ms(link.from).into(),
        link.until.map(ms).into(),
        link.by.clone().into(),
    ]
}

const HEAD: &str = "INSERT INTO links (id, unit, kind, person, machine, from_ms, until_ms, by_whom)";

/// Adds a link. Its unit, its person and its machine must all be of the scope.
///
/// # Errors
/// `domain-link-wrong`; `db-unit-outside`, `db-unit-closed`, `db-person-unknown`, `db-machine-unknown`.
pub async fn add(conn: &mut Conn, scope: Scope, link: &Link) -> Result<()> {
    link.check()?;
    scope.check_open(conn, link.unit).await?;
    if let Some(person) = link.person
        && crate::persons::by_id(conn, scope, person).await?.is_none()
    {
        return Err(Fault::new("db-person-unknown").with("person", person.to_string()));
    }
    if let Some(machine) = link.machine
        && crate::machines::by_id(conn, scope, machine).await?.is_none()
    {
        return Err(Fault::new("db-machine-unknown").with("machine", machine.to_string()));
    }
    insert(conn, HEAD, "", &[cells(link)]).await
}

/// Adds many, all or none; the caller has looked up the people and the machines in the scope.
pub async fn add_many(conn: &mut Conn, scope: Scope, links: &[Link]) -> Result<()> {
    links.iter().try_for_each(Link::check)?;
    for unit in links.iter().map(|one| one.unit).collect::<std::collections::BTreeSet<_>>() {
        scope.check_open(conn, unit).await?;
    }
    let rows: Vec<_> = links.iter().map(cells).collect();
    insert(conn, HEAD, "", &rows).await
}

/// Ends a link of the scope; whether there was one that had not ended before.
pub async fn end(conn: &mut Conn, scope: Scope, id: LinkId, at: Timestamp) -> Result<bool> {
    let text = "UPDATE links SET until_ms = $3 WHERE {of links} AND id = $2 AND from_ms < $3 \
                AND (until_ms IS NULL OR until_ms > $3)";
    let done = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(id.to_string())
        .bind(ms(at))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

/// One link of the scope.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: LinkId) -> Result<Option<Link>> {
    let rows = some(conn, scope, "SELECT * FROM links WHERE {of links} AND id = $2", id.to_string()).await?;
    Ok(rows.into_iter().next())
}

/// The links of a machine, in the scope, the newest first.
pub async fn of_machine(conn: &mut Conn, scope: Scope, machine: TargetId) -> Result<Vec<Link>> {
    let text = "SELECT * FROM links WHERE {of links} AND machine = $2 ORDER BY from_ms DESC, id LIMIT 1000";
    some(conn, scope, text, machine.to_string()).await
}

/// The links of somebody, in the scope, the newest first.
pub async fn of_person(conn: &mut Conn, scope: Scope, person: PersonId) -> Result<Vec<Link>> {
    let text = "SELECT * FROM links WHERE {of links} AND person = $2 ORDER BY from_ms DESC, id LIMIT 1000";
    some(conn, scope, text, person.to_string()).await
}

/// The links of a unit of the scope itself, the newest first.
pub async fn of_unit(conn: &mut Conn, scope: Scope, unit: UnitId) -> Result<Vec<Link>> {
    let text = "SELECT * FROM links WHERE {of links} AND unit = $2 ORDER BY from_ms DESC, id LIMIT 1000";
    some(conn, scope, text, unit.to_string()).await
}

async fn some(conn: &mut Conn, scope: Scope, text: &str, value: String) -> Result<Vec<Link>> {
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(value);
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}

/// Links of the scope by identifier, from `after` on, at most `limit`.
pub async fn page(conn: &mut Conn, scope: Scope, after: &str, limit: u32) -> Result<Vec<Link>> {
    let text = "SELECT * FROM links WHERE {in links} AND id > $2 ORDER BY id LIMIT $3";
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(after.to_string()).bind(i64::from(limit));
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}
