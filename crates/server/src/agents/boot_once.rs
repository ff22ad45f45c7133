//! What an installed system needs to start the boot environment from its own disk, and what it says of it.
use crate::{
    House, boot_once,
    house::blocking,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::machines::Machine;
use socle_wire::boot_once::BootOnceReport;
use std::sync::Arc;

/// `GET /agent/v1/environment/{file}`: what was checked against the content key's word, and that word.
pub(crate) async fn file(State(house): State<Arc<House>>, Path(file): Path<String>) -> Answer<Bytes> {
    let shelf = house.environment.clone();
    let files = blocking(move || shelf.files()).await?;
    files.get(&file).cloned().ok_or_else(|| Refusal::unknown("file"))
}

/// `POST /agent/v1/boot-once/{number}`
pub(crate) async fn told(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(number): Path<u64>,
    Message(report): Message<BootOnceReport>,
) -> Answer<StatusCode> {
    boot_once::told(&house, &machine, number, report).await?;
    Ok(StatusCode::NO_CONTENT)
}
