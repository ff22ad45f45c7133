//! Signing in and out; language and light.
use super::{Asked, go, local_path, problem, show, show_as, typed};
use crate::{
    House,
    access::{COOKIE, Person},
    house::blocking,
    refusal::{Answer, Refusal, cookie},
};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use socle_console::{Form as Refused, SignIn, Welcome};
use socle_db::{Conn, Scope, people, people::Administrator, sessions};
use socle_texts::{Fault, Result};
use socle_trust::{password, secret};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// A working day and its evening.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Passwords that are looked at together: each takes 19 MiB and a processor for a while, and anybody may ask for it.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
const YEAR_SECONDS: u32 = 365 * 24 * 3600;

/// `GET /sign-in?next=`
pub(crate) async fn sign_in(State(house): State<Arc<House>>, asked: Asked) -> Answer<Response> {
    let next = asked.value("next").unwrap_or_default();
    let page = SignIn { form: Refused::default(), next: local_path(&next).to_string() };
    show(&house, &asked, None, &page).await
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
    Form(said): Form<Credentials>,
) -> Answer<Response> {
    let found = people::by_name(&mut *house.db.read().await?, &said.name).await?;
    let kept = found.as_ref().and_then(|p| p.password.clone());
    let password = said.password.clone();
    // An unknown name takes as long as a wrong password: how long it takes says nothing about who exists.
    let right = one_of_few(move || {
        Ok(match kept {
            Some(kept) => password::matches(&password, &kept),
            None => {
                let _ = password::hash("a password of nobody");
                false
            }
        })
    });
    let (Some(person), true) = (found, right.await?) else {
        let refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::new("server-sign-in-wrong"));
        let form = Refused::refused(problem(&house, &asked, refusal), "", typed(&[("name", &said.name)]));
        let page = SignIn { form, next: local_path(&said.next).to_string() };
        return show_as(&house, &asked, None, &page, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let mut tx = house.db.write().await?;
    let cookie = open_session(&house, &mut tx, &person).await?;
    tx.commit().await?;
    Ok(with_cookie(go(local_path(&said.next), ""), cookie))
}

async fn one_of_few<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _turn = AT_ONCE.acquire().await;
    blocking(work).await
}

async fn open_session(house: &House, conn: &mut Conn, person: &Administrator) -> Result<String> {
    let (bearer, now) = (secret::new_token()?, house.now());
    let (scope, id) = (Scope::of(person.unit), person.id.to_string());
    sessions::open(conn, scope, sessions::Kind::Person, secret::digest(&bearer), &id, now, now + SESSION).await?;
    // Where people reach the console over TLS the cookie never travels without it.
    let secure = if house.config.console.url().starts_with("https://") { "; Secure" } else { "" };
    let seconds = SESSION.as_secs();
    Ok(format!("{COOKIE}={bearer}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"))
}

fn with_cookie(mut response: Response, cookie: String) -> Response {
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `GET /welcome/{token}`: the link is shown, not used up; programs that open links in mails harm nobody.
pub(crate) async fn welcome(
    State(house): State<Arc<House>>,
    asked: Asked,
    Path(token): Path<String>,
) -> Answer<Response> {
    let mut tx = house.db.write().await?;
    let person = people::use_link(&mut tx, secret::digest(&token), house.now()).await?;
    // Not committed: looking at the link leaves it as it was.
    drop(tx);
    let person = person.ok_or_else(link_over)?;
    show(&house, &asked, None, &page(token, &person, Refused::default())).await
}

fn page(token: String, person: &Administrator, form: Refused) -> Welcome {
    Welcome { token, person: person.name.clone(), least_characters: password::MIN_CHARS as u32, form }
}

fn link_over() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, Fault::new("server-link-over"))
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    password: String,
    again: String,
}

/// `POST /welcome/{token}`: sets the password, uses the link up, opens a session.
pub(crate) async fn welcomed(
    State(house): State<Arc<House>>,
    asked: Asked,
    Path(token): Path<String>,
    Form(said): Form<Chosen>,
) -> Answer<Response> {
    let wish = said.password.clone();
    let kept = match said.password == said.again {
        true => one_of_few(move || password::hash(&wish)).await,
        false => Err(Fault::new("server-passwords-differ")),
    };
    let mut tx = house.db.write().await?;
    let person = people::use_link(&mut tx, secret::digest(&token), house.now()).await?.ok_or_else(link_over)?;
    let kept = match kept {
        Ok(kept) => kept,
        Err(fault) => {
            drop(tx);
            let field = if fault.is("server-passwords-differ") { "again" } else { "password" };
            let form = Refused::refused(problem(&house, &asked, fault.into()), field, typed(&[]));
            let page = page(token, &person, form);
            return show_as(&house, &asked, None, &page, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let scope = Scope::of(person.unit);
    people::set_password(&mut tx, scope, person.id, &kept).await?;
    // Who changes a password ends the sessions that the old one opened.
    sessions::close_of(&mut tx, scope, sessions::Kind::Person, &person.id.to_string()).await?;
    let cookie = open_session(&house, &mut tx, &person).await?;
    tx.commit().await?;
    Ok(with_cookie(go("/", "password-set"), cookie))
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    State(house): State<Arc<House>>,
    _person: axum::Extension<Person>,
    headers: HeaderMap,
) -> Answer<Response> {
    if let Some(bearer) = cookie(&headers, COOKIE) {
        let mut tx = house.db.write().await?;
        sessions::close(&mut tx, secret::digest(&bearer)).await?;
        tx.commit().await?;
    }
    Ok(with_cookie(go("/sign-in", ""), format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")))
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
