//! The server's own pages: status, boot events, errors.
use socle_texts::Fault;
use socle_wire::{
    api::{BootEventView, ServerStatus},
    problem::Problem,
};

/// The server's own state.
#[derive(Debug, Clone)]
pub struct StatusPage {
    /// What it says of itself.
    pub status: ServerStatus,
    /// What the doctor found wrong; empty: nothing. (That the content key lies here is told by `status` already.)
    pub findings: Vec<Fault>,
    /// The last boot events, newest first.
    pub boot_events: Vec<BootEventView>,
}

/// What the boot services answered, or why they kept silent.
#[derive(Debug, Clone, Default)]
pub struct BootEvents {
    /// Those of this page, newest first.
    pub events: Vec<BootEventView>,
    /// Only those of this MAC or IP address.
    pub who: Option<String>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

/// Something failed: what happened, why, what to do next.
#[derive(Debug, Clone)]
pub struct ErrorPage {
    /// The problem; for a page that does not exist make one with the code `console-not-found`.
    pub problem: Problem,
}

impl super::Page for StatusPage {
    fn template(&self) -> &'static str {
        "status.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for BootEvents {
    fn template(&self) -> &'static str {
        "boot-events.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for ErrorPage {
    fn template(&self) -> &'static str {
        "error.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}
