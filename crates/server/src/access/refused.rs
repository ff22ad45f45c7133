//! Attempts that were refused stand in the audit trail too: somebody who is signed in and asks for what he may not do, and
//! whoever fails to sign in. So many of one caller in an hour and no more: nobody fills the chain.
use super::{Act, person, person::Asked};
use crate::{House, limits::Refused};
use axum::{
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use socle_db::{
    audit::{self, Trail},
    people::Administrator,
};
use socle_domain::audit::Outcome;
use socle_texts::Result;
use socle_trust::chance;
use std::{net::IpAddr, sync::Arc};

/// The longest name of a thing that an entry repeats: who is refused has not shown that there is such a thing.
const MAX_SUBJECT_BYTES: usize = 64;

/// Notes a change that was refused to somebody who is signed in.
pub(crate) async fn refused(
    State((house, act)): State<(Arc<House>, Act)>,
    params: std::result::Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let query = request.uri().query().map(str::to_string);
    let response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN {
        let asked = Asked { method: &method, headers: &headers, query: query.as_deref() };
        if let Err(fault) = note(&house, &act, params.ok().as_ref(), asked).await {
            tracing::error!(%fault, "a refused attempt could not be noted");
        }
    }
    response
}

async fn note(house: &House, act: &Act, params: Option<&RawPathParams>, asked: Asked<'_>) -> Result<()> {
    // Nobody, or the page of another site in somebody's browser: that was not his attempt.
    let Ok(person) = person::signed_in(house, asked).await else { return Ok(()) };
    let now = house.now();
    if !house.refusals.may_note(Refused::Person(person.id), now) {
        return Ok(());
    }
    let who = person.id.to_string();
    let trail = Trail::new(now, chance::bytes()?, &who, &person.name, person.scope.unit(), &act.word);
    let named = params.and_then(|params| act.names(params)).filter(|id| id.len() <= MAX_SUBJECT_BYTES);
    if let Some(id) = named {
        trail.set_subject(&act.kind, id);
    }
    trail.around(write(house)).await
}

async fn write(house: &House) -> Result<()> {
    let tx = house.db.write().await?;
    audit::outcome(Outcome::Denied);
    tx.commit().await
}

/// Notes a sign-in that was refused, where the request's own trail says what was tried. Whose account it was is said where
/// there is one; what else was typed is repeated nowhere: it may be a password in the wrong field.
pub(crate) async fn sign_in_refused(
    house: &House,
    from: Option<IpAddr>,
    account: Option<&Administrator>,
) -> Result<()> {
    if !house.refusals.may_note(Refused::Stranger(from), house.now()) {
        return Ok(());
    }
    if let Some(account) = account {
        audit::about("person", &account.id.to_string(), account.unit);
    }
    write(house).await
}
