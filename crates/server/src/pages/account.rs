//! One's own account: how one signs in, where one is signed in, what programs may do in one's name.
pub(crate) mod app;
pub(crate) mod passkeys;
pub(crate) mod sessions;
pub(crate) mod tokens;

use super::{Asked, go, problem, show, show_as, typed};
use crate::{
    House,
    access::{COOKIE, Person, unauthenticated},
    refusal::{Answer, Refusal, cookie},
    sign_in::{Once, one_of_few},
};
use axum::{
    Extension, Form,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use socle_console::{Account, FactorLine, Form as Refused, OnceShown, RoleLine, SessionLine, TokenLine};
use socle_db::{Scope, factors, grants, people, people::Administrator, sessions as rows, tokens as token_rows};
use socle_domain::{AccountId, Digest, Timestamp};
use socle_texts::{Fault, Result};
use socle_trust::{password, secret};
use std::{sync::Arc, time::Duration};

/// For so long after he signed in somebody may change how he signs in: an unlocked screen gives nobody an account.
const FRESH: Duration = Duration::from_secs(15 * 60);

/// Who is signed in, in person: by a session and not by a token.
pub(crate) struct Myself {
    pub account: Administrator,
    pub session: rows::Session,
    /// By what his session is remembered here.
    pub key: Digest,
}

impl FromRequestParts<Arc<House>> for Myself {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> Answer<Self> {
        let needed = || Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-session-needed"));
        let key = secret::digest(&cookie(&parts.headers, COOKIE).ok_or_else(needed)?);
        let mut conn = house.db.read().await?;
        let session = rows::find(&mut conn, rows::Kind::Person, key, house.now()).await?.ok_or_else(unauthenticated)?;
        let id = session.subject.parse().map_err(|_| unauthenticated())?;
        let account = people::by_account(&mut conn, AccountId(id)).await?.ok_or_else(unauthenticated)?;
        Ok(Myself { account, session, key })
    }
}

impl Myself {
    /// Whether he signed in just now.
    pub fn is_fresh(&self, house: &House) -> bool {
        is_fresh(&self.session, house.now())
    }
    /// Refuses who signed in a while ago.
    ///
    /// # Errors
    /// 403 `server-sign-in-again`.
    pub fn must_be_fresh(&self, house: &House) -> Answer<()> {
        let again = || Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-sign-in-again"));
        if self.is_fresh(house) { Ok(()) } else { Err(again()) }
    }
    /// His account's identifier.
    pub fn id(&self) -> AccountId {
        AccountId(self.account.id)
    }
}

/// Whether a session was opened just now.
pub(crate) fn is_fresh(session: &rows::Session, now: Timestamp) -> bool {
    (0..FRESH.as_secs() as i64).contains(&now.duration_since(session.created).as_secs())
}

/// To sign in once more, and back.
pub(crate) fn sign_in_again(next: &str) -> Response {
    Redirect::to(&format!("/sign-in?again=yes&next={}", super::escaped(next))).into_response()
}

/// `GET /account`
pub(crate) async fn show_account(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
) -> Answer<Response> {
    let page = page(&house, &me, "", Refused::default()).await?;
    show(&house, &asked, Some(&person), &page).await
}

/// The page again, with a refused form in it.
pub(crate) async fn again(
    house: &House,
    asked: &Asked,
    person: &Person,
    me: &Myself,
    (which, field): (&'static str, &'static str),
    refusal: Refusal,
) -> Answer<Response> {
    let asked = asked.back_on("/account".into());
    let (status, fault) = refusal.into_parts();
    if fault.is("server-sign-in-again") {
        return Ok(sign_in_again("/account"));
    }
    let form = Refused::refused(problem(house, &asked, Refusal::new(status, fault)), field, typed(&[]));
    show_as(house, &asked, Some(person), &page(house, me, which, form).await?, status).await
}

async fn page(house: &House, me: &Myself, which: &'static str, form: Refused) -> Result<Account> {
    let mut conn = house.db.read().await?;
    let now = house.now();
    let sessions = rows::of(&mut conn, rows::Kind::Person, &me.session.subject, now).await?;
    let mut roles = Vec::new();
    for placed in grants::of(&mut conn, me.id()).await? {
        let unit_name = grants::unit_name(&mut conn, placed.grant.unit).await?.unwrap_or_default();
        let word = format!("{}@{}", placed.grant.role.word(), placed.grant.unit);
        roles.push(RoleLine { word, role: placed.grant.role, unit: unit_name });
    }
    Ok(Account {
        name: me.account.name.clone(),
        has_password: me.account.password.is_some(),
        least_characters: password::MIN_CHARS as u32,
        sources: factors::sources_of(&mut conn, me.account.id).await?,
        factors: factors::of(&mut conn, me.account.id).await?.into_iter().map(factor_line).collect(),
        codes_left: factors::codes_left(&mut conn, me.account.id).await?,
        passkeys: house.sign_in.passkeys.is_some(),
        sessions: sessions.into_iter().map(|s| session_line(s, &me.session.id)).collect(),
        tokens: token_rows::of(&mut conn, me.id()).await?.into_iter().map(|t| token_line(t, now)).collect(),
        roles,
        fresh: me.is_fresh(house),
        which,
        form,
    })
}

fn factor_line(factor: factors::Factor) -> FactorLine {
    FactorLine {
        id: factor.id.to_string(),
        kind: factor.kind.word(),
        name: factor.name,
        created: factor.created,
        used: factor.used,
    }
}

fn session_line(session: rows::Session, mine: &str) -> SessionLine {
    SessionLine {
        is_this: session.id == mine,
        id: session.id,
        device: session.device,
        address: session.address,
        how: session.how,
        since: session.created,
        used: session.used,
    }
}

fn token_line(token: token_rows::Token, now: Timestamp) -> TokenLine {
    TokenLine {
        is_over: token.expires.is_some_and(|end| end <= now),
        id: token.id,
        name: token.name,
        roles: token.grants.iter().map(|(role, _)| *role).collect(),
        since: token.created,
        expires: token.expires,
        used: token.used,
        address: token.address,
    }
}

/// `GET /account/once`: what is shown once, once.
pub(crate) async fn once(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
) -> Answer<Response> {
    match house.sign_in.once.take(&me.key, house.now()) {
        Some(Once::Codes(codes)) => show(&house, &asked, Some(&person), &OnceShown::Codes(codes)).await,
        Some(Once::Token(name, token)) => show(&house, &asked, Some(&person), &OnceShown::Token { name, token }).await,
        None => Ok(Redirect::to("/account").into_response()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Passwords {
    current: String,
    password: String,
    again: String,
}

/// `POST /account/password`
pub(crate) async fn set_password(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
    Form(said): Form<Passwords>,
) -> Answer<Response> {
    match change(&house, &me, &said).await {
        Ok(()) => Ok(go("/account", "password-set")),
        Err(refusal) => {
            let (status, fault) = refusal.into_parts();
            let field = match fault.code.as_ref() {
                "server-password-wrong" => "current",
                "server-passwords-differ" => "again",
                _ => "password",
            };
            again(&house, &asked, &person, &me, ("password", field), Refusal::new(status, fault)).await
        }
    }
}

async fn change(house: &House, me: &Myself, said: &Passwords) -> Answer<()> {
    let kept = me.account.password.clone().ok_or_else(|| Fault::new("server-password-none"))?;
    let (current, wish) = (said.current.clone(), said.password.clone());
    // The session in one's hand is no password: guessing it here is slowed down as at the door.
    let who = format!("password of {}", me.account.id);
    if !house.rates.may_try(None, &who, None, house.now()) {
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, Fault::new("server-too-many-guesses").may_retry()));
    }
    if !one_of_few(move || Ok(password::matches(&current, &kept))).await? {
        return Err(Fault::new("server-password-wrong").into());
    }
    house.rates.succeeded(None, &who, None);
    if said.password != said.again {
        return Err(Fault::new("server-passwords-differ").into());
    }
    let kept = one_of_few(move || password::hash(&wish)).await?;
    let mut tx = house.db.write().await?;
    socle_db::audit::act("password-set");
    people::set_password(&mut tx, Scope::of(me.account.unit), me.account.id, &kept).await?;
    rows::revoke_others(&mut tx, rows::Kind::Person, &me.session.subject, &me.session.id).await?;
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(())
}

/// `POST /account/factors/{id}/remove`
pub(crate) async fn remove_factor(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
    Path(id): Path<uuid::Uuid>,
) -> Answer<Response> {
    match removed(&house, &me, id).await {
        Ok(()) => Ok(go("/account", "factor-removed")),
        Err(refusal) => again(&house, &asked, &person, &me, ("factors", ""), refusal).await,
    }
}

async fn removed(house: &House, me: &Myself, id: uuid::Uuid) -> Answer<()> {
    me.must_be_fresh(house)?;
    let mut tx = house.db.write().await?;
    if !factors::remove(&mut tx, me.account.id, id).await? {
        return Err(Refusal::unknown("factor"));
    }
    // Codes that stand in for a factor are worth nothing without one.
    if factors::of(&mut tx, me.account.id).await?.is_empty() {
        factors::set_codes(&mut tx, me.account.id, &[]).await?;
    }
    socle_db::audit::act("factor-remove");
    tx.commit().await?;
    Ok(())
}
