//! The journal of a run, as the machine writes it.
use super::{Keep, Remembered, World};
use socle_domain::{
    Timestamp,
    journal::{Chain, Entry, Event, SignedEntry, Writer},
    keys::server_key,
    master::Master,
    order::{Act, Order, RunSpec},
    run::Run,
    sequence::Sequence,
    sign::{Signed, Signer},
};
use socle_texts::{Fault, Result};
use socle_wire::agent::{JournalTail, has_room};
use std::collections::VecDeque;

/// The server takes so many at once.
const PUSH_MAX: usize = 500;
/// So many bytes of entries in one message: a body travels as a JSON text in another, which at worst doubles it.
const PUSH_MAX_BYTES: usize = socle_wire::MAX_MESSAGE_BYTES / 3;

/// A journal with all that its entries refer to.
pub struct Journal {
    /// What was ordered.
    pub spec: RunSpec,
    /// The master, checked against the content key.
    pub master: Master,
    /// Its sequence.
    pub sequence: Sequence,
    /// What the entries say, folded.
    pub run: Run,
    /// Where it is remembered, once that exists.
    pub keep: Option<Keep>,
    chain: Chain,
    orders: Vec<Signed<Order>>,
    entries: Vec<SignedEntry>,
    bytes: u64,
    /// What the server has not acknowledged yet.
    pending: VecDeque<SignedEntry>,
    last: Option<Event>,
    last_at: Option<Timestamp>,
}

impl Journal {
    /// The names of the options whose values are secrets.
    pub fn secret_options(&self) -> Vec<String> {
        let specs = self.master.specs_of(&self.sequence).unwrap_or_default().into_iter();
        specs.filter(|s| s.kind.is_secret()).map(|s| s.name).collect()
    }
    /// The journal that an order starts: it has no entry yet. The order was accepted before.
    pub fn begin(world: &World<'_>, order: &Signed<Order>, keep: Option<Keep>) -> Result<Self> {
        let told = Remembered { orders: vec![order.clone()], entries: Vec::new() };
        let mut journal = Self::read(world, &told, keep)?;
        if let Some(keep) = &mut journal.keep {
            keep.begin(&journal.orders, &[])?;
        }
        Ok(journal)
    }

    /// A journal that goes on: what the machine remembers and what the server holds are brought together. Entries of
    /// either that do not follow from one another are a fault: nobody but this machine can have signed them.
    pub fn resume(world: &World<'_>, tail: &JournalTail, mut keep: Option<Keep>) -> Result<Self> {
        let local = keep.as_ref().map(Keep::remembered).transpose()?.unwrap_or_default();
        let server = Remembered { orders: tail.orders.clone(), entries: tail.entries.clone() };
        let same = local.run().is_some() && local.run() == server.run();
        let local = if same || server.orders.is_empty() { local } else { Remembered::default() };
        let held = server.entries.len();
        let (short, long) = match local.entries.len() >= held {
            true => (&server.entries, &local.entries),
            false => (&local.entries, &server.entries),
        };
        if !short.iter().zip(long).all(|(a, b)| a.body == b.body) {
            return Err(Fault::new("agent-journal-forked"));
        }
        let mut orders = if server.orders.is_empty() { local.orders.clone() } else { server.orders };
        orders.extend(local.orders.iter().filter(|o| !orders.contains(o)).cloned().collect::<Vec<_>>());
        let told = Remembered { orders, entries: long.clone() };
        // A memory that was made but not filled yet, or that tells of another run, or less than the server does.
        if let Some(keep) = &mut keep
            && told.entries.len() > local.entries.len()
        {
            keep.begin(&told.orders, &told.entries)?;
        }
        let mut journal = Self::read(world, &told, keep)?;
        journal.pending = journal.entries.iter().skip(held).cloned().collect();
        Ok(journal)
    }

    /// A journal that goes on without its server: what the machine remembers, alone.
    pub fn remembered(world: &World<'_>, keep: Keep) -> Result<Self> {
        let told = keep.remembered()?;
        let through = keep.acknowledged() as usize;
        let mut journal = Self::read(world, &told, Some(keep))?;
        journal.pending = journal.entries.iter().skip(through).cloned().collect();
        Ok(journal)
    }

