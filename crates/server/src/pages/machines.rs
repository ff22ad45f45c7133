//! Machines.
use super::{Asked, go, lines_of, not_found, page_of, place_in, problem, show as draw, show_as, typed, with_steps};
use crate::{
    House,
    access::Person,
    api::recognition,
    boot_once, consenting, recognise,
    refusal::{Answer, Refusal},
    views, waking,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use socle_console::{Announce, Form as Refused, MachinePage, Machines};
use socle_db::{Conn, Scope, announced, boot_events, listing, machines, machines::Machine, runs, search, tpms};
use socle_domain::{ConsentId, TargetId, UnitId, consent::Deed, order::BootFrom, sign::PublicKey, start::Standing};
use socle_texts::Result;
use socle_wire::{api::ReplaceIdentity, boot_once::Wake};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

/// Machines of one kind of start that the list shows at most; the API shows all of them.
const MAX_FILTERED: u32 = 1_000;

/// `GET /machines?state=&trust=&q=&page=`
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
    let counts = machines::counts(&mut conn, scope).await?;
    let wished: Option<machines::State> = state.as_deref().and_then(|s| s.parse().ok());
    let is_shown = |m: &Machine| match wished {
        Some(state) => m.state == state,
        None => m.state != machines::State::Refused,
    };
    let trust = asked.value("trust").and_then(|word| Standing::read(&word));
    let is_shown = |m: &Machine| is_shown(m) && trust.is_none_or(|t| Standing::of(&m.facts) == t);
    let (found, page, pages) = match query.trim().is_empty() {
        true if trust.is_some() => {
            let filter = listing::MachineFilter { state: wished, trust, ..listing::MachineFilter::default() };
            let mut found = listing::machines(&mut conn, scope, &filter, None, MAX_FILTERED).await?;
            found.retain(is_shown);
            page_of(found, asked)
        }
        true => {
            let count = |word: &str| counts.get(word).copied().unwrap_or(0);
            let refused = if wished.is_none() { count(machines::State::Refused.word()) } else { 0 };
            let all = wished.map_or_else(|| counts.values().sum(), |state| count(state.word()));
            let (page, pages, end) = place_in(all - refused, asked);
            // Those who were refused stand among the others and are not shown: so many more are read.
            let rows = end.saturating_add(u32::try_from(refused).unwrap_or(u32::MAX));
            let mut found = machines::list(&mut conn, scope, wished, rows).await?;
            found.retain(is_shown);
            (lines_of(found, page), page, pages)
        }
        false => {
            let mut found = found(&mut conn, scope, query.trim()).await?;
            found.retain(is_shown);
            page_of(found, asked)
        }
    };
    let last = listing::last_runs(&mut conn, scope, &found.iter().map(|m| m.id).collect::<Vec<_>>()).await?;
    let suggestions = suggestions(&mut conn, scope, &found).await?;
    let mut shown = BTreeMap::new();
    for id in found.iter().filter_map(|m| last.get(&m.id)) {
        if let Some(row) = runs::by_id(&mut conn, scope, *id).await? {
            shown.insert(*id, views::run(house, row));
        }
    }
    Ok(Machines {
        runs: shown,
        counts,
        state,
        trust,
        query,
        suggestions,
        refused_form,
        page,
        pages,
        machines: found.into_iter().map(|m| views::machine(m, &last)).collect(),
    })
}

/// Machines by the beginning of any of their words, or by the six digits on their screen.
async fn found(conn: &mut Conn, scope: Scope, query: &str) -> Result<Vec<Machine>> {
    let mut all = machines::with_code(conn, scope, query).await?;
    for one in search::find(conn, scope, query, Some(search::Kind::Machine), search::MAX_FOUND).await? {
        let Ok(id) = one.id.parse() else { continue };
        if !all.iter().any(|m| m.id == id)
            && let Some(machine) = machines::by_id(conn, scope, id).await?
        {
            all.push(machine);
        }
    }
    Ok(all)
}

/// Names proposed for machines that wait: the one announced for it, else the next free of those alike.
async fn suggestions(conn: &mut Conn, scope: Scope, found: &[Machine]) -> Result<BTreeMap<TargetId, String>> {
    let mut taken: BTreeMap<UnitId, BTreeSet<String>> = BTreeMap::new();
    let list = announced::awaited(conn, scope).await?;
    let mut proposed = BTreeMap::new();
    for machine in found.iter().filter(|m| m.state == machines::State::ToRecognise) {
        let named = list.iter().find(|one| one.matches(&machine.hints)).map(|one| one.name.clone());
        let taken = match taken.entry(machine.unit) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => free.insert(machines::names(conn, scope, machine.unit).await?),
        };
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
    let again = again(&mut *house.db.read().await?, scope, &machine).await?;
    let mut conn = house.db.read().await?;
    let starts =
        socle_db::boot_once::of_machine(&mut conn, scope, id, 5).await?.into_iter().map(boot_once::view).collect();
    drop(conn);
    let page = MachinePage { machine: view, runs, boot_events, suggestion, again, starts, form: Refused::default() };
    draw(&house, &asked, Some(&person), &page).await
}

