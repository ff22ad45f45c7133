//! What a machine remembers where a power cut cannot take it: the Socle partition.
//!
//! PID 1 lives in memory while the disk is overwritten, so the machine's key, its journal and the resume state stand
//! in a small raw partition that the layout always keeps. It has no filesystem: a filesystem's own journal, replay
//! and repair are more than a few hundred records need, and its format is ours to prove.
//!
//! ```text
//! 0        superblock A │ superblock B            one page each; the valid one with the higher generation counts
//! 8 KiB    nothing of the memory: one page for the label of a partition in an older table ([`crate::mbr`])
//! 64 KiB   16 slots, two copies of 16 KiB each    small records rewritten often (a resume point): older copy overwritten
//! 1 MiB    log half 0 │ log half 1                frames, each on fresh pages; a restart fills the other half, then flips
//! ```
//!
//! INVARIANT: a page that holds something already acknowledged is never written again, but for its whole half or slot
//! copy being given up first. So a torn write can only take what was not yet acknowledged.
mod format;
mod place;

use crate::memory::format::{FRAME_HEADER_BYTES, Frame, SLOT_HEADER_BYTES, Slot, Superblock};
pub use place::{Piece, Place, Window};
use socle_texts::{Fault, Result};

/// What is written at once, and never shared by two records: the largest physical sector in use.
pub const PAGE_BYTES: u64 = 4096;
/// How many small records may be kept by name.
pub const SLOTS: u64 = 16;
/// The largest content of a slot.
pub const SLOT_MAX_BYTES: usize = SLOT_COPY_BYTES as usize - SLOT_HEADER_BYTES;
/// The longest name of a slot.
pub const SLOT_NAME_MAX_BYTES: usize = 32;
/// The largest content of one log record.
pub const RECORD_MAX_BYTES: usize = 1 << 20;
/// The smallest place that can be formatted.
pub const PLACE_MIN_BYTES: u64 = LOG_START_BYTES + 2 * 16 * PAGE_BYTES;

const SLOT_COPY_BYTES: u64 = 16 << 10;
const SLOTS_START_BYTES: u64 = 64 << 10;
const LOG_START_BYTES: u64 = 1 << 20;

/// One thing remembered in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1, without a hole, never used twice even across restarts of the log.
    pub sequence: u64,
    /// What it is, for its reader.
    pub kind: u16,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// An open memory. There is one writer: the agent.
#[derive(Debug)]
pub struct Memory<P> {
    place: P,
    superblock: Superblock,
    /// Where the next frame goes, in bytes from the start of the place.
    tail: u64,
    next_sequence: u64,
    slots: Vec<SlotPair>,
}

#[derive(Debug, Clone, Default)]
struct SlotPair {
    /// The newest valid copy: its number among the two, and what it holds.
    newest: Option<(u64, Slot)>,
}

impl<P: Place> Memory<P> {
    /// Makes the place an empty memory. Everything that it held is forgotten. `id` is drawn by the caller: what an
    /// earlier memory left on these pages carries another id and is never read again.
    pub fn format(place: P, id: [u8; 16]) -> Result<Self> {
        let size = place.size_bytes();
        if size < PLACE_MIN_BYTES {
            return Err(Fault::new("disk-memory-too-small").with("size", size).with("needed", PLACE_MIN_BYTES));
        }
        write(&place, 0, &[0; PAGE_BYTES as usize])?;
        write(&place, PAGE_BYTES, &[0; PAGE_BYTES as usize])?;
        sync(&place)?;
        let half_bytes = (size - LOG_START_BYTES) / 2 / PAGE_BYTES * PAGE_BYTES;
        let superblock = Superblock { id, generation: 1, half: 0, half_bytes, first_sequence: 1 };
        write(&place, 0, &superblock.to_page())?;
        sync(&place)?;
        let tail = superblock.half_start();
        Ok(Memory { place, superblock, tail, next_sequence: 1, slots: vec![SlotPair::default(); SLOTS as usize] })
    }

