//! The engine: from the journal to the next step, until there is none.
use super::{Ears, Journal, World};
use crate::{
    VERSION, screen,
    steps::{self, Done, Then, Values, Work},
};
use socle_domain::{
    Digest,
    journal::Event,
    order::Act,
    run::{Status, StepStatus},
    sequence::{RebootInto, Step, holds},
};
use socle_texts::{Fault, Lang, Result, say};
use socle_wire::agent::Where;
use std::{
    thread::{scope, sleep},
    time::Duration,
};

/// How a run leaves this agent.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The sequence is done.
    Completed,
    /// An order has stopped it.
    Cancelled,
    /// The machine is to be started again, or switched off; the journal says so already.
    Restart(RebootInto),
    /// What comes next is not done by an agent in this place.
    Elsewhere,
}

/// Carries out one run.
pub struct Engine<'a, 'w> {
    world: &'a World<'w>,
    journal: Journal,
    values: Values,
}

impl<'a, 'w> Engine<'a, 'w> {
    /// An engine for a journal that begins or goes on.
    pub fn new(world: &'a World<'w>, journal: Journal) -> Self {
        let values = Values::new(&world.facts, &journal.spec, &journal.secret_options());
        Engine { world, journal, values }
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Goes through the sequence from where the journal stands. A fault is one that the journal could not hold: the
    /// run goes on from the same place once the agent is started again.
    pub fn run(&mut self) -> Result<End> {
        let ears = Ears::new(self.journal.spec.run, self.journal.run.last_order);
        let world = self.world;
        let target = self.journal.spec.target.id;
        scope(|scope| {
            ears.start(scope, world, target);
            let end = self.drive(&ears);
            ears.end();
            end
        })
    }

    fn drive(&mut self, ears: &Ears) -> Result<End> {
        if self.is_elsewhere() {
            return self.close(End::Elsewhere);
        }
        if let Some(end) = self.begin()? {
            return Ok(end);
        }
        loop {
            self.take_orders(ears)?;
            match &self.journal.run.status {
                Status::Completed => return self.close(End::Completed),
                Status::Cancelled => return self.close(End::Cancelled),
                Status::Failed { fault } => {
                    let fault = fault.clone();
                    self.world.screen.trouble(&fault);
                    self.wait_for_retry(ears)?;
                    continue;
                }
                _ => {}
            }
            let Some(index) = self.journal.run.next_step() else {
                self.journal.write(self.world, None, Event::RunCompleted {})?;
                self.world.screen.event("agent-run-completed", &[]);
                continue;
            };
            let step = self.journal.sequence.steps[index].clone();
            if self.is_elsewhere() {
                return self.close(End::Elsewhere);
            }
            if self.world.place == Where::Boot && step.action.runs_installed() {
                return self.hand_over_to_installed();
            }
            self.show(&step, index);
            if let Some(end) = self.step(&step, ears)? {
                return Ok(end);
            }
        }
    }

    /// Whether an installed system has come to a step that only the boot environment can do.
    fn is_elsewhere(&self) -> bool {
        let next = self.journal.run.next_step().map(|i| &self.journal.sequence.steps[i].action);
        self.world.place == Where::Installed && next.is_some_and(steps::needs_boot)
    }

    /// First words of this agent in this journal.
    fn begin(&mut self) -> Result<Option<End>> {
        let world = self.world;
        if self.journal.is_empty() {
            let facts = serde_json::to_vec(&world.facts).unwrap_or_default();
            let event = Event::RunStarted { agent: VERSION.into(), facts: Digest::of(&facts) };
            self.journal.write(world, None, event)?;
            (world.order_seen)(self.journal.run.last_order);
            if self.journal.keep.is_some() {
                self.journal.write(world, None, Event::MemoryReady { kept: world.kept })?;
            }
            return Ok(None);
        }
        (world.order_seen)(self.journal.run.last_order);
        match (&self.journal.run.status, self.journal.last()) {
            // Only an order makes these go on.
            (Status::Failed { .. } | Status::Completed | Status::Cancelled, _) => Ok(None),
            (_, Some(Event::Rebooting { into })) => self.arrive(*into),
            _ => {
                let times = self.journal.run.resumed + 1;
                self.journal.write(world, None, Event::RunResumed { times })?;
                world.screen.event("agent-run-resumed", &[("times", times.into())]);
                Ok(None)
            }
        }
    }

    /// The machine was started again on purpose. Where it has arrived as it should, the step that did it is done: that
    /// this agent runs is how it was read back.
    fn arrive(&mut self, into: RebootInto) -> Result<Option<End>> {
        let arrived = matches!(
            (into, self.world.place),
            (RebootInto::Installed, Where::Installed) | (RebootInto::Boot | RebootInto::Off, Where::Boot)
        );
        if !arrived && self.world.place == Where::Boot {
            // The machine should have started its own disk.
            return Ok(Some(End::Restart(into)));
        }
        let running = self.journal.run.steps.iter().find(|s| s.status == StepStatus::Running).map(|s| s.id.clone());
        if let Some(id) = running {
            self.journal.write(self.world, Some(&id), Event::StepCompleted { facts: Default::default() })?;
        }
        Ok(None)
    }

    fn take_orders(&mut self, ears: &Ears) -> Result<()> {
        while let Some((order, signed)) = ears.next() {
            if self.journal.run.status.is_over() {
                // Too late: the journal has its last entry.
                (self.world.order_seen)(order.number);
                continue;
            }
            let cancels = matches!(order.act, Act::Cancel { .. });
            let then = if cancels { vec![(None, Event::RunCancelled {})] } else { Vec::new() };
            self.journal.take_order(self.world, order.number, &signed, then)?;
            (self.world.order_seen)(order.number);
            if cancels {
                self.world.screen.event("agent-run-cancelled", &[]);
            }
        }
        Ok(())
    }

    /// Waits for an order that makes a failed run go on, or ends it.
    fn wait_for_retry(&mut self, ears: &Ears) -> Result<()> {
        loop {
            let Some((order, signed)) = ears.next() else {
                let _ = self.journal.hand_over(self.world, false);
                sleep(Duration::from_millis(200));
                continue;
            };
            let then = match order.act {
                Act::Retry { .. } => Some(Event::RunResumed { times: self.journal.run.resumed + 1 }),
                Act::Cancel { .. } => Some(Event::RunCancelled {}),
                _ => None,
            };
            let goes_on = then.is_some();
            let then = then.map(|event| (None, event)).into_iter().collect();
            self.journal.take_order(self.world, order.number, &signed, then)?;
            (self.world.order_seen)(order.number);
            if goes_on {
                self.world.screen.calm();
                return Ok(());
            }
        }
    }

    /// One step, until it is settled or the run has failed by it.
    fn step(&mut self, step: &Step, ears: &Ears) -> Result<Option<End>> {
        let (world, id) = (self.world, step.id.as_str());
        if let Some(when) = &step.when {
            match holds(when, &self.values.pairs()) {
                Ok(true) => {}
                Ok(false) => {
                    let event = Event::StepSkipped { when: when.clone() };
                    self.journal.write(world, Some(id), event)?;
                    return Ok(None);
                }
                Err(fault) => return self.failed_for_good(step, fault),
            }
        }
        let mut tries = 0;
        loop {
            let fault = match self.attempt(step, ears)? {
                Ok(done) => return self.completed(step, done),
                Err(fault) => fault,
            };
            if ears.is_cancelled() {
                self.journal.write(world, Some(id), Event::StepFailed { fault, again: false })?;
                self.take_orders(ears)?;
                return Ok(None);
            }
            if tries >= step.retries {
                return self.failed_for_good(step, fault);
            }
            tries += 1;
            world.screen.trouble(&fault);
            self.journal.write(world, Some(id), Event::StepFailed { fault, again: true })?;
            sleep(Duration::from_secs(u64::from(tries)));
        }
    }

    /// One attempt. The outer fault is the journal's: nothing goes on without it.
    fn attempt(&mut self, step: &Step, ears: &Ears) -> Result<Result<Done>> {
        let world = self.world;
        ears.step_begins(Duration::from_secs(u64::from(step.timeout_seconds)));
        let mut work = Work { world, journal: &mut self.journal, ears, step, values: &self.values };
        // What a destructive step destroys is counted and allowed before it is said to have begun.
        let allowed = steps::permission(&mut work);
        if let Err(fault) = allowed {
            let late = ears.step_ends();
            return self.verdict(step, fault, late);
        }
        // A person's time to decide is not the step's.
        ears.step_begins(Duration::from_secs(u64::from(step.timeout_seconds)));
        let attempt = self.journal.run.steps.iter().find(|s| s.id == step.id).map_or(0, |s| s.attempts) + 1;
        self.journal.write(world, Some(&step.id), Event::StepStarted { attempt })?;
        let mut work = Work { world, journal: &mut self.journal, ears, step, values: &self.values };
        let answer = steps::perform(&mut work);
        let late = ears.step_ends();
        match answer {
            Ok(done) => Ok(Ok(done)),
            Err(fault) => self.verdict(step, fault, late),
        }
    }

    /// Whether a fault is the step's or the journal's own.
    fn verdict(&self, step: &Step, fault: Fault, late: bool) -> Result<Result<Done>> {
        let journals = [
            "disk-memory-unwritable",
            "disk-memory-full",
            "agent-entry-not-kept",
            "agent-journal-forked",
            "agent-journal-full",
        ];
        if journals.iter().any(|code| fault.is(code)) {
            return Err(fault);
        }
        if late {
            let seconds = step.timeout_seconds;
            return Ok(Err(Fault::new("agent-step-too-long").with("seconds", seconds).because(fault)));
        }
        Ok(Err(fault))
    }

    fn completed(&mut self, step: &Step, done: Done) -> Result<Option<End>> {
        let (world, id) = (self.world, Some(step.id.as_str()));
        world.screen.calm();
        let Then::Restart(into) = done.then else {
            self.journal.write(world, id, Event::StepCompleted { facts: done.facts })?;
            world.screen.event("agent-step-done", &[("step", self.title(step).into())]);
            return Ok(None);
        };
        self.journal.write(world, id, Event::Rebooting { into })?;
        let is_last = self.journal.sequence.steps.last().is_some_and(|s| s.id == step.id);
        if is_last {
            // Nobody of ours comes back to say it.
            self.journal.write(world, id, Event::StepCompleted { facts: done.facts })?;
            self.journal.write(world, None, Event::RunCompleted {})?;
        }
        self.close(End::Restart(into)).map(Some)
    }

    fn failed_for_good(&mut self, step: &Step, fault: Fault) -> Result<Option<End>> {
        let (world, id) = (self.world, Some(step.id.as_str()));
        world.screen.trouble(&fault);
        self.journal.write(world, id, Event::StepFailed { fault: fault.clone(), again: false })?;
        if !step.continue_on_error {
            self.journal.write(world, id, Event::RunFailed { fault })?;
        }
        Ok(None)
    }

    /// What comes next is done by the installed system.
    fn hand_over_to_installed(&mut self) -> Result<End> {
        let into = RebootInto::Installed;
        steps::reboot::leaves(&mut self.journal, into)?;
        self.journal.write(self.world, None, Event::Rebooting { into })?;
        self.close(End::Restart(into))
    }

    /// Leaves only once the server holds the whole journal: it decides what the machine is started with next.
    fn close(&mut self, end: End) -> Result<End> {
        self.journal.hand_over(self.world, true)?;
        Ok(end)
    }

    fn title(&self, step: &Step) -> String {
        let lang = self.world.screen.lang();
        match (&step.title, lang) {
            (Some(title), Lang::Fr) => title.fr.clone(),
            (Some(title), Lang::En) => title.en.clone(),
            (None, lang) => say(lang, &format!("agent-step-{}", step.action.word()), &[]),
        }
    }

    fn show(&self, step: &Step, index: usize) {
        let (journal, screen) = (&self.journal, self.world.screen);
        let title = &journal.sequence.title;
        let phase = serde_json::to_value(step.phase).ok();
        let phase = phase.and_then(|p| Some(format!("agent-phase-{}", p.as_str()?))).unwrap_or_default();
        let work = screen::Work {
            master: format!("{} {}", journal.master.name, journal.master.version),
            title: if screen.lang() == Lang::Fr { title.fr.clone() } else { title.en.clone() },
            step: index + 1,
            steps: journal.sequence.steps.len(),
            step_title: self.title(step),
            phase,
        };
        screen.event("agent-step-begins", &[("step", work.step_title.as_str().into())]);
        screen.update(|v| v.work = Some(work));
    }
}