/// The form of an order to start the boot environment.
#[derive(Deserialize)]
pub(crate) struct From {
    from: BootFrom,
}

/// `POST /machines/{id}/boot-once`
pub(crate) async fn boot_once(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Form(said): Form<From>,
) -> Answer<Response> {
    let deed = Deed::BootOnce { target: id, from: said.from };
    if let Some(waits) = consenting::ask(&house, &person, deed).await? {
        return Ok(go(&format!("/approvals/{}", waits.id), "asked"));
    }
    boot_once::give(&house, person.scope, id, said.from, None).await?;
    Ok(go(&format!("/machines/{id}"), "boot-once-ordered"))
}

/// `POST /machines/{id}/wake`: a browser does not wait; the page shows when the machine has spoken.
pub(crate) async fn wake(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
) -> Answer<Response> {
    waking::wake_and_wait(&house, person.scope, id, Wake { wait_seconds: 0 }).await?;
    Ok(go(&format!("/machines/{id}"), "woken"))
}

/// The name of the known machine that one that waits seems to be again: its security chip is that one's.
async fn again(conn: &mut Conn, scope: Scope, machine: &Machine) -> Result<Option<String>> {
    if machine.state != machines::State::ToRecognise {
        return Ok(None);
    }
    let Some(tpm) = tpms::of(conn, machine.id).await? else { return Ok(None) };
    for id in tpms::known_with(conn, tpm.ek).await? {
        if let Some(name) = machines::by_id(conn, scope, id).await?.and_then(|m| m.name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

#[derive(Deserialize)]
pub(crate) struct Again {
    name: String,
    key: PublicKey,
}

/// `POST /machines/{id}/replace-identity`: this machine, which waits, is the known one of that name.
pub(crate) async fn replace_identity(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<TargetId>,
    Form(said): Form<Again>,
) -> Answer<Response> {
    match one_again(&house, &person, id, &said).await {
        Ok((target, None)) => Ok(go(&format!("/machines/{target}"), "identity-replaced")),
        Ok((_, Some(waits))) => Ok(go(&format!("/approvals/{waits}"), "asked")),
        Err(refusal) => {
            let form = Refused::refused(problem(&house, &asked, refusal), "name", typed(&[("name", &said.name)]));
            let page = list_page(&house, &asked, &person, Some((id, form))).await?;
            let asked = asked.back_on("/machines?state=to-recognise".into());
            show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

async fn one_again(
    house: &House,
    person: &Person,
    stranger: TargetId,
    said: &Again,
) -> Answer<(TargetId, Option<ConsentId>)> {
    let filter = listing::MachineFilter {
        state: Some(machines::State::Known),
        name: Some(said.name.trim().to_string()),
        ..listing::MachineFilter::default()
    };
    let found = listing::machines(&mut *house.db.read().await?, person.scope, &filter, None, 2).await?;
    let [known] = &found[..] else { return Err(Refusal::unknown("machine")) };
    let deed = Deed::ReplaceIdentity { target: known.id, stranger, key: said.key };
    if let Some(waits) = consenting::ask(house, person, deed).await? {
        return Ok((known.id, Some(waits.id)));
    }
    let wish = ReplaceIdentity { stranger, key: said.key };
    recognise::replace_identity(house, person.scope, known.id, &wish, None).await?;
    Ok((known.id, None))
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
    match recognise::accept_by_person(&house, person.scope, id, None, said.name.trim()).await {
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
    if let Some(waits) = consenting::ask(&house, &person, Deed::RefuseMachine { target: id }).await? {
        return Ok(go(&format!("/approvals/{}", waits.id), "asked"));
    }
    recognise::refuse(&house, person.scope, id, None).await?;
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
        Ok(told) => Ok(go("/machines", &format!("announced-{}", told.announced))),
        Err(refusal) => {
            let form = Refused::refused(problem(&house, &asked, refusal), "csv", typed(&[("csv", &said.csv)]));
            let page = Announce { form };
            show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}
