//! A machine at peace says that it lives, and what it is.
use super::hello::{MAX_FACTS_BYTES, is_in_measure};
use crate::{
    House,
    presence::{self, Peer},
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
    http::{HeaderName, header},
};
use socle_db::{Scope, machines};
use socle_domain::Digest;
use socle_texts::Fault;
use socle_wire::{
    api::LiveEvent,
    presence::{CheckIn, Heartbeat, Pace},
};
use std::{net::SocketAddr, sync::Arc};

/// A fleet holds no line between two words.
type Word = ([(HeaderName, &'static str); 1], Json<Pace>);

async fn word(house: &House, peer: Peer) -> Answer<Word> {
    house.presence.spoke(peer.machine, house.now());
    let work = presence::work(house, peer).await?;
    let start = house.presence.may_have_start(peer.machine).is_some();
    Ok(([(header::CONNECTION, "close")], Json(Pace { start, ..house.presence.pace(work) })))
}

/// `POST /agent/v1/presence/heartbeat`
pub(crate) async fn heartbeat(
    State(house): State<Arc<House>>,
    Extension(peer): Extension<Peer>,
    Message(Heartbeat {}): Message<Heartbeat>,
) -> Answer<Word> {
    word(&house, peer).await
}

/// `POST /agent/v1/presence/check-in`: what is the same as before is not written again.
pub(crate) async fn check_in(
    State(house): State<Arc<House>>,
    Extension(peer): Extension<Peer>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Message(mut said): Message<CheckIn>,
) -> Answer<Word> {
    said.hints.macs.iter_mut().for_each(|m| m.make_ascii_lowercase());
    let address = from.ip().to_canonical().to_string();
    let facts = serde_json::to_vec(&said.facts).map_err(|_| too_long())?;
    if facts.len() > MAX_FACTS_BYTES || !is_in_measure(&said.hints) {
        return Err(too_long());
    }
    let hints = serde_json::to_vec(&said.hints).map_err(|_| too_long())?;
    let what = Digest::of(&[&facts[..], &hints, address.as_bytes()].concat());
    if !house.presence.says_the_same(peer.machine, what) {
        keep(&house, peer, said, address).await?;
        house.presence.said(peer.machine, what);
    }
    word(&house, peer).await
}

fn too_long() -> Refusal {
    Refusal::wrong(Fault::new("server-hello-wrong").because("facts or hints too long"))
}

async fn keep(house: &Arc<House>, peer: Peer, mut said: CheckIn, address: String) -> Answer<()> {
    let scope = Scope::of(peer.unit);
    let known = machines::by_id(&mut *house.db.read().await?, scope, peer.machine).await?;
    let mut machine = known.ok_or_else(|| Refusal::unknown("machine"))?;
    crate::tpm::keep_facts(&mut said.facts, &machine.facts);
    let address = Some(address);
    if (&machine.hints, &machine.facts, &machine.address) == (&said.hints, &said.facts, &address) {
        return Ok(());
    }
    (machine.hints, machine.facts, machine.address) = (said.hints, said.facts, address);
    machine.last_seen = house.now();
    machine.place = "installed".into();
    house
        .together
        .write::<_, Refusal, _>(move |conn| Box::pin(async move { Ok(machines::seen(conn, scope, &machine).await?) }))
        .await?;
    house.live.tell_at(peer.unit, LiveEvent::Machine { id: peer.machine });
    Ok(())
}
