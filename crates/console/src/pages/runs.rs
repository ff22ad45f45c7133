//! Runs: the list, one run, its proof.
use super::{
    Page,
    census_model::census,
    journal_model::{identity_facts, lines},
    list::pager,
    machine_model::machine_brief,
    run_model::run_badge,
};
use crate::{Form, form::problem, model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{journal::Entry, proof::Verdict, run::Status, sequence::Sequence};
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

const STATES: [&str; 6] = ["failed", "waiting", "running", "ordered", "completed", "cancelled"];

impl Page for Runs {
    fn template(&self) -> &'static str {
        "runs.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let all: u64 = self.counts.values().sum();
        let tab = |state: &str| {
            model! {
                badge => run_badge(speak, state),
                url => format!("/runs?state={state}"),
                number => speak.number(self.counts.get(state).copied().unwrap_or(0)),
                current => self.state.as_deref() == Some(state),
            }
        };
        let filters: Vec<(&str, &str)> = self.state.as_deref().map(|s| ("state", s)).into_iter().collect();
        model! {
            runs => self.runs.iter().map(|r| r.summary(speak)).collect::<Vec<_>>(),
            tabs => STATES.iter().map(|s| tab(s)).collect::<Vec<_>>(),
            state => self.state,
            all => speak.number(all),
            none_at_all => all == 0,
            pager => pager(speak, "/runs", &filters, self.page, self.pages),
        }
    }
}

impl Page for RunPage {
    fn template(&self) -> &'static str {
        "run.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let state = &self.run.view.state;
        // The newest is what one looks for while it runs; the whole story reads from its beginning once it is over.
        let mut journal = lines(speak, &self.run, &self.journal);
        if !state.status.is_over() {
            journal.reverse();
        }
        let loss = self.run.view.waiting_census.and(state.census_before.as_ref());
        model! {
            run => self.run.summary(speak),
            phases => self.run.phases(speak),
            machine => self.machine.as_ref().map(|m| machine_brief(speak, m, None)),
            journal => journal,
            entries => speak.number(self.run.view.entries),
            entry_count => self.run.view.entries,
            loss => loss.map(|c| census(speak, c)),
            waiting_census => self.run.view.waiting_census,
            failed => matches!(state.status, Status::Failed { .. }),
            waiting => matches!(state.status, Status::Waiting { .. }),
            can_cancel => !state.status.is_over(),
            began => state.began.map(|at| speak.moment(at)),
            resumed => state.resumed,
            has_memory => state.has_memory,
            identity => state.identity.as_ref().map(|i| identity_facts(speak, i)),
            form => self.form.model(),
        }
    }
}

impl Page for ProofPage {
    fn template(&self) -> &'static str {
        "proof.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let verdict = self.verdict.as_ref();
        model! {
            run => self.run.summary(speak),
            file_size => speak.bytes(self.file_bytes),
            verdict => verdict.ok().map(|v| model! {
                complete => v.is_complete(),
                gaps => v.gaps.iter().map(|g| speak.fault(g)).collect::<Vec<_>>(),
                entries => speak.number(v.entries),
                entry_count => v.entries,
                master => v.master,
                images => v.images.iter().map(|i| i.to_string()).collect::<Vec<_>>(),
                before => v.before.as_ref().map(|c| census(speak, c)),
                after => v.after.as_ref().map(|c| census(speak, c)),
                loss => v.state.loss_allowed.is_some(),
                identity => v.identity.as_ref().map(|i| identity_facts(speak, i)),
            }),
            problem => verdict.err().map(problem),
        }
    }
}
