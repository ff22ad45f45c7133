//! *Today*: what fails, what waits and why, what runs, what to do next.
use super::{
    Page, RunWithSteps,
    machine_model::{boot_event, machine_brief},
};
use crate::{model::model, speak::Speak};
use minijinja::Value;
use socle_domain::run::Status;
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

impl Page for Today {
    fn template(&self) -> &'static str {
        "today.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let of = |wanted: &dyn Fn(&Status) -> bool| -> Vec<Value> {
            self.runs.iter().filter(|r| wanted(&r.view.state.status)).map(|r| r.summary(speak)).collect()
        };
        let date = speak.now.to_zoned(speak.zone.clone());
        model! {
            date => speak.day(&date),
            counters => self.counters(speak),
            failed => of(&|s| matches!(s, Status::Failed { .. })),
            waiting => of(&|s| matches!(s, Status::Waiting { .. })),
            running => of(&|s| matches!(s, Status::Running | Status::Ordered)),
            over => of(&Status::is_over),
            to_recognise => self.to_recognise.iter().map(|m| machine_brief(speak, m, None)).collect::<Vec<_>>(),
            boot_events => self.boot_events.iter().take(8).map(|e| boot_event(speak, e)).collect::<Vec<_>>(),
            drafts => self.images.iter().filter(|i| !i.signed).map(|i| i.name.clone()).collect::<Vec<_>>(),
            content_key_here => self.status.content_key_here,
            guide => self.guide(),
        }
    }
}

impl Today {
    fn counters(&self, speak: &Speak) -> Vec<Value> {
        let runs = |state: &str| self.status.runs.get(state).copied().unwrap_or(0);
        let machines = |state: &str| self.status.machines.get(state).copied().unwrap_or(0);
        let counter = |name: &str, tone: &str, icon: &str, url: &str, n: u64| {
            model! {
                label => speak.say(&format!("console-counter-{name}"), &[("n", n.into())]),
                number => speak.number(n),
                zero => n == 0,
                tone => tone,
                icon => icon,
                url => url,
            }
        };
        vec![
            counter("failed", "bad", "alert-triangle", "/runs?state=failed", runs("failed")),
            counter("waiting", "wait", "hand-stop", "/runs?state=waiting", runs("waiting")),
            counter("to-recognise", "wait", "help-circle", "/machines?state=to-recognise", machines("to-recognise")),
            counter("running", "active", "player-play", "/runs?state=running", runs("running")),
            counter("completed", "good", "circle-check", "/runs?state=completed", runs("completed")),
            counter("known", "quiet", "device-desktop", "/machines?state=known", machines("known")),
        ]
    }

    /// The way from an empty server to a first deployed machine; nothing once a machine has reported.
    fn guide(&self) -> Option<Vec<Value>> {
        let count = |map: &std::collections::BTreeMap<String, u64>, state: &str| map.get(state).copied().unwrap_or(0);
        let known = count(&self.status.machines, "known");
        let deployed = self.runs.iter().any(|r| r.view.state.identity.is_some());
        // Older runs are not in the list: many that are completed show that the guide has served.
        if deployed || count(&self.status.runs, "completed") >= 3 {
            return None;
        }
        let captured = !self.images.is_empty();
        let signed = self.images.iter().any(|i| i.signed) && self.masters.iter().any(|m| !m.images.is_empty());
        let steps = [
            ("reference", known >= 1 || captured, "/machines?state=to-recognise"),
            ("capture", captured, "/machines?state=known"),
            ("sign", signed, "/masters"),
            ("accept", signed && known >= 2, "/machines?state=to-recognise"),
            ("deploy", false, "/machines?state=known"),
        ];
        let next = steps.iter().position(|(_, done, _)| !done);
        let step = |(i, (name, done, url)): (usize, &(&str, bool, &str))| {
            model! { name => name, done => done, url => url, current => Some(i) == next, number => i + 1 }
        };
        Some(steps.iter().enumerate().map(step).collect())
    }
}
