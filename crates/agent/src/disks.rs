//! Disks that come later than the agent: behind a slow controller, or pushed in by a hand.
use crate::screen::Screen;
use socle_disk::devices::Disk;
use socle_texts::Result;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a step that needs a disk waits for the first one to appear: a controller with many disks wakes them one
/// after the other, some seconds each.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long the machine's identity waits for a disk where the firmware can't keep it: it may stand on that disk.
pub const PATIENCE_FOR_IDENTITY: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Whether one of them could hold a system.
pub fn any_fixed(disks: &[Disk]) -> bool {
    disks.iter().any(|d| d.unfit(0).is_none())
}

/// The disks, as soon as they hold what is wanted; when the time is over or the step is stopped, those that there are.
/// The wait, and what ends it, is said on the screen.
///
/// # Errors
/// Those of the look.
pub fn wait_for(
    screen: &Screen,
    patience: Duration,
    stop: &AtomicBool,
    wanted: impl Fn(&[Disk]) -> bool,
    look: impl Fn() -> Result<Vec<Disk>>,
) -> Result<Vec<Disk>> {
    let begin = Instant::now();
    let mut said = false;
    loop {
        let disks = look()?;
        let seconds = begin.elapsed().as_secs();
        if wanted(&disks) {
            if said {
                screen.event("agent-disk-came", &[("seconds", seconds.into())]);
            }
            return Ok(disks);
        }
        if begin.elapsed() >= patience || stop.load(Ordering::Relaxed) {
            if said {
                screen.event("agent-disk-came-not", &[("seconds", seconds.into())]);
            }
            return Ok(disks);
        }
        if !said {
            screen.event("agent-waits-for-disk", &[("seconds", patience.as_secs().into())]);
            said = true;
        }
        sleep(LOOK_AGAIN);
    }
}
