//! Options of units and of machines: what holds, why, and what somebody decides.
use crate::{
    House,
    access::Person,
    options::{self, Known, Subject, Way},
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::{Conn, settings};
use socle_domain::{
    Digest, TargetId, UnitId,
    resolve::{Case, Setting, Source, may_narrow, may_set},
    role::Right,
};
use socle_texts::Fault;
use socle_wire::{
    options::{DecideOption, OptionView},
    page::Page,
};
use std::sync::Arc;

/// As which master declares them.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Which {
    /// A master, by digest; none: each as the newest master that is offered there declares it.
    master: Option<Digest>,
}

/// The options of a unit.
pub(crate) async fn of_unit(
    house: &House,
    conn: &mut Conn,
    unit: UnitId,
    master: Option<Digest>,
) -> Answer<Vec<OptionView>> {
    let known = options::known(house, conn, unit, master).await?;
    let way = Way::to(conn, unit).await?;
    Ok(options::look(&known, &way, None))
}

/// The options of a machine.
pub(crate) async fn of_machine(
    house: &House,
    conn: &mut Conn,
    person: &Person,
    id: TargetId,
    master: Option<Digest>,
) -> Answer<Vec<OptionView>> {
    let machine = options::machine(conn, person.scope, id).await?;
    let known = options::known(house, conn, machine.unit, master).await?;
    let way = Way::to(conn, machine.unit).await?;
    let subject = Subject::of(conn, &machine).await?;
    Ok(options::look(&known, &way, Some(&subject)))
}

fn one(all: Vec<OptionView>, option: &str) -> Answer<Json<OptionView>> {
    let found = all.into_iter().find(|v| v.spec.name == option);
    found.map(Json).ok_or_else(|| Refusal::unknown("option"))
}

/// `GET /api/v1/units/{id}/options?master=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<UnitId>,
    Query(which): Query<Which>,
    paged: Paged,
) -> Answer<Json<Page<OptionView>>> {
    let mut conn = house.db.read().await?;
    person.must(&mut conn, Right::See, id).await?;
    let all = of_unit(&house, &mut conn, id, which.master).await?;
    Ok(paged.cut(all, |v| v.spec.name.clone()))
}

/// `GET /api/v1/units/{id}/options/{option}?master=`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, option)): Path<(UnitId, String)>,
    Query(which): Query<Which>,
) -> Answer<Json<OptionView>> {
    let mut conn = house.db.read().await?;
    person.must(&mut conn, Right::See, id).await?;
    one(of_unit(&house, &mut conn, id, which.master).await?, &option)
}

/// `PUT /api/v1/units/{id}/options/{option}`
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, option)): Path<(UnitId, String)>,
    Message(wish): Message<DecideOption>,
) -> Answer<Json<OptionView>> {
    let mut tx = house.db.write().await?;
    person.must(&mut tx, Right::Options, id).await?;
    decide_for_unit(&house, &mut tx, &person, id, &option, wish).await?;
    let view = one(of_unit(&house, &mut tx, id, None).await?, &option)?;
    tx.commit().await?;
    Ok(view)
}

