//! What people and rules decide about machines: who they are, and where they are.
use super::{Machine, State, by_id, index_words, place};
use crate::{
    Conn, Scope,
    row::{failed, is_duplicate, json, ms},
    scope::within,
};
use socle_domain::{TargetId, Timestamp, UnitId, keys::Enrolment, sign::Signed};
use socle_texts::{Fault, Result};

/// What was decided about a machine.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The unit where it is from now on; none: where it was.
    pub unit: Option<UnitId>,
    /// Known or refused.
    pub state: State,
    /// The name it has from now on.
    pub name: Option<&'a str>,
    /// Who or what decided.
    pub by: &'a str,
    /// The server's word for it.
    pub enrolment: Option<&'a Signed<Enrolment>>,
    /// When.
    pub at: Timestamp,
}

/// Says that a machine is known or refused. Who it was once stays known: the proofs of its runs need it.
///
/// # Errors
/// `db-machine-unknown` where it is not of the scope; `db-name-taken` where another machine of the unit has the name;
/// `db-unit-outside`, `db-unit-closed` where it goes to another unit.
pub async fn decide(conn: &mut Conn, scope: Scope, id: TargetId, decision: Decision<'_>) -> Result<()> {
    let Decision { unit, state, name, by, enrolment, at } = decision;
    let unknown = || Fault::new("db-machine-unknown").with("machine", id.to_string());
    let before = by_id(conn, scope, id).await?.ok_or_else(unknown)?;
    let unit = unit.unwrap_or(before.unit);
    if unit != before.unit {
        scope.check_open(conn, unit).await?;
    }
    let text = "UPDATE machines SET state = $3, name = $4, recognised_by = $5, enrolment = COALESCE($6, enrolment), \
                since_ms = $7, unit = $8 WHERE {of machines} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(id.to_string())
        .bind(state.word())
        .bind(name.map(str::to_string))
        .bind(by.to_string())
        .bind(enrolment.map(json).transpose()?)
        .bind(ms(at))
        .bind(unit.to_string())
        .execute(&mut *conn)
        .await
        .map_err(|e| match (is_duplicate(&e), name) {
            (true, Some(name)) => Fault::new("db-name-taken").with("name", name),
            _ => failed(e),
        })?;
    if unit != before.unit {
        place::moves(conn, id, unit, by, at).await?;
    }
    index_words(conn, &Machine { name: name.map(str::to_string), unit, ..before }).await
}

/// Moves a known machine of the scope to another unit of it, under its name. Its past stays where it was.
///
/// # Errors
/// As [`decide`].
pub async fn move_to(
    conn: &mut Conn,
    scope: Scope,
    machine: &Machine,
    unit: UnitId,
    enrolment: Option<&Signed<Enrolment>>,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let unknown = || Fault::new("db-machine-unknown").with("machine", machine.id.to_string());
    let before = by_id(conn, scope, machine.id).await?.ok_or_else(unknown)?;
    if before.unit == unit {
        return Ok(());
    }
    scope.check_open(conn, unit).await?;
    let text = "UPDATE machines SET unit = $3, enrolment = COALESCE($4, enrolment) WHERE {of machines} AND id = $2";
    sqlx::query(within(scope, text))
        .bind(scope.text())
        .bind(machine.id.to_string())
        .bind(unit.to_string())
        .bind(enrolment.map(json).transpose()?)
        .execute(&mut *conn)
        .await
        .map_err(|e| match is_duplicate(&e) {
            true => Fault::new("db-name-taken").with("name", before.name.clone().unwrap_or_default()),
            false => failed(e),
        })?;
    place::moves(conn, machine.id, unit, by, now).await?;
    index_words(conn, &Machine { unit, ..before }).await
}
