//! Signing in with a passkey: alone, or as the second factor.
use super::{
    super::{Asked, local_path},
    enter, secure, with_cookie,
};
use crate::{
    House,
    access::sign_in_refused,
    refusal::{Answer, Refusal, cookie},
    sign_in::{PATIENCE, place::Place},
};
use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use socle_db::{factors, factors::Factor, people, people::Administrator};
use socle_domain::{AccountId, Digest};
use socle_texts::Fault;
use socle_trust::{passkey, passkey::Kept, secret};
use std::sync::Arc;

/// The cookie of a browser that was asked a question.
const QUESTION: &str = "socle-question";

/// What is kept of a passkey, as the trust room reads it.
pub(crate) fn kept(factor: &Factor) -> Kept {
    Kept { credential: factor.credential.clone().unwrap_or_default(), state: factor.state.clone() }
}

/// Passkeys where browsers allow them.
///
/// # Errors
/// 404 `server-passkeys-off`.
pub(crate) fn here(house: &House) -> Answer<&passkey::Place> {
    let off = || Refusal::new(StatusCode::NOT_FOUND, Fault::new("server-passkeys-off"));
    house.sign_in.passkeys.as_ref().ok_or_else(off)
}

/// Answers a question's words, and gives the browser what finds it again.
pub(crate) fn told(house: &House, words: serde_json::Value, asked: passkey::Asked, path: &str) -> Answer<Response> {
    let token = secret::new_token()?;
    house.sign_in.questions.put(secret::digest(&token), asked, house.now());
    let seconds = PATIENCE.as_secs();
    let set = format!("{QUESTION}={token}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={seconds}{}", secure(house));
    Ok(with_cookie(Json(words).into_response(), set))
}

/// The question that this browser was asked: it is answered once.
///
/// # Errors
/// 422 `trust-passkey-wrong` where it was answered before or too much time has gone.
pub(crate) fn question(house: &House, headers: &HeaderMap) -> Answer<passkey::Asked> {
    let key: Option<Digest> = cookie(headers, QUESTION).map(|token| secret::digest(&token));
    let asked = key.and_then(|key| house.sign_in.questions.take(&key, house.now()));
    asked.ok_or_else(|| Fault::new("trust-passkey-wrong").into())
}

/// `POST /sign-in/passkey/question`: in JSON, for the browser's own dialogue. To whom has given one factor: one of his;
/// to anybody else: any. It tells nobody who has a passkey.
pub(crate) async fn ask(State(house): State<Arc<House>>, headers: HeaderMap) -> Answer<Response> {
    let place = here(&house)?;
    let known: Vec<Kept> = match enter::half_of(&house, &headers) {
        Some((_, half)) => {
            let his = factors::of(&mut *house.db.read().await?, half.account).await?;
            his.iter().filter(|f| f.kind == factors::Kind::Passkey).map(kept).collect()
        }
        None => Vec::new(),
    };
    let (words, asked) = if known.is_empty() { place.ask_anybody()? } else { place.ask(&known)? };
    told(&house, words, asked, "/sign-in")
}

#[derive(Deserialize)]
pub(crate) struct Answered {
    credential: String,
    #[serde(default)]
    next: String,
}

/// `POST /sign-in/passkey`
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    asked: Asked,
    place: Place,
    headers: HeaderMap,
    Form(said): Form<Answered>,
) -> Answer<Response> {
    match answered(&house, &place, &headers, &said).await {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let account = meant(&house, &headers, &said.credential).await?;
            sign_in_refused(&house, place.address, account.as_ref()).await?;
            super::refused(&house, &asked, refusal, "", &said.next).await
        }
    }
}

/// Whose passkey it would have been: of who has given one factor, or else of whom the credential is.
async fn meant(house: &House, headers: &HeaderMap, credential: &str) -> Answer<Option<Administrator>> {
    let mut conn = house.db.read().await?;
    let account = match (enter::half_of(house, headers), passkey::claimed(credential)) {
        (Some((_, half)), _) => Some(half.account),
        (None, Ok(claimed)) => factors::by_credential(&mut conn, &claimed.credential).await?.map(|f| f.account),
        (None, Err(_)) => None,
    };
    Ok(match account {
        Some(account) => people::by_account(&mut conn, AccountId(account)).await?,
        None => None,
    })
}

async fn answered(house: &Arc<House>, place: &Place, headers: &HeaderMap, said: &Answered) -> Answer<Response> {
    let now = house.now();
    let wrong = || Refusal::from(Fault::new("trust-passkey-wrong"));
    let question = question(house, headers)?;
    let claimed = passkey::claimed(&said.credential).map_err(|_| wrong())?;
    let half = enter::half_of(house, headers);
    let mut tx = house.db.write().await?;
    let factor = factors::by_credential(&mut tx, &claimed.credential).await?.ok_or_else(wrong)?;
    let meant = half.as_ref().map(|(_, half)| half.account).or(claimed.account);
    if meant != Some(factor.account) {
        return Err(wrong());
    }
    let again = here(house)?.answered(question, &said.credential, &kept(&factor)).map_err(|fault| {
        tracing::warn!(%fault, "a passkey was refused");
        if fault.is("trust-passkey-copied") { Refusal::from(fault) } else { wrong() }
    })?;
    if !factors::set_state(&mut tx, &factor, &again.state, now).await? {
        return Err(wrong());
    }
    let account = people::by_account(&mut tx, AccountId(factor.account)).await?.ok_or_else(wrong)?;
    let how = half.as_ref().map_or_else(|| "passkey".to_string(), |(_, half)| format!("{} passkey", half.how));
    let cookies = enter::session(house, &mut tx, place, headers, &account, &how).await?;
    tx.commit().await?;
    let next = half.as_ref().map_or_else(|| local_path(&said.next).to_string(), |(_, half)| half.next.clone());
    if let Some((key, _)) = half {
        house.sign_in.halves.take(&key, now);
    }
    Ok(enter::enter(cookies, &next))
}
