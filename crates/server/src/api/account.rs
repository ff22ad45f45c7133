//! One's own account: sessions and tokens. A token looks and revokes; making one needs a person with a session.
use crate::{
    House,
    access::{COOKIE, Person},
    idempotency,
    pages::account::tokens::make,
    paging::Paged,
    refusal::{Answer, Message, Refusal, cookie},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use socle_db::{audit, factors, people, sessions, tokens};
use socle_texts::Fault;
use socle_trust::secret;
use socle_wire::{
    account::{AccountView, FactorView, MadeToken, NewToken, Revoked, SessionView, TokenGrant, TokenView},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/account`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<Json<AccountView>> {
    let mut conn = house.db.read().await?;
    let account = people::by_account(&mut conn, person.id).await?.ok_or_else(|| Refusal::unknown("account"))?;
    let view = |f: factors::Factor| FactorView {
        id: f.id.to_string(),
        kind: f.kind.word().into(),
        name: f.name,
        since: f.created,
        used: f.used,
    };
    Ok(Json(AccountView {
        id: person.id,
        name: account.name,
        has_password: account.password.is_some(),
        factors: factors::of(&mut conn, account.id).await?.into_iter().map(view).collect(),
        recovery_codes_left: factors::codes_left(&mut conn, account.id).await?,
    }))
}

/// `GET /api/v1/account/sessions`
pub(crate) async fn list_sessions(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<SessionView>>> {
    let mut conn = house.db.read().await?;
    let all = sessions::of(&mut conn, sessions::Kind::Person, &person.id.to_string(), house.now()).await?;
    let view = |s: sessions::Session| SessionView {
        id: s.id,
        device: s.device,
        address: s.address,
        how: s.how,
        since: s.created,
        used: s.used,
        expires: s.expires,
    };
    Ok(paged.cut(all.into_iter().map(view).collect(), |s| s.id.clone()))
}

/// `DELETE /api/v1/account/sessions/{id}`
pub(crate) async fn revoke_session(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    if !sessions::revoke(&mut tx, sessions::Kind::Person, &person.id.to_string(), &id).await? {
        return Err(Refusal::unknown("session"));
    }
    audit::act("session-revoke");
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/account/sessions/revoke-others`: all but the one that asks, if one does.
pub(crate) async fn revoke_others(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
) -> Answer<Json<Revoked>> {
    let (mut tx, now) = (house.db.write().await?, house.now());
    let mine = match cookie(&headers, COOKIE).filter(|_| person.limits.is_none()) {
        Some(bearer) => sessions::find(&mut tx, sessions::Kind::Person, secret::digest(&bearer), now).await?,
        None => None,
    };
    let kept = mine.map(|s| s.id).unwrap_or_default();
    let revoked = sessions::revoke_others(&mut tx, sessions::Kind::Person, &person.id.to_string(), &kept).await?;
    audit::act("sessions-revoke-others");
    let told = Revoked { revoked };
    crate::idempotency::will_answer(&house, StatusCode::OK, &told)?;
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(Json(told))
}

fn token_view(t: tokens::Token) -> TokenView {
    TokenView {
        id: t.id,
        name: t.name,
        grants: t.grants.into_iter().map(|(role, unit)| TokenGrant { role, unit }).collect(),
        since: t.created,
        expires: t.expires,
        used: t.used,
        address: t.address,
    }
}

/// `GET /api/v1/account/tokens`
pub(crate) async fn list_tokens(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<TokenView>>> {
    let all = tokens::of(&mut *house.db.read().await?, person.id).await?;
    Ok(paged.cut(all.into_iter().map(token_view).collect(), |t| t.id.clone()))
}

/// `POST /api/v1/account/tokens`: by a session that was opened just now; no token makes another.
pub(crate) async fn add_token(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
    Message(wish): Message<NewToken>,
) -> Answer<(StatusCode, Json<MadeToken>)> {
    let refused = |code: &'static str| Refusal::new(StatusCode::FORBIDDEN, Fault::new(code));
    let bearer = cookie(&headers, COOKIE).filter(|_| person.limits.is_none());
    let bearer = bearer.ok_or_else(|| refused("server-session-needed"))?;
    let (mut tx, now) = (house.db.write().await?, house.now());
    let session = sessions::find(&mut tx, sessions::Kind::Person, secret::digest(&bearer), now).await?;
    if !session.is_some_and(|s| crate::pages::account::is_fresh(&s, now)) {
        return Err(refused("server-sign-in-again"));
    }
    let grants = wish.grants.into_iter().map(|g| (g.role, g.unit)).collect();
    let account = (person.id, person.scope.unit());
    let (secret, token) = make(&mut tx, account, &wish.name, wish.days, grants, now).await?;
    let made = MadeToken { secret, token: token_view(token) };
    // It is told once: also where the server is killed before it was.
    idempotency::made(&house, tx, made).await
}

/// `DELETE /api/v1/account/tokens/{id}`
pub(crate) async fn revoke_token(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    if !tokens::revoke_of(&mut tx, person.id, &id).await? {
        return Err(Refusal::unknown("token"));
    }
    audit::act("token-revoke");
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(StatusCode::NO_CONTENT)
}
