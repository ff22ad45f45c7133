//! The journal of a simulated agent: chained, signed, handed over until it is acknowledged, and remembered, so that it can
//! be compared in the end with what the server holds.
use crate::{crowd::World, line::Trouble, machine::Machine, now};
use socle_domain::{
    Digest, RunId,
    journal::{Chain, Event, SignedEntry, Writer},
    order::{Act, Order, accept},
    sequence::Sequence,
    sign::{Signed, Signer},
};
use socle_wire::agent::{JournalAck, JournalPush, JournalTail};
use std::time::Instant;

/// A run, as its machine knows it.
pub struct Work {
    /// The run.
    pub run: RunId,
    chain: Chain,
    sequence: Sequence,
    step: usize,
    entries: Vec<SignedEntry>,
    acknowledged: usize,
    over: bool,
}

/// What became of a run, for the comparison.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its machine.
    pub machine: u32,
    /// Every entry that it wrote, by digest.
    pub written: Vec<Digest>,
    /// How many of them the server has acknowledged.
    pub acknowledged: usize,
    /// Whether the machine has written its last word, and it was acknowledged.
    pub over: bool,
}

impl Work {
    /// Begins a run on an order, if it is one and is meant for this machine.
    fn begin(world: &World, machine: &Machine, signed: &Signed<Order>) -> Result<Option<Work>, Trouble> {
        let wrong = |e: socle_texts::Fault| Trouble::Refused(0, format!("an order that can't be accepted: {e}"));
        let Some(delegation) = world.delegation() else { return Ok(None) };
        let (target, key) = (machine.target(world), machine.key.public());
        let order = accept(signed, &world.content, &delegation, target, &key, machine.last_order, now());
        let order = order.map_err(wrong)?;
        let Act::Run(spec) = order.act else { return Ok(None) };
        let sequence = spec.master.open(&world.content).and_then(|master| master.sequence()).map_err(wrong)?;
        let chain = Chain::new(spec.run, target, key, signed.digest());
        let (entries, step, acknowledged) = (Vec::new(), 0, 0);
        let mut work = Work { run: spec.run, chain, sequence, step, entries, acknowledged, over: false };
        work.write(machine, None, Event::RunStarted { agent: "simulated".into(), facts: Digest::of(b"") });
        work.write(machine, None, Event::OrderReceived { number: order.number, order: signed.digest() });
        Ok(Some(work))
    }

    fn write(&mut self, machine: &Machine, step: Option<&str>, what: Event) {
        let mut writer = Writer::new(self.chain, &machine.key);
        self.entries.push(writer.write(now(), step, what));
        self.chain = *writer.chain();
    }

    /// Writes what comes next: a step's beginning and end, or the last word. False where all is written.
    fn go_on(&mut self, machine: &Machine) -> bool {
        if self.over {
            return false;
        }
        match self.sequence.steps.get(self.step).map(|step| step.id.clone()) {
            Some(id) => {
                self.write(machine, Some(&id), Event::StepStarted { attempt: 1 });
                self.write(machine, Some(&id), Event::StepCompleted { facts: Default::default() });
                self.step += 1;
            }
            None => {
                self.write(machine, None, Event::RunCompleted {});
                self.over = true;
            }
        }
        true
    }

    fn told(&self, machine: &Machine) -> Outcome {
        Outcome {
            machine: machine.n,
            written: self.entries.iter().map(Signed::digest).collect(),
            acknowledged: self.acknowledged,
            over: self.over && self.acknowledged == self.entries.len(),
        }
    }
}

/// Goes on with a machine's run, by one step: takes up the order, or writes and hands over. What could not be handed over
/// is kept, and handed over again with what follows.
pub async fn go_on(world: &World, machine: &mut Machine) -> Result<(), Trouble> {
    if machine.work.is_none() {
        let mut line = machine.line(world).await?;
        for signed in machine.orders(&mut line).await?.orders {
            let Some(work) = Work::begin(world, machine, &signed)? else { continue };
            world.results().insert(work.run, work.told(machine));
            machine.work = Some(Box::new(work));
            break;
        }
    }
    let Some(mut work) = machine.work.take() else { return Ok(()) };
    if work.acknowledged == work.entries.len() {
        work.go_on(machine);
    }
    let handed = hand_over(world, machine, &mut work).await;
    world.results().insert(work.run, work.told(machine));
    if !(work.over && work.acknowledged == work.entries.len()) {
        machine.work = Some(work);
    }
    handed
}

async fn hand_over(world: &World, machine: &Machine, work: &mut Work) -> Result<(), Trouble> {
    let path = format!("/agent/v1/runs/{}/journal", work.run);
    let push = JournalPush { entries: work.entries[work.acknowledged..].to_vec() };
    let begin = Instant::now();
    let mut line = machine.line(world).await?;
    let ack: JournalAck = line.post(&path, machine.session.as_deref(), &push).await?;
    world.took("push", begin.elapsed());
    if ack.through as usize > work.entries.len() {
        return Err(Trouble::Refused(0, "more was acknowledged than was written".into()));
    }
    work.acknowledged = work.acknowledged.max(ack.through as usize);
    Ok(())
}

/// The whole journal as the server holds it, page by page.
pub async fn held(world: &World, machine: &Machine, run: RunId) -> Result<Vec<Digest>, Trouble> {
    let mut line = machine.line(world).await?;
    let mut all = Vec::new();
    loop {
        let path = format!("/agent/v1/runs/{run}/journal?after={}", all.len());
        let page: JournalTail = line.get(&path, machine.session.as_deref()).await?;
        all.extend(page.entries.iter().map(Signed::digest));
        if !page.more || page.entries.is_empty() {
            return Ok(all);
        }
    }
}
