//! One mailbox.
use super::{MailWhat, config::Config, proof, rows::Row};
use socle_mail::{
    census::{Inventory, inventory},
    copy::{Move, PassReport, Stop},
    verify::{Report, verify},
};
use socle_trust::chance;
use std::path::PathBuf;

/// What was done for a mailbox.
pub enum Done {
    /// It was counted.
    Inventory(Inventory),
    /// A pass went to its end.
    Copied(PassReport),
    /// It was read a second time.
    Verified(Report),
    /// It was moved for good, and there is a proof.
    Proved {
        /// What the second reading found.
        report: Report,
        /// The proof.
        proof: PathBuf,
        /// The sealed list of names.
        names: PathBuf,
        /// Whether the proof is complete.
        complete: bool,
    },
}

/// Does what was asked for one mailbox.
pub fn act(what: &MailWhat, config: &Config, row: &Row) -> std::result::Result<Done, Stop> {
    let (source, target) = config.endpoints(row).map_err(Stop::Failed)?;
    let state = what.common().state.join(&row.id);
    let copy = || {
        let patience = config.patience();
        Move { source: &source, target: &target, state: &state, rules: &config.rules, patience }.pass()
    };
    let salt = || chance::bytes::<32>().map_err(Stop::Failed);
    match what {
        MailWhat::Inventory { .. } => inventory(&source, &salt()?).map(Done::Inventory).map_err(Stop::Failed),
        MailWhat::Copy { .. } => copy().map(Done::Copied),
        MailWhat::Verify { .. } => verify(&source, &target, &state, &config.rules, &salt()?, &mut |_| Ok(()))
            .map(Done::Verified)
            .map_err(Stop::Failed),
        MailWhat::Proof { keys, out, .. } => {
            let paper = proof::Paper { keys, out, config, row };
            paper.make(&copy, &|each| verify(&source, &target, &state, &config.rules, &salt_of(&state)?, each))
        }
    }
}

/// The mailbox's own salt: the same for every proof of it, so that its censuses can be compared; kept beside its state.
fn salt_of(state: &std::path::Path) -> socle_texts::Result<[u8; 32]> {
    Ok(socle_trust::KeyPair::load_or_create(&state.join("salt.key"))?.seed())
}
