//! One file on its way to one machine, without I/O.
use super::packet::{Message, Request, data, option_ack};
use crate::Why;
use std::sync::Arc;

/// RFC 1350 §2's block, when no other is agreed.
const PLAIN_BLOCK_BYTES: usize = 512;
/// Largest block agreed: with IP, UDP and TFTP headers it fills an Ethernet frame and is never fragmented.
const MAX_BLOCK_BYTES: u32 = 1468;
/// Largest window agreed: 64 blocks are 92 KiB in flight, below every receiver's socket buffer.
const MAX_WINDOW_BLOCKS: u32 = 64;
/// How long an answer is waited for, when no other time is agreed.
const TIMEOUT_MILLISECONDS: u64 = 1_000;
/// Longest time agreed.
const MAX_TIMEOUT_SECONDS: u32 = 10;
/// How often the same window is sent before the machine counts as gone.
const MAX_TRIES: u32 = 8;

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes of a block.
    pub block_bytes: usize,
    /// Blocks sent before an answer is waited for.
    pub window_blocks: u64,
    /// How long an answer is waited for.
    pub timeout_milliseconds: u64,
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Every byte was acknowledged.
    Sent {
        /// How many blocks were sent again.
        blocks_again: u64,
    },
    /// The client wanted only the size: it left after the option acknowledgement, as UEFI does.
    SizeAsked,
    /// It did not go through.
    Failed(Why),
}

/// What to do now.
#[derive(Debug, Default, PartialEq)]
pub struct Step {
    /// Datagrams to send, in this order.
    pub send: Vec<Vec<u8>>,
    /// Set when nothing follows.
    pub end: Option<End>,
}

/// A file being sent. Positions are whole numbers of blocks from the start; only the wire sees 16 bits, so a large
/// file simply goes on after block 65535 with block 0.
#[derive(Debug)]
pub struct Transfer {
    bytes: Arc<[u8]>,
    options: Options,
    option_ack: Option<Vec<u8>>,
    /// Blocks that the client has.
    acked: u64,
    /// Blocks sent so far, the option acknowledgement not counted.
    sent: u64,
    tries: u32,
    /// The window was already sent again for a repeated ACK: not twice (RFC 1123 §4.2.3.1, "sorcerer's apprentice").
    nudged: bool,
    blocks_again: u64,
    highest: u64,
    deadline_milliseconds: u64,
}

impl Transfer {
    /// Begins: what to send first is in the step. Times are milliseconds on any clock that only goes forward.
    pub fn start(bytes: Arc<[u8]>, request: &Request, now_milliseconds: u64) -> (Transfer, Step) {
        let mut agreed: Vec<(&str, u64)> = Vec::new();
        let mut options =
            Options { block_bytes: PLAIN_BLOCK_BYTES, window_blocks: 1, timeout_milliseconds: TIMEOUT_MILLISECONDS };
        // A server may answer less than what was asked (RFC 2348, RFC 7440 §3), never for timeout (RFC 2349).
        if let Some(bytes) = request.block_bytes {
            options.block_bytes = bytes.min(MAX_BLOCK_BYTES) as usize;
            agreed.push(("blksize", options.block_bytes as u64));
        }
        if request.size {
            agreed.push(("tsize", bytes.len() as u64));
        }
        if let Some(seconds) = request.timeout_seconds.filter(|s| *s <= MAX_TIMEOUT_SECONDS) {
            options.timeout_milliseconds = seconds as u64 * 1_000;
            agreed.push(("timeout", seconds as u64));
        }
        if let Some(blocks) = request.window_blocks {
            options.window_blocks = blocks.min(MAX_WINDOW_BLOCKS) as u64;
            agreed.push(("windowsize", options.window_blocks));
        }
        let option_ack = (!agreed.is_empty()).then(|| option_ack(&agreed));
        let mut transfer = Transfer {
            bytes,
            options,
            option_ack,
            acked: 0,
            sent: 0,
            tries: 1,
            nudged: false,
            blocks_again: 0,
            highest: 0,
            deadline_milliseconds: 0,
        };
        let send = transfer.window(now_milliseconds);
        (transfer, Step { send, end: None })
    }

    /// What was agreed.
    pub fn options(&self) -> Options {
        self.options
    }

    /// When [`Transfer::late`] must be called, if nothing arrives before.
    pub fn deadline_milliseconds(&self) -> u64 {
        self.deadline_milliseconds
    }

