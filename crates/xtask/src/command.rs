//! Running other programs, so that a failure says which command, how it ended and what it said.
use crate::stop;
use crate::trouble::{Done, During};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How many of a failed program's last lines are shown.
const LAST_LINES: usize = 15;

/// A command with its arguments, ready to be refined.
pub fn command<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs to the end in silence; its standard output is the answer.
pub fn output(command: &mut Command) -> Done<String> {
    let shown = describe(command);
    let result = command.output().during(format!("starting `{shown}`"))?;
    if !result.status.success() {
        let said = String::from_utf8_lossy(&result.stderr).into_owned() + &String::from_utf8_lossy(&result.stdout);
        stop!("`{shown}` failed ({}):\n{}", result.status, tail(&said, LAST_LINES));
    }
    Ok(String::from_utf8_lossy(&result.stdout).into_owned())
}

/// Runs to the end in silence.
pub fn quiet<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = A>) -> Done {
    output(&mut command(program, args)).map(drop)
}

/// Runs to the end with the terminal of the person, for what has its own progress to show.
pub fn visible(command: &mut Command) -> Done {
    let shown = describe(command);
    let status = command.status().during(format!("starting `{shown}`"))?;
    if !status.success() {
        stop!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// The command as one would type it, cut when very long.
pub fn describe(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    if text.len() > 240 {
        let mut end = 240;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Where a program stands, searched like a shell does, with the administrator's folders added.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(more).map(|folder| folder.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// The last lines of a text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
