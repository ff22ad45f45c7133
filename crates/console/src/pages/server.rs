//! The server's own pages: status, boot events, errors.
use super::{Page, list::pager, machine_model::boot_event};
use crate::{form, model::model, speak::Speak};
use minijinja::Value;
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

impl Page for StatusPage {
    fn template(&self) -> &'static str {
        "status.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let counts = |kind: &str, map: &std::collections::BTreeMap<String, u64>| -> Vec<Value> {
            map.iter()
                .map(|(state, n)| {
                    model! {
                        label => speak.say(&format!("console-{kind}-state-{state}"), &[]),
                        number => speak.number(*n),
                        url => format!("/{kind}s?state={state}"),
                    }
                })
                .collect()
        };
        let status = &self.status;
        model! {
            version => status.version,
            content_key => status.content_key.to_string(),
            server_key => status.server_key.to_string(),
            content_key_here => status.content_key_here,
            memory => speak.bytes(status.memory_bytes),
            since => speak.moment(status.since),
            machines => counts("machine", &status.machines),
            runs => counts("run", &status.runs),
            findings => self.findings.iter().map(|f| speak.fault(f)).collect::<Vec<_>>(),
            boot_events => self.boot_events.iter().take(12).map(|e| boot_event(speak, e)).collect::<Vec<_>>(),
        }
    }
}

impl Page for BootEvents {
    fn template(&self) -> &'static str {
        "boot-events.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let filters: Vec<(&str, &str)> = self.who.as_deref().map(|w| ("who", w)).into_iter().collect();
        model! {
            events => self.events.iter().map(|e| boot_event(speak, e)).collect::<Vec<_>>(),
            who => self.who,
            pager => pager(speak, "/boot-events", &filters, self.page, self.pages),
        }
    }
}

/// The description of the API, to be tried.
#[derive(Debug, Clone, Default)]
pub struct ApiPage;

impl Page for ApiPage {
    fn template(&self) -> &'static str {
        "api.html"
    }
    fn model(&self, _: &Speak) -> Value {
        Value::UNDEFINED
    }
}

impl Page for ErrorPage {
    fn template(&self) -> &'static str {
        "error.html"
    }
    fn model(&self, _: &Speak) -> Value {
        model! { problem => form::problem(&self.problem) }
    }
}
