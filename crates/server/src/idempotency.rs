//! Requests that must have their effect once: `Idempotency-Key` on every `POST` of the API.
//!
//! The key is noted in the very transaction of the effect ([`socle_db::demand`]): a server that is killed at any moment
//! has either done both or neither. Asked again within 24 hours, the first answer is given again, with
//! `Idempotency-Replayed: true`. Only what had its effect is noted: a request that was refused may be corrected and sent
//! again under its key.
//!
//! The request is carried out to its end also where its caller has gone: that is just when he will ask again.
use crate::{
    House,
    access::Person,
    etag,
    refusal::{Answer, Refusal},
};
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use socle_db::{
    Write,
    demand::{Demand, Key},
    idempotency::{self, Kept},
};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use socle_trust::vault::{MAX_SECRET_BYTES, Place};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

const HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
const MAX_KEY_BYTES: usize = 200;
/// Headers of an answer that are given again.
const KEPT: [header::HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// Keys of requests that are being carried out.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashSet<Digest>>);

impl UnderWay {
    fn begin(&self, key: Digest) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key)
    }
    fn end(&self, key: Digest) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

/// A key while it is under way: it ends with this, also where a handler panics (its transaction then never was).
struct Flight(Arc<House>, Digest);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.under_way.end(self.1);
    }
}

/// What the doors know of a route that changes something.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub house: Arc<House>,
    /// All that may be asked: where the version of a thing is looked up.
    pub gets: Router,
    /// How many segments of the path name the thing that is changed.
    pub segments: Option<usize>,
    /// Whether a key may be given: repeating any other request is harmless by its nature.
    pub is_post: bool,
    /// The longest message.
    pub limit_bytes: usize,
}

/// Carries a request out under what its headers demand.
pub(crate) async fn demanded(State(guarded): State<Guarded>, request: Request, next: Next) -> Response {
    match under_demand(guarded, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn under_demand(guarded: Guarded, request: Request, next: Next) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let wished = etag::wished(&parts)?.zip(guarded.segments);
    let check = wished.map(|(wished, segments)| etag::check(&guarded.gets, &parts, segments, wished));
    let Some(wish) = wish(&parts)?.filter(|_| guarded.is_post) else {
        let request = Request::from_parts(parts, body);
        return Ok(match check {
            Some(check) => Demand::new(Some(check), None).around(next.run(request)).await,
            None => next.run(request).await,
        });
    };
    let too_long = |_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Fault::new("server-message-too-long"));
    let bytes = to_bytes(body, guarded.limit_bytes).await.map_err(too_long)?;
    let person = parts.extensions.get::<Person>().ok_or_else(|| Fault::new("server-broken"))?;
    let now = guarded.house.now();
    let key = Key {
        key: digest(&["socle idempotency key", &person.id.to_string(), &person.name, &wish], b""),
        request: digest(&[parts.method.as_str(), &parts.uri.to_string()], &bytes),
        unit: person.scope.unit(),
        at: now,
    };
    let house = guarded.house;
    if !house.under_way.begin(key.key) {
        return Err(Refusal::conflict(Fault::new("server-key-under-way").may_retry()));
    }
    let request = Request::from_parts(parts, Body::from(bytes));
    let done = tokio::spawn(async move {
        let _flight = Flight(house.clone(), key.key);
        once(&house, key, Demand::new(check, Some(key)), request, next).await
    });
    done.await.map_err(|e| Refusal::from(Fault::new("server-broken").because(e)))?
}

