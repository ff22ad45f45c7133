//! `socle image …`: images in a repository on this computer. No server is asked.
mod arguments;
mod capture;
mod deploy;
mod keep;
mod look;
mod progress;
mod reset;
mod resume;
mod show;

pub use arguments::ImageWhat;

use crate::out;
use socle_texts::{Fault, Lang, Result, next_step, tell};
use std::process::ExitCode;

/// How an act speaks: to a person in a language, or to a program in JSON.
#[derive(Clone, Copy)]
pub struct Voice {
    /// The person's language.
    pub lang: Lang,
    /// JSON on standard output instead of sentences.
    pub json: bool,
}

/// Carries out a command. 0: done; 1: a fault, told on standard error (also as JSON where it was asked for).
pub fn run(what: &ImageWhat, voice: Voice) -> ExitCode {
    match act(what, voice).and_then(|well| out::written().map(|()| well)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            complain(&fault, voice);
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn act(what: &ImageWhat, voice: Voice) -> Result<bool> {
    match what {
        ImageWhat::Capture(args) => capture::capture(args, voice).map(|()| true),
        ImageWhat::Deploy(args) => deploy::deploy(args, voice),
        ImageWhat::Reset(args) => reset::reset(args, voice),
        ImageWhat::List { repo } => look::list(repo, voice).map(|()| true),
        ImageWhat::Show { image, repo } => look::show(image, repo, voice).map(|()| true),
        ImageWhat::Diff { old, new, repo } => look::diff(old, new, repo, voice).map(|()| true),
        ImageWhat::Stats { repo } => look::stats(repo, voice).map(|()| true),
        ImageWhat::Check { repo, deep, set_aside } => keep::check(repo, *deep, *set_aside, voice),
        ImageWhat::Forget { image, repo } => keep::forget(image, repo, voice).map(|()| true),
        ImageWhat::Prune { repo, dry_run } => keep::prune(repo, *dry_run, voice).map(|()| true),
        ImageWhat::Sync { images, from, to } => keep::sync(images, from, to, voice).map(|()| true),
    }
}

/// Tells a fault and what to do about it.
pub(crate) fn complain(fault: &Fault, voice: Voice) {
    if voice.json {
        out::line(serde_json::json!({ "fault": fault, "text": tell(voice.lang, fault) }));
        return;
    }
    out::complaint(tell(voice.lang, fault));
    if let Some(next) = next_step(voice.lang, fault) {
        out::complaint(next);
    }
}
