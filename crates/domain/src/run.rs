//! A run: one target going through one sequence. Its state is what its journal says, folded; nothing else keeps it.
//!
//! The same fold serves the agent (where to go on), the server (what to show) and the proof (what was done).
use crate::{
    Digest, Timestamp,
    census::Census,
    journal::{Entry, Event, Identity},
    sequence::Sequence,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_texts::Fault;

/// What a run is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Status {
    /// Ordered; the machine has not begun.
    Ordered,
    /// Going on.
    Running,
    /// Waiting for a person.
    Waiting {
        /// For what.
        fault: Fault,
    },
    /// Failed: nothing goes on until somebody says so.
    Failed {
        /// Why.
        fault: Fault,
    },
    /// Stopped by an order.
    Cancelled,
    /// The whole sequence was gone through.
    Completed,
}

impl Status {
    /// The word of the database, the wire and the texts.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Ordered => "ordered",
            Status::Running => "running",
            Status::Waiting { .. } => "waiting",
            Status::Failed { .. } => "failed",
            Status::Cancelled => "cancelled",
            Status::Completed => "completed",
        }
    }
    /// Whether the machine has nothing more to do for this run by itself.
    pub fn is_over(&self) -> bool {
        matches!(self, Status::Cancelled | Status::Completed)
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Begun.
    Running,
    /// Done, and read back.
    Done,
    /// Its condition did not hold.
    Skipped,
    /// Failed, and the sequence went on by its own text.
    Tolerated,
    /// Failed.
    Failed,
}

/// One step's part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepState {
    /// The step's id.
    pub id: String,
    /// What became of it.
    pub status: StepStatus,
    /// How often it was begun.
    pub attempts: u32,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// When it began for the first time.
    pub began: Option<Timestamp>,
    /// Why it failed, if it did.
    pub fault: Option<Fault>,
}

/// A run, folded from its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// What it is doing.
    pub status: Status,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// Its steps.
    pub steps: Vec<StepState>,
    /// How often it was resumed after a stop.
    pub resumed: u32,
    /// Whether its journal stands on the machine itself.
    pub has_memory: bool,
    /// The last census before a destructive step.
    pub census_before: Option<Census>,
    /// The last census after.
    pub census_after: Option<Census>,
    /// The census whose loss was allowed.
    pub loss_allowed: Option<Digest>,
    /// Who the running system said it is.
    pub identity: Option<Identity>,
    /// Warnings.
    pub warnings: u32,
    /// Number of the last order about this run that its journal has acknowledged.
    pub last_order: u64,
}

impl Run {
    /// A run that was ordered and has not begun.
    pub fn new(sequence: &Sequence) -> Self {
        let step = |id: &String| StepState {
            id: id.clone(),
            status: StepStatus::Pending,
            attempts: 0,
            since: None,
            began: None,
            fault: None,
        };
        Run {
            status: Status::Ordered,
            since: None,
            began: None,
            steps: sequence.steps.iter().map(|s| step(&s.id)).collect(),
            resumed: 0,
            has_memory: false,
            census_before: None,
            census_after: None,
            loss_allowed: None,
            identity: None,
            warnings: 0,
            last_order: 0,
        }
    }

    /// A run with all its entries taken.
    pub fn folded<'a>(sequence: &Sequence, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut run = Run::new(sequence);
        entries.into_iter().for_each(|entry| run.take(entry, sequence));
        run
    }

    /// Takes the next entry. An entry about a step that the sequence has not is ignored: it can't move anything.
    pub fn take(&mut self, entry: &Entry, sequence: &Sequence) {
        let at = Some(entry.at);
        let before = self.status.word();
        match &entry.what {
            Event::RunStarted { .. } => {
                self.status = Status::Running;
                self.began = self.began.or(at);
            }
            Event::RunResumed { times } => {
                self.resumed = *times;
                if !self.status.is_over() {
                    self.status = Status::Running;
                }
            }
            Event::MemoryReady { .. } => self.has_memory = true,
            Event::Warning { .. } => self.warnings += 1,
            Event::Waiting { fault } => self.status = Status::Waiting { fault: fault.clone() },
            Event::CensusBefore { census } => {
                self.census_before = Some(census.clone());
                self.loss_allowed = None;
            }
            Event::CensusAfter { census } => self.census_after = Some(census.clone()),
            Event::LossAllowed { census, .. } => {
                self.loss_allowed = Some(*census);
                self.status = Status::Running;
            }
            Event::IdentityRead(identity) => self.identity = Some(identity.clone()),
            Event::OrderReceived { number, .. } => self.last_order = self.last_order.max(*number),
            Event::RunCancelled {} => self.status = Status::Cancelled,
            Event::RunFailed { fault } => self.status = Status::Failed { fault: fault.clone() },
            Event::RunCompleted {} => self.status = Status::Completed,
            Event::ImageApplied { .. } | Event::ImageReset { .. } => {}
            Event::ImageCaptured { .. } | Event::Rebooting { .. } => {}
            Event::StepStarted { .. }
            | Event::StepCompleted { .. }
            | Event::StepSkipped { .. }
            | Event::StepFailed { .. } => self.take_step(entry, sequence),
        }
        if self.status.word() != before {
            self.since = at;
        }
    }

    fn take_step(&mut self, entry: &Entry, sequence: &Sequence) {
        let Some(id) = &entry.step else { return };
        let Some(step) = self.steps.iter_mut().find(|s| s.id == *id) else { return };
        let tolerated = sequence.steps.iter().any(|s| s.id == *id && s.continue_on_error);
        step.since = Some(entry.at);
        match &entry.what {
            Event::StepStarted { attempt } => {
                step.status = StepStatus::Running;
                step.attempts = *attempt;
                step.began = step.began.or(Some(entry.at));
                self.status = Status::Running;
            }
            Event::StepCompleted { .. } => step.status = StepStatus::Done,
            Event::StepSkipped { .. } => step.status = StepStatus::Skipped,
            Event::StepFailed { fault, again } => {
                step.fault = Some(fault.clone());
                step.status = match (again, tolerated) {
                    (true, _) => StepStatus::Running,
                    (false, true) => StepStatus::Tolerated,
                    (false, false) => StepStatus::Failed,
                };
            }
            _ => {}
        }
    }

    /// The position of the next step to do, or nothing where all are done.
    pub fn next_step(&self) -> Option<usize> {
        let settled =
            |s: &StepState| matches!(s.status, StepStatus::Done | StepStatus::Skipped | StepStatus::Tolerated);
        self.steps.iter().position(|s| !settled(s))
    }
    /// Steps done, skipped or tolerated, out of all.
    pub fn settled(&self) -> (usize, usize) {
        (self.next_step().unwrap_or(self.steps.len()), self.steps.len())
    }
}
