//! A session or a token that is revoked ends also what is under way with it: a wait, a stream of events. And what is used is
//! noted, once a minute at most.
use crate::{
    House,
    access::{COOKIE, bearer},
    refusal::{Refusal, cookie},
};
use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use socle_db::{audit, sessions, tokens};
use socle_domain::{Digest, Timestamp};
use socle_texts::{Fault, Result};
use socle_trust::secret;
use std::{future::Future, net::IpAddr, sync::Arc, time::Duration};

/// How often is looked even where nobody says anything: another process (the command line) may have revoked it.
const LOOK: Duration = Duration::from_secs(3);
/// How often the use of one is noted.
const NOTE_SECONDS: i64 = 60;

/// With what something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// A person's session.
    Session(Digest),
    /// A token.
    Token(Digest),
}

impl Held {
    /// What a request shows.
    pub fn of(headers: &HeaderMap) -> Option<Held> {
        let token = bearer(headers).map(|b| Held::Token(secret::digest(b)));
        token.or_else(|| cookie(headers, COOKIE).map(|c| Held::Session(secret::digest(&c))))
    }
    fn digest(&self) -> Digest {
        match self {
            Held::Session(digest) | Held::Token(digest) => *digest,
        }
    }
}

/// An answer, for as long as what it was asked with is worth something: then 401, and a stream ends.
pub(crate) async fn held(house: Arc<House>, by: Held, answer: impl Future<Output = Response>) -> Response {
    let response = tokio::select! {
        response = answer => response,
        () = ended(house.clone(), by) => {
            return Refusal::new(StatusCode::UNAUTHORIZED, Fault::new("server-unauthenticated")).into_response();
        }
    };
    // What has a length is under way already and ends by itself.
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    let (head, body) = response.into_parts();
    let body = body.into_data_stream().take_until(Box::pin(ended(house, by)));
    Response::from_parts(head, Body::from_stream(body))
}

/// Done when it is worth nothing any more.
async fn ended(house: Arc<House>, by: Held) {
    let mut revoked = house.sign_in.revoked.subscribe();
    loop {
        tokio::select! {
            _ = revoked.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        // A database that does not answer for a moment revokes nothing.
        if is_open(&house, by).await.is_ok_and(|open| !open) {
            return;
        }
    }
}

async fn is_open(house: &House, by: Held) -> Result<bool> {
    let mut conn = house.db.read().await?;
    let now = house.now();
    Ok(match by {
        Held::Session(digest) => sessions::find(&mut conn, sessions::Kind::Person, digest, now).await?.is_some(),
        Held::Token(digest) => tokens::find(&mut conn, digest, now).await?.is_some(),
    })
}

/// Notes that it was used, if that was not noted within the last minute. A request does not wait for that.
pub(crate) fn note(house: &Arc<House>, by: Held, from: Option<IpAddr>) {
    let now = house.now();
    if !house.sign_in.noted.is_due(by.digest(), now) {
        return;
    }
    let house = house.clone();
    tokio::spawn(async move {
        let work = async {
            let from = from.map(|a| a.to_string()).unwrap_or_default();
            let mut tx = house.db.write().await?;
            match by {
                Held::Session(digest) => sessions::used(&mut tx, digest, now, &from).await?,
                Held::Token(digest) => tokens::used(&mut tx, digest, now, &from).await?,
            }
            tx.commit().await
        };
        if let Err(fault) = audit::unnoticed(work).await {
            tracing::warn!(%fault, "the use of a session could not be noted");
        }
    });
}

/// When each was noted last.
#[derive(Default)]
pub(crate) struct Noted(std::sync::Mutex<std::collections::HashMap<Digest, Timestamp>>);

impl Noted {
    const MAX: usize = 20_000;

    fn is_due(&self, digest: Digest, now: Timestamp) -> bool {
        let fresh = |at: &Timestamp| (0..NOTE_SECONDS).contains(&now.duration_since(*at).as_secs());
        let mut held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.get(&digest).is_some_and(fresh) {
            return false;
        }
        if held.len() >= Self::MAX {
            held.retain(|_, at| fresh(at));
        }
        held.insert(digest, now);
        true
    }
}
