//! A census as a table.
use crate::{model::model, speak::Speak};
use minijinja::Value;
use socle_domain::census::{Census, Level, Part};
use socle_texts::says;

/// The parts of a census, with what each holds and how closely it was looked.
pub(crate) fn census(speak: &Speak, census: &Census) -> Value {
    let parts: Vec<Value> = census.parts.iter().map(|p| part(speak, p)).collect();
    model! {
        parts => parts,
        items => speak.number(census.items()),
        bytes => speak.bytes(census.bytes()),
        empty => census.holds_nothing(),
        digest => census.digest(),
    }
}

fn part(speak: &Speak, part: &Part) -> Value {
    let name = match part.part.strip_prefix("partition ") {
        Some(number) => speak.say("console-part-partition", &[("n", number.into())]),
        None => says(speak.lang, &format!("console-part-{}", part.part), &[]).unwrap_or_else(|| part.part.clone()),
    };
    let kind = says(speak.lang, &format!("console-kind-{}", part.kind), &[]).unwrap_or_else(|| part.kind.clone());
    let nothing = matches!(part.kind.as_str(), "empty" | "socle");
    let level = match part.level {
        Level::Full => "full",
        Level::Counted => "counted",
        Level::Expendable => "expendable",
        Level::Unreadable => "unreadable",
    };
    model! {
        name => name,
        kind => kind,
        nothing => nothing,
        unreadable => part.level == Level::Unreadable,
        level => speak.say(&format!("console-level-{level}"), &[]),
        items => (part.items > 0).then(|| speak.number(part.items)),
        bytes => speak.bytes(part.bytes),
    }
}
