//! What each kind of step does: one file a kind.
//!
//! Every step may be done twice: a power cut between any two bytes is followed by the same step again.
pub mod apply_image;
pub mod capture_image;
pub mod census;
pub mod check;
pub mod choose;
pub mod fill_cache;
pub mod kept;
pub mod move_folder;
pub mod partition;
pub mod reboot;
pub mod report;
pub mod reset_image;
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
use socle_wire::agent::Secrets;
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
    /// A template filled with the values of this run. A secret is not among them: what a step says of itself goes into
    /// the journal.
    pub fn fill(&self, text: &str) -> Result<String> {
        fill(text, &self.values.pairs())
    }
    /// A template that may name secrets, filled; and whether it does. The secrets are asked for now and forgotten after.
    pub fn fill_with_secrets(&self, text: &str) -> Result<(String, bool)> {
        if !self.values.secrets.iter().any(|name| text.contains(name.as_str())) {
            return Ok((self.fill(text)?, false));
        }
        let secrets = self.world.server.secrets(self.journal.spec.run)?;
        let options = self.values.options_with(&secrets);
        let [facts, _, target] = self.values.pairs();
        Ok((fill(text, &[facts, ("options", &options), target])?, true))
    }
    /// The environment variables of a script: every option, and of the secrets those that its text names.
    pub fn environment(&self, script: &str) -> Result<Vec<(String, String)>> {
        let mut variables = self.values.environment();
        let named = |name: &&String| script.contains(&variable(name));
        let wanted: Vec<&String> = self.values.secrets.iter().filter(named).collect();
        if !wanted.is_empty() {
            let mut secrets = self.world.server.secrets(self.journal.spec.run)?;
            let given = wanted.into_iter().filter_map(|n| Some((variable(n), secrets.values.remove(n)?)));
            variables.extend(given);
        }
        Ok(variables)
    }
}

/// What an option is called in the environment of a script: `SOCLE_OPTION_IMAGE_NAME`.
fn variable(option: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("SOCLE_OPTION_{}", option.chars().map(letter).collect::<String>())
}

/// The values of conditions and templates.
pub struct Values {
    facts: Value,
    options: Value,
    target: Value,
    /// The options whose values are secrets: they are not among the others.
    secrets: Vec<String>,
}

impl Values {
    /// Those of a run; `secrets` are the names of those of its options that are secrets.
    pub fn new(facts: &Facts, spec: &RunSpec, secrets: &[String]) -> Self {
        let value = |v: serde_json::Result<Value>| v.unwrap_or_default();
        let open: BTreeMap<_, _> = spec.options.iter().filter(|(name, _)| !secrets.contains(name)).collect();
        Values {
            facts: value(serde_json::to_value(facts)),
            options: value(serde_json::to_value(&open)),
            target: value(serde_json::to_value(&spec.target)),
            secrets: secrets.to_vec(),
        }
    }
    /// The options as environment variables of scripts. A text is itself, anything else its JSON.
    fn environment(&self) -> Vec<(String, String)> {
        let said = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_string);
        self.options.as_object().into_iter().flatten().map(|(n, v)| (variable(n), said(v))).collect()
    }
    /// The options with the secrets among them.
    fn options_with(&self, secrets: &Secrets) -> Value {
        let mut options = self.options.clone();
        if let Some(options) = options.as_object_mut() {
            let known = secrets.values.iter().filter(|(name, _)| self.secrets.contains(name));
            options.extend(known.map(|(name, plain)| (name.clone(), plain.clone().into())));
        }
        options
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
        Action::ResetImage { .. } | Action::FillCache { .. } => true,
        Action::MoveMailbox { .. } => false,
    }
}

/// What a destructive step needs before it may begin; nothing for the others.
pub fn permission(work: &mut Work<'_, '_>) -> Result<()> {
    match work.step.action.clone() {
        Action::Partition { disk, image, grow, .. } => partition::permission(work, &disk, &image, &grow),
        Action::ResetImage { disk, image, keep, .. } => reset_image::permission(work, &disk, &image, &keep),
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
        Action::Partition { disk, image, grow, .. } => partition::perform(work, &disk, &image, &grow),
        Action::ResetImage { image, disk, keep, keep_identity, gone, .. } => {
            reset_image::perform(work, &reset_image::Wants { image, disk, keep, keep_identity, gone })
        }
        Action::FillCache { image } => fill_cache::perform(work, &image),
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
