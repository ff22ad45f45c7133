//! Machines: the list, those to be recognised, one machine, starting a run on it.
use super::RunWithSteps;
use crate::Form;
use socle_domain::{RunId, TargetId, master::Master, sequence::Sequence};
use socle_wire::api::{BootEventView, ImageView, MachineView, MasterView, RunView};
use std::collections::BTreeMap;

/// The list of machines.
#[derive(Debug, Clone, Default)]
pub struct Machines {
    /// Those of this page of the list, as filtered.
    pub machines: Vec<MachineView>,
    /// Their current or last runs.
    pub runs: BTreeMap<RunId, RunView>,
    /// Machines by state (`to-recognise`, `known`, `refused`), whatever the filter.
    pub counts: BTreeMap<String, u64>,
    /// The filter on the state; none: all but the refused.
    pub state: Option<String>,
    /// What was searched: name, serial, MAC.
    pub query: String,
    /// Names proposed for machines to be recognised.
    pub suggestions: BTreeMap<TargetId, String>,
    /// The machine whose acceptance was refused, and its form.
    pub refused_form: Option<(TargetId, Form)>,
    /// Which page of the list, from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

/// Announcing machines before they come. Field: `csv`.
#[derive(Debug, Clone, Default)]
pub struct Announce {
    /// The refused form, if it was.
    pub form: Form,
}

/// One machine.
#[derive(Debug, Clone)]
pub struct MachinePage {
    /// The machine.
    pub machine: MachineView,
    /// Its runs, newest first.
    pub runs: Vec<RunWithSteps>,
    /// What the boot services answered to it, newest first.
    pub boot_events: Vec<BootEventView>,
    /// The name proposed, while it is to be recognised.
    pub suggestion: Option<String>,
    /// The form of its acceptance, if it was refused.
    pub form: Form,
}

/// A master that was chosen for a run, opened.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// As the list shows it.
    pub view: MasterView,
    /// The master.
    pub master: Master,
    /// Its sequence.
    pub sequence: Sequence,
    /// The images it holds.
    pub images: Vec<ImageView>,
}

/// Starting a run: choose a master, read what will happen, confirm. Fields: `master`, `loss`.
#[derive(Debug, Clone)]
pub struct Start {
    /// The machine.
    pub machine: MachineView,
    /// The masters there are.
    pub masters: Vec<MasterView>,
    /// The one that was chosen, if one was.
    pub chosen: Option<Chosen>,
    /// The run that the machine is in, if it is in one: another can't be started.
    pub busy: Option<RunView>,
    /// The refused form, if it was.
    pub form: Form,
}

impl super::Page for Machines {
    fn template(&self) -> &'static str {
        "machines.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for Announce {
    fn template(&self) -> &'static str {
        "announce.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for MachinePage {
    fn template(&self) -> &'static str {
        "machine.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}

impl super::Page for Start {
    fn template(&self) -> &'static str {
        "start.html"
    }
    fn model(&self, _: &crate::speak::Speak) -> minijinja::Value {
        minijinja::Value::UNDEFINED
    }
}
