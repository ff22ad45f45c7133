//! People of the organisation.
use crate::{
    Conn, Scope, found,
    many::{Cell, insert},
    row::{Read, failed, is_duplicate, ms},
    scope::within,
    search::{self, Kind},
};
use socle_domain::{
    PersonId, Timestamp,
    person::{Origin, Person},
};
use socle_texts::{Fault, Result};
use sqlx::any::AnyRow;

fn read(row: &AnyRow) -> Result<Person> {
    let origin = match (row.maybe("source")?, row.maybe("entry")?) {
        (Some(source), Some(entry)) => Origin::Directory { source, entry },
        _ => Origin::Hand,
    };
    Ok(Person {
        id: row.parsed("id")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        login: row.maybe("login")?,
        mail: row.maybe("mail")?,
        origin,
        since: row.moment("since_ms")?,
        until: row.maybe_moment("until_ms")?,
    })
}

fn origin(person: &Person) -> (Option<String>, Option<String>) {
    match &person.origin {
        Origin::Hand => (None, None),
        Origin::Directory { source, entry } => (Some(source.clone()), Some(entry.clone())),
    }
}

fn taken(person: &Person) -> impl Fn(sqlx::Error) -> Fault + use<'_> {
    |e| match is_duplicate(&e) {
        true => Fault::new("db-login-taken").with("login", person.login.clone().unwrap_or_default()),
        false => failed(e),
    }
}

/// Adds somebody.
///
/// # Errors
/// `domain-person-wrong`; `db-unit-outside`, `db-unit-closed`; `db-login-taken` where somebody of the unit has the login.
pub async fn add(conn: &mut Conn, scope: Scope, person: &Person) -> Result<()> {
    person.check()?;
    scope.check_open(conn, person.unit).await?;
    let (source, entry) = origin(person);
    sqlx::query(
        "INSERT INTO persons (id, unit, name, login, mail, source, entry, since_ms, until_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(person.id.to_string())
    .bind(person.unit.to_string())
    .bind(person.name.clone())
    .bind(person.login.clone())
    .bind(person.mail.clone())
    .bind(source)
    .bind(entry)
    .bind(ms(person.since))
    .bind(person.until.map(ms))
    .execute(&mut *conn)
    .await
    .map_err(taken(person))?;
    search::put(conn, Kind::Person, &person.id.to_string(), person.unit, search::of_person(person)).await
}

/// Adds many, all or none.
///
/// # Errors
/// As [`add`]; `db-failed` where a login is taken.
pub async fn add_many(conn: &mut Conn, scope: Scope, people: &[Person]) -> Result<()> {
    people.iter().try_for_each(Person::check)?;
    for unit in people.iter().map(|one| one.unit).collect::<std::collections::BTreeSet<_>>() {
        scope.check_open(conn, unit).await?;
    }
    let cells = |person: &Person| -> Vec<Cell> {
        let (source, entry) = origin(person);
        vec![
            person.id.to_string().into(),
            person.unit.to_string().into(),
            person.name.clone().into(),
            person.login.clone().into(),
            person.mail.clone().into(),
            source.into(),
            entry.into(),
            ms(person.since).into(),
            person.until.map(ms).into(),
        ]
    };
    let rows: Vec<_> = people.iter().map(cells).collect();
    let head = "INSERT INTO persons (id, unit, name, login, mail, source, entry, since_ms, until_ms)";
    insert(conn, head, "", &rows).await?;
    let words = people.iter().map(|p| (p.id.to_string(), p.unit, search::of_person(p))).collect();
    search::put_many(conn, Kind::Person, words).await
}

/// Keeps what is now known of somebody of the scope. Who moves to another unit must go into an open one of the scope.
pub async fn change(conn: &mut Conn, scope: Scope, person: &Person) -> Result<()> {
    person.check()?;
    let old = by_id(conn, scope, person.id).await?;
    let old = old.ok_or_else(|| Fault::new("db-person-unknown").with("person", person.id.to_string()))?;
    if old.unit != person.unit {
        scope.check_open(conn, person.unit).await?;
    }
    let (source, entry) = origin(person);
    let text = "UPDATE persons SET unit = $3, name = $4, login = $5, mail = $6, source = $7, entry = $8, since_ms = $9, \
                until_ms = $10 WHERE {of persons} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(person.id.to_string())
        .bind(person.unit.to_string())
        .bind(person.name.clone())
        .bind(person.login.clone())
        .bind(person.mail.clone())
        .bind(source)
        .bind(entry)
        .bind(ms(person.since))
        .bind(person.until.map(ms))
        .execute(&mut *conn)
        .await
        .map_err(taken(person))?;
    search::put(conn, Kind::Person, &person.id.to_string(), person.unit, search::of_person(person)).await
}

/// Somebody of the scope.
pub async fn by_id(conn: &mut Conn, scope: Scope, id: PersonId) -> Result<Option<Person>> {
    found::one(conn, scope, "SELECT * FROM persons WHERE {of persons} AND id = $2", id, read).await
}

/// Everybody of the scope that a directory has brought, whoever has left included.
pub async fn of_directory(conn: &mut Conn, scope: Scope, source: &str) -> Result<Vec<Person>> {
    let rows = sqlx::query(within(scope, "SELECT * FROM persons WHERE {in persons} AND source = $2 ORDER BY id"))
        .bind(scope.text())
        .bind(source.to_string())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Where a list goes on: after this name and identifier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct After {
    /// The name of the last one shown.
    pub name: String,
    /// Its identifier.
    pub id: String,
}

/// People of the scope by name, from `after` on, at most `limit`. `there` leaves out who has left by then.
pub async fn page(
    conn: &mut Conn,
    scope: Scope,
    there: Option<Timestamp>,
    after: &After,
    limit: u32,
) -> Result<Vec<Person>> {
    let text = "SELECT * FROM persons WHERE {in persons} AND (name > $2 OR (name = $2 AND id > $3)) \
                AND (until_ms IS NULL OR until_ms > $4) ORDER BY name, id LIMIT $5";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(after.name.clone())
        .bind(after.id.clone())
        .bind(there.map_or(i64::MIN, ms))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The people of one unit of the scope, without those below it.
pub async fn of_unit(conn: &mut Conn, scope: Scope, unit: socle_domain::UnitId, limit: u32) -> Result<Vec<Person>> {
    let text = "SELECT * FROM persons WHERE {of persons} AND unit = $2 ORDER BY name, id LIMIT $3";
    let rows = sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(unit.to_string())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}

/// Who has a login in a unit of the scope.
pub async fn with_login(
    conn: &mut Conn,
    scope: Scope,
    unit: socle_domain::UnitId,
    login: &str,
) -> Result<Option<PersonId>> {
    let row = sqlx::query(within(scope, "SELECT id FROM persons WHERE {of persons} AND unit = $2 AND login = $3"))
        .bind(scope.text())
        .bind(unit.to_string())
        .bind(login.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("id")).transpose()
}
