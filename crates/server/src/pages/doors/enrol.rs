//! Where everybody needs a second factor: who has none makes one before he comes in.
use super::{
    super::{Asked, problem, show, show_as, typed},
    enter,
    second::{from_the_beginning, whose},
};
use crate::{
    House,
    pages::account::app,
    refusal::{Answer, Refusal},
    sign_in::{Half, Once, place::Place},
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use socle_console::{App, Form as Refused};
use socle_db::people;
use socle_domain::AccountId;
use socle_texts::{Fault, Result};
use socle_trust::totp;
use std::sync::Arc;

/// `GET /sign-in/enrol`
pub(crate) async fn ask(State(house): State<Arc<House>>, asked: Asked, headers: HeaderMap) -> Answer<Response> {
    let Some((_, half)) = enter::half_of(&house, &headers) else { return Ok(from_the_beginning()) };
    let Some(page) = page(&house, &half, Refused::default()).await? else { return Ok(from_the_beginning()) };
    show(&house, &asked, None, &page).await
}

async fn page(house: &House, half: &Half, form: Refused) -> Result<Option<App>> {
    let account = people::by_account(&mut *house.db.read().await?, AccountId(half.account)).await?;
    let (Some(account), Some(secret)) = (account, &half.enrolling) else { return Ok(None) };
    Ok(Some(app::page(secret, &account.name, true, form)?))
}

/// `POST /sign-in/enrol`
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    asked: Asked,
    place: Place,
    headers: HeaderMap,
    Form(said): Form<super::second::Code>,
) -> Answer<Response> {
    let now = house.now();
    let Some((key, half)) = enter::half_of(&house, &headers) else { return Ok(from_the_beginning()) };
    let Some(secret) = half.enrolling.clone() else { return Ok(from_the_beginning()) };
    let who = whose(half.account);
    if !house.rates.may_try(None, &who, None, now) {
        return again(&house, &asked, &half, super::too_many()).await;
    }
    let Some(step) = totp::check(&secret, &said.code, now)? else {
        let wrong = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::new("server-second-wrong"));
        return again(&house, &asked, &half, wrong).await;
    };
    let Some(half) = house.sign_in.halves.take(&key, now) else { return Ok(from_the_beginning()) };
    let mut tx = house.db.write().await?;
    let Some(account) = people::by_account(&mut tx, AccountId(half.account)).await? else {
        return Ok(from_the_beginning());
    };
    app::keep(&house, &mut tx, account.id, "", &secret, step).await?;
    let codes = app::new_codes(&mut tx, account.id).await?;
    let how = format!("{} totp", half.how);
    let cookies = enter::session(&house, &mut tx, &place, &headers, &account, &how).await?;
    tx.commit().await?;
    house.rates.succeeded(None, &who, None);
    if let Some(session) = app::session_key(&cookies) {
        house.sign_in.once.put(session, Once::Codes(codes), now);
    }
    Ok(enter::enter(cookies, "/account/once"))
}

async fn again(house: &House, asked: &Asked, half: &Half, refusal: Refusal) -> Answer<Response> {
    let (status, fault) = refusal.into_parts();
    let form = Refused::refused(problem(house, asked, Refusal::new(status, fault)), "code", typed(&[]));
    let Some(page) = page(house, half, form).await? else { return Ok(from_the_beginning()) };
    show_as(house, asked, None, &page, status).await
}
