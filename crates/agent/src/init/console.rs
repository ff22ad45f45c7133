//! Where PID 1 speaks before there is a screen, and the serial line that keeps a plain log.
use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::fd::AsFd,
};

/// Makes the kernel's console our input and output; without one, nothing is said and nothing stops.
pub fn attach() {
    let Ok(console) = OpenOptions::new().read(true).write(true).open("/dev/console") else { return };
    let _ = rustix::stdio::dup2_stdin(console.as_fd());
    let _ = rustix::stdio::dup2_stdout(console.as_fd());
    let _ = rustix::stdio::dup2_stderr(console.as_fd());
}

/// The first serial line that is a real one: opening one without hardware succeeds, asking it how it is set does not.
pub fn serial() -> Option<File> {
    ["/dev/ttyS0", "/dev/ttyS1", "/dev/ttyAMA0"].iter().find_map(|path| {
        let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
        rustix::termios::tcgetattr(&file).is_ok().then_some(file)
    })
}

/// Writes a line on every console there is.
pub fn write_line(text: &str) {
    let line = format!("\r\n{text}\r\n");
    let mut seen = serial().into_iter().collect::<Vec<_>>();
    seen.extend(OpenOptions::new().write(true).open("/dev/tty1").ok());
    if seen.is_empty() {
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    for mut file in seen {
        let _ = file.write_all(line.as_bytes());
    }
}