    /// A datagram from the client arrived.
    pub fn receive(&mut self, datagram: &[u8], now_milliseconds: u64) -> Step {
        match Message::decode(datagram) {
            Some(Message::Ack(block)) => self.acknowledged(block, now_milliseconds),
            Some(Message::Error(error, words)) => {
                let size_only = self.option_ack.is_some() && self.acked == 0;
                let end = if size_only { End::SizeAsked } else { End::Failed(Why::GivenUp { error, words }) };
                Step { send: Vec::new(), end: Some(end) }
            }
            // A repeated request or nonsense: the deadline stands.
            _ => Step::default(),
        }
    }

    /// Nothing arrived before the deadline.
    pub fn late(&mut self, now_milliseconds: u64) -> Step {
        if now_milliseconds < self.deadline_milliseconds {
            return Step::default();
        }
        if self.tries >= MAX_TRIES {
            return Step { send: Vec::new(), end: Some(End::Failed(Why::NoAnswer)) };
        }
        self.tries += 1;
        self.sent = self.acked;
        Step { send: self.window(now_milliseconds), end: None }
    }

    fn acknowledged(&mut self, block: u16, now: u64) -> Step {
        if self.option_ack.is_some() {
            // RFC 2347 §2: the client takes the options with ACK 0.
            if block != 0 {
                return Step::default();
            }
            self.option_ack = None;
            return self.progress(now);
        }
        let ahead = block.wrapping_sub(self.acked as u16) as u64;
        if ahead == 0 && self.sent > self.acked {
            // The first block of the window was lost. With windows a receiver says so at once (RFC 7440 §4); it is
            // believed once, since it may as well be an old ACK come late.
            if self.options.window_blocks == 1 || self.nudged {
                return Step::default();
            }
            self.nudged = true;
            self.sent = self.acked;
            return Step { send: self.window(now), end: None };
        }
        if ahead > self.sent - self.acked {
            return Step::default(); // older than what it acknowledged already
        }
        self.acked += ahead;
        if self.acked == self.blocks() {
            return Step { send: Vec::new(), end: Some(End::Sent { blocks_again: self.blocks_again }) };
        }
        // An ACK in the middle of a window asks for what follows it (RFC 7440 §4).
        self.sent = self.acked;
        self.progress(now)
    }

    fn progress(&mut self, now: u64) -> Step {
        self.tries = 1;
        self.nudged = false;
        Step { send: self.window(now), end: None }
    }

    /// All blocks, the last one shorter than the others, and so empty where the size is a multiple (RFC 1350 §6).
    fn blocks(&self) -> u64 {
        (self.bytes.len() / self.options.block_bytes) as u64 + 1
    }

    /// What follows what the client has: the option acknowledgement, or a window of blocks.
    fn window(&mut self, now: u64) -> Vec<Vec<u8>> {
        self.deadline_milliseconds = now + self.options.timeout_milliseconds;
        if let Some(bytes) = &self.option_ack {
            return vec![bytes.clone()];
        }
        let to = (self.acked + self.options.window_blocks).min(self.blocks());
        let send: Vec<_> = (self.sent..to).map(|i| data((i + 1) as u16, self.block(i))).collect();
        self.blocks_again += self.highest.saturating_sub(self.sent).min(send.len() as u64);
        self.sent = to;
        self.highest = self.highest.max(to);
        send
    }

    fn block(&self, index: u64) -> &[u8] {
        let start = (index as usize).saturating_mul(self.options.block_bytes).min(self.bytes.len());
        let end = (start + self.options.block_bytes).min(self.bytes.len());
        &self.bytes[start..end]
    }
}

/// Replayable entry for any bytes: they are cut into datagrams at each length byte, the first is the request, the
/// others its answers. Never panics, sends nothing longer than a frame, and ends at most after its tries.
pub fn fuzz_tftp(bytes: &[u8]) {
    let mut datagrams = Vec::new();
    let mut rest = bytes;
    while let [length, more @ ..] = rest {
        let (one, more) = more.split_at(more.len().min(*length as usize));
        datagrams.push(one);
        rest = more;
    }
    let Some(Message::Read(request)) = datagrams.first().and_then(|d| Message::decode(d)) else { return };
    let file: Arc<[u8]> = (0..5_000u32).map(|i| i as u8).collect();
    let (mut transfer, mut step) = Transfer::start(file, &request, 0);
    let mut answers = datagrams.into_iter().skip(1);
    let mut now = 0;
    while step.end.is_none() {
        assert!(step.send.iter().all(|d| d.len() <= 4 + MAX_BLOCK_BYTES as usize));
        assert!(step.send.len() <= MAX_WINDOW_BLOCKS as usize);
        step = match answers.next() {
            Some(answer) => transfer.receive(answer, now),
            None => {
                now = transfer.deadline_milliseconds();
                transfer.late(now)
            }
        };
    }
}
