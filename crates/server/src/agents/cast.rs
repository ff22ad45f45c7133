//! A machine asks for a stream of the image that it is about to write, and says what it hears.
use super::runs::own_run;
use crate::{
    House, casting,
    refusal::{Answer, Message, Refusal},
    views::image_id,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::{
    Scope,
    machines::Machine,
    orders,
    runs::{self, RunRow, StartsInto},
};
use socle_domain::{Digest, RunId, order::Act, sign::Signer};
use socle_wire::cast::{CastHeard, CastReport, Join, Joined, MAX_RANGES, RATE_OPTION};
use std::sync::Arc;

/// Runs that are looked at to know how many machines are on their way.
const MAX_LOOKED_AT: u32 = 300;

/// `POST /agent/v1/casts`: for an open run, and only of an image of its own master.
pub(crate) async fn join(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Message(wish): Message<Join>,
) -> Answer<Json<Joined>> {
    let (megabits, expected) = {
        let mut conn = house.db.read().await?;
        let row = own_run(&mut conn, &machine, wish.run).await?;
        let megabits = match row.state.status.is_over() {
            true => 0,
            false => allowed(&house, &mut conn, wish.run, wish.image).await?,
        };
        let expected = if megabits == 0 { 0 } else { on_their_way(&house, &mut conn, &row).await? };
        (megabits, expected)
    };
    if megabits == 0 {
        return Ok(Json(Joined { cast: None }));
    }
    let wish = casting::Wish { run: wish.run, image: image_id(wish.image), megabits, expected };
    Ok(Json(Joined { cast: casting::join(&house, wish).await }))
}

/// How fast this run's site allows a stream of this image; 0: not at all.
async fn allowed(house: &House, conn: &mut socle_db::Conn, run: RunId, image: Digest) -> Answer<u64> {
    for signed in orders::of_run(conn, Scope::ROOT, run).await? {
        let Act::Run(spec) = signed.open(&house.keys.server.public())?.act else { continue };
        let names = spec.master.open(&house.keys.content)?.images.values().any(|i| *i == image);
        let megabits = spec.options.get(RATE_OPTION).and_then(serde_json::Value::as_u64);
        return Ok(megabits.filter(|_| names).unwrap_or(0));
    }
    Ok(0)
}

/// Machines of the same unit, or below it, that go through the same master and have not had their stream; this one too.
async fn on_their_way(house: &House, conn: &mut socle_db::Conn, row: &RunRow) -> Answer<usize> {
    let all = runs::list(conn, Scope::of(row.unit), None, MAX_LOOKED_AT).await?;
    let on_its_way = |r: &&RunRow| {
        r.master == row.master
            && !r.state.status.is_over()
            && r.starts_into == StartsInto::Boot
            && !house.casts.was_served(&r.id)
    };
    Ok(all.iter().filter(on_its_way).count())
}

/// The stream that a machine was let in.
async fn heard(house: &House, machine: &Machine, session: u64) -> Answer<(Arc<casting::Stream>, RunId)> {
    let own = {
        let mut conn = house.db.read().await?;
        runs::open_all_of(&mut conn, Scope::ROOT, machine.id).await?
    };
    let found = house.casts.of(session, |run| own.iter().any(|r| r.id == *run));
    found.ok_or_else(|| Refusal::unknown("cast"))
}

/// `GET /agent/v1/casts/{session}/plan`: the machine is ready to hear.
pub(crate) async fn plan(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(session): Path<u64>,
) -> Answer<Vec<u8>> {
    let (stream, run) = heard(&house, &machine, session).await?;
    stream.enter(run).ok_or_else(|| Refusal::unknown("cast"))
}

/// `POST /agent/v1/casts/{session}/report`
pub(crate) async fn report(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(session): Path<u64>,
    Message(mut said): Message<CastReport>,
) -> Answer<Json<CastHeard>> {
    said.missing.truncate(MAX_RANGES);
    let goes_on = match heard(&house, &machine, session).await {
        Ok((stream, run)) => stream.report(run, said),
        // It is over, and forgotten.
        Err(_) => false,
    };
    Ok(Json(CastHeard { goes_on }))
}

/// `POST /agent/v1/casts/{session}/leave`
pub(crate) async fn leave(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(session): Path<u64>,
) -> Answer<StatusCode> {
    if let Ok((stream, run)) = heard(&house, &machine, session).await {
        stream.leave(run);
    }
    Ok(StatusCode::NO_CONTENT)
}
