//! Orders: the machine asks, and waits until there is one.
use crate::{House, ordering, refusal::Answer};
use axum::{
    Extension, Json,
    extract::{Query, State},
};
use serde::Deserialize;
use socle_db::machines::Machine;
use socle_wire::agent::Orders;
use std::{pin::pin, sync::Arc, time::Duration};

/// The longest wait.
const MAX_WAIT_SECONDS: u64 = 30;

#[derive(Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    wait: u64,
    #[serde(default)]
    after: u64,
}

/// `GET /agent/v1/orders?wait=SECONDS&after=N`
pub(crate) async fn orders(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Query(wish): Query<Wish>,
) -> Answer<Json<Orders>> {
    house.presence.spoke(machine.id, house.now());
    let ears = house.live.listen(machine.id);
    let until = tokio::time::Instant::now() + Duration::from_secs(wish.wait.min(MAX_WAIT_SECONDS));
    loop {
        // Listening before looking: what is given in between is not missed.
        let mut woken = pin!(ears.woken());
        woken.as_mut().enable();
        let pending = ordering::pending(&house, &machine, wish.after, &machine.place).await?;
        let answer = Orders { orders: pending.orders, go_local: pending.go_local };
        if !answer.orders.is_empty() || answer.go_local || house.live.is_stopping() {
            return Ok(Json(answer));
        }
        if tokio::time::timeout_at(until, woken).await.is_err() {
            return Ok(Json(answer));
        }
    }
}
