//! What a run keeps in a machine's memory, and finds there again.
use crate::key::AtRest;
use serde::{Serialize, de::DeserializeOwned};
use socle_disk::{
    adopt::LAYOUT_SLOT,
    layout::Plan,
    memory::{Memory, Window},
};
use socle_domain::{
    RunId,
    journal::SignedEntry,
    keys::{Delegation, Enrolment},
    order::{Act, Order},
    sign::Signed,
};
use socle_texts::{Fault, Result};

const ENTRY: u16 = 1;
const ORDER: u16 = 2;
const KEY: &str = "key";
const DELEGATION: &str = "delegation";
const ENROLMENT: &str = "enrolment";
const RESUME: &str = "resume";
const ACKNOWLEDGED: &str = "acknowledged";
const UNFINISHED: &str = "unfinished";
const IDENTITY: &str = "identity";

/// An open memory with what it says of a run.
#[derive(Debug)]
pub struct Keep {
    memory: Memory<Window>,
}

/// A run as the memory tells it: orders and entries, in their order.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The orders about the run; the first started it.
    pub orders: Vec<Signed<Order>>,
    /// The journal.
    pub entries: Vec<SignedEntry>,
}

impl Remembered {
    /// The run, by its first order. What the order is worth is for the caller to check.
    pub fn run(&self) -> Option<RunId> {
        let order: Order = serde_json::from_str(&self.orders.first()?.body).ok()?;
        matches!(order.act, Act::Run(_)).then(|| order.act.run()).flatten()
    }
}

impl Keep {
    /// A memory that was opened or formatted.
    pub fn new(memory: Memory<Window>) -> Self {
        Keep { memory }
    }

    /// The machine's key as it is kept here.
    pub fn key(&self) -> Option<AtRest> {
        AtRest::read(self.memory.slot(KEY)?)
    }
    /// Keeps the machine's key.
    pub fn keep_key(&mut self, key: &AtRest) -> Result<()> {
        let (bytes, before) = (key.to_bytes(), self.key());
        if before.as_ref() == Some(key) {
            return Ok(());
        }
        self.memory.set_slot(KEY, &bytes)?;
        match before {
            // A slot has two copies: what lay there open must not go on lying in the other one.
            Some(AtRest::Plain(_)) => self.memory.set_slot(KEY, &bytes),
            _ => Ok(()),
        }
    }
    /// Keeps what tells who the server and this machine are.
    pub fn keep_words(&mut self, delegation: &Signed<Delegation>, enrolment: Option<&Signed<Enrolment>>) -> Result<()> {
        self.set(DELEGATION, delegation)?;
        enrolment.map_or(Ok(()), |e| self.set(ENROLMENT, e))
    }

    /// The run that it tells of.
    pub fn remembered(&self) -> Result<Remembered> {
        let mut found = Remembered::default();
        for record in self.memory.read_all()? {
            match record.kind {
                ENTRY => found.entries.push(read(&record.bytes)?),
                ORDER => found.orders.push(read(&record.bytes)?),
                _ => {}
            }
        }
        Ok(found)
    }
    /// Forgets the run before and begins another.
    pub fn begin(&mut self, orders: &[Signed<Order>], entries: &[SignedEntry]) -> Result<()> {
        let orders: Vec<Vec<u8>> = orders.iter().map(write).collect::<Result<_>>()?;
        let entries: Vec<Vec<u8>> = entries.iter().map(write).collect::<Result<_>>()?;
        let mut records: Vec<(u16, &[u8])> = orders.iter().map(|b| (ORDER, &b[..])).collect();
        records.extend(entries.iter().map(|b| (ENTRY, &b[..])));
        self.memory.restart(&records)?;
        self.memory.set_slot(RESUME, b"")?;
        self.memory.set_slot(ACKNOWLEDGED, b"")
    }
    /// Remembers entries, all or none; durable when this returns.
    pub fn entries(&mut self, entries: &[SignedEntry]) -> Result<()> {
        self.append(ENTRY, &entries.iter().map(write).collect::<Result<Vec<_>>>()?)
    }
    /// Remembers an order about the run; durable when this returns.
    pub fn order(&mut self, order: &Signed<Order>) -> Result<()> {
        self.append(ORDER, &[write(order)?])
    }
    /// Appends; a full log is packed once: each record took pages of its own.
    fn append(&mut self, kind: u16, new: &[Vec<u8>]) -> Result<()> {
        let new: Vec<(u16, &[u8])> = new.iter().map(|b| (kind, &b[..])).collect();
        match self.memory.append_all(&new) {
            Err(fault) if fault.is("disk-memory-full") => {
                let all = self.memory.read_all()?;
                let records: Vec<(u16, &[u8])> = all.iter().map(|r| (r.kind, &r.bytes[..])).collect();
                self.memory.restart(&records)?;
                self.memory.append_all(&new).map(drop)
            }
            answer => answer.map(drop),
        }
    }

