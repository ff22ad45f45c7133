//! What runs beside a step: listening for orders, saying how far it is.
use super::World;
use crate::screen;
use socle_domain::{
    RunId, TargetId,
    order::{Act, Order, accept},
    sign::{Signed, Signer},
};
use socle_wire::agent::Progress;
use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{Scope, sleep},
    time::{Duration, Instant},
};

/// Also the longest that the end of a run waits for its listener.
const WAIT_SECONDS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(500);

/// Shared between the step, the one who listens and the one who tells.
pub struct Ears {
    run: RunId,
    heard: Mutex<VecDeque<(Order, Signed<Order>)>>,
    after: AtomicU64,
    /// Set to stop the step: by an order, or when its time is up.
    pub stop: AtomicBool,
    /// Whether it was an order that stopped it.
    cancelled: AtomicBool,
    /// When the step's time is up.
    deadline: Mutex<Option<Instant>>,
    progress: Mutex<Option<Progress>>,
    over: AtomicBool,
}

impl Ears {
    /// Ears for a run that has heard orders up to a number.
    pub fn new(run: RunId, after: u64) -> Self {
        Ears {
            run,
            heard: Mutex::new(VecDeque::new()),
            after: AtomicU64::new(after),
            stop: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            deadline: Mutex::new(None),
            progress: Mutex::new(None),
            over: AtomicBool::new(false),
        }
    }

    /// Listens and tells for as long as the scope lasts and [`end`](Self::end) wasn't called.
    pub fn start<'s>(&'s self, scope: &'s Scope<'s, '_>, world: &'s World<'s>, target: TargetId) {
        scope.spawn(move || self.listen(world, target));
        scope.spawn(move || self.tell(world));
    }
    /// Ends both.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn listen(&self, world: &World<'_>, target: TargetId) {
        while !self.over.load(Ordering::Relaxed) {
            let after = self.after.load(Ordering::Relaxed);
            let Ok(orders) = world.server.orders(after, WAIT_SECONDS) else {
                self.pause();
                continue;
            };
            if orders.orders.is_empty() {
                // A server that answers at once shall not be asked a thousand times a second.
                self.pause();
            }
            for signed in orders.orders {
                let last = self.after.load(Ordering::Relaxed);
                let accepted = accept(
                    &signed,
                    &world.content_key,
                    &world.delegation,
                    target,
                    &world.key.public(),
                    last,
                    world.clock.now(),
                );
                match accepted {
                    Ok(order) => self.hear(order, signed),
                    Err(fault) if fault.is("domain-order-replayed") => {}
                    Err(fault) => {
                        world.screen.trouble(&fault);
                        self.pause();
                    }
                }
            }
        }
    }

    fn pause(&self) {
        let begin = Instant::now();
        while begin.elapsed() < PAUSE && !self.over.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(50));
        }
    }

    fn hear(&self, order: Order, signed: Signed<Order>) {
        self.after.store(order.number, Ordering::Relaxed);
        if order.act.run() != Some(self.run) {
            return;
        }
        if matches!(order.act, Act::Cancel { .. }) {
            self.cancelled.store(true, Ordering::Relaxed);
            self.stop.store(true, Ordering::Relaxed);
        }
        if let Ok(mut heard) = self.heard.lock() {
            heard.push_back((order, signed));
        }
    }

    /// The next order heard.
    pub fn next(&self) -> Option<(Order, Signed<Order>)> {
        self.heard.lock().ok()?.pop_front()
    }
    /// Whether an order has stopped the run.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// A step begins: it has so much time.
    pub fn step_begins(&self, timeout: Duration) {
        self.stop.store(self.is_cancelled(), Ordering::Relaxed);
        if let Ok(mut deadline) = self.deadline.lock() {
            *deadline = Instant::now().checked_add(timeout);
        }
    }
    /// A step has ended. Says whether its time was up.
    pub fn step_ends(&self) -> bool {
        if let Ok(mut progress) = self.progress.lock() {
            *progress = None;
        }
        let late = self.left().is_some_and(|left| left.is_zero());
        if let Ok(mut deadline) = self.deadline.lock() {
            *deadline = None;
        }
        late
    }
    /// Time left to the step.
    pub fn left(&self) -> Option<Duration> {
        let deadline = self.deadline.lock().ok().and_then(|d| *d)?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// How far the step is: seen by whoever watches, a moment later. Cheap: it may be called often, from any thread.
    pub fn progress(&self, step: &str, done_bytes: u64, total_bytes: u64) {
        if let Ok(mut progress) = self.progress.lock() {
            *progress = Some(Progress { step: step.into(), done_bytes, total_bytes, ..Progress::default() });
        }
    }

    fn tell(&self, world: &World<'_>) {
        let mut pace: Option<Pace> = None;
        while !self.over.load(Ordering::Relaxed) {
            sleep(TICK);
            if self.left().is_some_and(|left| left.is_zero()) {
                self.stop.store(true, Ordering::Relaxed);
            }
            let Some(now) = self.progress.lock().ok().and_then(|p| p.clone()) else {
                world.screen.update(|v| v.progress = None);
                pace = None;
                continue;
            };
            let known = pace.as_mut().filter(|p| p.step == now.step && p.last.0 <= now.done_bytes);
            let pace = match known {
                Some(known) => {
                    known.take(now.done_bytes);
                    known
                }
                None => pace.insert(Pace::new(&now)),
            };
            let told = Progress {
                bytes_per_second: pace.bytes_per_second as u64,
                seconds_left: pace.seconds_left(now.total_bytes),
                memory_bytes: crate::facts::peak_memory_bytes(),
                ..now
            };
            let shown = screen::Progress {
                done_bytes: told.done_bytes,
                total_bytes: told.total_bytes,
                bytes_per_second: told.bytes_per_second,
                seconds_left: told.seconds_left,
            };
            world.screen.update(|v| v.progress = Some(shown));
            world.server.progress(self.run, &told);
        }
    }
}

/// The speed of a step over its last seconds.
struct Pace {
    step: String,
    last: (u64, Instant),
    bytes_per_second: f64,
}

impl Pace {
    fn new(now: &Progress) -> Self {
        Pace { step: now.step.clone(), last: (now.done_bytes, Instant::now()), bytes_per_second: 0.0 }
    }
    fn take(&mut self, done_bytes: u64) {
        let seconds = self.last.1.elapsed().as_secs_f64().max(0.001);
        let speed = (done_bytes - self.last.0) as f64 / seconds;
        // Half of it is the last tick, the rest fades: a figure that neither jumps nor lags.
        self.bytes_per_second =
            if self.bytes_per_second == 0.0 { speed } else { self.bytes_per_second.midpoint(speed) };
        self.last = (done_bytes, Instant::now());
    }
    fn seconds_left(&self, total_bytes: u64) -> Option<u64> {
        let left = total_bytes.saturating_sub(self.last.0) as f64;
        (self.bytes_per_second > 1.0).then(|| (left / self.bytes_per_second).ceil() as u64)
    }
}
