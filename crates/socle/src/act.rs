//! What each command does. Those that ask a server go through [`client::Client`]; the others need none.
mod accounts;
mod audit;
mod bootenv;
mod client;
mod config;
mod consents;
mod doctor;
mod grants;
mod import;
mod keep;
mod machines;
mod masters;
mod options;
mod person;
mod rules;
mod runs;
mod say;
mod serve;
mod sign;
mod support;
mod tokens;
mod unit;
mod verify;
mod watch;
mod webhooks;
mod wizard;

use crate::{
    image::{self, Voice, complain},
    out,
    shape::{Common, ConfigWhat, Socle, What},
};
use client::Client;
use socle_domain::Timestamp;
use socle_texts::Result;
use std::process::ExitCode;

/// Carries out a command. 0: done, and all is well; 1: a fault, told on standard error; 2: done, and something is not well.
pub fn run(socle: &Socle, voice: Voice) -> ExitCode {
    if let What::Image { what } = &socle.what {
        return image::run(what, voice);
    }
    match act(&socle.what, &socle.common, voice).and_then(|well| out::written().map(|()| well)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(fault) => {
            complain(&fault, voice);
            ExitCode::FAILURE
        }
    }
}

/// Tells what is wrong with the command line.
pub fn misused(fault: &socle_texts::Fault, voice: Voice) {
    complain(fault, voice);
}

/// Whether all is well.
fn act(what: &What, common: &Common, voice: Voice) -> Result<bool> {
    let client = || Client::new(&common.server, voice.lang);
    let database = common.database.as_deref();
    match what {
        What::Serve(args) => serve::serve(args, database, voice),
        What::Config { what: ConfigWhat::Check { file } } => config::check(file, voice),
        What::Machine { what } => machines::act(what, &client()?, voice),
        What::Option { what } => options::act(what, &client()?, voice),
        What::Explain(args) => options::explain(args, &client()?, voice),
        What::Unit { what } => unit::act(what, &client()?, voice),
        What::Person { what } => person::act(what, &client()?, voice),
        What::Search(asked) => unit::search(asked, &client()?, voice),
        What::Rule { what } => rules::act(what, &client()?, voice),
        What::Master { what } => masters::act(what, &client()?, voice),
        What::Run { what } => runs::act(what, &client()?, voice),
        What::Wizard { what } => wizard::act(what, &client()?, voice),
        What::Token { what } => tokens::act(what, database, voice),
        What::Account { what } => accounts::act(what, database, voice),
        What::Grant { what } => grants::act(what, &client()?, voice),
        What::Consent { what } => consents::act(what, &client()?, voice),
        What::Audit { what } => audit::act(what, &client()?, voice),
        What::Bootenv { what } => bootenv::act(what, database, voice),
        What::Sign { what } => sign::act(what, &client()?, voice),
        What::Mail { what } => crate::mail::act(what, voice),
        What::Import { what } => import::act(what, &client, voice),
        What::Backup(args) => keep::backup(args, database, voice),
        What::Restore(args) => keep::restore(args, database, voice),
        What::BackupKey(args) => keep::key(args, voice),
        What::Webhook { what } => webhooks::act(what, &client()?, voice),
        What::Verify(args) => verify::verify(args, voice),
        What::Doctor(args) => doctor::doctor(args, database, voice),
        What::SupportBundle(args) => support::bundle(args, database, voice),
        What::Events => watch::events(&client()?),
        What::Status => machines::status(&client()?, voice),
        // Taken care of above.
        What::Image { .. } => Ok(true),
    }
}

/// The present: the command line is a program's roof, where the clock is read.
fn now() -> Timestamp {
    Timestamp::now()
}
