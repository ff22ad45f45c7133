//! From a factor to a session.
use super::{YEAR_SECONDS, secure, with_cookie};
use crate::{
    House,
    access::COOKIE,
    config::sign_in::SecondFactor,
    refusal::{Answer, cookie},
    sign_in::{
        Half, PATIENCE,
        place::{DEVICE, Place},
    },
};
use axum::{
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use socle_db::{Write, audit, factors, people::Administrator, sessions};
use socle_domain::{AccountId, Digest};
use socle_texts::Result;
use socle_trust::{secret, totp};
use std::{sync::Arc, time::Duration};

/// The cookie of who has given one factor.
const HALF: &str = "socle-half";
/// Tries of a second factor before one begins again.
const TRIES: u32 = 5;
/// Ways of signing in that are two factors already.
const STRONG: [&str; 2] = ["passkey", "service-strong"];

/// Somebody has proved one factor: he is asked for the second one where he has one or needs one, else he is in.
pub(crate) async fn half(
    house: &Arc<House>,
    place: &Place,
    headers: &HeaderMap,
    account: &Administrator,
    how: &str,
    next: &str,
) -> Answer<Response> {
    let his = factors::of(&mut *house.db.read().await?, account.id).await?;
    let needed = house.config.sign_in.second_factor == SecondFactor::Required;
    if STRONG.contains(&how) || (his.is_empty() && !needed) {
        let mut tx = house.db.write().await?;
        let cookies = session(house, &mut tx, place, headers, account, how).await?;
        tx.commit().await?;
        return Ok(enter(cookies, next));
    }
    let (token, now) = (secret::new_token()?, house.now());
    let enrolling = if his.is_empty() { Some(Arc::new(totp::new_secret()?)) } else { None };
    let page = if enrolling.is_some() { "/sign-in/enrol" } else { "/sign-in/second" };
    let half = Half { account: account.id, how: how.into(), next: next.into(), tries: TRIES, enrolling };
    house.sign_in.halves.put(secret::digest(&token), half, now);
    let seconds = PATIENCE.as_secs();
    let set = format!("{HALF}={token}; Path=/sign-in; HttpOnly; SameSite=Strict; Max-Age={seconds}{}", secure(house));
    Ok(with_cookie(Redirect::to(page).into_response(), set))
}

/// The half of a request, by its digest.
pub(crate) fn half_of(house: &House, headers: &HeaderMap) -> Option<(Digest, Half)> {
    let digest = secret::digest(&cookie(headers, HALF)?);
    Some((digest, house.sign_in.halves.look(&digest, house.now())?))
}

/// Opens a session, in the place of the one that this browser had; the cookies that it is given.
pub(crate) async fn session(
    house: &House,
    tx: &mut Write,
    place: &Place,
    headers: &HeaderMap,
    account: &Administrator,
    how: &str,
) -> Result<Vec<String>> {
    let (bearer, name, now) = (secret::new_token()?, secret::new_token()?, house.now());
    if let Some(before) = cookie(headers, COOKIE) {
        sessions::close(tx, secret::digest(&before)).await?;
        house.sign_in.revoked();
    }
    let lasts = Duration::from_secs(u64::from(house.config.sign_in.session_hours) * 3600);
    let session = sessions::Session {
        id: name[..32].to_string(),
        unit: account.unit,
        subject: account.id.to_string(),
        created: now,
        expires: now + lasts,
        used: now,
        address: place.text(),
        device: place.device.clone(),
        how: how.to_string(),
    };
    sessions::begin(tx, sessions::Kind::Person, secret::digest(&bearer), &session).await?;
    audit::who(AccountId(account.id), &account.name, account.unit);
    audit::act("sign-in");
    let device = match cookie(headers, DEVICE).filter(|d| d.len() == 64) {
        Some(device) => device,
        None => secret::new_token()?,
    };
    factors::know_device(tx, secret::digest(&device), account.id, now).await?;
    let (secure, seconds) = (secure(house), lasts.as_secs());
    Ok(vec![
        format!("{COOKIE}={bearer}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"),
        format!("{DEVICE}={device}; Path=/sign-in; HttpOnly; SameSite=Strict; Max-Age={YEAR_SECONDS}{secure}"),
        format!("{HALF}=; Path=/sign-in; HttpOnly; SameSite=Strict; Max-Age=0{secure}"),
    ])
}

/// To where he wanted to go, with his cookies.
pub(crate) fn enter(cookies: Vec<String>, next: &str) -> Response {
    cookies.into_iter().fold(Redirect::to(next).into_response(), with_cookie)
}
