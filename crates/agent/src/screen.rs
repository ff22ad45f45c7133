//! What the machine shows: who it is, what happens, how far, what went wrong and what to do.
//!
//! The same events are drawn on the first virtual terminal and written as plain lines on the serial port. The clock
//! of such a machine may say anything: only the time elapsed is shown.
mod draw;
mod terminal;
mod view;

pub use draw::draw;
pub use view::{Line, Progress, Trouble, View, Work};

use socle_texts::{Arg, Fault, Lang, next_step, say, tell};
use std::{
    fs::File,
    io::Write,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep},
    time::{Duration, Instant},
};

/// How often the terminal is drawn anew.
const FRAME: Duration = Duration::from_millis(250);

/// The machine's screen. Shared by everything that has something to say.
#[derive(Clone)]
pub struct Screen(Arc<Shared>);

struct Shared {
    view: Mutex<View>,
    serial: Mutex<Option<File>>,
    begin: Instant,
    over: AtomicBool,
}

impl Screen {
    /// A screen that shows itself on the first virtual terminal, where there is one, and on the serial port.
    pub fn start(lang: Lang) -> (Screen, Option<JoinHandle<()>>) {
        let screen = Screen::silent(lang);
        if let Ok(mut serial) = screen.0.serial.lock() {
            *serial = crate::init::serial_console();
        }
        let shown = screen.clone();
        let drawer = std::thread::Builder::new().name("screen".into()).spawn(move || shown.show()).ok();
        (screen, drawer)
    }
    /// A screen that nobody sees: for tests and for the service of an installed system.
    pub fn silent(lang: Lang) -> Screen {
        let view = Mutex::new(View::new(lang));
        Screen(Arc::new(Shared { view, serial: Mutex::new(None), begin: Instant::now(), over: AtomicBool::new(false) }))
    }

    fn show(&self) {
        let Some(mut terminal) = terminal::open() else { return };
        while !self.0.over.load(Ordering::Relaxed) {
            let mut view = self.view().clone();
            view.elapsed = self.0.begin.elapsed();
            let _ = terminal.draw(|frame| draw(frame, &view));
            sleep(FRAME);
        }
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.0.view.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Ends the drawing.
    pub fn end(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
    /// The language that it speaks.
    pub fn lang(&self) -> Lang {
        self.view().lang
    }
    /// Changes what is known of the machine.
    pub fn update(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.view());
    }
    /// What it shows now.
    pub fn now(&self) -> View {
        self.view().clone()
    }
    /// Something happened: a key of the locales and what its sentence needs.
    pub fn event(&self, key: &str, args: &[(&str, Arg)]) {
        let text = say(self.lang(), key, args);
        self.line(&text, false);
    }
    /// Something went wrong; it stays in view until [`calm`](Self::calm).
    pub fn trouble(&self, fault: &Fault) {
        let lang = self.lang();
        let (what, next) = (tell(lang, fault), next_step(lang, fault));
        // The same trouble again (a server still silent) is no news.
        let known = self.view().trouble.as_ref().is_some_and(|t| t.what == what);
        self.view().trouble = Some(Trouble { what: what.clone(), next: next.clone() });
        if !known {
            self.line(&what, true);
            next.iter().for_each(|next| self.line(next, true));
        }
    }
    /// What went wrong is over.
    pub fn calm(&self) {
        self.view().trouble = None;
    }

    fn line(&self, text: &str, bad: bool) {
        let at = self.0.begin.elapsed();
        self.view().push(Line { at, text: text.into(), bad });
        if let Ok(mut serial) = self.0.serial.lock()
            && let Some(serial) = serial.as_mut()
        {
            let mark = if bad { "!" } else { " " };
            let _ = write!(serial, "socle {:>7.1}s {mark} {text}\r\n", at.as_secs_f64());
        }
    }
}
