//! What a run does, shown as it happens.
use crate::server::view::RunView;
use crate::talk::{say, size};
use std::time::{Duration, Instant};

/// How often progress is said.
const EVERY: Duration = Duration::from_secs(4);

/// Follows one run and says what changes.
pub struct Watch {
    name: String,
    steps: Vec<(String, String)>,
    spoken: Instant,
    last: String,
    /// The most memory that the agent said it had.
    pub agent_memory_bytes: u64,
}

impl Watch {
    /// For the run of a machine.
    pub fn new(name: &str) -> Watch {
        Watch {
            name: name.to_string(),
            steps: Vec::new(),
            spoken: Instant::now(),
            last: "nothing was seen of it".into(),
            agent_memory_bytes: 0,
        }
    }

    /// Says what is new.
    pub fn show(&mut self, view: &RunView) {
        for (index, step) in view.steps.iter().enumerate() {
            let now = (step.id.clone(), step.status.clone());
            let before = self.steps.get(index);
            if before != Some(&now) && step.status != "pending" {
                let time = if step.status == "running" { String::new() } else { format!(" ({:.1} s)", step.seconds) };
                self.say(format!("{}: {}{time}", step.id, step.status));
            }
            match self.steps.get_mut(index) {
                Some(place) => *place = now,
                None => self.steps.push(now),
            }
        }
        self.agent_memory_bytes = self.agent_memory_bytes.max(view.progress.as_ref().map_or(0, |p| p.memory_bytes));
        if let Some(progress) = &view.progress
            && self.spoken.elapsed() >= EVERY
            && progress.total_bytes > 0
            && view.steps.iter().any(|step| step.id == progress.step && step.status == "running")
        {
            let percent = progress.done_bytes * 100 / progress.total_bytes;
            let speed = size(progress.bytes_per_second);
            self.say(format!("{}: {percent} % of {}, {speed}/s", progress.step, size(progress.total_bytes)));
        }
    }

    fn say(&mut self, text: String) {
        say(" ", &format!("    {}: {text}", self.name));
        self.spoken = Instant::now();
        self.last = format!("last seen: {text}");
    }

    /// What was said last.
    pub fn last(&self) -> &str {
        &self.last
    }
}
