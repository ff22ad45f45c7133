//! The doors: signing in and out; language and light.
//!
//! Signing in goes: a name and a password, or the centre's service, or a passkey ([`first`]); then a second factor where the
//! account has one or needs one ([`second`]); then a session ([`enter`]). Between the two stands a *half*: a secret in a
//! cookie that opens nothing but the second page.
pub(crate) mod enrol;
pub(crate) mod enter;
pub(crate) mod passkey;
pub(crate) mod second;
pub(crate) mod service;
pub(crate) mod welcome;

use super::{Asked, local_path, problem, show, show_as, typed};
use crate::{
    House,
    access::{COOKIE, Person, sign_in_refused},
    refusal::{Answer, Refusal, cookie},
    sign_in::{accounts, one_of_few, place::Place},
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use socle_console::{Form as Refused, SignIn};
use socle_db::{audit, people, people::Administrator, sessions};
use socle_domain::{AccountId, Digest};
use socle_texts::{Fault, Result};
use socle_trust::{ldap, password, secret};
use std::{sync::Arc, time::Duration};

const YEAR_SECONDS: u32 = 365 * 24 * 3600;
/// A refusal takes as long as this, whatever was wrong: how long it takes says nothing about who exists, nor where.
const REFUSAL_TAKES: Duration = Duration::from_millis(250);

/// `GET /sign-in?next=&again=`
pub(crate) async fn sign_in(State(house): State<Arc<House>>, asked: Asked) -> Answer<Response> {
    show(&house, &asked, None, &page(&house, &asked, Refused::default(), &asked.value("next").unwrap_or_default()))
        .await
}

fn page(house: &House, asked: &Asked, form: Refused, next: &str) -> SignIn {
    let service = house.config.sign_in.service.as_ref().map(|s| s.name.clone());
    let passkeys = house.sign_in.passkeys.is_some();
    let notice = ["again", "out"].into_iter().find(|word| asked.value(word).is_some());
    let out = notice == Some("out") && service.is_some();
    SignIn { form, next: local_path(next).to_string(), service, passkeys, again: notice == Some("again"), out }
}

/// A sign-in that was refused: the page again.
async fn refused(house: &House, asked: &Asked, refusal: Refusal, name: &str, next: &str) -> Answer<Response> {
    let asked = asked.back_on("/sign-in".into());
    let (status, fault) = refusal.into_parts();
    let form = Refused::refused(problem(house, &asked, Refusal::new(status, fault)), "", typed(&[("name", name)]));
    show_as(house, &asked, None, &page(house, &asked, form, next), status).await
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in`
pub(crate) async fn signed(
    State(house): State<Arc<House>>,
    asked: Asked,
    place: Place,
    headers: HeaderMap,
    Form(said): Form<Credentials>,
) -> Answer<Response> {
    let begun = tokio::time::Instant::now();
    let name = said.name.trim();
    let device = known_device(&house, &place, name).await?;
    if !house.rates.may_try(place.address, name, device, house.now()) {
        return refused(&house, &asked, too_many(), name, &said.next).await;
    }
    match believed(&house, name, &said.password).await {
        Ok(Some((account, how))) => {
            house.rates.succeeded(place.address, name, device);
            enter::half(&house, &place, &headers, &account, how, local_path(&said.next)).await
        }
        Ok(None) => {
            let account = people::by_name(&mut *house.db.read().await?, name).await?;
            sign_in_refused(&house, place.address, account.as_ref()).await?;
            tokio::time::sleep_until(begun + REFUSAL_TAKES).await;
            let wrong = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::new("server-sign-in-wrong"));
            refused(&house, &asked, wrong, name, &said.next).await
        }
        Err(refusal) => {
            tokio::time::sleep_until(begun + REFUSAL_TAKES).await;
            refused(&house, &asked, refusal, name, &said.next).await
        }
    }
}

fn too_many() -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, Fault::new("server-too-many-guesses").may_retry())
}

/// The device, where it has signed in to this account before: what others try keeps nobody out there.
async fn known_device(house: &House, place: &Place, name: &str) -> Result<Option<Digest>> {
    let mut conn = house.db.read().await?;
    let account = people::by_name(&mut conn, name).await?.map(|one| one.id);
    place.device_of(&mut conn, account).await
}

/// Whose name and password these are, and by what that was believed.
async fn believed(house: &House, name: &str, typed: &str) -> Answer<Option<(Administrator, &'static str)>> {
    let found = people::by_name(&mut *house.db.read().await?, name).await?;
    let kept = found.as_ref().and_then(|p| p.password.clone());
    let is_local = kept.is_some();
    let password = typed.to_string();
    // An unknown name costs what a wrong password costs.
    let right = one_of_few(move || {
        Ok(match kept {
            Some(kept) => password::matches(&password, &kept),
            None => {
                let _ = password::hash("a password of nobody");
                false
            }
        })
    });
    let right = right.await?;
    match (found, right, &house.config.sign_in.directory) {
        (Some(account), true, _) => Ok(Some((account, "password"))),
        (_, _, Some(directory)) if !is_local => {
            let Some(known) = ldap::sign_in(&directory.settings()?, name, typed).await? else { return Ok(None) };
            let mut tx = house.db.write().await?;
            let source = format!("ldap {}", directory.url);
            let outside = accounts::Outside {
                source: &source,
                subject: &known.subject,
                name,
                groups: known.groups.iter().map(String::as_str).collect(),
                link_existing: directory.link_existing,
                mapped: &directory.grants,
            };
            let account = accounts::account(&mut tx, &outside, house.now()).await?;
            audit::who(AccountId(account.id), &account.name, account.unit);
            audit::act("sign-in-directory");
            tx.commit().await?;
            Ok(Some((account, "directory")))
        }
        _ => Ok(None),
    }
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    State(house): State<Arc<House>>,
    _person: axum::Extension<Person>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut by_service = false;
    if let Some(bearer) = cookie(&headers, COOKIE).map(|b| secret::digest(&b)) {
        let mut tx = house.db.write().await?;
        let session = sessions::find(&mut tx, sessions::Kind::Person, bearer, house.now()).await?;
        by_service = session.is_some_and(|s| s.how.split(' ').any(|word| word == "service"));
        sessions::close(&mut tx, bearer).await?;
        tx.commit().await?;
        house.sign_in.revoked();
    }
    // Who came through the service is told that he is still signed in there, and how to end that too.
    let next = if by_service { "/sign-in?out=yes" } else { "/sign-in" };
    Ok(with_cookie(
        Redirect::to(next).into_response(),
        format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"),
    ))
}

fn with_cookie(mut response: Response, cookie: String) -> Response {
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Where people reach the console over TLS a cookie never travels without it.
fn secure(house: &House) -> &'static str {
    if house.config.console.url().starts_with("https://") { "; Secure" } else { "" }
}

#[derive(Deserialize)]
pub(crate) struct Preferences {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

/// `POST /preferences`
pub(crate) async fn preferences(Form(said): Form<Preferences>) -> Answer<Response> {
    let mut response = Redirect::to(local_path(&said.back)).into_response();
    let keep = |name: &str, value: &str| format!("{name}={value}; Path=/; SameSite=Lax; Max-Age={YEAR_SECONDS}");
    if let Some(lang) = said.lang.as_deref().filter(|l| ["fr", "en"].contains(l)) {
        response = with_cookie(response, keep("socle-lang", lang));
    }
    if let Some(theme) = said.theme.as_deref().filter(|t| ["auto", "light", "dark"].contains(t)) {
        response = with_cookie(response, keep("socle-theme", theme));
    }
    // Redirect::to is 303: the browser asks for the page again with GET.
    Ok(response)
}
