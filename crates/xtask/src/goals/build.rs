//! Building what is shown and tested.
use crate::command::{command, visible};
use crate::places;
use crate::talk::{elapsed_seconds, say};
use crate::trouble::Done;
use std::process::Command;

/// The machine's architecture, named so that flags for the static agent do not touch build scripts.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The administrator's program and the static agent.
pub fn programs() -> Done {
    let start = elapsed_seconds();
    say("+", "Building socle and its agent.");
    visible(&mut cargo(["build", "-p", "socle"]))?;
    agent()?;
    say("✓", &format!("Built in {:.0} s.", elapsed_seconds() - start));
    Ok(())
}

/// The same for use outside of the laboratory: optimised as a whole.
pub fn release() -> Done {
    visible(&mut cargo(["build", "-p", "socle", "--release"]))?;
    agent()
}

/// The agent alone: small, static, at home in any system.
pub fn agent() -> Done {
    let mut build = cargo(["build", "-p", "socle-agent", "--profile", "agent", "--target", TARGET]);
    visible(build.env("RUSTFLAGS", "-C target-feature=+crt-static"))
}

/// Cargo, in the repository.
pub fn cargo<const N: usize>(args: [&str; N]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(cargo, args);
    command.current_dir(places::root());
    command
}
