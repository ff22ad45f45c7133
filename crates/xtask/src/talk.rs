//! What the workshop says while it works: one line an event, with the seconds since the start.
use std::{
    io::{IsTerminal, Write},
    sync::OnceLock,
    time::Instant,
};

static START: OnceLock<Instant> = OnceLock::new();

/// Seconds since the program started talking.
pub fn elapsed_seconds() -> f64 {
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Prints one line at once, whole even when several threads talk.
pub fn say(mark: &str, text: &str) {
    let line = format!("{:7.1}s {mark} {text}\n", elapsed_seconds());
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

/// Prints text as it is, for tables and for what stands under a line.
pub fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

/// A word in bold where the terminal can show it.
pub fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() }
}

/// `1.5 GiB`, `340 KiB`: for people, never for machines.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "bytes" { format!("{bytes} bytes") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}
