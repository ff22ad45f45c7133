//! Roles that people hold at units, and what one may do oneself.
use crate::{
    House,
    access::{Person, not_allowed},
    idempotency::will_answer,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::{Conn, Scope, audit, grants, grants::Given, people};
use socle_domain::{
    AccountId, UnitId,
    role::{Grant, Right, Role, may_grant},
};
use socle_texts::{Fault, Result};
use socle_wire::{
    page::Page,
    rights::{GiveRole, GrantView, MyRights, RightsAt},
};
use std::sync::Arc;

const MAX_LISTED: u32 = 10_000;

/// A grant as it is told.
pub(crate) fn view(given: Given) -> GrantView {
    let Given { grant, person_name, unit_name, at } = given;
    GrantView { person: grant.person, person_name, role: grant.role, unit: grant.unit, unit_name, at }
}

/// Every grant within a scope.
pub(crate) async fn all(conn: &mut Conn, scope: Scope) -> Result<Vec<GrantView>> {
    Ok(grants::list(conn, scope, MAX_LISTED).await?.into_iter().map(view).collect())
}

/// `GET /api/v1/grants`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<GrantView>>> {
    let all = all(&mut *house.db.read().await?, person.scope).await?;
    Ok(paged.cut(all, |g| format!("{} {} {}", g.unit, g.person, g.role)))
}

/// `POST /api/v1/grants`
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<GiveRole>,
) -> Answer<(StatusCode, Json<GrantView>)> {
    Ok((StatusCode::CREATED, Json(give(&house, &person, wish).await?)))
}

/// Gives a role.
///
/// # Errors
/// `server-unknown` (person, unit); 403 where the giver lacks a right that the role holds; `db-grants-many`.
pub(crate) async fn give(house: &House, person: &Person, wish: GiveRole) -> Answer<GrantView> {
    let unit = wish.unit.unwrap_or(person.scope.unit());
    let mut tx = house.db.write().await?;
    check(&mut tx, person, wish.role, unit).await?;
    let named = people::by_name(&mut tx, wish.person.trim()).await?;
    let taker = match (named, wish.person.trim().parse::<AccountId>()) {
        (Some(one), _) => Some(one),
        (None, Ok(id)) => people::by_account(&mut tx, id).await?,
        (None, Err(_)) => None,
    };
    let taker = taker.ok_or_else(|| Refusal::unknown("person"))?;
    let grant = Grant { person: AccountId(taker.id), role: wish.role, unit };
    grants::add(&mut tx, Scope::of(unit), &grant, Some(person.id), house.now()).await?;
    audit::about("person", &taker.id.to_string(), unit);
    let unit_name = grants::unit_name(&mut tx, unit).await?.unwrap_or_default();
    let told = view(Given { grant, person_name: Some(taker.name), unit_name, at: house.now() });
    will_answer(house, StatusCode::CREATED, &told)?;
    tx.commit().await?;
    Ok(told)
}

/// Nobody gives, or takes away, a role with a right that he lacks at that place himself.
async fn check(conn: &mut Conn, person: &Person, role: Role, unit: UnitId) -> Answer<()> {
    person.must(conn, Right::People, unit).await?;
    let path = grants::path(conn, unit).await?;
    let limits = person.limits.as_ref().and_then(|l| l.grants.as_deref());
    let lacked = may_grant(&person.grants, role, &path).and_then(|()| match limits {
        Some(grants) => may_grant(grants, role, &path),
        None => Ok(()),
    });
    match lacked {
        Ok(()) => Ok(()),
        Err(right) => Err(not_allowed(conn, right, unit).await?),
    }
}

/// `DELETE /api/v1/grants/{person}/{role}/{unit}`
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((whose, role, unit)): Path<(AccountId, Role, UnitId)>,
) -> Answer<StatusCode> {
    take(&house, &person, Grant { person: whose, role, unit }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a role away.
///
/// # Errors
/// As [`give`]; `server-grant-last` where nobody could give roles at the root any more.
pub(crate) async fn take(house: &House, person: &Person, grant: Grant) -> Answer<()> {
    let mut tx = house.db.write().await?;
    check(&mut tx, person, grant.role, grant.unit).await?;
    if !grants::remove(&mut tx, Scope::of(grant.unit), &grant).await? {
        return Err(Refusal::unknown("grant"));
    }
    let mut somebody = false;
    for holder in grants::holders(&mut tx, Right::People, UnitId::ROOT).await? {
        somebody |= people::by_account(&mut tx, holder).await?.is_some();
    }
    if !somebody {
        return Err(Refusal::conflict(Fault::new("server-grant-last")));
    }
    audit::about("person", &grant.person.to_string(), grant.unit);
    tx.commit().await?;
    Ok(())
}

/// `GET /api/v1/rights`
pub(crate) async fn mine(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<Json<MyRights>> {
    let mut conn = house.db.read().await?;
    Ok(Json(MyRights { id: person.id, name: person.name.clone(), at: rights_of(&mut conn, &person).await? }))
}

/// What somebody may do, by unit, the topmost first.
pub(crate) async fn rights_of(conn: &mut Conn, person: &Person) -> Answer<Vec<RightsAt>> {
    let limits = person.limits.as_ref().and_then(|l| l.grants.clone()).unwrap_or_default();
    let mut at: Vec<RightsAt> = Vec::new();
    let mut depths = Vec::new();
    for grant in person.grants.iter().chain(&limits) {
        if at.iter().any(|known| known.unit == grant.unit) {
            continue;
        }
        let path = grants::path(conn, grant.unit).await?;
        let rights: Vec<Right> = Right::ALL.into_iter().filter(|right| person.holds(*right, &path)).collect();
        if rights.is_empty() {
            continue;
        }
        let here = person.grants.iter().filter(|g| g.unit == grant.unit);
        depths.push((path.len(), at.len()));
        at.push(RightsAt {
            unit: grant.unit,
            unit_name: grants::unit_name(conn, grant.unit).await?.unwrap_or_default(),
            roles: here.map(|g| g.role).collect(),
            rights,
        });
    }
    depths.sort();
    Ok(depths.into_iter().map(|(_, n)| at[n].clone()).collect())
}
