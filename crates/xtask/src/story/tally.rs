//! What a story did, in plain words, for its last lines.
use crate::talk;

/// A phase of a run with its duration.
pub struct Phase {
    /// The machine.
    pub machine: String,
    /// The step, in words.
    pub what: String,
    /// How long it took.
    pub seconds: f64,
}

/// What was counted along the way.
#[derive(Default)]
pub struct Tally {
    /// Phases of runs, as they ended.
    pub phases: Vec<Phase>,
    /// Sentences worth repeating at the end.
    pub facts: Vec<String>,
    /// Proofs that were verified.
    pub proofs: usize,
    /// Power cuts survived.
    pub cuts: usize,
    /// The most memory that an agent had.
    pub agent_memory_bytes: u64,
    /// The most memory that the server had.
    pub server_memory_bytes: u64,
}

impl Tally {
    /// Prints the summary.
    pub fn show(&self) {
        for fact in &self.facts {
            talk::show(&format!("  {fact}"));
        }
        if !self.phases.is_empty() {
            talk::show("\n  Seconds per phase:");
        }
        for phase in &self.phases {
            talk::show(&format!("    {:10} {:44} {:7.1} s", phase.machine, phase.what, phase.seconds));
        }
        if self.server_memory_bytes > 0 {
            let (server, agent) = (talk::size(self.server_memory_bytes), talk::size(self.agent_memory_bytes));
            talk::show(&format!("\n  Peak memory: server {server}, agent {agent}"));
        }
        if self.cuts > 0 {
            talk::show(&format!("\n  Power cuts: {}", self.cuts));
        }
        if self.proofs > 0 {
            talk::show(&format!("\n  Journals verified with the content key's public half alone: {}", self.proofs));
        }
    }
}