    /// Opens what is there, or nothing where no memory was ever formatted. What this returns is on the medium: it is
    /// synced first, for a killed agent (without a power cut) may have left writes on their way.
    pub fn open(place: P) -> Result<Option<Self>> {
        if place.size_bytes() < PLACE_MIN_BYTES {
            return Ok(None);
        }
        sync(&place)?;
        let mut newest: Option<Superblock> = None;
        for copy in 0..2 {
            let page = read(&place, copy * PAGE_BYTES, PAGE_BYTES as usize)?;
            if let Some(found) = Superblock::from_page(&page, place.size_bytes())
                && newest.as_ref().is_none_or(|n| n.generation < found.generation)
            {
                newest = Some(found);
            }
        }
        let Some(superblock) = newest else { return Ok(None) };
        let slots = read_slots(&place, &superblock.id)?;
        let mut memory = Memory {
            tail: superblock.half_start(),
            next_sequence: superblock.first_sequence,
            place,
            superblock,
            slots,
        };
        while let Some(frame) = memory.frame_at(memory.tail, memory.next_sequence)? {
            memory.tail += Frame::pages_bytes(frame.records.iter().map(|r| r.1.len()));
            memory.next_sequence += frame.records.len() as u64;
        }
        Ok(Some(memory))
    }

    /// The identity drawn when the place was formatted.
    pub fn id(&self) -> [u8; 16] {
        self.superblock.id
    }

    /// Remembers one record; when this returns it is on the medium. Its number is returned.
    pub fn append(&mut self, kind: u16, bytes: &[u8]) -> Result<u64> {
        self.append_all(&[(kind, bytes)])
    }

    /// Remembers several records in one write: all or none. The number of the last is returned.
    pub fn append_all(&mut self, records: &[(u16, &[u8])]) -> Result<u64> {
        let needed = Frame::pages_bytes(records.iter().map(|r| r.1.len()));
        let biggest = records.iter().map(|r| r.1.len()).max().unwrap_or(0);
        if needed > self.free_bytes() || biggest > RECORD_MAX_BYTES || needed > format::FRAME_MAX_BYTES {
            return Err(Fault::new("disk-memory-full").with("needed", needed).with("free", self.free_bytes()));
        }
        if records.is_empty() {
            return Ok(self.next_sequence - 1);
        }
        let page = Frame::encode(&self.superblock, self.next_sequence, records);
        write(&self.place, self.tail, &page)?;
        sync(&self.place)?;
        self.tail += page.len() as u64;
        self.next_sequence += records.len() as u64;
        Ok(self.next_sequence - 1)
    }

    /// Everything in the log, oldest first.
    pub fn read_all(&self) -> Result<Vec<Record>> {
        let (mut at, mut sequence) = (self.superblock.half_start(), self.superblock.first_sequence);
        let mut all = Vec::new();
        while at < self.tail {
            let Some(frame) = self.frame_at(at, sequence)? else {
                return Err(Fault::new("disk-memory-damaged").with("offset", at));
            };
            at += Frame::pages_bytes(frame.records.iter().map(|r| r.1.len()));
            for (kind, bytes) in frame.records {
                all.push(Record { sequence, kind, bytes });
                sequence += 1;
            }
        }
        Ok(all)
    }

    /// Bytes left for frames before a [`restart`](Self::restart) is due.
    pub fn free_bytes(&self) -> u64 {
        self.superblock.half_start() + self.superblock.half_bytes - self.tail
    }

    /// Starts a new log that holds only `keep`, packed closely; the old one is forgotten. A power cut leaves the one or
    /// the other.
    /// Slots stay as they are, and numbers go on.
    pub fn restart(&mut self, keep: &[(u16, &[u8])]) -> Result<()> {
        let next = Superblock {
            generation: self.superblock.generation + 1,
            half: 1 - self.superblock.half,
            first_sequence: self.next_sequence,
            ..self.superblock.clone()
        };
        let (mut at, mut sequence) = (next.half_start(), next.first_sequence);
        for together in packed(keep) {
            let needed = Frame::pages_bytes(together.iter().map(|r| r.1.len()));
            let too_big = together.iter().any(|r| r.1.len() > RECORD_MAX_BYTES);
            if at + needed > next.half_start() + next.half_bytes || too_big {
                return Err(Fault::new("disk-memory-full").with("needed", needed).with("free", next.half_bytes));
            }
            write(&self.place, at, &Frame::encode(&next, sequence, together))?;
            at += needed;
            sequence += together.len() as u64;
        }
        sync(&self.place)?;
        write(&self.place, (next.generation - 1) % 2 * PAGE_BYTES, &next.to_page())?;
        sync(&self.place)?;
        (self.superblock, self.tail, self.next_sequence) = (next, at, sequence);
        Ok(())
    }

