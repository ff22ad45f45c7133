//! *Today*: what fails, what waits and why, what runs, what to do next.
use super::RunWithSteps;
use socle_wire::api::{BootEventView, ImageView, MachineView, MasterView, ServerStatus};

/// The first page.
#[derive(Debug, Clone)]
pub struct Today {
    /// The server's own state: the counters.
    pub status: ServerStatus,
    /// Every run that is not over, and the last ten that are, newest first.
    pub runs: Vec<RunWithSteps>,
    /// Machines to be recognised, newest first; the first ten are enough.
    pub to_recognise: Vec<MachineView>,
    /// The last boot events, newest first; the first ten are enough.
    pub boot_events: Vec<BootEventView>,
    /// The images.
    pub images: Vec<ImageView>,
    /// The masters.
    pub masters: Vec<MasterView>,
}

impl super::Page for Today {
    fn template(&self) -> &'static str {
        "today.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}
