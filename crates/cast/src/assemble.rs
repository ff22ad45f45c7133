//! Packets put together again. Pure: bytes in, blocks out.
//!
//! INVARIANT: what has no seal that the server signed takes no memory and little time. At most [`MAX_OPEN`] blocks are
//! under way; a seal costs a signature's check only when a member made it, it is news, and the budget allows it.
use crate::{
    Keys, Plan,
    encode::{MAX_REPAIR, source_symbols},
    keys::TAG_BYTES,
    packet::{DIGEST_BYTES, Header, Kind, SEAL_SYMBOLS, SYMBOL_BYTES, Seal, digest, parse},
};
use reed_solomon_simd::ReedSolomonDecoder;
use std::sync::Arc;

/// Blocks under way at once. The stream works on two; the rest is for what comes out of order.
pub const MAX_OPEN: usize = 6;
/// Signatures that are checked within a second, beyond which seals are dropped: a fifth of a processor.
pub const SEALS_PER_SECOND: u32 = 4_000;

/// What a packet led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing yet, or nothing at all.
    Nothing,
    /// A block is whole: its frames, one after the other.
    Block(u32, Vec<u8>),
    /// The server says that nothing more will come.
    End,
}

/// What was counted. Only for reports and figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packets that were used.
    pub used: u64,
    /// Packets that were nothing to us: another session's, damaged, forged, or of a block that we have.
    pub unused: u64,
    /// Symbols that were to come, of blocks that are behind us.
    pub expected: u64,
    /// Of these, so many came.
    pub came: u64,
    /// Blocks that needed repair symbols.
    pub repaired: u64,
    /// Signatures that were checked.
    pub checked: u64,
    /// Of these, so many were false.
    pub false_seals: u64,
    /// Symbols that were not what their seal says.
    pub false_symbols: u64,
}

struct Open {
    number: u32,
    source: usize,
    repair: usize,
    /// The digests of each part, once its seal came.
    parts: Vec<Option<Box<[[u8; DIGEST_BYTES]; SEAL_SYMBOLS]>>>,
    /// Symbols by their index, side by side. Empty once the block is whole.
    bytes: Vec<u8>,
    here: Vec<bool>,
    came: usize,
    whole: bool,
    touched: u64,
}

/// Puts packets of one session together.
pub struct Assembler {
    plan: Arc<Plan>,
    keys: Keys,
    open: Vec<Open>,
    have: Vec<bool>,
    left: u32,
    /// In the first pass: every block before this is behind us.
    through: u32,
    /// What has come of the stream since we listen: from which block on.
    first: Option<u32>,
    clock: u64,
    budget: (u64, u32),
    counts: Counts,
    decoder: Option<ReedSolomonDecoder>,
}

impl Assembler {
    /// For a session that this machine is a member of.
    pub fn new(plan: Arc<Plan>, keys: Keys) -> Assembler {
        let blocks = plan.blocks();
        Assembler {
            plan,
            keys,
            open: Vec::new(),
            have: vec![false; blocks as usize],
            left: blocks,
            through: 0,
            first: None,
            clock: 0,
            budget: (0, SEALS_PER_SECOND),
            counts: Counts::default(),
            decoder: None,
        }
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }
    /// Whether nothing is lacking.
    pub fn is_complete(&self) -> bool {
        self.left == 0
    }
    /// How many blocks are lacking.
    pub fn left(&self) -> u32 {
        self.left
    }
    /// How far the stream has come in its first pass.
    pub fn through(&self) -> u32 {
        self.through
    }
    /// Ranges of blocks behind us that are lacking: first, and the one after the last; at most so many ranges, the last of
    /// which then reaches to the end.
    pub fn missing(&self, most: usize) -> Vec<[u32; 2]> {
        let mut ranges: Vec<[u32; 2]> = Vec::new();
        for block in (0..self.through).filter(|b| !self.have[*b as usize]) {
            let full = ranges.len() >= most.max(1);
            match ranges.last_mut() {
                Some(last) if full || last[1] == block => last[1] = block + 1,
                _ => ranges.push([block, block + 1]),
            }
        }
        ranges
    }

