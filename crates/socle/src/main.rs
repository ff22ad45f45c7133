//! The one program of the administrator.
use clap::FromArgMatches;
use socle::{
    act,
    image::Voice,
    shape::{Socle, command},
};
use socle_texts::Lang;
use std::process::ExitCode;

fn main() -> ExitCode {
    let wish = |name| std::env::var(name).ok().and_then(|value| Lang::choose(&value));
    let lang = wish("SOCLE_LANG").or_else(|| wish("LC_ALL")).or_else(|| wish("LANG")).unwrap_or_default();
    let socle = match Socle::from_arg_matches(&command(lang).get_matches()) {
        Ok(socle) => socle,
        Err(error) => error.exit(),
    };
    let lang = socle.common.lang.as_deref().and_then(Lang::choose).unwrap_or(lang);
    act::run(&socle, Voice { lang, json: socle.common.json })
}
