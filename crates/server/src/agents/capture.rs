//! What a machine captures comes in: only from the machine whose run is in its capture step, and checked whole before it
//! is kept. What comes out is a draft: nobody can install it before the content key has signed it.
use crate::{
    House,
    agents::runs::own_run,
    captures,
    house::blocking,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::{Scope, images, machines::Machine, masters, orders, runs::RunRow};
use socle_domain::{
    Digest, RunId, Timestamp,
    order::{Act, RunSpec},
    run::StepStatus,
    sequence::{Action, fill},
    sign::Signer,
};
use socle_image::{ChunkId, ImageId, MAX_PAGE_BYTES, Manifest, PackName, PageDigest, Sink};
use socle_texts::{Fault, Result};
use socle_wire::{
    MAX_PACK_BYTES,
    agent::{Captured, Has, HasAnswer},
    api::LiveEvent,
    webhook::ToldData,
};
use std::sync::Arc;

const MAX_HAS: usize = 4_000;

/// The run of this machine and the name of the image that it captures now.
///
/// # Errors
/// `server-not-capturing` where its current step captures nothing.
async fn capturing(house: &House, machine: &Machine, run: RunId) -> Answer<(RunRow, String)> {
    let not_now = || Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-not-capturing"));
    let mut conn = house.db.read().await?;
    let row = own_run(&mut conn, machine, run).await?;
    let scope = Scope::of(row.unit);
    let signed = masters::by_digest(&mut conn, scope, row.master).await?.ok_or_else(not_now)?;
    let sequence = views::master(house, &signed)?.sequence;
    let next = row.state.next_step().filter(|_| row.state.status.word() == "running").ok_or_else(not_now)?;
    let running = row.state.steps.get(next).is_some_and(|s| s.status == StepStatus::Running);
    let Some(Action::CaptureImage { name, .. }) = sequence.steps.get(next).map(|s| &s.action).filter(|_| running)
    else {
        return Err(not_now());
    };
    let spec = spec_of(house, &orders::of_run(&mut conn, scope, run).await?)?.ok_or_else(not_now)?;
    let facts = serde_json::to_value(&machine.facts).unwrap_or_default();
    let options = serde_json::to_value(&spec.options).unwrap_or_default();
    let target = serde_json::to_value(&spec.target).unwrap_or_default();
    let name = fill(name, &[("facts", &facts), ("options", &options), ("target", &target)])?;
    Ok((row, name))
}

fn spec_of(house: &House, all: &[socle_domain::sign::Signed<socle_domain::order::Order>]) -> Result<Option<RunSpec>> {
    for signed in all {
        if let Act::Run(spec) = signed.open(&house.keys.server.public())?.act {
            return Ok(Some(*spec));
        }
    }
    Ok(None)
}

/// `POST /agent/v1/capture/{run}/has`
pub(crate) async fn has(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
    Message(wish): Message<Has>,
) -> Answer<Json<HasAnswer>> {
    if wish.chunks.len() > MAX_HAS {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Fault::new("server-message-too-long")));
    }
    capturing(&house, &machine, run).await?;
    let has = with_session(&house, run, move |session| {
        session.has(&wish.chunks.iter().map(|c| ChunkId(c.0)).collect::<Vec<_>>())
    });
    Ok(Json(HasAnswer { has: has.await? }))
}

/// `PUT /agent/v1/capture/{run}/packs/{pack}`
pub(crate) async fn pack(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path((run, pack)): Path<(RunId, Digest)>,
    bytes: Bytes,
) -> Answer<StatusCode> {
    let too_long = Fault::new("server-message-too-long");
    if bytes.len() > MAX_PACK_BYTES {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, too_long));
    }
    capturing(&house, &machine, run).await?;
    with_session(&house, run, move |session| session.receive_pack(&PackName(pack.0), &bytes)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /agent/v1/capture/{run}/pages/{digest}`
pub(crate) async fn page(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path((run, digest)): Path<(RunId, Digest)>,
    bytes: Bytes,
) -> Answer<StatusCode> {
    let digest = PageDigest(digest.0);
    if bytes.len() > MAX_PAGE_BYTES || !digest.is_of(&bytes) {
        return Err(Refusal::wrong(Fault::new("server-page-refused").with("page", digest.to_string())));
    }
    capturing(&house, &machine, run).await?;
    with_session(&house, run, move |session| session.put_page(&digest, &bytes)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /agent/v1/capture/{run}/manifest`
pub(crate) async fn manifest(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
    bytes: Bytes,
) -> Answer<Json<Captured>> {
    let (row, name) = capturing(&house, &machine, run).await?;
    let root = ImageId::of(&bytes);
    let manifest = Manifest::open(&root, &bytes)?;
    if manifest.name != name {
        return Err(Refusal::wrong(
            Fault::new("server-capture-name").with("name", &manifest.name).with("expected", name),
        ));
    }
    with_session(&house, run, move |session| session.put_manifest(&root, &bytes)).await?;
    house.captures.end(run);
    let image = draft(&manifest, root, row.unit, house.now());
    let mut tx = house.db.write().await?;
    images::put(&mut tx, Scope::of(row.unit), &image).await?;
    let data = ToldData { run: Some(run), image: Some(image.image), ..ToldData::default() };
    crate::webhooks::happened(&house, &mut tx, "image.captured", row.unit, data).await?;
    tx.commit().await?;
    house.live.tell_at(image.unit, LiveEvent::Image { image: image.image });
    Ok(Json(Captured { image: image.image }))
}

/// An image as it was captured, unsigned.
pub(crate) fn draft(
    manifest: &Manifest,
    root: ImageId,
    unit: socle_domain::UnitId,
    otherwise: Timestamp,
) -> images::Image {
    let at = i64::try_from(manifest.captured_at_unix_seconds).ok().and_then(|s| Timestamp::from_second(s).ok());
    images::Image {
        image: Digest(root.0),
        unit,
        name: manifest.name.clone(),
        disk_bytes: manifest.disk.size_bytes,
        used_bytes: manifest.data_bytes(),
        captured: at.unwrap_or(otherwise),
        release: None,
    }
}

async fn with_session<T: Send + 'static>(
    house: &Arc<House>,
    run: RunId,
    work: impl FnOnce(&socle_repository::Session) -> Result<T> + Send + 'static,
) -> Result<T> {
    let house = house.clone();
    blocking(move || {
        let sessions: &captures::Captures = &house.captures;
        work(&*sessions.session(run, &house.repository, house.now())?)
    })
    .await
}
