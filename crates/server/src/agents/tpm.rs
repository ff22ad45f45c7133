//! Bringing a machine's two keys together: something that only its TPM opens.
use crate::{
    House,
    refusal::{Answer, Message, Refusal},
    tpm,
};
use axum::{Json, extract::State, http::StatusCode};
use socle_wire::tpm::{Credential, CredentialWish};
use std::sync::Arc;

/// `POST /agent/v1/tpm/credential`
pub(crate) async fn credential(
    State(house): State<Arc<House>>,
    Message(wish): Message<CredentialWish>,
) -> Answer<Json<Credential>> {
    tpm::credential(&house, &wish).map(Json).map_err(|fault| match fault.code.as_ref() {
        "server-too-many" => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, fault),
        _ => Refusal::wrong(fault),
    })
}
