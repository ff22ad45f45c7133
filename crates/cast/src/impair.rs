//! A bad network, made on purpose: loss, delay and disorder from a seed. Only for the laboratory and for tests: the kernel
//! that we develop on has no netem.
use crate::{Ear, Mouth};
use std::{
    collections::BTreeMap,
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Where chance begins: the same seed does the same to the same packets.
    pub seed: u64,
    /// Of a thousand packets so many begin a hole.
    pub lose_permille: u32,
    /// A hole is so many packets long, at most.
    pub hole_packets: u32,
    /// Each packet comes so much later.
    pub delay_milliseconds: u64,
    /// Of a thousand packets so many come later still, behind those after them.
    pub late_permille: u32,
    /// By so much, at most.
    pub late_milliseconds: u64,
}

/// A way through it.
#[derive(Debug)]
pub struct Impairment {
    weather: Weather,
    state: u64,
    hole: u32,
    held: BTreeMap<(u64, u64), Vec<u8>>,
    count: u64,
    lost: u64,
}

impl Impairment {
    /// Of this weather.
    pub fn new(weather: Weather) -> Impairment {
        Impairment { state: weather.seed, weather, hole: 0, held: BTreeMap::new(), count: 0, lost: 0 }
    }
    /// How many were lost, of how many.
    pub fn lost(&self) -> (u64, u64) {
        (self.lost, self.count)
    }
    /// SplitMix64.
    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn happens(&mut self, permille: u32) -> bool {
        self.number() % 1000 < u64::from(permille)
    }
    fn upto(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.number() % most + 1 }
    }

    /// A packet sets out.
    pub fn take(&mut self, packet: &[u8], now_milliseconds: u64) {
        self.count += 1;
        if self.hole == 0 && self.happens(self.weather.lose_permille) {
            self.hole = self.upto(u64::from(self.weather.hole_packets.max(1))) as u32;
        }
        if self.hole > 0 {
            self.hole -= 1;
            self.lost += 1;
            return;
        }
        let mut due = now_milliseconds + self.weather.delay_milliseconds;
        if self.happens(self.weather.late_permille) {
            due += self.upto(self.weather.late_milliseconds);
        }
        self.held.insert((due, self.count), packet.to_vec());
    }

    /// The next packet that comes out by now.
    pub fn due(&mut self, now_milliseconds: u64) -> Option<Vec<u8>> {
        let first = self.held.first_entry().filter(|e| e.key().0 <= now_milliseconds)?;
        Some(first.remove())
    }

    /// Carries what an ear hears to a mouth, until it is told to stop.
    ///
    /// # Errors
    /// The system's.
    pub fn carry(&mut self, ear: &mut Ear, mouth: &Mouth, stop: &AtomicBool) -> io::Result<()> {
        let begin = Instant::now();
        let mut out = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let now = begin.elapsed().as_millis() as u64;
            let wait = Duration::from_millis(if self.held.is_empty() { 50 } else { 1 });
            ear.hear(wait, &mut |packet| self.take(packet, now))?;
            let now = begin.elapsed().as_millis() as u64;
            while let Some(packet) = self.due(now) {
                // Bursts are of packets of one length.
                if packet.len() == crate::packet::PACKET_BYTES {
                    out.extend(packet);
                }
            }
            mouth.send(&out)?;
            out.clear();
        }
        Ok(())
    }
}
