//! The pages, each as what it is made from.
mod census_model;
mod doors;
mod journal_model;
mod list;
mod machine_model;
mod machines;
mod masters;
mod options;
mod run_model;
mod runs;
mod server;
mod today;

pub use doors::{SignIn, Welcome};
pub use machines::{Announce, Chosen, MachinePage, Machines, Start};
pub use masters::{Images, MasterPage, Masters};
pub use options::typed_options;
pub use runs::{ProofPage, RunPage, RunWithSteps, Runs};
pub use server::{BootEvents, ErrorPage, StatusPage};
pub use today::Today;

use crate::speak::Speak;
use minijinja::Value;

/// A page: a template and what it shows.
pub trait Page {
    /// Its file in `web/templates`.
    fn template(&self) -> &'static str;
    /// What the template sees as `page`, with sentences, dates and sizes in the reader's language.
    #[doc(hidden)]
    fn model(&self, speak: &Speak) -> Value;
}
