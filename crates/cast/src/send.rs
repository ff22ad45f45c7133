//! Sending a session: block after block, paced, as the [`Room`] says.
use crate::{
    Mouth, Room,
    encode::{Block, Encoder},
    packet::PACKET_BYTES,
    room::Next,
    socket::MAX_BURST,
};
use socle_image::Source;
use socle_texts::{Fault, Result};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// What was due while the sender was busy is made up for, but never more than this much of it.
const MOST_BEHIND: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_millis(20);
/// How often the end is said.
const END_TIMES: usize = 3;

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Payload bytes of all packets.
    pub bytes: u64,
    /// Packets.
    pub packets: u64,
    /// Blocks, each as often as it was sent.
    pub blocks: u64,
    /// Of these, those that were sent again.
    pub again: u64,
}

/// Everything that a sender needs.
pub struct Sender<'a> {
    /// Who hears, how fast.
    pub room: &'a Mutex<Room>,
    /// Where to.
    pub mouth: &'a Mouth,
    /// Where the frames are.
    pub source: &'a dyn Source,
    /// What the moments of the room are counted from.
    pub since: Instant,
    /// Set to stop.
    pub stop: &'a AtomicBool,
}

impl Sender<'_> {
    /// Sends until the session is over.
    ///
    /// # Errors
    /// Those of the encoder; `cast-network-unavailable`. The room is over then too.
    pub fn run(&self, mut encoder: Encoder<'_>) -> Result<Sent> {
        let sent = self.all(&mut encoder);
        self.room().end();
        sent
    }

    fn room(&self) -> std::sync::MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self, encoder: &mut Encoder<'_>) -> Result<Sent> {
        let mut out = Paced { mouth: self.mouth, due: Instant::now(), sent: Sent::default() };
        let mut waiting: Option<Block> = None;
        loop {
            let (next, rate, permille) = {
                let mut room = self.room();
                let now = self.since.elapsed().as_millis() as u64;
                (room.next(now), room.bytes_per_second(), room.repair_permille())
            };
            let next = if self.stop.load(Ordering::Relaxed) { Next::Over } else { next };
            let before = out.sent.bytes;
            match next {
                Next::Block { number, pass } => {
                    let block = encoder.block(self.source, number, pass, permille)?;
                    out.sent.blocks += 1;
                    out.sent.again += u64::from(pass > 0);
                    // Seals go twice, a block apart: what tears a hole rarely takes both.
                    out.send(&block.seals, rate)?;
                    if let Some(before) = waiting.replace(block) {
                        out.block(&before, rate)?;
                    }
                }
                Next::Wait => match waiting.take() {
                    Some(block) => out.block(&block, rate)?,
                    None => sleep(IDLE),
                },
                Next::Over => {
                    if let Some(block) = waiting.take() {
                        out.block(&block, rate)?;
                    }
                    for _ in 0..END_TIMES {
                        out.send(&encoder.end(), rate)?;
                        sleep(IDLE);
                    }
                    return Ok(out.sent);
                }
            }
            self.room().sent(out.sent.bytes - before);
        }
    }
}

/// Packets in the measure of time.
struct Paced<'a> {
    mouth: &'a Mouth,
    due: Instant,
    sent: Sent,
}

impl Paced<'_> {
    fn block(&mut self, block: &Block, rate: u64) -> Result<()> {
        self.send(&block.seals, rate)?;
        self.send(&block.symbols, rate)
    }

    fn send(&mut self, packets: &[u8], rate: u64) -> Result<()> {
        // A burst is what goes out in a millisecond: switches hold little.
        let burst = (rate / 1000 / PACKET_BYTES as u64).clamp(4, MAX_BURST as u64) as usize;
        for some in packets.chunks(burst * PACKET_BYTES) {
            let now = Instant::now();
            if let Some(early) = self.due.checked_duration_since(now) {
                sleep(early);
            } else if now.duration_since(self.due) > MOST_BEHIND {
                self.due = now - MOST_BEHIND;
            }
            self.due += Duration::from_nanos(some.len() as u64 * 1_000_000_000 / rate.max(1));
            self.mouth.send(some).map_err(|e| Fault::new("cast-network-lost").because(e))?;
            self.sent.bytes += some.len() as u64;
            self.sent.packets += (some.len() / PACKET_BYTES) as u64;
        }
        Ok(())
    }
}