    /// Where an interrupted step goes on.
    pub fn resume_point<T: DeserializeOwned>(&self) -> Option<T> {
        let bytes = self.memory.slot(RESUME).filter(|b| !b.is_empty())?;
        serde_json::from_slice(bytes).ok()
    }
    /// Keeps where an interrupted step goes on.
    pub fn set_resume_point<T: Serialize>(&mut self, point: &T) -> Result<()> {
        self.set(RESUME, point)
    }
    /// Forgets it: the step is done.
    pub fn clear_resume_point(&mut self) -> Result<()> {
        match self.memory.slot(RESUME) {
            None | Some([]) => Ok(()),
            Some(_) => self.memory.set_slot(RESUME, b""),
        }
    }

    /// Up to which entry the server has said that it holds them.
    pub fn acknowledged(&self) -> u64 {
        self.memory.slot(ACKNOWLEDGED).and_then(|b| Some(u64::from_le_bytes(b.try_into().ok()?))).unwrap_or(0)
    }
    /// Remembers what the server has said that it holds.
    pub fn set_acknowledged(&mut self, through: u64) -> Result<()> {
        self.memory.set_slot(ACKNOWLEDGED, &through.to_le_bytes())
    }

    /// The disk (by its GUID) that holds nothing but what Socle itself has begun to write there.
    pub fn unfinished(&self) -> Option<[u8; 16]> {
        self.memory.slot(UNFINISHED).and_then(|b| b.try_into().ok())
    }
    /// Notes it; nothing once a system was started from there, for then it holds its people's things.
    pub fn set_unfinished(&mut self, disk: Option<[u8; 16]>) -> Result<()> {
        if self.unfinished() == disk {
            Ok(())
        } else {
            self.memory.set_slot(UNFINISHED, disk.as_ref().map_or(&[], |d| &d[..]))
        }
    }
    /// Keeps the layout of the disk, so that it outlives the partition table.
    pub fn keep_layout(&mut self, plan: &Plan) -> Result<()> {
        self.set(LAYOUT_SLOT, plan)
    }
    /// Who the machine is beside its key: what a reset gives back.
    pub fn identity<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.memory.slot(IDENTITY)?).ok()
    }
    /// Keeps it.
    pub fn keep_identity<T: Serialize>(&mut self, identity: &T) -> Result<()> {
        self.set(IDENTITY, identity)
    }
    /// What tells this memory from every other.
    pub fn id(&self) -> [u8; 16] {
        self.memory.id()
    }

    fn set<T: Serialize>(&mut self, slot: &str, value: &T) -> Result<()> {
        let bytes = write(value)?;
        if self.memory.slot(slot) == Some(&bytes[..]) { Ok(()) } else { self.memory.set_slot(slot, &bytes) }
    }
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Fault::new("agent-memory-unreadable").because(e))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|e| Fault::new("agent-memory-unreadable").because(e))
}
