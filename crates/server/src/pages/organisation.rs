//! The organisation: its tree, one unit, lists, departures, people, and the search.
use super::{Asked, go, not_found, problem, show as draw, show_as, show_refused, typed};
use crate::{
    House,
    access::Person,
    organisation::{self, departures, import, networks},
    refusal::{Answer, Refusal},
    views,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use socle_console::{DeparturesPage, Form as Refused, ImportPage, Organisation, PersonPage, SearchPage, UnitPage};
use socle_db::{directories, links, machines, persons, search, units};
use socle_domain::{PersonId, Timestamp, UnitId, unit::UnitKind};
use socle_texts::Fault;
use socle_wire::organisation::{Decide, List, UnitNetworks, UnitView, Wished, WishedPart};
use std::{collections::BTreeMap, sync::Arc};

/// Units on one page; of more, those near the top are shown.
const MAX_UNITS: usize = 500;
/// Lines of a unit's own machines and people.
const SHOWN: u32 = 50;

/// The beginning of a day, where the reader gives one.
fn day(text: &str) -> Answer<Option<Timestamp>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let day = text.trim().parse::<jiff::civil::Date>().ok();
    let at = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::system()).ok());
    let wrong = || Refusal::wrong(Fault::new("server-moment-wrong"));
    at.map(|at| Some(at.timestamp())).ok_or_else(wrong)
}

/// `GET /organisation?at=`
pub(crate) async fn tree(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let at = asked.value("at");
    // The tree of a day is that of its end.
    let moment = day(at.as_deref().unwrap_or(""))?.map(|at| at + std::time::Duration::from_secs(24 * 3600 - 1));
    let mut conn = house.db.read().await?;
    let mut all = organisation::unit_views(&mut conn, person.scope, moment, house.now()).await?;
    let departures = directories::waiting(&mut conn, person.scope).await?.len() as u64;
    drop(conn);
    let whole = all.len();
    let top = all.first().map_or(0, |unit| unit.depth);
    for levels in (1..=32).rev() {
        if all.len() <= MAX_UNITS {
            break;
        }
        all.retain(|unit| unit.depth - top < levels);
    }
    let page = Organisation { left_out: (whole - all.len()) as u64, units: all, at, departures };
    draw(&house, &asked, Some(&person), &page).await
}

async fn unit_page(house: &House, person: &Person, id: UnitId, form: Refused) -> Answer<UnitPage> {
    let mut conn = house.db.read().await?;
    let now = house.now();
    let all = organisation::unit_views(&mut conn, person.scope, None, now).await?;
    let by_id: BTreeMap<UnitId, &UnitView> = all.iter().map(|unit| (unit.id, unit)).collect();
    let unit = (*by_id.get(&id).ok_or_else(not_found)?).clone();
    let mut above: Vec<UnitView> = std::iter::successors(unit.parent, |above| by_id.get(above).and_then(|u| u.parent))
        .filter_map(|above| by_id.get(&above).map(|u| (*u).clone()))
        .collect();
    above.reverse();
    let is_below = |mut one: UnitId| loop {
        match by_id.get(&one).and_then(|u| u.parent) {
            _ if one == id => return true,
            Some(parent) => one = parent,
            None => return false,
        }
    };
    let open = all.iter().filter(|u| u.ended.is_none() && !is_below(u.id));
    let places = open.take(2_000).map(|u| (u.id, if u.path.is_empty() { u.name.clone() } else { u.path.clone() }));
    let places = places.collect();
    let decisions = units::decided(&mut conn, person.scope, id).await?;
    let own = machines::of_unit(&mut conn, person.scope, id, "", SHOWN).await?;
    let people = persons::of_unit(&mut conn, person.scope, id, SHOWN).await?;
    let networks = socle_db::networks::of_unit(&mut conn, person.scope, id).await?;
    Ok(UnitPage {
        above,
        below: all.iter().filter(|u| u.parent == Some(id)).cloned().collect(),
        decisions: decisions.into_iter().map(organisation::decision_view).collect(),
        names: all.iter().map(|u| (u.id, u.name.clone())).collect(),
        machines: own.into_iter().map(|m| views::machine(m, &BTreeMap::new())).collect(),
        people,
        networks,
        places,
        unit,
        form,
    })
}

/// `GET /organisation/{id}`
pub(crate) async fn unit(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<UnitId>,
) -> Answer<Response> {
    let page = unit_page(&house, &person, id, Refused::default()).await?;
    draw(&house, &asked, Some(&person), &page).await
}

#[derive(Deserialize)]
pub(crate) struct Said {
    change: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    day: String,
}

impl Said {
    fn wish(&self, unit: UnitId) -> Answer<Decide> {
        let to = || self.to.parse::<UnitId>().map_err(|_| Refusal::unknown("unit"));
        let name = self.name.trim().to_string();
        let what = match self.change.as_str() {
            "found" => Wished::Found { parent: unit, name, kind: self.kind.parse().unwrap_or(UnitKind::Site) },
            "rename" => Wished::Rename { unit, name },
            "move" => Wished::Move { unit, parent: to()? },
            "merge" => Wished::Merge { unit, into: to()? },
            "split" => {
                let names = self.name.lines().map(str::trim).filter(|name| !name.is_empty());
                Wished::Split { unit, into: names.map(|n| WishedPart { name: n.into(), takes: vec![] }).collect() }
            }
            "close" => Wished::Close { unit },
            other => return Err(Refusal::wrong(Fault::new("server-message-unreadable").because(other))),
        };
        Ok(Decide { at: day(&self.day)?, what })
    }
}

