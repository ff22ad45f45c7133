//! The second factor: a code of an application, a recovery code, or a passkey.
use super::{
    super::{Asked, problem, show, show_as, typed},
    enter, too_many,
};
use crate::{
    House,
    access::sign_in_refused,
    refusal::{Answer, Refusal},
    sign_in::{Half, place::Place},
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use socle_console::{Form as Refused, Second};
use socle_db::{Conn, factors, people};
use socle_domain::AccountId;
use socle_texts::{Fault, Result};
use socle_trust::{recovery, totp, vault::Place as Sealed};
use std::sync::Arc;

/// `GET /sign-in/second`
pub(crate) async fn ask(State(house): State<Arc<House>>, asked: Asked, headers: HeaderMap) -> Answer<Response> {
    let Some((_, half)) = enter::half_of(&house, &headers) else { return Ok(from_the_beginning()) };
    show(&house, &asked, None, &page(&house, &half, Refused::default()).await?).await
}

/// Who has waited too long, or has given nothing yet.
pub(super) fn from_the_beginning() -> Response {
    Redirect::to("/sign-in").into_response()
}

async fn page(house: &House, half: &Half, form: Refused) -> Result<Second> {
    let his = factors::of(&mut *house.db.read().await?, half.account).await?;
    let has = |kind| his.iter().any(|f| f.kind == kind);
    Ok(Second {
        codes: has(factors::Kind::Totp),
        passkeys: has(factors::Kind::Passkey) && house.sign_in.passkeys.is_some(),
        form,
    })
}

#[derive(Deserialize)]
pub(crate) struct Code {
    #[serde(default)]
    pub code: String,
}

/// `POST /sign-in/second`
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    asked: Asked,
    place: Place,
    headers: HeaderMap,
    Form(said): Form<Code>,
) -> Answer<Response> {
    let now = house.now();
    let Some((key, half)) = enter::half_of(&house, &headers) else { return Ok(from_the_beginning()) };
    let who = whose(half.account);
    if !house.rates.may_try(None, &who, None, now) {
        return again(&house, &asked, &half, too_many()).await;
    }
    let Some(half) = house.sign_in.halves.change(&key, now, |h| h.tries = h.tries.saturating_sub(1)) else {
        return Ok(from_the_beginning());
    };
    let mut tx = house.db.write().await?;
    let Some(factor) = believed(&house, &mut tx, half.account, &said.code).await? else {
        let account = people::by_account(&mut tx, AccountId(half.account)).await?;
        drop(tx);
        sign_in_refused(&house, place.address, account.as_ref()).await?;
        if half.tries == 0 {
            house.sign_in.halves.take(&key, now);
        }
        let wrong = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::new("server-second-wrong"));
        return again(&house, &asked, &half, wrong).await;
    };
    // Taken by the first of two requests at once.
    let Some(half) = house.sign_in.halves.take(&key, now) else { return Ok(from_the_beginning()) };
    let Some(account) = people::by_account(&mut tx, AccountId(half.account)).await? else {
        return Ok(from_the_beginning());
    };
    let how = format!("{} {factor}", half.how);
    let cookies = enter::session(&house, &mut tx, &place, &headers, &account, &how).await?;
    tx.commit().await?;
    house.rates.succeeded(None, &who, None);
    Ok(enter::enter(cookies, &half.next))
}

/// As what tries of an account's second factor are counted: wherever they come from, they are tries of who knows the first.
pub(super) fn whose(account: uuid::Uuid) -> String {
    format!("second factor of {account}")
}

async fn again(house: &House, asked: &Asked, half: &Half, refusal: Refusal) -> Answer<Response> {
    let (status, fault) = refusal.into_parts();
    let form = Refused::refused(problem(house, asked, Refusal::new(status, fault)), "code", typed(&[]));
    show_as(house, asked, None, &page(house, half, form).await?, status).await
}

/// By what a code is right: the word of a session's `how`. It is used up by this.
async fn believed(house: &House, conn: &mut Conn, account: uuid::Uuid, code: &str) -> Result<Option<&'static str>> {
    let now = house.now();
    for factor in factors::of(conn, account).await?.iter().filter(|f| f.kind == factors::Kind::Totp) {
        let owner = factor.id.to_string();
        let place = Sealed { kind: factors::SEALED, owner: &owner, field: "secret" };
        let Some(sealed) = socle_db::sealed::get(conn, place.kind, place.owner, place.field).await? else { continue };
        let Some(step) = totp::check(house.vault.open(place, &sealed)?.bytes(), code, now)? else { continue };
        // A code that was seen over a shoulder serves nobody a second time.
        if factors::take_step(conn, factor.id, step, now).await? {
            return Ok(Some("totp"));
        }
    }
    match recovery::digest(code) {
        Some(digest) if factors::use_code(conn, account, digest, now).await? => Ok(Some("recovery")),
        _ => Ok(None),
    }
}
