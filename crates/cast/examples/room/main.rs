//! The workshop's room: a server and seats as processes, for namespaces. Never shipped; `cargo xtask bench --only cast` and
//! `cargo xtask lab room-at-once` run it.
//!
//! The stream is the real one. Beside it stands a line of its own (`line`): the smallest thing that plays the server's HTTPS:
//! joining, reports, and the repository's ranges by unicast. The image is a file of noise, cut into frames whose digests the
//! seats were given beforehand, as a manifest gives those of chunks.
mod liar;
mod line;
mod seat;
mod serve;

use std::{collections::HashMap, process::ExitCode};

/// `--name value` pairs.
struct Words(HashMap<String, String>);
impl Words {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("--{name} is missing"))
    }
    fn of<T: std::str::FromStr>(&self, name: &str) -> T {
        self.text(name).parse().unwrap_or_else(|_| panic!("--{name} can't be read"))
    }
    fn or<T: std::str::FromStr>(&self, name: &str, other: T) -> T {
        if self.0.contains_key(name) { self.of(name) } else { other }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((what, rest)) = args.split_first() else { return ExitCode::FAILURE };
    let pair = |p: &[String]| Some((p.first()?.strip_prefix("--")?.to_string(), p.get(1)?.clone()));
    let words = Words(rest.chunks(2).filter_map(pair).collect());
    match what.as_str() {
        "serve" => serve::serve(&words),
        "seat" => seat::seat(&words),
        "impair" => seat::impair(&words),
        "lie" => liar::lie(&words),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}