/// `POST /organisation/{id}/decide`
pub(crate) async fn decide(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<UnitId>,
    Form(said): Form<Said>,
) -> Answer<Response> {
    let decided = async { organisation::decide(&house, &person, said.wish(id)?).await };
    match decided.await {
        Ok(_) => Ok(go(&format!("/organisation/{id}"), "decided")),
        Err(refusal) => refused(&house, &person, &asked, id, refusal, ("", &[("day", &said.day)])).await,
    }
}

/// The unit's page with a form that was refused: which field, and what was typed.
async fn refused(
    house: &House,
    person: &Person,
    asked: &Asked,
    id: UnitId,
    refusal: Refusal,
    (field, kept): (&str, &[(&str, &str)]),
) -> Answer<Response> {
    let form = Refused::refused(problem(house, asked, refusal), field, typed(kept));
    let page = unit_page(house, person, id, form).await?;
    show_refused(house, asked, person, &page, format!("/organisation/{id}")).await
}

#[derive(Deserialize)]
pub(crate) struct Networks {
    #[serde(default)]
    networks: String,
}

/// `POST /organisation/{id}/networks`
pub(crate) async fn set_networks(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<UnitId>,
    Form(said): Form<Networks>,
) -> Answer<Response> {
    let done = async {
        let wish = UnitNetworks { networks: networks::read(&said.networks)? };
        networks::set(&house, &person, id, wish).await
    };
    match done.await {
        Ok(_) => Ok(go(&format!("/organisation/{id}"), "decided")),
        Err(refusal) => {
            refused(&house, &person, &asked, id, refusal, ("networks", &[("networks", &said.networks)])).await
        }
    }
}

/// `GET /organisation/import?list=`
pub(crate) async fn lists(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let list = asked.value("list").and_then(|word| word.parse().ok()).unwrap_or(List::Units);
    draw(&house, &asked, Some(&person), &ImportPage { list, report: None, form: Refused::default() }).await
}

#[derive(Deserialize)]
pub(crate) struct Brought {
    list: String,
    csv: String,
    #[serde(default)]
    act: String,
}

/// `POST /organisation/import`
pub(crate) async fn brought(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Brought>,
) -> Answer<Response> {
    let list: List = said.list.parse().map_err(|_| Refusal::unknown("list"))?;
    let asked = asked.back_on(format!("/organisation/import?list={}", list.word()));
    let dry_run = said.act != "do";
    let kept = typed(&[("csv", &said.csv)]);
    let (report, form) = match import::import(&house, &person, list, &said.csv, dry_run, asked.lang(&house)).await {
        Ok(report) if report.done => (Some(report), Refused::default()),
        Ok(report) => (Some(report), Refused { typed: kept, ..Refused::default() }),
        Err(refusal) => (None, Refused::refused(problem(&house, &asked, refusal), "csv", kept)),
    };
    let wrong = form.problem.is_some() || report.as_ref().is_some_and(|r| r.wrong > 0);
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    show_as(&house, &asked, Some(&person), &ImportPage { list, report, form }, status).await
}

/// `GET /organisation/departures`
pub(crate) async fn gone(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let waiting = departures::waiting(&mut *house.db.read().await?, person.scope).await?;
    draw(&house, &asked, Some(&person), &DeparturesPage { waiting }).await
}

#[derive(Deserialize)]
pub(crate) struct Verdict {
    id: String,
    left: String,
}

/// `POST /organisation/departures`
pub(crate) async fn judged(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Form(said): Form<Verdict>,
) -> Answer<Response> {
    departures::decide(&house, &person, &said.id, said.left == "yes").await?;
    Ok(go("/organisation/departures", "decided"))
}

/// `GET /search?q=`
pub(crate) async fn found(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let query = asked.value("q").unwrap_or_default();
    let mut conn = house.db.read().await?;
    let found = organisation::find(&mut conn, person.scope, &query, None, search::MAX_FOUND).await?;
    drop(conn);
    draw(&house, &asked, Some(&person), &SearchPage { query, found }).await
}

/// `GET /persons/{id}`
pub(crate) async fn somebody(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<PersonId>,
) -> Answer<Response> {
    let mut conn = house.db.read().await?;
    let one = persons::by_id(&mut conn, person.scope, id).await?.ok_or_else(not_found)?;
    let line = units::line(&mut conn, person.scope, one.unit).await?;
    let path = line.iter().rev().map(|u| u.name.as_str()).collect::<Vec<_>>().join(" / ");
    let mut shown = Vec::new();
    for link in links::of_person(&mut conn, person.scope, id).await? {
        let machine = match link.machine {
            Some(machine) => machines::by_id(&mut conn, person.scope, machine).await?,
            None => None,
        };
        let name = machine.as_ref().and_then(|m| m.name.clone()).unwrap_or_else(|| link.kind.word().into());
        shown.push((name, machine.map(|m| format!("/machines/{}", m.id)), link.from, link.until));
    }
    drop(conn);
    draw(&house, &asked, Some(&person), &PersonPage { person: one, path, links: shown }).await
}
