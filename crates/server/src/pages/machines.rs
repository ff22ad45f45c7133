//! Machines.
use super::{Asked, go, not_found, page_of, problem, show as draw, show_as, typed, with_steps};
use crate::{House, access::Person, api::recognition, recognise, refusal::Answer, views};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use socle_console::{Announce, Form as Refused, MachinePage, Machines};
use socle_db::{Conn, Scope, announced, boot_events, machines, machines::Machine, runs};
use socle_domain::TargetId;
use socle_texts::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// `GET /machines?state=&q=&page=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let page = list_page(&house, &asked, &person, None).await?;
    draw(&house, &asked, Some(&person), &page).await
}

async fn list_page(
    house: &House,
    asked: &Asked,
    person: &Person,
    refused_form: Option<(TargetId, Refused)>,
) -> Answer<Machines> {
    let scope = person.scope;
    let state = asked.value("state").filter(|s| s.parse::<machines::State>().is_ok());
    let query = asked.value("q").unwrap_or_default();
    let mut conn = house.db.read().await?;
    let last = runs::last_of_each(&mut conn, scope).await?;
    let wished = state.as_deref().and_then(|s| s.parse().ok());
    let mut found = machines::list(&mut conn, scope, wished, crate::api::machines::MAX_LISTED).await?;
    found.retain(|m| (state.is_some() || m.state != machines::State::Refused) && holds(m, &query));
    let (found, page, pages) = page_of(found, asked);
    let suggestions = suggestions(&mut conn, scope, &found).await?;
    let mut shown = BTreeMap::new();
    for id in found.iter().filter_map(|m| last.get(&m.id)) {
        if let Some(row) = runs::by_id(&mut conn, scope, *id).await? {
            shown.insert(*id, views::run(house, row));
        }
    }
    Ok(Machines {
        runs: shown,
        counts: machines::counts(&mut conn, scope).await?,
        state,
        query,
        suggestions,
        refused_form,
        page,
        pages,
        machines: found.into_iter().map(|m| views::machine(m, &last)).collect(),
    })
}

fn holds(machine: &Machine, query: &str) -> bool {
    let query = query.trim().to_ascii_lowercase();
    let texts = machine.name.iter().chain(&machine.hints.serial).chain(&machine.hints.macs).chain([&machine.code]);
    query.is_empty() || texts.map(|t| t.to_ascii_lowercase()).any(|t| t.contains(&query))
}

/// Names proposed for machines that wait: the one announced for it, else the next free of those alike.
async fn suggestions(conn: &mut Conn, scope: Scope, found: &[Machine]) -> Result<BTreeMap<TargetId, String>> {
    let mut taken: BTreeSet<String> = machines::names(conn, scope).await?;
    let list = announced::awaited(conn, scope).await?;
    let mut proposed = BTreeMap::new();
    for machine in found.iter().filter(|m| m.state == machines::State::ToRecognise) {
        let named = list.iter().find(|one| one.matches(&machine.hints)).map(|one| one.name.clone());
        let free = |pattern: &str| socle_domain::recognise::name_from(pattern, &machine.hints, &|n| taken.contains(n));
        if let Some(name) = named.filter(|n| !taken.contains(n)).or_else(|| free("poste-{nn}")) {
            taken.insert(name.clone());
            proposed.insert(machine.id, name);
        }
    }
    Ok(proposed)
}

/// `GET /machines/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<TargetId>,
) -> Answer<Response> {
    let scope = person.scope;
    let mut conn = house.db.read().await?;
    let machine = machines::by_id(&mut conn, scope, id).await?.ok_or_else(not_found)?;
    let suggestion = suggestions(&mut conn, scope, std::slice::from_ref(&machine)).await?.remove(&id);
    let rows = runs::list(&mut conn, scope, Some(id), 50).await?;
    let runs = with_steps(&house, &mut conn, scope, rows).await?;
    let hints = &machine.hints;
    let events = boot_events::newest(&mut conn, scope, 2_000).await?;
    let own = events.into_iter().filter(|e| hints.macs.contains(&e.who) || machine.address.as_ref() == Some(&e.who));
    let boot_events = own.take(30).map(|e| views::boot_event(e, asked.lang(&house))).collect();
    let view = views::one_machine(&mut conn, scope, id).await?.ok_or_else(not_found)?;
    drop(conn);
    let page = MachinePage { machine: view, runs, boot_events, suggestion, form: Refused::default() };
    draw(&house, &asked, Some(&person), &page).await
}

#[derive(Deserialize)]
pub(crate) struct Name {
    name: String,
}

/// `POST /machines/{id}/accept`
pub(crate) async fn accept(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<TargetId>,
    Form(said): Form<Name>,
) -> Answer<Response> {
    match recognise::accept_by_person(&house, person.scope, id, said.name.trim()).await {
        Ok(()) => Ok(go(&format!("/machines/{id}"), "accepted")),
        Err(refusal) => {
            let form = Refused::refused(problem(&house, &asked, refusal), "name", typed(&[("name", &said.name)]));
            let page = list_page(&house, &asked, &person, Some((id, form))).await?;
            let asked = asked.back_on("/machines?state=to-recognise".into());
            show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// `POST /machines/{id}/refuse`
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
) -> Answer<Response> {
    recognise::refuse(&house, person.scope, id).await?;
    Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to(
        "/machines?state=to-recognise&done=refused",
    )))
}

/// `GET /machines/announce`
pub(crate) async fn announce(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    draw(&house, &asked, Some(&person), &Announce::default()).await
}

#[derive(Deserialize)]
pub(crate) struct Csv {
    csv: String,
}

/// `POST /machines/announce`
pub(crate) async fn announced(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Csv>,
) -> Answer<Response> {
    match recognition::announce_csv(&house, person.scope, &said.csv).await {
        Ok(n) => Ok(go("/machines", &format!("announced-{n}"))),
        Err(refusal) => {
            let form = Refused::refused(problem(&house, &asked, refusal), "csv", typed(&[("csv", &said.csv)]));
            let page = Announce { form };
            show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}
