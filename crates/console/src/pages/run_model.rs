//! A run as lists and pages show it.
use super::RunWithSteps;
use crate::{model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{
    run::{Status, StepState, StepStatus},
    sequence::{Phase, Step},
};
use socle_texts::{Arg, Fault, Lang};
use socle_wire::{agent::Progress, api::RunView};

/// A machine that says nothing for so long while it works is shown as silent.
const SILENT_AFTER_SECONDS: u64 = 90;

/// The colour of a state; never its only sign: a word and an icon go with it.
pub(crate) fn run_tone(state: &str) -> (&'static str, &'static str) {
    match state {
        "running" => ("active", "player-play"),
        "waiting" => ("wait", "hand-stop"),
        "failed" => ("bad", "alert-triangle"),
        "completed" => ("good", "circle-check"),
        "ordered" => ("quiet", "clock"),
        _ => ("quiet", "player-stop"),
    }
}

/// The badge of a run's state.
pub(crate) fn run_badge(speak: &Speak, state: &str) -> Value {
    let (tone, icon) = run_tone(state);
    model! { word => state, tone => tone, icon => icon, label => speak.say(&format!("console-run-state-{state}"), &[]) }
}

/// What a run says in a list, without its steps.
pub(crate) fn run_brief(speak: &Speak, run: &RunView) -> Value {
    let since = run.state.since.unwrap_or(run.ordered);
    model! {
        id => run.id,
        url => format!("/runs/{}", run.id),
        target => run.target_name,
        machine_url => format!("/machines/{}", run.target),
        master => run.master,
        badge => run_badge(speak, run.state.status.word()),
        since => speak.moment(since),
        ordered => speak.moment(run.ordered),
        fault => fault(&run.state.status).map(|f| speak.fault(f)),
        why => why(speak, run),
        waits_for_loss => run.waiting_census.is_some(),
        warnings => run.state.warnings,
        took => took(speak, run),
    }
}

fn took(speak: &Speak, run: &RunView) -> Option<String> {
    let (began, ended) = (run.state.began?, run.state.since?);
    run.state.status.is_over().then(|| speak.duration(Speak::seconds_between(began, ended)))
}

/// Why it does not go on, in one sentence; what would be lost, in the reader's own units.
fn why(speak: &Speak, run: &RunView) -> Option<String> {
    let fault = fault(&run.state.status)?;
    match (run.waiting_census, &run.state.census_before) {
        (Some(_), Some(census)) => {
            let args = [
                ("items", speak.number(census.items()).into()),
                ("n", census.items().into()),
                ("bytes", speak.bytes(census.bytes()).into()),
            ];
            Some(speak.say("console-would-lose", &args))
        }
        _ => Some(speak.sentence(fault)),
    }
}

fn fault(status: &Status) -> Option<&Fault> {
    match status {
        Status::Waiting { fault } | Status::Failed { fault } => Some(fault),
        _ => None,
    }
}

pub(crate) fn step_title(speak: &Speak, step: &Step) -> String {
    match (&step.title, speak.lang) {
        (Some(title), Lang::Fr) => title.fr.clone(),
        (Some(title), Lang::En) => title.en.clone(),
        (None, _) => speak.say(&format!("console-step-{}", step.action.word()), &[]),
    }
}

pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Validate => "validate",
        Phase::CaptureState => "capture-state",
        Phase::Preinstall => "preinstall",
        Phase::Install => "install",
        Phase::Postinstall => "postinstall",
        Phase::RestoreState => "restore-state",
    }
}

impl RunWithSteps {
    /// The title of a step by its id; the id itself where the sequence has it not.
    pub(crate) fn title_of(&self, speak: &Speak, id: &str) -> String {
        self.sequence.steps.iter().find(|s| s.id == id).map_or_else(|| id.to_string(), |s| step_title(speak, s))
    }

    /// The run in a list: its state, its current step, how far that step is.
    pub(crate) fn summary(&self, speak: &Speak) -> Value {
        let run = &self.view;
        let (settled, total) = run.state.settled();
        let current = run.state.next_step().and_then(|i| run.state.steps.get(i));
        let silence = Speak::seconds_between(run.last_seen, speak.now);
        let silent = run.state.status == Status::Running && silence >= SILENT_AFTER_SECONDS;
        let segments: Vec<&str> = run.state.steps.iter().map(|s| step_tone(s, &run.state.status).0).collect();
        model! {
            brief => run_brief(speak, run),
            settled => settled,
            total => total,
            number => (settled + 1).min(total),
            step => current.map(|s| self.title_of(speak, &s.id)),
            step_since => current.and_then(|s| s.since).map(|at| speak.moment(at)),
            progress => self.live_progress(speak),
            segments => segments,
            silent => silent.then(|| speak.duration(silence)),
            last_seen => speak.moment(run.last_seen),
            over => run.state.status.is_over(),
        }
    }

