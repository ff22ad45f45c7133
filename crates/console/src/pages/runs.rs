//! Runs: the list, one run, its proof.
use crate::Form;
use socle_domain::{journal::Entry, proof::Verdict, sequence::Sequence};
use socle_wire::{
    api::{MachineView, RunView},
    problem::Problem,
};
use std::collections::BTreeMap;

/// A run, with the sequence that gives its steps their titles and phases.
#[derive(Debug, Clone)]
pub struct RunWithSteps {
    /// The run.
    pub view: RunView,
    /// The sequence of its frozen master (`spec.master.open(content)?.sequence()?`).
    pub sequence: Sequence,
}

/// The list of runs.
#[derive(Debug, Clone, Default)]
pub struct Runs {
    /// Those of this page of the list, newest first.
    pub runs: Vec<RunWithSteps>,
    /// Runs by state, whatever the filter.
    pub counts: BTreeMap<String, u64>,
    /// The filter on the state.
    pub state: Option<String>,
    /// Which page of the list, from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

/// One run.
#[derive(Debug, Clone)]
pub struct RunPage {
    /// The run.
    pub run: RunWithSteps,
    /// Its machine; none where the target is no machine.
    pub machine: Option<MachineView>,
    /// Its journal.
    pub journal: Vec<Entry>,
    /// The form of an allowed loss, if it was refused. Fields: `census`, `reason`.
    pub form: Form,
}

/// What a run's proof shows when it is checked, here and now, with the content public key.
#[derive(Debug, Clone)]
pub struct ProofPage {
    /// The run.
    pub run: RunWithSteps,
    /// What the check found, or why the file does not hold.
    pub verdict: Result<Box<Verdict>, Problem>,
    /// Size of the proof file.
    pub file_bytes: u64,
}

impl super::Page for Runs {
    fn template(&self) -> &'static str {
        "runs.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for RunPage {
    fn template(&self) -> &'static str {
        "run.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for ProofPage {
    fn template(&self) -> &'static str {
        "proof.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}
