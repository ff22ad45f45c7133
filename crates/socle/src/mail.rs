//! `socle mail …`: mailboxes from one server to another, and the proof that nothing was lost.
mod arguments;
mod config;
mod one;
mod pool;
mod proof;
mod rows;
mod tell;

pub use arguments::{Common, MailWhat};

use crate::image::Voice;
use config::Config;
use socle_texts::Result;

/// Carries out a command. Well: every mailbox is as it should be.
pub fn act(what: &MailWhat, voice: Voice) -> Result<bool> {
    let common = what.common();
    let config = Config::load(&common.config)?;
    let rows = rows::load(&common.mailboxes, common.only.as_deref())?;
    pool::run(&rows, config.at_once, &|row| one::act(what, &config, row), &|row, done| tell::tell(row, done, voice))
}
