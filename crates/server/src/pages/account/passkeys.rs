//! New passkeys.
use super::{super::go, Myself, again, app};
use crate::{
    House,
    access::Person,
    pages::{Asked, doors::passkey},
    refusal::{Answer, Refusal},
    sign_in::Once,
};
use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use socle_db::{audit, factors};
use socle_texts::Fault;
use socle_trust::chance;
use std::sync::Arc;

/// `POST /account/passkeys/question`: in JSON, for the browser's own dialogue.
pub(crate) async fn ask(State(house): State<Arc<House>>, me: Myself) -> Answer<Response> {
    me.must_be_fresh(&house)?;
    let place = passkey::here(&house)?;
    let his = factors::of(&mut *house.db.read().await?, me.account.id).await?;
    let there: Vec<_> = his.iter().filter(|f| f.kind == factors::Kind::Passkey).map(passkey::kept).collect();
    let (words, asked) = place.register(me.account.id, &me.account.name, &there)?;
    passkey::told(&house, words, asked, "/account")
}

#[derive(Deserialize)]
pub(crate) struct Made {
    #[serde(default)]
    name: String,
    credential: String,
}

/// `POST /account/passkeys`
pub(crate) async fn answer(
    State(house): State<Arc<House>>,
    asked: Asked,
    Extension(person): Extension<Person>,
    me: Myself,
    headers: HeaderMap,
    Form(said): Form<Made>,
) -> Answer<Response> {
    match made(&house, &me, &headers, &said).await {
        Ok(Some(codes)) => {
            house.sign_in.once.put(me.key, Once::Codes(codes), house.now());
            Ok(go("/account/once", "factor-added"))
        }
        Ok(None) => Ok(go("/account", "factor-added")),
        Err(refusal) => again(&house, &asked, &person, &me, ("factors", ""), refusal).await,
    }
}

/// Keeps a passkey; recovery codes, if it is the account's first factor.
async fn made(house: &House, me: &Myself, headers: &HeaderMap, said: &Made) -> Answer<Option<Vec<String>>> {
    me.must_be_fresh(house)?;
    let question = passkey::question(house, headers)?;
    let kept = passkey::here(house)?.registered(question, &said.credential)?;
    let mut tx = house.db.write().await?;
    if factors::by_credential(&mut tx, &kept.credential).await?.is_some() {
        return Err(Refusal::new(StatusCode::CONFLICT, Fault::new("server-passkey-known")));
    }
    app::room_for_one(&mut tx, me.account.id).await?;
    let first = factors::of(&mut tx, me.account.id).await?.is_empty();
    let factor = factors::Factor {
        id: uuid::Builder::from_random_bytes(chance::bytes()?).into_uuid(),
        account: me.account.id,
        kind: factors::Kind::Passkey,
        name: app::label(&said.name, "Passkey")?,
        credential: Some(kept.credential),
        state: kept.state,
        created: house.now(),
        used: None,
    };
    factors::add(&mut tx, &factor).await?;
    let codes = if first { Some(app::new_codes(&mut tx, me.account.id).await?) } else { None };
    audit::act("factor-add");
    tx.commit().await?;
    Ok(codes)
}
