//! Live events: told at once to whoever listens, never kept.
use crate::House;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use socle_db::Scope;
use socle_domain::{TargetId, UnitId};
use socle_wire::api::LiveEvent;
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Notify, broadcast, futures::Notified};

/// Events that a slow listener may lag behind before it loses the oldest: it then asks again for what it shows.
const LAG: usize = 1_024;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Who tells and who listens.
pub(crate) struct Live {
    events: broadcast::Sender<(UnitId, LiveEvent)>,
    waiting: Mutex<HashMap<TargetId, Waiting>>,
    stopping: tokio::sync::watch::Sender<bool>,
}

/// Where the waits of one machine are woken, and how many there are.
#[derive(Default)]
struct Waiting {
    bell: Arc<Notify>,
    count: usize,
}

impl Default for Live {
    fn default() -> Self {
        Live {
            events: broadcast::Sender::new(LAG),
            waiting: Mutex::default(),
            stopping: tokio::sync::watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Tells those who listen at the centre: what belongs to no unit in particular.
    pub fn tell(&self, event: LiveEvent) {
        self.tell_at(UnitId::ROOT, event);
    }
    /// Tells those who listen at a unit or above it.
    pub fn tell_at(&self, unit: UnitId, event: LiveEvent) {
        // Nobody listening is no fault.
        let _ = self.events.send((unit, event));
    }
    /// Wakes a machine that waits for orders, and no other: a fleet that waits is not asked to look a thousand times.
    pub fn wake(&self, target: TargetId) {
        if let Some(waiting) = self.waiting().get(&target) {
            waiting.bell.notify_waiters();
        }
    }
    /// Where a machine waits for orders.
    pub fn listen(&self, target: TargetId) -> Listening<'_> {
        let mut all = self.waiting();
        let waiting = all.entry(target).or_default();
        waiting.count += 1;
        Listening { live: self, target, bell: waiting.bell.clone() }
    }
    fn waiting(&self) -> MutexGuard<'_, HashMap<TargetId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Ends every stream and every wait: the server stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
        self.waiting().values().for_each(|w| w.bell.notify_waiters());
    }
    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// A machine that listens, for as long as this lives.
pub(crate) struct Listening<'a> {
    live: &'a Live,
    target: TargetId,
    bell: Arc<Notify>,
}

impl Listening<'_> {
    /// Done when the machine is woken. Enabled before one looks, it misses nothing that is given in between.
    pub fn woken(&self) -> Notified<'_> {
        self.bell.notified()
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        let mut all = self.live.waiting();
        if let Some(waiting) = all.get_mut(&self.target) {
            waiting.count -= 1;
            if waiting.count == 0 {
                all.remove(&self.target);
            }
        }
    }
}

/// Which units a listener's scope holds, as it was last found; asked again after a while, for units move.
struct Within {
    scope: Scope,
    known: HashMap<UnitId, bool>,
    since: Instant,
}

impl Within {
    const KNOWN: Duration = Duration::from_secs(60);

    async fn holds(&mut self, house: &House, unit: UnitId) -> bool {
        if self.scope == Scope::ROOT {
            return true;
        }
        if self.since.elapsed() > Self::KNOWN {
            self.known.clear();
            self.since = Instant::now();
        }
        if let Some(known) = self.known.get(&unit) {
            return *known;
        }
        let found = async { self.scope.holds(&mut *house.db.read().await?, unit).await };
        // Who can't be shown to be allowed is not told.
        let found: bool = found.await.unwrap_or(false);
        self.known.insert(unit, found);
        found
    }
}

/// `text/event-stream` of everything that happens within a scope from now on.
pub(crate) fn stream_of(
    house: &Arc<House>,
    scope: Scope,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let within = Within { scope, known: HashMap::new(), since: Instant::now() };
    let listen = (house.clone(), within, house.live.events.subscribe(), house.live.stopping.subscribe());
    let events = stream::unfold(listen, |(house, mut within, mut events, mut stopping)| async move {
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                _ = stopping.wait_for(|s| *s) => return None,
            };
            match event {
                Ok((unit, event)) => {
                    if !within.holds(&house, unit).await {
                        continue;
                    }
                    let Ok(event) = Event::default().json_data(&event) else { continue };
                    return Some((Ok(event), (house, within, events, stopping)));
                }
                // What was lost is no harm: an event only says what to ask again.
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, pin::pin, task::Poll};

    /// Whether a wait has ended by now.
    async fn is_woken(wait: std::pin::Pin<&mut Notified<'_>>) -> bool {
        let mut wait = wait;
        poll_fn(|context| Poll::Ready(wait.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn only_the_machine_concerned_is_woken() {
        let live = Live::default();
        let (one, other) = (TargetId::new(1, [1; 10]), TargetId::new(1, [2; 10]));
        let (a, b, again) = (live.listen(one), live.listen(other), live.listen(one));
        let (mut a_wait, mut b_wait, mut again_wait) = (pin!(a.woken()), pin!(b.woken()), pin!(again.woken()));
        for wait in [&mut a_wait, &mut b_wait, &mut again_wait] {
            wait.as_mut().enable();
        }
        live.wake(one);
        assert!(is_woken(a_wait).await && is_woken(again_wait).await, "each wait of the machine ends");
        assert!(!is_woken(b_wait.as_mut()).await, "another machine goes on waiting");
        live.stop();
        assert!(is_woken(b_wait).await, "everybody is woken when the server stops");
    }

    #[test]
    fn who_has_gone_is_forgotten() {
        let live = Live::default();
        let one = TargetId::new(1, [1; 10]);
        let (first, second) = (live.listen(one), live.listen(one));
        drop(first);
        assert_eq!(live.waiting().len(), 1);
        drop(second);
        assert_eq!(live.waiting().len(), 0);
        live.wake(one);
    }
}
