//! Options of a place and of a machine: what holds, why, and what somebody decides.
use super::{Asked, go, problem, show, show_refused, typed};
use crate::{
    House,
    access::Person,
    api::options as api,
    refusal::{Answer, Refusal},
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use socle_console::{Form as Refused, OptionsOf, OptionsPage, typed_latitude, typed_value};
use socle_db::{grants, settings};
use socle_domain::{TargetId, UnitId, option::OptionSpec, role::Right};
use socle_wire::options::DecideOption;
use std::sync::Arc;

/// The form of one option.
#[derive(Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    act: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    leave: String,
    #[serde(default)]
    values: String,
    #[serde(default)]
    min: String,
    #[serde(default)]
    max: String,
}

impl Said {
    /// What is decided by it.
    fn meant(&self, spec: &OptionSpec) -> DecideOption {
        let is_secret = spec.kind.is_secret();
        let sets = self.act == "set";
        DecideOption {
            value: (sets && !is_secret).then(|| typed_value(spec, &self.value)),
            secret: (sets && is_secret && !self.secret.is_empty()).then(|| self.secret.clone()),
            keep: is_secret,
            narrows: typed_latitude(spec, &self.leave, &self.values, &self.min, &self.max),
        }
    }
    /// What was typed, to be shown again; never a secret.
    fn again(&self) -> std::collections::BTreeMap<String, String> {
        typed(&[
            ("value", &self.value),
            ("leave", &self.leave),
            ("values", &self.values),
            ("min", &self.min),
            ("max", &self.max),
        ])
    }
}

async fn unit_page(house: &House, person: &Person, unit: UnitId) -> Answer<OptionsPage> {
    let mut conn = house.db.read().await?;
    person.must(&mut conn, Right::See, unit).await?;
    let name = grants::unit_name(&mut conn, unit).await?.unwrap_or_default();
    let options = api::of_unit(house, &mut conn, unit, None).await?;
    let may = person.may(&mut conn, Right::Options, unit).await?;
    Ok(OptionsPage { of: OptionsOf::Unit { unit, name }, options, may, form: None })
}

/// `GET /options?unit=`
pub(crate) async fn of_unit(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let page = unit_page(&house, &person, person.scope.unit()).await?;
    show(&house, &asked, Some(&person), &page).await
}

/// `POST /options/{option}?unit=`
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(option): Path<String>,
    Form(said): Form<Said>,
) -> Answer<Response> {
    let unit = person.scope.unit();
    let here = format!("/options?unit={unit}");
    let page = unit_page(&house, &person, unit).await?;
    match decide_for_unit(&house, &person, unit, &page, &option, &said).await {
        Ok(word) => Ok(back(&here, word)),
        Err(refusal) => {
            let form = Refused::refused(problem(&house, &asked, refusal), "value", said.again());
            let page = OptionsPage { form: Some((option, form)), ..page };
            show_refused(&house, &asked, &person, &page, here).await
        }
    }
}

fn back(here: &str, word: &str) -> Response {
    let joint = if here.contains('?') { '&' } else { '?' };
    go(&format!("{here}{joint}done={word}"), "")
}

fn spec_of<'a>(page: &'a OptionsPage, option: &str) -> Answer<&'a OptionSpec> {
    let found = page.options.iter().map(|v| &v.spec).find(|s| s.name == option);
    found.ok_or_else(|| Refusal::unknown("option"))
}

async fn decide_for_unit(
    house: &House,
    person: &Person,
    unit: UnitId,
    page: &OptionsPage,
    option: &str,
    said: &Said,
) -> Answer<&'static str> {
    let mut tx = house.db.write().await?;
    person.must(&mut tx, Right::Options, unit).await?;
    if said.act == "clear" {
        settings::remove(&mut tx, socle_db::Scope::of(unit), unit, option).await?;
        tx.commit().await?;
        return Ok("cleared");
    }
    let wish = said.meant(spec_of(page, option)?);
    api::decide_for_unit(house, &mut tx, person, unit, option, wish).await?;
    tx.commit().await?;
    Ok("decided")
}

async fn machine_page(house: &House, person: &Person, id: TargetId) -> Answer<OptionsPage> {
    let mut conn = house.db.read().await?;
    let machine = crate::options::machine(&mut conn, person.scope, id).await?;
    let options = api::of_machine(house, &mut conn, person, id, None).await?;
    let may = person.may(&mut conn, Right::Options, machine.unit).await?;
    let name = machine.name.unwrap_or(machine.code);
    Ok(OptionsPage { of: OptionsOf::Machine { machine: id, name }, options, may, form: None })
}

/// `GET /machines/{id}/options`: the explanation of each value.
pub(crate) async fn of_machine(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<TargetId>,
) -> Answer<Response> {
    let page = machine_page(&house, &person, id).await?;
    show(&house, &asked, Some(&person), &page).await
}

/// `POST /machines/{id}/options/{option}`
pub(crate) async fn decide_for_machine(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path((id, option)): Path<(TargetId, String)>,
    Form(said): Form<Said>,
) -> Answer<Response> {
    let here = format!("/machines/{id}/options");
    let page = machine_page(&house, &person, id).await?;
    let done = async {
        let mut tx = house.db.write().await?;
        if said.act == "clear" {
            settings::remove_for_machine(&mut tx, person.scope, id, &option).await?;
            tx.commit().await?;
            return Ok("cleared");
        }
        let wish = DecideOption { narrows: None, ..said.meant(spec_of(&page, &option)?) };
        api::keep_for_machine(&house, &mut tx, &person, id, &option, wish).await?;
        tx.commit().await?;
        Ok("decided")
    };
    match done.await {
        Ok(word) => Ok(back(&here, word)),
        Err(refusal) => {
            let form = Refused::refused(problem(&house, &asked, refusal), "value", said.again());
            let page = OptionsPage { form: Some((option, form)), ..page };
            show_refused(&house, &asked, &person, &page, here).await
        }
    }
}
