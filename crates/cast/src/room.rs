//! Who hears a session, what is lacking, how fast it goes. Pure: reports and moments in, decisions out.
//!
//! Reports come from machines that proved who they are, and yet may lie. So: what decides about speed is what *more than
//! half* of the members say; a block is sent again only where two members lack it, unicast being as good for one; and
//! whatever is said, the speed stays between [`Room::floor`] and the ceiling, and the sum below [`MAX_SHARE`].
use std::collections::{BTreeMap, VecDeque};

/// Members of a session.
pub const MAX_MEMBERS: usize = 1_000;
/// Ranges of lacking blocks in one report.
pub const MAX_RANGES: usize = 512;
/// All that a session may send, in hundredths of the image as it rests in the repository.
pub const MAX_SHARE: u64 = 130;
/// A member that says nothing for so long does not count.
const SILENT_MILLISECONDS: u64 = 6_000;
/// After a pass: so long are the members' words waited for, at most.
const LISTEN_MILLISECONDS: u64 = 2_000;
/// And at least: what was sent last must have come.
const SETTLE_MILLISECONDS: u64 = 500;
const TICK_MILLISECONDS: u64 = 1_000;
/// The stream goes through the plan at most so often.
const MAX_PASSES: u8 = 3;
/// Loss of more than half of the members, in thousandths, above which the stream slows down, and below which it goes faster.
const TOO_MUCH: u16 = 20;
const LITTLE: u16 = 5;
/// A room that loses so much at the floor is served better by unicast.
const HOPELESS: u16 = 200;
const HOPELESS_TICKS: u32 = 5;
/// A session into which nobody comes at all ends after so long: whoever opened it may check a large image first.
const EMPTY_MILLISECONDS: u64 = 600_000;

/// What a member says from time to time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Blocks before this one are behind it.
    pub through: u32,
    /// Of these, ranges that it lacks: the first, and the one after the last.
    pub missing: Vec<[u32; 2]>,
    /// Symbols that were to come since its last report.
    pub expected: u64,
    /// Of these, so many came.
    pub came: u64,
}

#[derive(Debug, Clone, Default)]
struct Member {
    heard: u64,
    lost_permille: Option<u16>,
    missing: Vec<[u32; 2]>,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send this block.
    Block {
        /// Which.
        number: u32,
        /// In which pass.
        pass: u8,
    },
    /// Nothing yet: ask again soon.
    Wait,
    /// The session is over; the rest goes by unicast.
    Over,
}

/// How a session goes.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Blocks of the plan.
    pub blocks: u32,
    /// Bytes of the plan.
    pub image_bytes: u64,
    /// The fastest that it may ever be.
    pub ceiling_bytes_per_second: u64,
    /// It begins when so many members are here,
    pub expected: usize,
    /// or so long after the first of them came, whoever is here then.
    pub gather_milliseconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Gather,
    Send,
    Listen { since: u64 },
    Over,
}

/// A session's members and decisions. Moments are milliseconds since it was opened.
#[derive(Debug)]
pub struct Room {
    terms: Terms,
    members: BTreeMap<u64, Member>,
    first_joined: Option<u64>,
    phase: Phase,
    pass: u8,
    to_send: VecDeque<u32>,
    rate: u64,
    repair_permille: u16,
    ticked: u64,
    hopeless: u32,
    sent_bytes: u64,
    sent_blocks: u64,
    slowest: u64,
}

impl Room {
    /// An empty one.
    pub fn new(terms: Terms) -> Room {
        let ceiling = terms.ceiling_bytes_per_second.max(1);
        Room {
            to_send: (0..terms.blocks).collect(),
            rate: ceiling,
            slowest: ceiling,
            terms,
            members: BTreeMap::new(),
            first_joined: None,
            phase: Phase::Gather,
            pass: 0,
            repair_permille: 30,
            ticked: 0,
            hopeless: 0,
            sent_bytes: 0,
            sent_blocks: 0,
        }
    }

    /// Takes a member in, at any time but after the end. Whether it came in.
    pub fn join(&mut self, id: u64, now: u64) -> bool {
        let fits = self.members.len() < MAX_MEMBERS || self.members.contains_key(&id);
        if self.phase == Phase::Over || !fits {
            return false;
        }
        self.first_joined.get_or_insert(now);
        self.members.insert(id, Member { heard: now, ..Member::default() });
        true
    }

    /// Hears a member. Whether the session goes on.
    pub fn report(&mut self, id: u64, report: &Report, now: u64) -> bool {
        let blocks = self.terms.blocks;
        if let Some(member) = self.members.get_mut(&id) {
            member.heard = now;
            if report.expected > 0 {
                let lost = report.expected.saturating_sub(report.came);
                member.lost_permille = Some((u128::from(lost) * 1000 / u128::from(report.expected)) as u16);
            }
            let sane = |r: &&[u32; 2]| r[0] < r[1] && r[1] <= blocks.min(report.through);
            member.missing = report.missing.iter().take(MAX_RANGES).filter(sane).copied().collect();
        }
        self.phase != Phase::Over
    }