    /// The progress of the current step, while it runs and the machine has just said it.
    fn live_progress(&self, speak: &Speak) -> Option<Value> {
        let progress = self.view.progress.as_ref()?;
        (self.view.state.status == Status::Running).then(|| progress_model(speak, progress))
    }

    /// The steps by phase, in their order.
    pub(crate) fn phases(&self, speak: &Speak) -> Vec<Value> {
        let mut phases: Vec<(Phase, Vec<Value>)> = Vec::new();
        for (step, state) in self.sequence.steps.iter().zip(&self.view.state.steps) {
            let model = self.step_model(speak, step, state);
            match phases.last_mut().filter(|(phase, _)| *phase == step.phase) {
                Some((_, steps)) => steps.push(model),
                None => phases.push((step.phase, vec![model])),
            }
        }
        let label = |phase| speak.say(&format!("console-phase-{}", phase_word(phase)), &[]);
        phases.into_iter().map(|(phase, steps)| model! { label => label(phase), steps => steps }).collect()
    }

    fn step_model(&self, speak: &Speak, step: &Step, state: &StepState) -> Value {
        let (tone, icon, word) = step_tone(state, &self.view.state.status);
        let took = match (&state.status, state.began, state.since) {
            (StepStatus::Done | StepStatus::Failed | StepStatus::Tolerated, Some(began), Some(since)) => {
                Some(speak.duration(Speak::seconds_between(began, since)))
            }
            _ => None,
        };
        let running = state.status == StepStatus::Running;
        let mine = running && self.view.progress.as_ref().is_some_and(|p| p.step == state.id);
        model! {
            title => step_title(speak, step),
            id => state.id,
            tone => tone,
            icon => icon,
            label => speak.say(&format!("console-step-state-{word}"), &[]),
            since => state.since.map(|at| speak.moment(at)),
            running => running,
            took => took,
            attempts => state.attempts,
            fault => state.fault.as_ref().map(|f| speak.fault(f)),
            progress => if mine { self.live_progress(speak) } else { None },
        }
    }
}

/// Tone, icon and word of a step; a step begun in a run that stopped is no longer running.
fn step_tone(step: &StepState, run: &Status) -> (&'static str, &'static str, &'static str) {
    match (&step.status, run) {
        (StepStatus::Pending, _) => ("todo", "circle", "pending"),
        (StepStatus::Running, Status::Waiting { .. }) => ("wait", "hand-stop", "waiting"),
        (StepStatus::Running, Status::Failed { .. }) => ("bad", "x", "failed"),
        (StepStatus::Running, Status::Cancelled) => ("quiet", "player-stop", "stopped"),
        (StepStatus::Running, _) => ("active", "loader-2", "running"),
        (StepStatus::Done, _) => ("good", "check", "done"),
        (StepStatus::Skipped, _) => ("quiet", "player-skip-forward", "skipped"),
        (StepStatus::Tolerated, _) => ("wait", "alert-triangle", "tolerated"),
        (StepStatus::Failed, _) => ("bad", "x", "failed"),
    }
}

fn progress_model(speak: &Speak, progress: &Progress) -> Value {
    let known = progress.total_bytes > 0;
    let done = progress.done_bytes.min(progress.total_bytes);
    // Never 100 before the step itself says so: what was written is still to be read back.
    let percent = if known { (done as f64 * 100.0 / progress.total_bytes as f64).floor().min(99.0) as u64 } else { 0 };
    let percent_text = speak.say("console-percent", &[("n", Arg::Text(percent.to_string()))]);
    model! {
        known => known,
        percent => percent,
        percent_text => percent_text,
        done => speak.bytes(progress.done_bytes),
        total => speak.bytes(progress.total_bytes),
        speed => speak.say("console-speed", &[("bytes", speak.bytes(progress.bytes_per_second).into())]),
        left => progress.seconds_left.map(|s| speak.duration(s)),
    }
}
