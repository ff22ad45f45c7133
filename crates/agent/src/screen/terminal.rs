//! The first virtual terminal.
use ratatui::{
    Terminal, TerminalOptions, Viewport,
    backend::{Backend, CrosstermBackend},
    layout::Rect,
};
use std::{
    fs::{File, OpenOptions},
    io::Write,
};

/// What a console without a size is taken for.
const USUAL: (u16, u16) = (80, 25);
/// No console is larger; a driver that says so is not believed.
const LARGEST: (u16, u16) = (500, 200);

/// Opens the terminal for drawing, or nothing where the machine has none (no video).
pub fn open() -> Option<Terminal<CrosstermBackend<File>>> {
    let file = OpenOptions::new().read(true).write(true).open("/dev/tty1").ok()?;
    let size = rustix::termios::tcgetwinsize(&file).ok();
    let (columns, rows) = size.filter(|s| s.ws_col > 0 && s.ws_row > 0).map_or(USUAL, |s| (s.ws_col, s.ws_row));
    let area = Rect::new(0, 0, columns.min(LARGEST.0), rows.min(LARGEST.1));
    let mut backend = CrosstermBackend::new(file);
    backend.clear().ok()?;
    backend.hide_cursor().ok()?;
    // A fixed area: asking for the size again would ask our standard output, which is another terminal.
    Terminal::with_options(backend, TerminalOptions { viewport: Viewport::Fixed(area) }).ok()
}

/// The serial line as a terminal, as large as all of them are.
pub fn on_serial() -> Option<Terminal<CrosstermBackend<File>>> {
    let mut backend = CrosstermBackend::new(crate::init::serial_console()?);
    backend.clear().ok()?;
    backend.hide_cursor().ok()?;
    let area = Rect::new(0, 0, USUAL.0, USUAL.1);
    Terminal::with_options(backend, TerminalOptions { viewport: Viewport::Fixed(area) }).ok()
}

/// Gives the serial line back to plain lines.
pub fn leave(terminal: &mut Terminal<CrosstermBackend<File>>) {
    let backend = terminal.backend_mut();
    let _ = backend.clear();
    let _ = backend.show_cursor();
    let _ = backend.write_all(b"\r\n");
}
