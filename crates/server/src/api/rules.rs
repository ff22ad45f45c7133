//! Rules that set options: written, and tried in place.
use crate::{
    House,
    access::Person,
    idempotency,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
    rules,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::{Conn, grants, option_rules};
use socle_domain::{RuleId, role::Right, rule::Rule};
use socle_texts::Result;
use socle_wire::{
    options::{RuleView, TriedRule, TryRule, WriteRule},
    page::Page,
};
use std::sync::Arc;

/// A rule with the name of its unit.
pub(crate) async fn view(conn: &mut Conn, rule: Rule) -> Result<RuleView> {
    let unit_name = grants::unit_name(conn, rule.unit).await?.unwrap_or_default();
    Ok(RuleView { rule, unit_name })
}

/// The rules of a place, and those above it.
pub(crate) async fn all(conn: &mut Conn, person: &Person) -> Result<Vec<RuleView>> {
    let mut views = Vec::new();
    for rule in option_rules::list(conn, person.scope).await? {
        views.push(view(conn, rule).await?);
    }
    Ok(views)
}

/// `GET /api/v1/rules`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<RuleView>>> {
    let all = all(&mut *house.db.read().await?, &person).await?;
    Ok(paged.cut(all, |v: &RuleView| v.rule.id.to_string()))
}

/// `POST /api/v1/rules`
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<WriteRule>,
) -> Answer<(StatusCode, Json<RuleView>)> {
    let mut tx = house.db.write().await?;
    let rule = rules::keep(&house, &mut tx, &person, None, wish).await?;
    let view = view(&mut tx, rule).await?;
    idempotency::made(&house, tx, view).await
}

/// `GET /api/v1/rules/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RuleId>,
) -> Answer<Json<RuleView>> {
    let mut conn = house.db.read().await?;
    let rule = option_rules::by_id(&mut conn, person.scope, id).await?.ok_or_else(|| Refusal::unknown("rule"))?;
    Ok(Json(view(&mut conn, rule).await?))
}

/// `PUT /api/v1/rules/{id}`: it stays in its unit.
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RuleId>,
    Message(wish): Message<WriteRule>,
) -> Answer<Json<RuleView>> {
    let mut tx = house.db.write().await?;
    let rule = rules::keep(&house, &mut tx, &person, Some(id), wish).await?;
    let view = view(&mut tx, rule).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// `DELETE /api/v1/rules/{id}`
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RuleId>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    let rule = rules::own(&mut tx, person.scope, id).await?;
    person.must(&mut tx, Right::Rules, rule.unit).await?;
    option_rules::remove(&mut tx, person.scope, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/rules/try`: which machines it matches, and what would change. Nothing is changed.
pub(crate) async fn attempt(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<TryRule>,
) -> Answer<Json<TriedRule>> {
    Ok(Json(rules::attempt(&house, &person, wish.instead_of, wish.rule).await?))
}
