//! What waits for a second person.
use super::{Asked, go, not_found, problem, show as draw, show_refused, typed};
use crate::{
    House,
    access::Person,
    consenting,
    refusal::{Answer, Refusal},
    views,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use socle_console::{ApprovalPage, Approvals, Form as Refused};
use socle_db::{consents, grants, machines, masters};
use socle_domain::{
    ConsentId,
    consent::{Deed, State as Stands},
};
use std::{collections::BTreeMap, sync::Arc};

const LISTED: u32 = 200;

/// `GET /approvals`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let mut conn = house.db.read().await?;
    let (mut waiting, mut over) = (Vec::new(), Vec::new());
    for one in consents::list(&mut conn, person.scope, Some(Stands::Waiting), LISTED).await?.into_iter().rev() {
        waiting.push(consenting::view(&mut conn, one).await?);
    }
    for one in consents::list(&mut conn, person.scope, None, LISTED).await? {
        if one.state != Stands::Waiting {
            over.push(consenting::view(&mut conn, one).await?);
        }
    }
    let above = consents::above(&mut conn).await?;
    drop(conn);
    draw(&house, &asked, Some(&person), &Approvals { waiting, over, above }).await
}

/// `GET /approvals/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<ConsentId>,
) -> Answer<Response> {
    let page = page(&house, &person, id, Refused::default()).await?;
    draw(&house, &asked, Some(&person), &page).await
}

async fn page(house: &House, person: &Person, id: ConsentId, form: Refused) -> Answer<ApprovalPage> {
    let mut conn = house.db.read().await?;
    let one = consents::by_id(&mut conn, person.scope, id).await?.ok_or_else(not_found)?;
    let path = grants::path(&mut conn, one.unit).await?;
    let mine = one.asked_by == person.id;
    let may = !mine && one.deed.rights().iter().all(|right| person.holds(*right, &path));
    let mut names = BTreeMap::new();
    let mut digest = None;
    match &one.deed {
        Deed::StartRuns { targets, master, .. } => {
            digest = Some(*master);
            for target in targets {
                if let Some(name) = machines::by_id(&mut conn, person.scope, *target).await?.and_then(|m| m.name) {
                    names.insert(*target, name);
                }
            }
        }
        Deed::Publish { master } => digest = Some(*master),
        Deed::ReplaceIdentity { target, .. }
        | Deed::BootOnce { target, .. }
        | Deed::RefuseMachine { target }
        | Deed::MoveMachine { target, .. } => {
            if let Some(name) = machines::by_id(&mut conn, person.scope, *target).await?.and_then(|m| m.name) {
                names.insert(*target, name);
            }
        }
        Deed::AllowLoss { .. } | Deed::CancelRun { .. } | Deed::RaiseLimit { .. } => {}
    }
    let mut master = None;
    if let Some(digest) = digest
        && let Some(signed) = masters::by_digest(&mut conn, person.scope, digest).await?
    {
        let opened = views::master(house, &signed)?;
        master = Some(format!("{} {}", opened.master.name, opened.master.version));
    }
    let view = consenting::view(&mut conn, one).await?;
    Ok(ApprovalPage { view, names, master, mine, may, form })
}

async fn decided(
    house: &Arc<House>,
    asked: &Asked,
    person: &Person,
    id: ConsentId,
    yes: bool,
    reason: &str,
) -> Answer<Response> {
    let refusal: Refusal = match consenting::decide(house, person, id, yes, reason).await {
        Ok(_) => return Ok(go(&format!("/approvals/{id}"), if yes { "approved" } else { "not-approved" })),
        Err(refusal) => refusal,
    };
    let form = Refused::refused(problem(house, asked, refusal), "", typed(&[("reason", reason)]));
    let page = page(house, person, id, form).await?;
    show_refused(house, asked, person, &page, format!("/approvals/{id}")).await
}

/// `POST /approvals/{id}/approve`
pub(crate) async fn approve(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<ConsentId>,
) -> Answer<Response> {
    decided(&house, &asked, &person, id, true, "").await
}

#[derive(Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    reason: String,
}

/// `POST /approvals/{id}/refuse`
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Path(id): Path<ConsentId>,
    Form(said): Form<Said>,
) -> Answer<Response> {
    decided(&house, &asked, &person, id, false, &said.reason).await
}
