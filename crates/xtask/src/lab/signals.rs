//! Ctrl-C ends a story in order: every wait notices it, and what was started is taken down on the way out.
use crate::trouble::{Done, Trouble};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// How often a wait looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

extern "C" fn note(_signal: libc::c_int) {
    // A second signal means: at once. The machines die with us, the networks are swept at the next start.
    if INTERRUPTED.swap(true, Ordering::SeqCst) {
        // SAFETY: _exit is async-signal-safe.
        unsafe { libc::_exit(130) }
    }
}

/// From now on SIGINT, SIGTERM and SIGHUP are noted instead of killing us in the middle.
pub fn listen() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let handler: extern "C" fn(libc::c_int) = note;
        // SAFETY: the handler only touches an atomic and calls _exit.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

/// Whether the person asked to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A limit on a computer that does other work too: so many times longer as `SOCLE_LAB_PATIENCE` says. Limits say that
/// something hangs, never how fast it is.
pub fn patience(limit: Duration) -> Duration {
    let times = std::env::var("SOCLE_LAB_PATIENCE").ok().and_then(|text| text.parse::<f64>().ok());
    limit.mul_f64(times.unwrap_or(1.0).clamp(1.0, 100.0))
}

/// Waits until `look` finds something, the time is over or the person interrupts. `None` = the time is over.
pub fn wait_for<T>(limit: Duration, look: impl FnMut() -> Done<Option<T>>) -> Done<Option<T>> {
    watch(patience(limit), look)
}

fn watch<T>(limit: Duration, mut look: impl FnMut() -> Done<Option<T>>) -> Done<Option<T>> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(Some(found));
        }
        if interrupted() {
            return Err(Trouble("Interrupted.".into()));
        }
        if start.elapsed() >= limit {
            return Ok(None);
        }
        sleep(LOOK_AGAIN.min(limit));
    }
}

/// Sleeps, unless the person interrupts.
pub fn pause(time: Duration) -> Done {
    watch(time, || Ok(None::<()>)).map(drop)
}
