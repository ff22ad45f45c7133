//! What is wrong with a command line, in the reader's language: clap's own words are English.
use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};
use socle_texts::Fault;
use std::error::Error as _;

/// The mistake as a fault; none where the error is no mistake but what was asked for (help, the version).
pub fn mistake(error: &Error) -> Option<Fault> {
    let said = |kind| error.context().find(|(k, _)| *k == kind).map(|(_, value)| text(value)).unwrap_or_default();
    let argument = || said(ContextKind::InvalidArg);
    let fault = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion
        | ErrorKind::Io
        | ErrorKind::Format => return None,
        ErrorKind::UnknownArgument => Fault::new("socle-words-argument-unknown")
            .with("argument", argument())
            .with("known", known(&said(ContextKind::SuggestedArg)))
            .with("similar", said(ContextKind::SuggestedArg)),
        ErrorKind::InvalidSubcommand => Fault::new("socle-words-command-unknown")
            .with("command", said(ContextKind::InvalidSubcommand))
            .with("known", known(&said(ContextKind::SuggestedSubcommand)))
            .with("similar", said(ContextKind::SuggestedSubcommand)),
        ErrorKind::MissingSubcommand => {
            Fault::new("socle-words-command-missing").with("commands", said(ContextKind::ValidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => Fault::new("socle-words-argument-missing").with("arguments", argument()),
        ErrorKind::InvalidValue if said(ContextKind::InvalidValue).is_empty() => {
            Fault::new("socle-words-value-missing").with("argument", argument())
        }
        ErrorKind::InvalidValue => Fault::new("socle-words-value-wrong")
            .with("argument", argument())
            .with("value", said(ContextKind::InvalidValue))
            .with("values", said(ContextKind::ValidValue)),
        ErrorKind::ValueValidation => {
            let fault = Fault::new("socle-words-value-refused")
                .with("argument", argument())
                .with("value", said(ContextKind::InvalidValue));
            match error.source() {
                Some(why) => fault.because(why),
                None => fault,
            }
        }
        ErrorKind::ArgumentConflict => Fault::new("socle-words-arguments-conflict")
            .with("argument", argument())
            .with("other", said(ContextKind::PriorArg)),
        ErrorKind::TooFewValues | ErrorKind::NoEquals => {
            Fault::new("socle-words-value-missing").with("argument", argument())
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => Fault::new("socle-words-values-many")
            .with("argument", argument())
            .with("value", said(ContextKind::InvalidValue)),
        ErrorKind::InvalidUtf8 => Fault::new("socle-words-no-text"),
        _ => Fault::new("socle-words-wrong"),
    };
    Some(fault)
}

/// Whether something like it is known: what a text chooses by.
fn known(similar: &str) -> &'static str {
    if similar.is_empty() { "no" } else { "yes" }
}

/// What a mistake is about, without the brackets and dots of a usage line.
fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(one) => one.clone(),
        ContextValue::Strings(several) => several.join(", "),
        ContextValue::Number(number) => number.to_string(),
        ContextValue::Bool(yes) => yes.to_string(),
        ContextValue::StyledStr(styled) => styled.to_string(),
        ContextValue::StyledStrs(several) => several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}
