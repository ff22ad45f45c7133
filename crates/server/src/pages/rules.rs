//! Rules that set options: written, tried in place, kept.
use super::{Asked, go, problem, show, show_as, typed};
use crate::{
    House,
    access::Person,
    api::rules as api,
    options,
    refusal::{Answer, Refusal},
    rules,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use socle_console::{Form as Refused, RulesPage, typed_sets};
use socle_db::{grants, option_rules};
use socle_domain::{RuleId, role::Right};
use socle_texts::{Arg, Fault};
use socle_wire::options::WriteRule;
use std::{collections::BTreeMap, sync::Arc};

/// The form of a rule.
#[derive(Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    id: String,
    name: String,
    when: String,
    sets: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    act: String,
}

impl Said {
    fn id(&self) -> Option<RuleId> {
        self.id.parse().ok()
    }
    fn meant(&self, person: &Person) -> Answer<WriteRule> {
        let wrong = |field: &str, why: &str| {
            Refusal::wrong(Fault::new("domain-rule-wrong").with("rule", &self.name).with("field", field).because(why))
        };
        Ok(WriteRule {
            unit: Some(person.scope.unit()),
            name: self.name.clone(),
            order: self.order.trim().parse().unwrap_or(100),
            when: self.when.trim().to_string(),
            sets: typed_sets(&self.sets).map_err(|line| wrong("sets", &line))?,
        })
    }
    fn again(&self) -> BTreeMap<String, String> {
        typed(&[
            ("id", &self.id),
            ("name", &self.name),
            ("when", &self.when),
            ("sets", &self.sets),
            ("order", &self.order),
        ])
    }
}

async fn page(house: &House, person: &Person) -> Answer<RulesPage> {
    let unit = person.scope.unit();
    let mut conn = house.db.read().await?;
    let name = grants::unit_name(&mut conn, unit).await?.unwrap_or_default();
    let known = options::known(house, &mut conn, unit, None).await?;
    Ok(RulesPage {
        unit: Some((unit, name)),
        rules: api::all(&mut conn, person).await?,
        options: known.into_iter().map(|k| k.spec.name).collect(),
        may: person.may(&mut conn, Right::Rules, unit).await?,
        form: Refused::default(),
        tried: None,
    })
}

/// `GET /rules?rule=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let mut page = page(&house, &person).await?;
    let wished = asked.value("rule").and_then(|id| id.parse::<RuleId>().ok());
    if let Some(rule) = page.rules.iter().find(|v| Some(v.rule.id) == wished) {
        page.form.typed = RulesPage::typed(rule);
    }
    show(&house, &asked, Some(&person), &page).await
}

/// `POST /rules`: tried, or kept.
pub(crate) async fn write(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Said>,
) -> Answer<Response> {
    let page = page(&house, &person).await?;
    let asked = asked.back_on("/rules".into());
    match said.act.as_str() {
        "keep" => match keep(&house, &person, &said).await {
            Ok(()) => Ok(go("/rules", "rule-kept")),
            Err(refusal) => refused(&house, &asked, &person, page, &said, refusal).await,
        },
        _ => {
            let tried = match said.meant(&person) {
                Ok(wish) => rules::attempt(&house, &person, said.id(), wish).await,
                Err(refusal) => Err(refusal),
            };
            match tried {
                Ok(tried) => {
                    let form = Refused { typed: said.again(), ..Refused::default() };
                    let page = RulesPage { tried: Some(tried), form, ..page };
                    show(&house, &asked, Some(&person), &page).await
                }
                Err(refusal) => refused(&house, &asked, &person, page, &said, refusal).await,
            }
        }
    }
}

async fn keep(house: &House, person: &Person, said: &Said) -> Answer<()> {
    let mut tx = house.db.write().await?;
    rules::keep(house, &mut tx, person, said.id(), said.meant(person)?).await?;
    Ok(tx.commit().await?)
}

async fn refused(
    house: &Arc<House>,
    asked: &Asked,
    person: &Person,
    page: RulesPage,
    said: &Said,
    refusal: Refusal,
) -> Answer<Response> {
    let problem = problem(house, asked, refusal);
    let named = problem.fault.args.iter().find(|(name, _)| name == "field");
    let field = match named {
        Some((_, Arg::Text(field))) => field.clone(),
        _ if problem.fault.is("db-name-taken") => "name".into(),
        _ => "sets".into(),
    };
    let page = RulesPage { form: Refused::refused(problem, &field, said.again()), ..page };
    show_as(house, asked, Some(person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// `POST /rules/{id}/remove`
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<RuleId>,
) -> Answer<Response> {
    let mut tx = house.db.write().await?;
    let rule = rules::own(&mut tx, person.scope, id).await?;
    person.must(&mut tx, Right::Rules, rule.unit).await?;
    option_rules::remove(&mut tx, person.scope, id).await?;
    tx.commit().await?;
    Ok(go("/rules", "rule-removed"))
}
