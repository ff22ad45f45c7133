//! What each kind of step does: one file a kind.
//!
//! Every step may be done twice: a power cut between any two bytes is followed by the same step again.
pub mod apply_image;
pub mod capture_image;
pub mod census;
pub mod check;
pub mod choose;
pub mod move_folder;
pub mod partition;
pub mod reboot;
pub mod report;
pub mod run_script;
pub mod set_identity;
pub mod system;
pub mod walk;
pub mod write_file;

use crate::run::{Ears, Journal, World};
use serde_json::Value;
use socle_domain::{
    facts::Facts,
    journal::Event,
    order::RunSpec,
    sequence::{Action, Place, RebootInto, Step, fill},
};
use socle_texts::Result;
use std::{collections::BTreeMap, path::PathBuf};

/// What a step works with.
pub struct Work<'a, 'w> {
    /// Everything around the run.
    pub world: &'a World<'w>,
    /// The run's journal.
    pub journal: &'a mut Journal,
    /// What may stop the step, and hears how far it is.
    pub ears: &'a Ears,
    /// The step.
    pub step: &'a Step,
    /// The values of conditions and templates.
    pub values: &'a Values,
}

impl Work<'_, '_> {
    /// Writes an entry about this step.
    pub fn write(&mut self, what: Event) -> Result<()> {
        self.journal.write(self.world, Some(&self.step.id), what)
    }
    /// A template filled with the values of this run.
    pub fn fill(&self, text: &str) -> Result<String> {
        fill(text, &self.values.pairs())
    }
}

/// The values of conditions and templates.
pub struct Values {
    facts: Value,
    options: Value,
    target: Value,
}

impl Values {
    /// Those of a run.
    pub fn new(facts: &Facts, spec: &RunSpec) -> Self {
        let value = |v: serde_json::Result<Value>| v.unwrap_or_default();
        Values {
            facts: value(serde_json::to_value(facts)),
            options: value(serde_json::to_value(&spec.options)),
            target: value(serde_json::to_value(&spec.target)),
        }
    }
    /// The options as environment variables of scripts: `SOCLE_OPTION_IMAGE_NAME`. A text is itself, anything else its
    /// JSON.
    pub fn environment(&self) -> Vec<(String, String)> {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let name = |n: &String| format!("SOCLE_OPTION_{}", n.chars().map(letter).collect::<String>());
        let said = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_string);
        self.options.as_object().into_iter().flatten().map(|(n, v)| (name(n), said(v))).collect()
    }
    /// By name, as conditions and templates see them.
    pub fn pairs(&self) -> [(&'static str, &Value); 3] {
        [("facts", &self.facts), ("options", &self.options), ("target", &self.target)]
    }
}

/// What a step did.
#[derive(Debug, Default)]
pub struct Done {
    /// In figures that a person can read.
    pub facts: BTreeMap<String, String>,
    /// What comes then.
    pub then: Then,
}

/// What comes after a step.
#[derive(Debug, Default)]
pub enum Then {
    /// The next one.
    #[default]
    Next,
    /// The machine is started again.
    Restart(RebootInto),
}

impl Done {
    /// Adds a figure.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.into(), value.to_string());
        self
    }
}

/// Whether a step can only be done while the target's disk is nobody's: in the boot environment.
pub fn needs_boot(action: &Action) -> bool {
    match action {
        Action::Check { .. } | Action::Report {} | Action::MoveFolder { .. } | Action::Reboot { .. } => false,
        Action::RunScript { place, .. } => *place == Place::Boot,
        Action::Partition { .. } | Action::ApplyImage { .. } | Action::CaptureImage { .. } => true,
        Action::WriteFile { .. } | Action::SetIdentity { .. } => true,
        Action::MoveMailbox { .. } => false,
    }
}

/// What a destructive step needs before it may begin; nothing for the others.
pub fn permission(work: &mut Work<'_, '_>) -> Result<()> {
    match work.step.action.clone() {
        Action::Partition { disk, image, grow } => partition::permission(work, &disk, &image, &grow),
        Action::MoveFolder { from, .. } => move_folder::permission(work, &from),
        _ => Ok(()),
    }
}

/// Does the step.
pub fn perform(work: &mut Work<'_, '_>) -> Result<Done> {
    match work.step.action.clone() {
        Action::Check { memory_mib, disk_mib, firmware, power, disk } => {
            check::perform(work, &check::Wants { memory_mib, disk_mib, firmware, power, disk })
        }
        Action::Partition { disk, image, grow } => partition::perform(work, &disk, &image, &grow),
        Action::ApplyImage { image, read_back } => apply_image::perform(work, &image, read_back),
        Action::CaptureImage { name, disk } => capture_image::perform(work, &name, &disk),
        Action::WriteFile { path, content, mode } => write_file::perform(work, &path, &content, &mode),
        Action::SetIdentity { hostname } => set_identity::perform(work, &hostname),
        Action::RunScript { script, interpreter, place } => run_script::perform(work, &script, &interpreter, place),
        Action::Reboot { into } => reboot::perform(work, into),
        Action::Report {} => report::perform(work),
        Action::MoveFolder { from, to } => move_folder::perform(work, &from, &to),
        // A mailbox is moved by whoever reaches both servers, never by a machine.
        Action::MoveMailbox { .. } => Err(socle_texts::Fault::new("mail-step-elsewhere").with("step", &work.step.id)),
    }
}

/// A path that a template gave.
pub(crate) fn path_of(work: &Work<'_, '_>, text: &str) -> Result<PathBuf> {
    Ok(PathBuf::from(work.fill(text)?))
}
