//! Live events: told at once to whoever listens, never kept.
use crate::House;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use socle_wire::api::LiveEvent;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{Notify, broadcast};

/// Events that a slow listener may lag behind before it loses the oldest: it then asks again for what it shows.
const LAG: usize = 1_024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Who tells and who listens.
pub(crate) struct Live {
    events: broadcast::Sender<LiveEvent>,
    orders: Notify,
    stopping: tokio::sync::watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Live {
            events: broadcast::Sender::new(LAG),
            orders: Notify::new(),
            stopping: tokio::sync::watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Tells everybody who listens.
    pub fn tell(&self, event: LiveEvent) {
        // Nobody listening is no fault.
        let _ = self.events.send(event);
    }
    /// Wakes the machines that wait for orders.
    pub fn wake(&self) {
        self.orders.notify_waiters();
    }
    /// Where machines wait for orders.
    pub fn orders(&self) -> &Notify {
        &self.orders
    }
    /// Ends every stream and every wait: the server stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
        self.orders.notify_waiters();
    }
    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// `text/event-stream` of everything that happens from now on.
pub(crate) fn stream_of(house: &Arc<House>) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let listen = (house.live.events.subscribe(), house.live.stopping.subscribe());
    let events = stream::unfold(listen, |(mut events, mut stopping)| async move {
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                _ = stopping.wait_for(|s| *s) => return None,
            };
            match event {
                Ok(event) => {
                    let Ok(event) = Event::default().json_data(&event) else { continue };
                    return Some((Ok(event), (events, stopping)));
                }
                // What was lost is no harm: an event only says what to ask again.
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
