//! The wizard's door for machines: [`socle_wire::wizard`] says what is spoken there.
//!
//! Signing in is open to anybody, as a hello is; everything else asks for the bearer that it gave.
use crate::{
    House,
    forwarded::FromWhere,
    refusal::{Answer, Message},
    wizard::{answers, place, signing, signing::AtMachine},
};
use axum::{Extension, Json, extract::State, http::StatusCode};
use socle_db::{audit, audit::Trail, wizard};
use socle_trust::chance;
use socle_wire::wizard::{AskPlace, AskQuestions, Finish, Finished, Place, Questions, SignIn, SignedIn};
use std::sync::Arc;

/// `POST /agent/v1/wizard/sign-in`
pub(crate) async fn sign_in(
    State(house): State<Arc<House>>,
    FromWhere(from): FromWhere,
    Message(wish): Message<SignIn>,
) -> Answer<Json<SignedIn>> {
    signing::sign_in(&house, from, wish).await.map(Json)
}

/// `POST /agent/v1/wizard/place`
pub(crate) async fn place(
    State(house): State<Arc<House>>,
    Extension(at): Extension<AtMachine>,
    Message(ask): Message<AskPlace>,
) -> Answer<Json<Place>> {
    let mut conn = house.db.read().await?;
    answers::check_room(&mut conn, &at, ask.unit).await?;
    place::place(&house, &mut conn, ask.unit).await.map(Json)
}

/// `POST /agent/v1/wizard/questions`
pub(crate) async fn questions(
    State(house): State<Arc<House>>,
    Extension(at): Extension<AtMachine>,
    Message(ask): Message<AskQuestions>,
) -> Answer<Json<Questions>> {
    answers::questions(&house, &at, &ask).await.map(Json)
}

/// `POST /agent/v1/wizard/finish`
pub(crate) async fn finish(
    State(house): State<Arc<House>>,
    Extension(at): Extension<AtMachine>,
    Message(given): Message<Finish>,
) -> Answer<Json<Finished>> {
    let name = answers::name_of(&house, at.session.person).await?;
    let (salt, who) = (chance::bytes()?, at.session.person.to_string());
    let trail = Trail::new(house.now(), salt, &who, &name, at.session.unit, "wizard-finish");
    trail.around(answers::finish(&house, &at, given)).await.map(Json)
}

/// `POST /agent/v1/wizard/leave`
pub(crate) async fn leave(State(house): State<Arc<House>>, Extension(at): Extension<AtMachine>) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    wizard::close(&mut tx, at.bearer).await?;
    audit::unnoticed(tx.commit()).await?;
    Ok(StatusCode::NO_CONTENT)
}
