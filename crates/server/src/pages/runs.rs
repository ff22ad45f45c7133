//! Runs.
use super::{Asked, go, lines_of, not_found, place_in, problem, show as draw, show_refused, typed, with_steps};
use crate::{
    House,
    access::Person,
    api::runs as api,
    consenting, ordering,
    refusal::{Answer, Refusal},
    views,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use socle_console::{Form as Refused, ProofPage, RunPage, Runs};
use socle_db::{listing, listing::RunFilter, runs};
use socle_domain::{Digest, RunId, consent::Deed, proof};
use socle_wire::{api::AllowLoss, problem::Problem};
use std::sync::Arc;

/// `GET /runs?state=&page=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let state = asked.value("state");
    let mut conn = house.db.read().await?;
    let counts = runs::counts(&mut conn, person.scope).await?;
    let lines = counts.iter().filter(|(word, _)| state.as_ref().is_none_or(|s| s == *word)).map(|(_, n)| n).sum();
    let (page, pages, end) = place_in(lines, &asked);
    let filter = RunFilter { state: state.clone(), ..RunFilter::default() };
    let rows = listing::runs(&mut conn, person.scope, &filter, None, end).await?;
    let shown = with_steps(&house, &mut conn, person.scope, lines_of(rows, page)).await?;
    drop(conn);
    let page = Runs { runs: shown, counts, state, page, pages };
    draw(&house, &asked, Some(&person), &page).await
}

async fn run_page(house: &House, person: &Person, id: RunId, form: Refused) -> Answer<RunPage> {
    let journal = api::entries(house, person.scope, id).await?.ok_or_else(not_found)?;
    let mut conn = house.db.read().await?;
    let row = runs::by_id(&mut conn, person.scope, id).await?.ok_or_else(not_found)?;
    let machine = views::one_machine(&mut conn, person.scope, row.target).await?;
    let run = with_steps(house, &mut conn, person.scope, vec![row]).await?.pop().ok_or_else(not_found)?;
    Ok(RunPage { run, machine, journal, form })
}

/// `GET /runs/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<RunId>,
) -> Answer<Response> {
    let page = run_page(&house, &person, id, Refused::default()).await?;
    draw(&house, &asked, Some(&person), &page).await
}

/// To the run's page with what was done, or the same page with why it was not.
async fn done(
    house: &House,
    asked: &Asked,
    person: &Person,
    id: RunId,
    result: Answer<runs::RunRow>,
    word: &str,
    typed: std::collections::BTreeMap<String, String>,
) -> Answer<Response> {
    let refusal: Refusal = match result {
        Ok(_) => return Ok(go(&format!("/runs/{id}"), word)),
        Err(refusal) => refusal,
    };
    let form = Refused::refused(problem(house, asked, refusal), "", typed);
    let page = run_page(house, person, id, form).await?;
    show_refused(house, asked, person, &page, format!("/runs/{id}")).await
}

/// `POST /runs/{id}/cancel`
pub(crate) async fn cancel(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<RunId>,
) -> Answer<Response> {
    match consenting::ask(&house, &person, Deed::CancelRun { run: id }).await {
        Ok(None) => {}
        Ok(Some(waits)) => return Ok(go(&format!("/approvals/{}", waits.id), "asked")),
        Err(refusal) => return done(&house, &asked, &person, id, Err(refusal), "cancelled", typed(&[])).await,
    }
    let result = ordering::cancel(&house, person.scope, id, None).await;
    done(&house, &asked, &person, id, result, "cancelled", typed(&[])).await
}

/// `POST /runs/{id}/retry`
pub(crate) async fn retry(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<RunId>,
) -> Answer<Response> {
    let result = ordering::retry(&house, person.scope, id).await;
    done(&house, &asked, &person, id, result, "retried", typed(&[])).await
}

#[derive(Deserialize)]
pub(crate) struct Allowed {
    census: Digest,
    reason: String,
}

/// `POST /runs/{id}/allow-loss`
pub(crate) async fn allow_loss(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<RunId>,
    Form(said): Form<Allowed>,
) -> Answer<Response> {
    let wish = AllowLoss { census: said.census, reason: said.reason.clone() };
    let deed = Deed::AllowLoss { run: id, census: wish.census, reason: wish.reason.clone() };
    match consenting::ask(&house, &person, deed).await {
        Ok(None) => {}
        Ok(Some(waits)) => return Ok(go(&format!("/approvals/{}", waits.id), "asked")),
        Err(refusal) => {
            let typed = typed(&[("reason", &said.reason)]);
            return done(&house, &asked, &person, id, Err(refusal), "loss-allowed", typed).await;
        }
    }
    let result = ordering::allow_loss(&house, person.scope, id, wish).await;
    done(&house, &asked, &person, id, result, "loss-allowed", typed(&[("reason", &said.reason)])).await
}

/// `GET /runs/{id}/proof`
pub(crate) async fn proof(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<RunId>,
) -> Answer<Response> {
    let bytes = api::proof_of(&house, person.scope, id).await?.ok_or_else(not_found)?;
    let run = run_page(&house, &person, id, Refused::default()).await?.run;
    let found = proof::verify(&bytes, &house.keys.content);
    let verdict = found.map(Box::new).map_err(|fault| Problem::new(422, fault, asked.lang(&house)));
    let page = ProofPage { run, verdict, file_bytes: bytes.len() as u64 };
    draw(&house, &asked, Some(&person), &page).await
}
