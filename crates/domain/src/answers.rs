//! What a person answered at the machine, before its run was ordered.
//!
//! The machine signs the answers with its own key as they were typed. The server puts the signed answers into the order
//! of the run ([`crate::order::RunSpec::answers`]), which is the beginning of the journal's chain; the machine refuses an
//! order that says anything else than what was typed on it, and [`crate::proof::verify`] finds the same from the file
//! alone. Two things never stand here: the name of the person, and the value of a secret.
use crate::{
    Digest, TargetId, Timestamp, UnitId,
    option::referenced_secret,
    order::RunSpec,
    sign::{PublicKey, Signed, Statement},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a seat, in characters.
pub const MAX_SEAT_CHARS: usize = 40;

/// The answers of one conversation at one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The conversation: the digest of its bearer, so that answers serve once and nowhere else.
    pub session: Digest,
    /// The target that the machine is.
    pub target: TargetId,
    /// The machine on which they were typed.
    pub machine: PublicKey,
    /// The name that the machine was given: a host name.
    pub name: String,
    /// Its room.
    pub unit: UnitId,
    /// Its seat in the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// The master that was chosen, by digest.
    pub master: Digest,
    /// What was answered, by the option's name.
    pub options: BTreeMap<String, Value>,
    /// The options whose answer is a secret: their names alone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<String>,
    /// Who answered: a salted digest; the name that it stands for is kept elsewhere and can be deleted.
    pub who: Digest,
    /// When, by the server's time as the machine knew it.
    pub at: Timestamp,
}
impl Statement for Answers {
    const CONTEXT: &'static str = "socle-answers-v1";
}

/// Whether this can be the name of a seat: nothing that breaks a line, a page or a table.
pub fn is_seat(seat: &str) -> bool {
    let chars = seat.chars().count();
    (1..=MAX_SEAT_CHARS).contains(&chars) && seat.trim() == seat && !seat.chars().any(char::is_control)
}

/// The answers of a run, if it was ordered at its machine; checked against all that the order says.
///
/// # Errors
/// `domain-signature-wrong`; `domain-answers-differ` (with `what`) where the order says something else than what was
/// typed at the machine.
pub fn of_run(spec: &RunSpec, machine: &PublicKey) -> Result<Option<Answers>> {
    let Some(signed): Option<&Signed<Answers>> = spec.answers.as_ref() else { return Ok(None) };
    let answers = signed.open(machine)?;
    let differs = |what: &str| Err(Fault::new("domain-answers-differ").with("what", what));
    if answers.machine != *machine || answers.target != spec.target.id {
        return differs("machine");
    }
    if answers.name != spec.target.name {
        return differs("name");
    }
    if answers.unit != spec.unit || answers.unit != spec.target.unit {
        return differs("unit");
    }
    if answers.master != spec.master.digest() {
        return differs("master");
    }
    for (option, value) in &answers.options {
        if spec.options.get(option) != Some(value) || answers.secrets.contains(option) {
            return differs(option);
        }
    }
    // Of a secret the order holds the reference, and nobody the value.
    let is_reference = |option: &String| spec.options.get(option).is_some_and(|v| referenced_secret(v).is_some());
    if let Some(option) = answers.secrets.iter().find(|option| !is_reference(option)) {
        return differs(option);
    }
    Ok(Some(answers))
}