    /// A member goes.
    pub fn leave(&mut self, id: u64) {
        self.members.remove(&id);
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.phase = Phase::Over;
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }
    /// How fast it goes now.
    pub fn bytes_per_second(&self) -> u64 {
        self.rate
    }
    /// The slowest it ever went.
    pub fn slowest(&self) -> u64 {
        self.slowest
    }
    /// Repair symbols for each thousand source symbols.
    pub fn repair_permille(&self) -> u16 {
        self.repair_permille
    }
    /// So many bytes went out.
    pub fn sent(&mut self, bytes: u64) {
        self.sent_bytes += bytes;
    }
    /// All that went out.
    pub fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }
    /// Members that are heard.
    pub fn live(&self, now: u64) -> usize {
        self.members.values().filter(|m| m.heard + SILENT_MILLISECONDS > now).count()
    }
    /// The slowest that it may become: what each member would get if all were served by unicast at the ceiling.
    pub fn floor(&self, now: u64) -> u64 {
        self.terms.ceiling_bytes_per_second / self.live(now).max(2) as u64
    }

    /// What the sender does next.
    pub fn next(&mut self, now: u64) -> Next {
        self.tick(now);
        loop {
            match self.phase {
                Phase::Over => return Next::Over,
                Phase::Gather if self.members.len() >= self.terms.expected.max(1) => self.phase = Phase::Send,
                Phase::Gather => {
                    let gather = self.terms.gather_milliseconds;
                    let until = self.first_joined.map_or(EMPTY_MILLISECONDS, |first| first + gather);
                    if now < until {
                        return Next::Wait;
                    }
                    self.phase = Phase::Send;
                }
                // For one machine a stream is nothing but unicast.
                Phase::Send if self.live(now) < 2 => self.phase = Phase::Over,
                Phase::Send => match self.to_send.pop_front() {
                    Some(number) => {
                        self.sent_blocks += 1;
                        return Next::Block { number, pass: self.pass };
                    }
                    None => self.phase = Phase::Listen { since: now },
                },
                Phase::Listen { since } => {
                    let settled = |m: &&Member| m.heard >= since + SETTLE_MILLISECONDS;
                    let live = self.live(now);
                    let all = self.members.values().filter(settled).count() >= live;
                    if !all && now < since + LISTEN_MILLISECONDS {
                        return Next::Wait;
                    }
                    self.pass += 1;
                    self.to_send = self.lacking(now);
                    let ends = self.to_send.is_empty() || self.pass >= MAX_PASSES;
                    self.phase = if ends { Phase::Over } else { Phase::Send };
                }
            }
        }
    }

    /// Blocks that two living members lack, as many as the limit leaves room for.
    fn lacking(&self, now: u64) -> VecDeque<u32> {
        let mut wanted = vec![0_u16; self.terms.blocks as usize];
        for member in self.members.values().filter(|m| m.heard + SILENT_MILLISECONDS > now) {
            for [first, end] in &member.missing {
                wanted[*first as usize..*end as usize].iter_mut().for_each(|w| *w = w.saturating_add(1));
            }
        }
        let room = (self.terms.image_bytes * MAX_SHARE / 100).saturating_sub(self.sent_bytes);
        let each = (self.sent_bytes / self.sent_blocks.max(1)).max(1);
        // One in ten is kept back: blocks differ in length.
        let most = (room / each * 9 / 10) as usize;
        (0..self.terms.blocks).filter(|b| wanted[*b as usize] >= 2).take(most).collect()
    }

    fn tick(&mut self, now: u64) {
        if now < self.ticked + TICK_MILLISECONDS || self.phase == Phase::Gather {
            return;
        }
        self.ticked = now;
        let live = self.members.values_mut().filter(|m| m.heard + SILENT_MILLISECONDS > now);
        let mut lost: Vec<u16> = live.filter_map(|m| m.lost_permille.take()).collect();
        lost.sort_unstable();
        let Some(last) = lost.len().checked_sub(1) else { return };
        // At least half of them lose no more than this, whatever the others say.
        let half = lost[last / 2];
        let most = lost[last * 3 / 4];
        let (floor, ceiling) = (self.floor(now), self.terms.ceiling_bytes_per_second);
        self.hopeless = if half > HOPELESS && self.rate <= floor { self.hopeless + 1 } else { 0 };
        if self.hopeless >= HOPELESS_TICKS {
            self.phase = Phase::Over;
        }
        if half > TOO_MUCH {
            self.rate = self.rate * 3 / 4;
        } else if half < LITTLE {
            self.rate += ceiling / 20;
        }
        self.rate = self.rate.clamp(floor.min(ceiling), ceiling).max(1);
        self.slowest = self.slowest.min(self.rate);
        self.repair_permille = (20 + most.saturating_mul(3) / 2).clamp(30, 120);
    }
}
