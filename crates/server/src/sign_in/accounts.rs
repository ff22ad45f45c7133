//! Who comes from outside, as an account here: found again by what the service or the directory calls him for ever, made at his
//! first visit, given the roles of his groups.
use crate::{config::sign_in::Mapped, refusal::Refusal};
use axum::http::StatusCode;
use socle_db::{Conn, Scope, factors, grants, people, people::Administrator};
use socle_domain::{AccountId, Timestamp, UnitId, role::Grant};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use std::collections::BTreeSet;

/// Characters of a name.
const MAX_NAME: usize = 100;

/// Somebody whom a service or a directory knows.
pub(crate) struct Outside<'a> {
    /// Which one: `oidc ISSUER`, `ldap URL`.
    pub source: &'a str,
    /// What it calls him for ever.
    pub subject: &'a str,
    /// His name here, if he has no account yet.
    pub name: &'a str,
    /// His groups.
    pub groups: Vec<&'a str>,
    /// Whether an account of that name is his.
    pub link_existing: bool,
    /// Which group holds which role.
    pub mapped: &'a [Mapped],
}

/// His account. Roles that his groups gave and give no more are taken away; what somebody gave him here stays.
///
/// # Errors
/// `server-account-of-another` where the name belongs to an account that is not his; `server-account-name`.
pub(crate) async fn account(
    conn: &mut Conn,
    outside: &Outside<'_>,
    now: Timestamp,
) -> std::result::Result<Administrator, Refusal> {
    let known = factors::known_as(conn, outside.source, outside.subject).await?;
    let account = match known {
        Some(id) => people::by_account(conn, AccountId(id)).await?.ok_or_else(other)?,
        None => first_visit(conn, outside, now).await?,
    };
    give(conn, outside, AccountId(account.id), now).await?;
    Ok(account)
}

fn other() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-account-of-another"))
}

async fn first_visit(
    conn: &mut Conn,
    outside: &Outside<'_>,
    now: Timestamp,
) -> std::result::Result<Administrator, Refusal> {
    let name = outside.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-account-name")));
    }
    let account = match people::by_name(conn, name).await? {
        Some(one) if outside.link_existing => one,
        // Somebody there chose the name of somebody here: that gives him nothing.
        Some(_) => return Err(other()),
        None => {
            let id = uuid::Builder::from_random_bytes(chance::bytes()?).into_uuid();
            let one = Administrator { id, unit: UnitId::ROOT, name: name.into(), password: None };
            people::add(conn, Scope::ROOT, &one, now).await?;
            one
        }
    };
    factors::know_as(conn, outside.source, outside.subject, account.id, now).await?;
    Ok(account)
}

async fn give(conn: &mut Conn, outside: &Outside<'_>, person: AccountId, now: Timestamp) -> Result<()> {
    let is_his = |group: &str| group == "*" || outside.groups.iter().any(|g| g.eq_ignore_ascii_case(group));
    let wanted: BTreeSet<Grant> = outside
        .mapped
        .iter()
        .filter(|m| is_his(&m.group))
        .map(|m| Grant { person, role: m.role, unit: m.unit })
        .collect();
    let held: BTreeSet<Grant> = factors::mapped(conn, person, outside.source).await?.into_iter().collect();
    for grant in held.difference(&wanted) {
        grants::remove(conn, Scope::ROOT, grant).await?;
        factors::unmap(conn, outside.source, grant).await?;
    }
    for grant in wanted.difference(&held) {
        // What he held already was given by a person, who alone takes it back.
        if grants::add(conn, Scope::ROOT, grant, None, now).await? {
            factors::map(conn, outside.source, grant).await?;
        }
    }
    Ok(())
}