    /// Keeps a small record by its name; the former one is given up only once this one is on the medium.
    pub fn set_slot(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        if bytes.len() > SLOT_MAX_BYTES || name.len() > SLOT_NAME_MAX_BYTES || name.is_empty() {
            return Err(Fault::new("disk-memory-slot-too-big").with("name", name).with("size", bytes.len()));
        }
        let held = |s: &SlotPair| s.newest.as_ref().is_some_and(|(_, slot)| slot.name == name);
        let index = self.slots.iter().position(held).or_else(|| self.slots.iter().position(|s| s.newest.is_none()));
        let Some(index) = index else {
            return Err(Fault::new("disk-memory-full").with("needed", SLOT_COPY_BYTES).with("free", 0u64));
        };
        let (copy, version) = match &self.slots[index].newest {
            Some((copy, slot)) => (1 - copy, slot.version + 1),
            None => (0, 1),
        };
        let slot = Slot { name: name.into(), version, bytes: bytes.into() };
        write(&self.place, slot_offset(index as u64, copy), &slot.to_pages(&self.superblock.id))?;
        sync(&self.place)?;
        self.slots[index].newest = Some((copy, slot));
        Ok(())
    }

    /// What a slot holds.
    pub fn slot(&self, name: &str) -> Option<&[u8]> {
        self.slots.iter().filter_map(|s| s.newest.as_ref()).find(|(_, s)| s.name == name).map(|(_, s)| &s.bytes[..])
    }

    /// Reads the frame at an offset, where one of this log stands there and begins with this number.
    fn frame_at(&self, at: u64, sequence: u64) -> Result<Option<Frame>> {
        let end = self.superblock.half_start() + self.superblock.half_bytes;
        if at + PAGE_BYTES > end {
            return Ok(None);
        }
        let first = read(&self.place, at, PAGE_BYTES as usize)?;
        let Some(body) = Frame::body_bytes(&first, &self.superblock, sequence) else { return Ok(None) };
        let whole_bytes = (FRAME_HEADER_BYTES + body) as u64;
        if at + whole_bytes > end {
            return Ok(None);
        }
        let whole = if whole_bytes <= PAGE_BYTES { first } else { read(&self.place, at, whole_bytes as usize)? };
        Ok(Frame::decode(&whole, body))
    }
}

/// Records by the frames that they share.
fn packed<'r, 'b>(mut records: &'r [(u16, &'b [u8])]) -> Vec<&'r [(u16, &'b [u8])]> {
    let mut frames = Vec::new();
    while !records.is_empty() {
        let mut bytes = 0;
        let fits = |r: &&(u16, &[u8])| {
            bytes += r.1.len();
            bytes <= RECORD_MAX_BYTES
        };
        let (frame, rest) = records.split_at(records.iter().take_while(fits).count().max(1));
        frames.push(frame);
        records = rest;
    }
    frames
}

fn slot_offset(index: u64, copy: u64) -> u64 {
    SLOTS_START_BYTES + (index * 2 + copy) * SLOT_COPY_BYTES
}

fn read_slots<P: Place>(place: &P, id: &[u8; 16]) -> Result<Vec<SlotPair>> {
    let mut slots = Vec::new();
    for index in 0..SLOTS {
        let mut pair = SlotPair::default();
        for copy in 0..2 {
            let bytes = read(place, slot_offset(index, copy), SLOT_COPY_BYTES as usize)?;
            if let Some(slot) = Slot::from_pages(&bytes, id)
                && pair.newest.as_ref().is_none_or(|(_, s)| s.version < slot.version)
            {
                pair.newest = Some((copy, slot));
            }
        }
        slots.push(pair);
    }
    Ok(slots)
}

fn read<P: Place>(place: &P, offset: u64, len: usize) -> Result<Vec<u8>> {
    let mut buffer = vec![0; len];
    place
        .read_at(offset, &mut buffer)
        .map_err(|e| Fault::new("disk-memory-unreadable").with("offset", offset).because(e))?;
    Ok(buffer)
}

fn write<P: Place>(place: &P, offset: u64, bytes: &[u8]) -> Result<()> {
    place.write_at(offset, bytes).map_err(|e| Fault::new("disk-memory-unwritable").with("offset", offset).because(e))
}

fn sync<P: Place>(place: &P) -> Result<()> {
    place.sync().map_err(|e| Fault::new("disk-memory-unwritable").with("offset", 0u64).because(e))
}
