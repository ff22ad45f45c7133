//! Where one is signed in.
use super::{super::go, Myself};
use crate::{
    House,
    refusal::{Answer, Refusal},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use socle_db::{audit, sessions};
use std::sync::Arc;

/// `POST /account/sessions/{id}/revoke`
pub(crate) async fn revoke(State(house): State<Arc<House>>, me: Myself, Path(id): Path<String>) -> Answer<Response> {
    let mut tx = house.db.write().await?;
    if !sessions::revoke(&mut tx, sessions::Kind::Person, &me.session.subject, &id).await? {
        return Err(Refusal::unknown("session"));
    }
    audit::act("session-revoke");
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(go("/account", "session-revoked"))
}

/// `POST /account/sessions/revoke-others`
pub(crate) async fn revoke_others(State(house): State<Arc<House>>, me: Myself) -> Answer<Response> {
    let mut tx = house.db.write().await?;
    sessions::revoke_others(&mut tx, sessions::Kind::Person, &me.session.subject, &me.session.id).await?;
    audit::act("sessions-revoke-others");
    tx.commit().await?;
    house.sign_in.revoked();
    Ok(go("/account", "sessions-revoked"))
}