    fn read(world: &World<'_>, told: &Remembered, keep: Option<Keep>) -> Result<Self> {
        let not_ours = |number: u64| Fault::new("domain-order-not-ours").with("number", number);
        // An order that nobody took is given again under another number: the journal itself says on which it began.
        let begun_on = told.entries.first().and_then(|e| serde_json::from_str::<Entry>(&e.body).ok());
        let begun_on = begun_on.map(|entry| entry.previous);
        let mut orders = told.orders.iter();
        let first = orders.find(|o| begun_on.is_none_or(|d| d == o.digest())).ok_or_else(|| not_ours(0))?;
        let order = first.open(&server_key(&world.content_key, &world.delegation)?)?;
        if order.machine != world.key.public() {
            return Err(not_ours(order.number));
        }
        let Act::Run(spec) = order.act else { return Err(not_ours(order.number)) };
        if spec.target.id != order.target {
            return Err(not_ours(order.number));
        }
        if told.entries.is_empty() {
            world.check_generation(&spec)?;
        }
        let master = spec.master.open(&world.content_key)?;
        let sequence = master.sequence()?;
        let mut chain = Chain::new(spec.run, spec.target.id, world.key.public(), first.digest());
        let entries = told.entries.iter().map(|e| chain.take(e)).collect::<Result<Vec<Entry>>>()?;
        let mut run = Run::folded(&sequence, &entries);
        run.last_order = run.last_order.max(order.number);
        // What the journal has not acknowledged is heard again.
        let taken =
            |o: &&Signed<Order>| serde_json::from_str::<Order>(&o.body).is_ok_and(|read| read.number <= run.last_order);
        let orders = told.orders.iter().filter(taken).cloned().collect();
        Ok(Journal {
            spec: *spec,
            master,
            sequence,
            run,
            keep,
            chain,
            orders,
            last_at: entries.last().map(|e| e.at),
            last: entries.into_iter().next_back().map(|e| e.what),
            bytes: told.entries.iter().map(|e| e.body.len() as u64).sum(),
            entries: told.entries.clone(),
            pending: VecDeque::new(),
        })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Whether it has no entry yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// What the last entry says.
    pub fn last(&self) -> Option<&Event> {
        self.last.as_ref()
    }
    /// When the last entry was written.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }
    /// The orders about this run.
    pub fn orders(&self) -> &[Signed<Order>] {
        &self.orders
    }
    /// The entries.
    pub fn entries(&self) -> &[SignedEntry] {
        &self.entries
    }
    /// How many entries the server has not acknowledged.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Writes an entry. When this returns it is durable; where it can't be made so, nothing was written and nothing
    /// may go on.
    pub fn write(&mut self, world: &World<'_>, step: Option<&str>, what: Event) -> Result<()> {
        self.write_all(world, vec![(step, what)])
    }

    /// Writes several entries at once: nobody ever sees the one without the others.
    pub fn write_all(&mut self, world: &World<'_>, events: Vec<(Option<&str>, Event)>) -> Result<()> {
        let mut writer = Writer::new(self.chain, world.key);
        let at = world.clock.now().max(self.last_at.unwrap_or(Timestamp::UNIX_EPOCH));
        let mut new: Vec<SignedEntry> = Vec::with_capacity(events.len());
        let (mut entries, mut bytes) = (self.entries.len() as u64, self.bytes);
        for (step, what) in events {
            let kind = what.clone();
            let signed = writer.write(at, step, what);
            if !has_room(entries, bytes, signed.body.len() as u64, &kind) {
                return Err(Fault::new("agent-journal-full").with("entries", entries).with("bytes", bytes));
            }
            (entries, bytes) = (entries + 1, bytes + signed.body.len() as u64);
            new.push(signed);
        }
        let next = *writer.chain();
        match &mut self.keep {
            Some(keep) => keep.entries(&new)?,
            None => {
                self.hand_over(world, true)?;
                let through = world.server.push(self.spec.run, &new, true)?.through;
                if through < next.number {
                    return Err(Fault::new("agent-entry-not-kept").with("number", next.number).may_retry());
                }
            }
        }
        // Only now do they count.
        let mut check = self.chain;
        for signed in new {
            let entry = check.take(&signed)?;
            self.run.take(&entry, &self.sequence);
            (self.last, self.last_at) = (Some(entry.what), Some(entry.at));
            self.bytes += signed.body.len() as u64;
            self.entries.push(signed.clone());
            if self.keep.is_some() {
                self.pending.push_back(signed);
            }
        }
        self.chain = next;
        // The server may be away: what it has not heard it hears later.
        let _ = self.hand_over(world, false);
        Ok(())
    }

    /// What goes in one message: as many entries, and as many bytes, as the server takes at once.
    fn next_push(&self) -> Vec<SignedEntry> {
        let mut bytes = 0;
        let fits = |entry: &&SignedEntry| {
            bytes += entry.body.len();
            bytes <= PUSH_MAX_BYTES
        };
        let some: Vec<_> = self.pending.iter().take(PUSH_MAX).take_while(fits).cloned().collect();
        if some.is_empty() { self.pending.iter().take(1).cloned().collect() } else { some }
    }

    /// Hands over what the server has not acknowledged yet; `patient` waits for it.
    pub fn hand_over(&mut self, world: &World<'_>, patient: bool) -> Result<()> {
        while !self.pending.is_empty() {
            let some = self.next_push();
            let ack = world.server.push(self.spec.run, &some, patient)?;
            let first = (self.entries.len() - self.pending.len()) as u64;
            let done = ack.through.saturating_sub(first).min(some.len() as u64);
            self.pending.drain(..done as usize);
            if done == 0 {
                return Err(Fault::new("agent-entry-not-kept").with("number", first + 1).may_retry());
            }
            if let Some(keep) = &mut self.keep
                && self.pending.is_empty()
            {
                keep.set_acknowledged(ack.through)?;
            }
        }
        Ok(())
    }

    /// Takes up an order about this run: remembered, and acknowledged by an entry, together with those that say what
    /// follows from it.
    pub fn take_order(
        &mut self,
        world: &World<'_>,
        number: u64,
        order: &Signed<Order>,
        then: Vec<(Option<&str>, Event)>,
    ) -> Result<()> {
        if let Some(keep) = &mut self.keep {
            keep.order(order)?;
        }
        self.orders.push(order.clone());
        let mut events = vec![(None, Event::OrderReceived { number, order: order.digest() })];
        events.extend(then);
        self.write_all(world, events)
    }

    /// From now on the journal stands in this memory, which holds nothing yet.
    pub fn remember_in(&mut self, mut keep: Keep) -> Result<()> {
        keep.begin(&self.orders, &self.entries)?;
        self.keep = Some(keep);
        Ok(())
    }
}
