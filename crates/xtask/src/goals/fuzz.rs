//! The longer search for what breaks a reader: `cargo xtask fuzz [TARGET] [--seconds N] [--seed N]`.
use super::build::cargo;
use crate::command::visible;
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::process::Command;

/// Each target has this long where nobody says otherwise.
const SECONDS: &str = "60";

/// Mutates the corpus of one target, or of each in turn, following the coverage of our rooms.
pub fn fuzz(args: &[String]) -> Done {
    let (mut target, mut seconds, mut seed) = (None, SECONDS.to_string(), "1".to_string());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or_else(|| format!("{arg} needs a number"));
        match arg.as_str() {
            "--seconds" => seconds = value()?,
            "--seed" => seed = value()?,
            name if !name.starts_with('-') => target = Some(name.to_string()),
            other => stop!("fuzz does not know {other}; it knows TARGET --seconds N --seed N"),
        }
    }
    let all = targets()?;
    let chosen: Vec<&String> = all.iter().filter(|t| target.as_ref().is_none_or(|wish| wish == *t)).collect();
    if chosen.is_empty() {
        stop!("there is no such target; there are: {}", all.join(", "));
    }
    say("+", "Compiling the readers with LLVM's edge counters.");
    let wrapper = places::root().join("crates/fuzz/instrument");
    visible(cargo(["build", "-p", "socle-fuzz", "--bin", "fuzz"]).env("RUSTC_WORKSPACE_WRAPPER", &wrapper))?;
    // Whatever is built next must not find this one in its place.
    let program = places::folder(places::target().join("fuzz"))?.join("fuzz");
    std::fs::copy(places::target().join("debug/fuzz"), &program).during("keeping the program")?;
    let mut broken = Vec::new();
    for name in chosen {
        say("+", &format!("{name}, {seconds} s."));
        let out = places::target().join("fuzz").join(name);
        let mut run = Command::new(&program);
        run.args([name.as_str(), "--seconds", &seconds, "--seed", &seed, "--out"]).arg(&out);
        if visible(&mut run).is_err() {
            broken.push(format!("{name} (see {})", out.display()));
        }
    }
    if !broken.is_empty() {
        stop!("broken: {}", broken.join(", "));
    }
    Ok(())
}

/// Each has a folder of seeds.
fn targets() -> Done<Vec<String>> {
    let folder = places::root().join("crates/fuzz/corpus");
    let entries = std::fs::read_dir(&folder).during(format!("reading {}", folder.display()))?;
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}