    /// Takes a packet that came at this moment.
    pub fn take(&mut self, packet: &[u8], now_milliseconds: u64) -> Heard {
        self.clock += 1;
        let Some((header, payload)) = parse(packet).filter(|(h, _)| h.session == self.plan.session()) else {
            self.counts.unused += 1;
            return Heard::Nothing;
        };
        match header.kind {
            Kind::Symbol => self.symbol(&header, payload),
            Kind::Seal => {
                self.seal(&header, payload, now_milliseconds);
                Heard::Nothing
            }
            Kind::End if self.is_true(&header, &Seal::new(payload), now_milliseconds) => {
                self.pass_to(self.plan.blocks());
                Heard::End
            }
            Kind::End => Heard::Nothing,
        }
    }

    /// Whether the server made a seal; checked from the cheap to the dear.
    fn is_true(&mut self, header: &Header, seal: &Seal, now_milliseconds: u64) -> bool {
        let second = now_milliseconds / 1000;
        if self.budget.0 != second {
            self.budget = (second, SEALS_PER_SECOND);
        }
        if !self.keys.is_members(header, seal) || self.budget.1 == 0 {
            self.counts.unused += 1;
            return false;
        }
        self.budget.1 -= 1;
        self.counts.checked += 1;
        let is_true = self.keys.is_servers(header, seal);
        self.counts.false_seals += u64::from(!is_true);
        is_true
    }

    fn seal(&mut self, header: &Header, payload: &[u8; SYMBOL_BYTES], now_milliseconds: u64) {
        let (number, part) = (header.block, usize::from(header.index));
        let seal = Seal::new(payload);
        let frame_bytes = self.plan.bytes_of(number);
        let (source, repair) = (source_symbols(frame_bytes), usize::from(seal.repair()));
        let known = self.open.iter().position(|o| o.number == number);
        let news = match known {
            Some(at) => {
                let open = &self.open[at];
                open.repair == repair && open.parts.get(part).is_some_and(Option::is_none)
            }
            None => self.have.get(number as usize) == Some(&false),
        };
        let fits = frame_bytes > 0
            && seal.block_bytes() as usize == frame_bytes + TAG_BYTES
            && (1..=MAX_REPAIR).contains(&repair)
            && part * SEAL_SYMBOLS < source + repair;
        if !news || !fits || !self.is_true(header, &seal, now_milliseconds) {
            return;
        }
        self.counts.used += 1;
        if header.pass == 0 {
            // The seal goes one block ahead of its symbols.
            self.pass_to(number.saturating_sub(1));
            self.first.get_or_insert(number);
        }
        let clock = self.clock;
        let at = known.unwrap_or_else(|| self.begin(number, source, repair));
        let open = &mut self.open[at];
        open.touched = clock;
        let mut digests = Box::new([[0; DIGEST_BYTES]; SEAL_SYMBOLS]);
        for (nth, place) in digests.iter_mut().enumerate() {
            if let Some(digest) = seal.digest(nth) {
                place.copy_from_slice(digest);
            }
        }
        open.parts[part] = Some(digests);
    }

    /// Every block before this is behind us: those of which we never heard count as lost.
    fn pass_to(&mut self, block: u32) {
        if block <= self.through {
            return;
        }
        if let Some(first) = self.first {
            for skipped in self.through.max(first)..block {
                if !self.have[skipped as usize] && !self.open.iter().any(|o| o.number == skipped) {
                    self.counts.expected += source_symbols(self.plan.bytes_of(skipped)) as u64;
                }
            }
        }
        self.through = block;
    }

