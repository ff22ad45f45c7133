//! What programs may do in one's name.
use super::{super::go, Myself, again, app};
use crate::{
    House,
    access::Person,
    pages::Asked,
    refusal::{Answer, Refusal},
    sign_in::Once,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use socle_db::{Conn, audit, grants, tokens};
use socle_domain::{AccountId, Timestamp, UnitId, role::Role};
use socle_texts::Fault;
use socle_trust::secret;
use std::{sync::Arc, time::Duration};

/// Tokens of one account.
const MAX_TOKENS: usize = 50;
/// The longest life of a token.
pub(crate) const MAX_DAYS: u32 = 400;

#[derive(Deserialize)]
pub(crate) struct Wished {
    name: String,
    days: u32,
    /// `ROLE@UNIT`; empty: all that he holds.
    #[serde(default)]
    role: String,
}

/// A new token of an account: never with more than its person holds. Its secret, and the token.
///
/// # Errors
/// 422 `server-token-days`, `server-tokens-many`, `server-token-role`, `server-label-wrong`.
pub(crate) async fn make(
    conn: &mut Conn,
    account: (AccountId, UnitId),
    name: &str,
    days: u32,
    wished: Vec<(Role, UnitId)>,
    now: Timestamp,
) -> Answer<(String, tokens::Token)> {
    let name = app::label(name, "")?;
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Fault::new("server-token-days").with("limit", MAX_DAYS).into());
    }
    if tokens::of(conn, account.0).await?.len() >= MAX_TOKENS {
        return Err(Fault::new("server-tokens-many").with("limit", MAX_TOKENS).into());
    }
    let held = grants::of(conn, account.0).await?;
    for (role, unit) in &wished {
        let path = grants::path(conn, *unit).await?;
        if !held.iter().any(|h| h.grant.role == *role && path.contains(&h.grant.unit)) {
            return Err(Fault::new("server-token-role").into());
        }
    }
    let (secret, id) = (secret::new_token()?, secret::new_token()?);
    let token = tokens::Token {
        id: id[..32].to_string(),
        unit: account.1,
        name,
        person: Some(account.0),
        grants: wished,
        created: now,
        expires: Some(now + Duration::from_secs(u64::from(days) * 86_400)),
        used: None,
        address: String::new(),
    };
    tokens::make(conn, secret::digest(&secret), &token).await?;
    audit::act("token-add");
    Ok((secret, token))
}

/// `POST /account/tokens`
pub(crate) async fn create(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
    Form(said): Form<Wished>,
) -> Answer<Response> {
    match created(&house, &me, &said).await {
        Ok(()) => Ok(go("/account/once", "")),
        Err(refusal) => {
            let (status, fault) = refusal.into_parts();
            let field = match fault.code.as_ref() {
                "server-token-days" => "days",
                "server-token-role" => "role",
                _ => "name",
            };
            again(&house, &asked, &person, &me, ("tokens", field), Refusal::new(status, fault)).await
        }
    }
}

async fn created(house: &House, me: &Myself, said: &Wished) -> Answer<()> {
    me.must_be_fresh(house)?;
    let wished = match said.role.split_once('@') {
        None => Vec::new(),
        Some((role, unit)) => {
            let wrong = || Fault::new("server-token-role");
            vec![(role.parse().map_err(|_| wrong())?, unit.parse().map_err(|_| wrong())?)]
        }
    };
    let (mut tx, now) = (house.db.write().await?, house.now());
    let (secret, token) = make(&mut tx, (me.id(), me.account.unit), &said.name, said.days, wished, now).await?;
    tx.commit().await?;
    house.sign_in.once.put(me.key, Once::Token(token.name, secret), now);
    Ok(())
}

/// `POST /account/tokens/{id}/revoke`
pub(crate) async fn revoke(State(house): State<Arc<House>>, me: Myself, Path(id): Path<String>) -> Answer<Response> {
    let mut tx = house.db.write().await?;
    if !tokens::revoke_of(&mut tx, me.id(), &id).await? {
        return Err(Refusal::unknown("token"));
    }
    audit::act("token-revoke");
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(go("/account", "token-revoked"))
}