/// The key that somebody chose.
fn wish(parts: &Parts) -> Answer<Option<String>> {
    let Some(value) = parts.headers.get(HEADER) else { return Ok(None) };
    let fits = |text: &&str| (1..=MAX_KEY_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let text = value.to_str().ok().filter(fits);
    let wrong = || Refusal::wrong(Fault::new("server-header-wrong").with("name", "Idempotency-Key"));
    text.map(|t| Some(t.to_string())).ok_or_else(wrong)
}

fn digest(words: &[&str], bytes: &[u8]) -> Digest {
    let mut whole = Vec::new();
    for part in words.iter().map(|w| w.as_bytes()).chain([bytes]) {
        whole.extend((part.len() as u64).to_be_bytes());
        whole.extend(part);
    }
    Digest::of(&whole)
}

async fn once(house: &Arc<House>, key: Key, demand: Arc<Demand>, request: Request, next: Next) -> Answer<Response> {
    let before = idempotency::find(&mut *house.db.read().await?, key.key, key.at).await?;
    if let Some(before) = before {
        return match before.answer {
            _ if before.request != key.request => Err(Refusal::wrong(Fault::new("server-key-other"))),
            Some(kept) => Ok(again(house, key.key, &kept)?),
            None => Err(Refusal::conflict(Fault::new("server-key-answer-lost"))),
        };
    }
    let asked = format!("{} {}", request.method(), request.uri().path());
    let response = demand.around(next.run(request)).await;
    if demand.is_answered_late() {
        house.answered_late.lock().unwrap_or_else(PoisonError::into_inner).insert(asked);
    }
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|e| Fault::new("server-broken").because(e))?;
    if let Some(kept) = sealed(house, key.key, &parts, &bytes)? {
        let mut tx = house.db.write().await?;
        idempotency::answered(&mut tx, &key, &kept).await?;
        tx.commit().await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// Says, before the commit, what a request will be answered: it is then kept in the transaction of its effect, and a
/// server that is killed right after still answers it again. Without this the answer is kept just after the effect.
pub(crate) fn will_answer(house: &House, status: StatusCode, message: &impl serde::Serialize) -> Result<()> {
    will_answer_at(house, status, message, None)
}

/// As [`will_answer`], with the address of what was made.
pub(crate) fn will_answer_at(
    house: &House,
    status: StatusCode,
    message: &impl serde::Serialize,
    place: Option<&str>,
) -> Result<()> {
    if !is_keyed() {
        return Ok(());
    }
    let bytes = serde_json::to_vec(message).map_err(|e| Fault::new("server-broken").because(e))?;
    let typed = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut response = (status, typed).into_response();
    if let Some(place) = place.and_then(|place| HeaderValue::from_str(place).ok()) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    keep(house, response, &bytes)
}

/// Commits what has made something, and answers it: 201. The answer is kept in the same transaction.
pub(crate) async fn made<T: serde::Serialize>(house: &House, tx: Write, told: T) -> Answer<(StatusCode, Json<T>)> {
    will_answer(house, StatusCode::CREATED, &told)?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(told)))
}

/// Commits what has changed something, and answers it: 200. The answer is kept in the same transaction.
pub(crate) async fn done<T: serde::Serialize>(house: &House, tx: Write, told: T) -> Answer<Json<T>> {
    will_answer(house, StatusCode::OK, &told)?;
    tx.commit().await?;
    Ok(Json(told))
}

/// As [`will_answer`], where there is nothing to say: 204.
pub(crate) fn will_answer_nothing(house: &House) -> Result<()> {
    keep(house, StatusCode::NO_CONTENT.into_response(), b"")
}

/// Whether the request that is being carried out has a key: what it will be answered is worth working out beforehand.
pub(crate) fn is_keyed() -> bool {
    Demand::here().is_some_and(|demand| demand.key().is_some())
}

fn keep(house: &House, response: Response, body: &[u8]) -> Result<()> {
    let Some((demand, key)) = Demand::here().and_then(|d| d.key().map(|key| (d, key))) else { return Ok(()) };
    if let Some(kept) = sealed(house, key, &response.into_parts().0, body)? {
        demand.will_answer(kept);
    }
    Ok(())
}

fn place(key: &str) -> Place<'_> {
    Place { kind: "idempotency", owner: key, field: "answer" }
}

/// An answer as it is kept; none where it is too long to be.
fn sealed(house: &House, key: Digest, parts: &axum::http::response::Parts, body: &[u8]) -> Result<Option<Kept>> {
    let mut plain = String::new();
    for name in KEPT {
        let value = parts.headers.get(&name).and_then(|v| v.to_str().ok()).unwrap_or("");
        plain += &format!("{value}\n");
    }
    let whole = [plain.as_bytes(), body].concat();
    if whole.len() > MAX_SECRET_BYTES {
        return Ok(None);
    }
    let sealed = house.vault.seal(place(&key.to_string()), &whole)?;
    Ok(Some(Kept { status: parts.status.as_u16(), sealed }))
}

/// The first answer once more.
fn again(house: &House, key: Digest, kept: &Kept) -> Result<Response> {
    let broken = || Fault::new("server-broken");
    let plain = house.vault.open(place(&key.to_string()), &kept.sealed)?;
    let mut rest = plain.bytes();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(kept.status).map_err(|_| broken())?;
    for name in KEPT {
        let end = rest.iter().position(|b| *b == b'\n').ok_or_else(broken)?;
        if end > 0 {
            response.headers_mut().insert(name, HeaderValue::from_bytes(&rest[..end]).map_err(|_| broken())?);
        }
        rest = &rest[end + 1..];
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    *response.body_mut() = Body::from(rest.to_vec());
    Ok(response)
}
