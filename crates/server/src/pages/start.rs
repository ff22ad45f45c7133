//! Starting a run: choose a master, read what will happen, confirm.
use super::{Asked, go, not_found, problem, show, show_refused, typed};
use crate::{
    House,
    access::Person,
    api::images,
    consenting, options, ordering,
    refusal::{Answer, Refusal},
    views,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::Response,
};
use socle_console::{Chosen, Form as Refused, Start, typed_options};
use socle_db::runs;
use socle_domain::{Digest, TargetId, consent::Deed, order::LossPolicy};
use socle_wire::api::StartRun;
use std::sync::Arc;

/// `GET /machines/{id}/start?master=`
pub(crate) async fn choose(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<TargetId>,
) -> Answer<Response> {
    let wished = asked.value("master").and_then(|m| m.parse().ok());
    let page = start_page(&house, &person, id, wished, Refused::default()).await?;
    show(&house, &asked, Some(&person), &page).await
}

async fn start_page(
    house: &Arc<House>,
    person: &Person,
    id: TargetId,
    wished: Option<Digest>,
    form: Refused,
) -> Answer<Start> {
    let scope = person.scope;
    let images = images::all(house, scope).await?;
    let mut conn = house.db.read().await?;
    let machine = views::one_machine(&mut conn, scope, id).await?.ok_or_else(not_found)?;
    let opened = options::offered(house, &mut conn, machine.unit).await?;
    let views_of = opened.iter().map(|m| m.view.clone()).collect();
    let chosen = match opened.into_iter().find(|m| Some(m.view.digest) == wished) {
        Some(m) => Some(Chosen {
            images: images.into_iter().filter(|i| m.master.images.values().any(|d| *d == i.image)).collect(),
            holds: options::holding(&mut conn, scope, id, &m).await?,
            view: m.view,
            master: m.master,
            sequence: m.sequence,
        }),
        None => None,
    };
    let busy = runs::open_of(&mut conn, scope, id).await?.map(|r| views::run(house, r));
    Ok(Start { machine, masters: views_of, chosen, busy, form })
}

/// `POST /machines/{id}/start`
pub(crate) async fn start(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<TargetId>,
    Form(said): Form<Vec<(String, String)>>,
) -> Answer<Response> {
    let field = |name: &str| said.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let digest: Digest = field("master").parse().map_err(|_| not_found())?;
    let page = start_page(&house, &person, id, Some(digest), Refused::default()).await?;
    let chosen = page.chosen.as_ref().ok_or_else(not_found)?;
    let fields = said.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let options = typed_options(chosen, fields.clone());
    let expendable = field("loss") == "expendable";
    let loss = if expendable { LossPolicy::Expendable } else { LossPolicy::NothingOnly };
    let started = async {
        let deed = Deed::StartRuns { targets: vec![id], master: digest, options: options.clone(), loss };
        if let Some(waits) = consenting::ask(&house, &person, deed).await? {
            return Ok((format!("/approvals/{}", waits.id), "asked"));
        }
        let wish = StartRun { target: id, master: digest, options, loss };
        let row = ordering::start(&house, person.scope, wish).await?;
        Ok::<_, Refusal>((format!("/runs/{}", row.id), "started"))
    };
    match started.await {
        Ok((place, done)) => Ok(go(&place, done)),
        Err(refusal) => {
            let typed = typed(&fields.collect::<Vec<_>>());
            let page = Start { form: Refused::refused(problem(&house, &asked, refusal), "", typed), ..page };
            show_refused(&house, &asked, &person, &page, format!("/machines/{id}/start?master={digest}")).await
        }
    }
}
