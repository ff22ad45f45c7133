//! Receiving a session: from the socket to whole frames, in a queue that has an end.
use crate::{
    Assembler, Ear, Heard, Plan,
    assemble::Counts,
    room::{MAX_RANGES, Report},
};
use socle_image::Arrival;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, TrySendError},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// A stream of which nothing is heard for so long is over for us.
pub const SILENCE: Duration = Duration::from_secs(4);
/// Frames that wait to be written; beyond, the kernel's buffer fills, and then packets are lost: nobody else waits.
pub const QUEUE: usize = 48;
/// Who lacks no more than one block in so many when the stream has gone through the plan fetches these, rather than wait for
/// what is sent again for others.
const LITTLE: u32 = 32;
/// And when nothing of use has come for so long.
const SETTLED: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// Why a receiver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It has everything.
    Complete,
    /// It lacks so little that it goes and fetches it.
    Enough,
    /// The server said that the session is over.
    End,
    /// Nothing came any more, or nothing ever did.
    Silence,
    /// It was told to stop, or nobody takes its frames.
    Stopped,
    /// The network is gone.
    Lost,
}

/// How it goes, for others to look at.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// What was counted.
    pub counts: Counts,
    /// How far the stream is.
    pub through: u32,
    /// What is lacking of it.
    pub missing: Vec<[u32; 2]>,
    /// Why it ended, once it has.
    pub ended: Option<Why>,
}

/// What a receiver shares with who reports and who stops it.
#[derive(Default)]
pub struct Shared {
    status: Mutex<Status>,
    stop: AtomicBool,
    said: Mutex<(u64, u64)>,
}

impl Shared {
    /// How it goes.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Makes it stop.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
    /// What to tell the server: since the last time that this was asked.
    pub fn report(&self) -> Report {
        let status = self.status();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let (expected, came) = (status.counts.expected, status.counts.came);
        let report = Report {
            through: status.through,
            missing: status.missing,
            expected: expected - said.0,
            came: came - said.1,
        };
        *said = (expected, came);
        report
    }
}

/// Receives a session.
pub struct Receiver {
    /// Where from.
    pub ear: Ear,
    /// What puts it together.
    pub assembler: Assembler,
    /// The session's plan.
    pub plan: Arc<Plan>,
    /// What others look at.
    pub shared: Arc<Shared>,
    /// How long the first packet is waited for.
    pub patience: Duration,
}

impl Receiver {
    /// Receives until the end; whole frames go to `out`.
    pub fn run(mut self, out: &SyncSender<Arrival>) -> Why {
        let why = self.all(out);
        self.tell(Some(why));
        why
    }

    fn tell(&self, ended: Option<Why>) {
        let mut status = self.shared.status.lock().unwrap_or_else(PoisonError::into_inner);
        status.counts = self.assembler.counts();
        status.through = self.assembler.through();
        status.missing = self.assembler.missing(MAX_RANGES);
        status.ended = ended;
    }

    fn all(&mut self, out: &SyncSender<Arrival>) -> Why {
        let begin = Instant::now();
        let (mut last, mut told) = (begin, begin);
        let mut patience = self.patience;
        let mut whole: Vec<(u32, Vec<u8>)> = Vec::new();
        loop {
            let (mut end, before) = (false, self.assembler.counts().used);
            let now = begin.elapsed().as_millis() as u64;
            let Receiver { ear, assembler, .. } = self;
            let heard = ear.hear(TICK, &mut |packet| match assembler.take(packet, now) {
                Heard::Nothing => {}
                Heard::Block(number, bytes) => whole.push((number, bytes)),
                Heard::End => end = true,
            });
            if heard.is_err() {
                return Why::Lost;
            }
            // Only what a seal speaks for counts: noise keeps nobody waiting.
            if self.assembler.counts().used > before {
                (last, patience) = (Instant::now(), SILENCE);
            }
            for (number, bytes) in whole.drain(..) {
                if !hand_over(&self.plan, &self.shared, number, &bytes, out) {
                    return Why::Stopped;
                }
            }
            if told.elapsed() >= TICK {
                told = Instant::now();
                self.tell(None);
            }
            if self.assembler.is_complete() {
                return Why::Complete;
            }
            let blocks = self.plan.blocks();
            // A seal goes a block ahead of its symbols: the last one says so.
            let passed = self.assembler.through() + 2 >= blocks && last.elapsed() > SETTLED;
            if passed && self.assembler.left() <= blocks / LITTLE {
                return Why::Enough;
            }
            if end {
                return Why::End;
            }
            if self.shared.stop.load(Ordering::Relaxed) {
                return Why::Stopped;
            }
            if last.elapsed() > patience {
                return Why::Silence;
            }
        }
    }
}

/// Cuts a block into its frames and queues them. Whether somebody still takes them.
fn hand_over(plan: &Plan, shared: &Shared, number: u32, bytes: &[u8], out: &SyncSender<Arrival>) -> bool {
    let mut rest = bytes;
    for frame in plan.frames_of(number) {
        let Some((stored, after)) = rest.split_at_checked(frame.stored_bytes as usize) else { return true };
        rest = after;
        let mut arrival = Arrival { pack: frame.pack, offset_bytes: frame.offset_bytes, stored: stored.to_vec() };
        loop {
            match out.try_send(arrival) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(_)) if shared.stop.load(Ordering::Relaxed) => return false,
                Err(TrySendError::Full(back)) => {
                    arrival = back;
                    sleep(Duration::from_millis(2));
                }
            }
        }
    }
    true
}