/// `DELETE /api/v1/units/{id}/options/{option}`
pub(crate) async fn clear(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, option)): Path<(UnitId, String)>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    person.must(&mut tx, Right::Options, id).await?;
    let there = settings::remove(&mut tx, socle_db::Scope::of(id), id, &option).await?;
    if !there {
        // Nothing was done: no entry says that it was.
        return Err(Refusal::unknown("option"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps what a unit decides: checked against what its ancestors leave it. The caller has checked the right.
pub(crate) async fn decide_for_unit(
    house: &House,
    conn: &mut Conn,
    person: &Person,
    unit: UnitId,
    option: &str,
    wish: DecideOption,
) -> Answer<()> {
    let known = named(options::known(house, conn, unit, None).await?, option)?;
    let way = Way::to(conn, unit).await?;
    let source = Source::Unit { unit };
    let before = way.settings.iter().find(|s| s.source == source && s.option == option).cloned();
    let value = value_of(house, conn, &known, &wish, before.as_ref()).await?;
    // Judged as it would stand afterwards: the new latitude beside the new value.
    let mut after: Vec<Setting> =
        way.settings.iter().filter(|s| s.source != source || s.option != option).cloned().collect();
    let setting = Setting {
        source: source.clone(),
        option: option.to_string(),
        value: value.clone(),
        narrows: wish.narrows.clone(),
        by: person.name.clone(),
        at: house.now(),
    };
    after.push(Setting { value: None, ..setting.clone() });
    let after: Vec<&Setting> = after.iter().collect();
    let case = Case { path: &way.path, is_machine: false };
    if let Some(value) = &value {
        may_set(known.declared(), case, &after, &source, value).map_err(Refusal::wrong)?;
    }
    if let Some(latitude) = &wish.narrows {
        may_narrow(known.declared(), case, &after, latitude, value.as_ref()).map_err(Refusal::wrong)?;
    }
    match value.is_none() && wish.narrows.is_none() {
        true => drop(settings::remove(conn, socle_db::Scope::of(unit), unit, option).await?),
        false => settings::put(conn, socle_db::Scope::of(unit), unit, &setting).await?,
    }
    Ok(())
}

fn named(known: Vec<Known>, option: &str) -> Answer<Known> {
    known.into_iter().find(|k| k.spec.name == option).ok_or_else(|| Refusal::unknown("option"))
}

/// The value that is meant: of a secret the reference to it, sealed now or before.
async fn value_of(
    house: &House,
    conn: &mut Conn,
    known: &Known,
    wish: &DecideOption,
    before: Option<&Setting>,
) -> Answer<Option<serde_json::Value>> {
    let option = &known.spec.name;
    match (known.spec.kind.is_secret(), &wish.secret, &wish.value) {
        (true, Some(plain), None) => Ok(Some(options::keep_secret(house, conn, option, plain).await?)),
        (true, None, None) if wish.keep => Ok(before.and_then(|s| s.value.clone())),
        (false, None, value) => Ok(value.clone()),
        (true, None, None) => Ok(None),
        // A reference of somebody else's would lend him the secret; a secret among the values would lie open.
        _ => Err(Refusal::wrong(Fault::new("server-option-secret").with("option", option))),
    }
}

/// `GET /api/v1/machines/{id}/options?master=`
pub(crate) async fn explain_all(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Query(which): Query<Which>,
    paged: Paged,
) -> Answer<Json<Page<OptionView>>> {
    let mut conn = house.db.read().await?;
    let all = of_machine(&house, &mut conn, &person, id, which.master).await?;
    Ok(paged.cut(all, |v| v.spec.name.clone()))
}

/// `GET /api/v1/machines/{id}/options/{option}?master=`
pub(crate) async fn explain(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, option)): Path<(TargetId, String)>,
    Query(which): Query<Which>,
) -> Answer<Json<OptionView>> {
    let mut conn = house.db.read().await?;
    one(of_machine(&house, &mut conn, &person, id, which.master).await?, &option)
}

/// `PUT /api/v1/machines/{id}/options/{option}`
pub(crate) async fn decide_for_machine(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, option)): Path<(TargetId, String)>,
    Message(wish): Message<DecideOption>,
) -> Answer<Json<OptionView>> {
    let mut tx = house.db.write().await?;
    keep_for_machine(&house, &mut tx, &person, id, &option, wish).await?;
    let view = one(of_machine(&house, &mut tx, &person, id, None).await?, &option)?;
    tx.commit().await?;
    Ok(view)
}

/// Keeps what is decided for a machine: checked against what its unit and those above leave it.
pub(crate) async fn keep_for_machine(
    house: &House,
    conn: &mut Conn,
    person: &Person,
    id: TargetId,
    option: &str,
    wish: DecideOption,
) -> Answer<()> {
    if wish.narrows.is_some() {
        return Err(Refusal::wrong(Fault::new("domain-option-elsewhere").with("option", option)));
    }
    let machine = options::machine(conn, person.scope, id).await?;
    let known = named(options::known(house, conn, machine.unit, None).await?, option)?;
    let way = Way::to(conn, machine.unit).await?;
    let subject = Subject::of(conn, &machine).await?;
    let before = subject.own.iter().find(|s| s.option == option).cloned();
    let Some(value) = value_of(house, conn, &known, &wish, before.as_ref()).await? else {
        settings::remove_for_machine(conn, person.scope, id, option).await?;
        return Ok(());
    };
    let all: Vec<&Setting> = way.settings.iter().collect();
    let source = Source::Machine { machine: id };
    let case = Case { path: &way.path, is_machine: true };
    may_set(known.declared(), case, &all, &source, &value).map_err(Refusal::wrong)?;
    let setting = Setting {
        source,
        option: option.to_string(),
        value: Some(value),
        narrows: None,
        by: person.name.clone(),
        at: house.now(),
    };
    Ok(settings::put_for_machine(conn, person.scope, id, &setting).await?)
}

/// `DELETE /api/v1/machines/{id}/options/{option}`
pub(crate) async fn clear_for_machine(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, option)): Path<(TargetId, String)>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    options::machine(&mut tx, person.scope, id).await?;
    let there = settings::remove_for_machine(&mut tx, person.scope, id, &option).await?;
    if !there {
        // Nothing was done: no entry says that it was.
        return Err(Refusal::unknown("option"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
