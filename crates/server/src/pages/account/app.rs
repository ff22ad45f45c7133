//! Codes of an application, and the recovery codes that come with the first factor.
use super::{super::go, Myself, again, sign_in_again};
use crate::{
    House,
    access::{COOKIE, Person},
    pages::{Asked, problem, show, show_as, typed},
    refusal::{Answer, Refusal},
    sign_in::Once,
};
use axum::{Extension, Form, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use socle_console::{App, Form as Refused};
use socle_db::{Conn, audit, factors, sealed};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use socle_trust::{chance, recovery, secret, totp, vault::Place};
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Factors of one account.
pub(crate) const MAX_FACTORS: usize = 20;
const MAX_NAME: usize = 60;

/// The page that shows a secret. `entering`: he is not in yet.
pub(crate) fn page(secret: &[u8], account: &str, entering: bool, form: Refused) -> Result<App> {
    let shown = totp::enrolment(secret, "Socle", account)?;
    Ok(App { text: shown.text, url: shown.url, side: shown.picture.side, path: shown.picture.path, entering, form })
}

/// A name that somebody gives to a factor or a token.
///
/// # Errors
/// 422 `server-label-wrong`.
pub(crate) fn label(wish: &str, otherwise: &str) -> Answer<String> {
    let name = wish.trim();
    let name = if name.is_empty() { otherwise } else { name };
    match name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control) && !name.is_empty() {
        true => Ok(name.to_string()),
        false => Err(Fault::new("server-label-wrong").with("limit", MAX_NAME).into()),
    }
}

/// `GET /account/app`: a new secret, kept in memory until a code of it was given.
pub(crate) async fn ask(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
) -> Answer<Response> {
    if !me.is_fresh(&house) {
        return Ok(sign_in_again("/account/app"));
    }
    let now = house.now();
    let secret = match house.sign_in.enrolling.look(&me.key, now) {
        Some(secret) => secret,
        None => Arc::new(totp::new_secret()?),
    };
    house.sign_in.enrolling.put(me.key, secret.clone(), now);
    show(&house, &asked, Some(&person), &page(&secret, &me.account.name, false, Refused::default())?).await
}

#[derive(Deserialize)]
pub(crate) struct Tried {
    #[serde(default)]
    name: String,
    code: String,
}

/// `POST /account/app`
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
    Form(said): Form<Tried>,
) -> Answer<Response> {
    if !me.is_fresh(&house) {
        return Ok(sign_in_again("/account/app"));
    }
    let now = house.now();
    let Some(secret) = house.sign_in.enrolling.look(&me.key, now) else { return Ok(go("/account/app", "")) };
    let Some(step) = totp::check(&secret, &said.code, now)? else {
        let asked = asked.back_on("/account/app".into());
        let refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::new("server-second-wrong"));
        let form = Refused::refused(problem(&house, &asked, refusal), "code", typed(&[("name", &said.name)]));
        let page = page(&secret, &me.account.name, false, form)?;
        return show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let mut tx = house.db.write().await?;
    let first = factors::of(&mut tx, me.account.id).await?.is_empty();
    keep(&house, &mut tx, me.account.id, &said.name, &secret, step).await?;
    let codes = if first { Some(new_codes(&mut tx, me.account.id).await?) } else { None };
    tx.commit().await?;
    house.sign_in.enrolling.take(&me.key, now);
    Ok(match codes {
        Some(codes) => {
            house.sign_in.once.put(me.key, Once::Codes(codes), now);
            go("/account/once", "factor-added")
        }
        None => go("/account", "factor-added"),
    })
}

/// Keeps a secret whose code was right: sealed, and that code used up.
pub(crate) async fn keep(
    house: &House,
    tx: &mut Conn,
    account: Uuid,
    name: &str,
    secret: &Zeroizing<Vec<u8>>,
    step: u64,
) -> Answer<()> {
    let (id, now) = (uuid::Builder::from_random_bytes(chance::bytes()?).into_uuid(), house.now());
    room_for_one(tx, account).await?;
    let factor = factors::Factor {
        id,
        account,
        kind: factors::Kind::Totp,
        name: label(name, "TOTP")?,
        credential: None,
        state: String::new(),
        created: now,
        used: None,
    };
    factors::add(tx, &factor).await?;
    factors::take_step(tx, id, step, now).await?;
    let owner = id.to_string();
    let value = house.vault.seal(Place { kind: factors::SEALED, owner: &owner, field: "secret" }, secret)?;
    let one = sealed::Sealed { kind: factors::SEALED.into(), owner, field: "secret".into(), value };
    sealed::put(tx, &one, now).await?;
    audit::act("factor-add");
    Ok(())
}

/// Refuses one too many.
pub(crate) async fn room_for_one(tx: &mut Conn, account: Uuid) -> Answer<()> {
    match factors::of(tx, account).await?.len() < MAX_FACTORS {
        true => Ok(()),
        false => Err(Fault::new("server-factors-many").with("limit", MAX_FACTORS).into()),
    }
}

/// New recovery codes in the place of the old ones.
pub(crate) async fn new_codes(tx: &mut Conn, account: Uuid) -> Result<Vec<String>> {
    let codes = recovery::new_codes()?;
    let digests: Vec<Digest> = codes.iter().filter_map(|code| recovery::digest(code)).collect();
    factors::set_codes(tx, account, &digests).await?;
    Ok(codes)
}

/// `POST /account/recovery`: new recovery codes.
pub(crate) async fn recovery(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
) -> Answer<Response> {
    match renewed(&house, &me).await {
        Ok(()) => Ok(go("/account/once", "")),
        Err(refusal) => again(&house, &asked, &person, &me, ("factors", ""), refusal).await,
    }
}

async fn renewed(house: &House, me: &Myself) -> Answer<()> {
    me.must_be_fresh(house)?;
    let mut tx = house.db.write().await?;
    if factors::of(&mut tx, me.account.id).await?.is_empty() {
        return Err(Fault::new("server-factor-first").into());
    }
    let codes = new_codes(&mut tx, me.account.id).await?;
    audit::act("recovery-codes-renew");
    tx.commit().await?;
    house.sign_in.once.put(me.key, Once::Codes(codes), house.now());
    Ok(())
}

/// By what the session that these cookies open is remembered.
pub(crate) fn session_key(cookies: &[String]) -> Option<Digest> {
    let value = cookies.iter().find_map(|c| c.strip_prefix(COOKIE)?.strip_prefix('='))?;
    Some(secret::digest(value.split(';').next()?))
}
