//! The whole database as text, read beside a server that works; and a database made from such a text.
//!
//! The text is the same for SQLite and for PostgreSQL, so one may be restored as the other. Each table is a list of
//! *pieces*; a piece is lines of JSON, the names of the columns first, then a row per line. Every table that is there
//! is read: none has to be remembered here when one is added. Columns hold texts and whole numbers, nothing else.
mod health;
mod loading;
mod shape;
mod snapshot;
mod tables;

pub use health::{Named, steps_to_take};
pub use loading::{Loading, settle, undo};
pub use shape::shape;
pub use snapshot::Snapshot;

use crate::migrate;
use serde::{Deserialize, Serialize};
use socle_domain::Digest;
use socle_texts::{Fault, Result};

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number, from 1.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The digest of its text.
    pub digest: String,
}

/// Whether the steps are the first of ours.
///
/// # Errors
/// `db-newer` (with `found`, `known`), `db-migration-changed` (with `name`).
pub fn check_steps(steps: &[Step]) -> Result<()> {
    let ours = migrate::steps();
    if steps.len() > ours.len() {
        return Err(Fault::new("db-newer").with("found", steps.len()).with("known", ours.len()));
    }
    for (step, (name, text)) in steps.iter().zip(ours) {
        if step.digest != Digest::of(text.as_bytes()).to_string() {
            return Err(Fault::new("db-migration-changed").with("name", *name));
        }
    }
    Ok(())
}
