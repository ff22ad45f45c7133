//! The server's time, whatever the machine's clock says.
use socle_domain::{Clock, Timestamp};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// Tells the server's time from the last answer and what has passed since by a clock that nobody sets.
#[derive(Debug)]
pub struct ServerClock(Mutex<(Timestamp, Instant)>);

impl ServerClock {
    /// A clock that says `now`.
    pub fn at(now: Timestamp) -> Self {
        ServerClock(Mutex::new((now, Instant::now())))
    }
    /// The server said `now`, just this moment. Time never goes back: a journal's entries stand in its order.
    pub fn set(&self, now: Timestamp) {
        let known = self.now();
        if let Ok(mut held) = self.0.lock() {
            *held = (now.max(known), Instant::now());
        }
    }
    /// Time was told until now by guess (before any answer): forget it.
    pub fn reset(&self, now: Timestamp) {
        if let Ok(mut held) = self.0.lock() {
            *held = (now, Instant::now());
        }
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        let Ok(held) = self.0.lock() else { return Timestamp::UNIX_EPOCH };
        let passed = i64::try_from(held.1.elapsed().as_millis()).unwrap_or(i64::MAX);
        held.0.checked_add(jiff::SignedDuration::from_millis(passed)).unwrap_or(held.0)
    }
}

/// Sets the machine's own clock, so that what it writes into filesystems bears a sane date. Best effort: nothing of
/// ours depends on it.
pub fn set_machine(now: Timestamp) {
    let time = libc::timespec { tv_sec: now.as_second(), tv_nsec: 0 };
    if of_machine().as_secs().abs_diff(now.as_second().unsigned_abs()) > 5 {
        // SAFETY: the structure is alive for the call.
        unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &time) };
    }
}

/// What the machine's own clock says, in time since 1970: the server's time wherever that has spoken.
pub fn of_machine() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}
