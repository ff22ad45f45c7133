//! The server's log of the last hours: from systemd's journal, or from the files that were named.
use socle_domain::Timestamp;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The most that is read of each source; of more, the end is kept.
const MAX_BYTES: usize = 32 << 20;

/// The lines; and, where there are none to be had, nothing.
pub fn lines(files: &[PathBuf], hours: u32, now: Timestamp) -> Vec<String> {
    let texts = match files.is_empty() {
        true => vec![journal(hours)],
        false => files.iter().map(|path| read(path)).collect(),
    };
    let from = now.as_second() - i64::from(hours) * 3600;
    let text = texts.join("\n");
    text.lines().filter(|line| !line.trim().is_empty() && is_recent(line, from)).map(str::to_string).collect()
}

/// A line of another form has no moment: it is kept.
fn is_recent(line: &str, from: i64) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
    let at = value.as_ref().and_then(|v| v["timestamp"].as_str()).and_then(|t| t.parse::<Timestamp>().ok());
    at.is_none_or(|at| at.as_second() >= from)
}

fn journal(hours: u32) -> String {
    let since = format!("--since=-{hours}h");
    let child = Command::new("journalctl")
        .args(["--unit=socle.service", "--output=cat", "--no-pager", "--quiet", &since])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return String::new() };
    let text = child.stdout.take().map(end).unwrap_or_default();
    let _ = child.wait();
    text
}

fn read(path: &Path) -> String {
    File::open(path).map(end).unwrap_or_default()
}

/// The last bytes of a stream that may be a pipe.
fn end(mut source: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    while let Ok(n @ 1..) = source.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..n]);
        if kept.len() > 2 * MAX_BYTES {
            kept.drain(..kept.len() - MAX_BYTES);
        }
    }
    kept.drain(..kept.len().saturating_sub(MAX_BYTES));
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_hours_are_taken_and_other_lines_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let line = |hour: u32| format!("{{\"timestamp\":\"2026-11-22T{hour:02}:00:00Z\",\"level\":\"INFO\"}}");
        std::fs::write(&path, format!("{}\npanicked\n\n{}\n", line(1), line(11))).expect("written");
        let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
        assert_eq!(lines(&[path], 6, now), ["panicked".to_string(), line(11)]);
        assert!(lines(&[folder.path().join("none")], 6, now).is_empty());
    }
}
