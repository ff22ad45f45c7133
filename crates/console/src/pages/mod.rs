//! The pages, each as what it is made from.
mod account;
mod census_model;
mod diagnosis;
mod diffs;
mod doors;
mod journal_model;
mod list;
mod machine_model;
mod machines;
mod masters;
mod option_pages;
mod options;
mod organisation;
mod rights;
mod rules;
mod run_model;
mod runs;
mod server;
mod today;
mod wizard;

pub use account::{Account, App, FactorLine, OnceShown, RoleLine, SessionLine, TokenLine};
pub use diagnosis::DiagnosisPage;
pub use diffs::{DiffPage, MasterWay};
pub use doors::{Second, SignIn, SignedIn, Welcome};
pub use machines::{Announce, Chosen, MachinePage, Machines, Start};
pub use masters::{Images, MasterPage, Masters};
pub use option_pages::{OptionsOf, OptionsPage, typed_latitude, typed_value};
pub use options::typed_options;
pub use organisation::{DeparturesPage, ImportPage, Organisation, PersonPage, SearchPage, UnitPage};
pub use rights::{ApprovalPage, Approvals, AuditPage, MyRightsPage, Roles};
pub use rules::{RulesPage, typed_sets};
pub use runs::{ProofPage, RunPage, RunWithSteps, Runs};
pub use server::{ApiPage, BootEvents, ErrorPage, StatusPage};
pub use today::Today;
pub use wizard::{Codes, RoomForm};

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
