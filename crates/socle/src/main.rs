//! The one program of the administrator.
use clap::FromArgMatches;
use socle::{
    act,
    image::Voice,
    shape::{Socle, command, mistake},
};
use socle_texts::Lang;
use std::process::ExitCode;

/// What a wrong command line ends with, as everywhere.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    let wish = |name| std::env::var(name).ok().and_then(|value| Lang::choose(&value));
    let lang = wish("SOCLE_LANG").or_else(|| wish("LC_ALL")).or_else(|| wish("LANG")).unwrap_or_default();
    let read = command(lang).try_get_matches().and_then(|matches| Socle::from_arg_matches(&matches));
    match read {
        Ok(socle) => {
            let lang = socle.common.lang.as_deref().and_then(Lang::choose).unwrap_or(lang);
            act::run(&socle, Voice { lang, json: socle.common.json })
        }
        Err(error) => match mistake(&error) {
            Some(fault) => {
                act::misused(&fault, wished(lang));
                ExitCode::from(MISUSED)
            }
            None => error.exit(),
        },
    }
}

/// How somebody who mistyped his command wants to be spoken to, as far as it can be read.
fn wished(lang: Lang) -> Voice {
    let words: Vec<String> = std::env::args_os().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
    let after = words.iter().position(|w| w == "--lang").and_then(|at| words.get(at + 1)).map(String::as_str);
    let glued = words.iter().find_map(|w| w.strip_prefix("--lang="));
    Voice { lang: after.or(glued).and_then(Lang::choose).unwrap_or(lang), json: words.iter().any(|w| w == "--json") }
}