    /// Makes room for a block; the one of which nothing was heard for longest goes.
    fn begin(&mut self, number: u32, source: usize, repair: usize) -> usize {
        if self.open.len() >= MAX_OPEN
            && let Some(oldest) = (0..self.open.len()).min_by_key(|i| self.open[*i].touched)
        {
            let gone = self.open.swap_remove(oldest);
            // In the middle of the first one we came.
            if self.first != Some(gone.number) {
                self.counts.expected += (gone.source + gone.repair) as u64;
                self.counts.came += gone.came as u64;
            }
        }
        self.open.push(Open {
            number,
            source,
            repair,
            parts: vec![None; (source + repair).div_ceil(SEAL_SYMBOLS)],
            bytes: Vec::new(),
            here: vec![false; source + repair],
            came: 0,
            whole: false,
            touched: self.clock,
        });
        self.open.len() - 1
    }

    fn symbol(&mut self, header: &Header, payload: &[u8; SYMBOL_BYTES]) -> Heard {
        let index = usize::from(header.index);
        let wanted = self.open.iter_mut().find(|o| o.number == header.block);
        let Some(open) = wanted.filter(|o| o.here.get(index) == Some(&false)) else {
            self.counts.unused += 1;
            return Heard::Nothing;
        };
        let Some(digests) = &open.parts[index / SEAL_SYMBOLS] else {
            self.counts.unused += 1;
            return Heard::Nothing;
        };
        if open.whole {
            // Only counted: how much is lost on the way.
            (open.here[index], open.came, open.touched) = (true, open.came + 1, self.clock);
            return Heard::Nothing;
        }
        if digest(header.block, header.index, payload) != digests[index % SEAL_SYMBOLS] {
            self.counts.false_symbols += 1;
            return Heard::Nothing;
        }
        self.counts.used += 1;
        if open.bytes.is_empty() {
            open.bytes = vec![0; open.here.len() * SYMBOL_BYTES];
        }
        open.bytes[index * SYMBOL_BYTES..][..SYMBOL_BYTES].copy_from_slice(payload);
        (open.here[index], open.came, open.touched) = (true, open.came + 1, self.clock);
        if open.came < open.source {
            return Heard::Nothing;
        }
        open.whole = true;
        let number = open.number;
        let repaired = open.here[..open.source].iter().any(|here| !here);
        let bytes = Self::restore(open, &mut self.decoder);
        let frame_bytes = self.plan.bytes_of(number);
        let plain = bytes.and_then(|mut bytes| {
            bytes.truncate(frame_bytes + TAG_BYTES);
            self.keys.open(number, &mut bytes).map(|()| bytes)
        });
        // A block that does not open was sealed by somebody else's hand: the repository has it.
        let Some(plain) = plain else { return Heard::Nothing };
        self.counts.repaired += u64::from(repaired);
        self.have[number as usize] = true;
        self.left -= 1;
        Heard::Block(number, plain)
    }

    /// The source symbols of a block of which enough is here.
    fn restore(open: &mut Open, decoder: &mut Option<ReedSolomonDecoder>) -> Option<Vec<u8>> {
        let mut bytes = std::mem::take(&mut open.bytes);
        let (source, repair) = (open.source, open.repair);
        if open.here[..source].iter().any(|here| !here) {
            let coder = match decoder {
                Some(coder) => {
                    coder.reset(source, repair, SYMBOL_BYTES).ok()?;
                    coder
                }
                empty => empty.insert(ReedSolomonDecoder::new(source, repair, SYMBOL_BYTES).ok()?),
            };
            for (index, symbol) in bytes.chunks_exact(SYMBOL_BYTES).enumerate().filter(|(i, _)| open.here[*i]) {
                match index.checked_sub(source) {
                    None => coder.add_original_shard(index, symbol).ok()?,
                    Some(nth) => coder.add_recovery_shard(nth, symbol).ok()?,
                }
            }
            for (index, symbol) in coder.decode().ok()?.restored_original_iter() {
                bytes[index * SYMBOL_BYTES..][..SYMBOL_BYTES].copy_from_slice(symbol);
            }
        }
        bytes.truncate(source * SYMBOL_BYTES);
        Some(bytes)
    }
}
