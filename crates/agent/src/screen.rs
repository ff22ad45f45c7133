//! What the machine shows: who it is, what happens, how far, what went wrong and what to do.
//!
//! The same events are drawn on the first virtual terminal and written as plain lines on the serial port. The clock
//! of such a machine may say anything: only the time elapsed is shown.
mod draw;
mod fold;
mod form;
mod terminal;
mod view;

pub use draw::draw;
pub use fold::fold;
pub use view::{Line, Progress, Trouble, View, Work};

use crate::wizard::Wizard;
use socle_texts::{Arg, Fault, Lang, next_step, say, tell};
use std::{
    fs::File,
    io::Write,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How often the terminal is drawn anew; at once where somebody types.
const FRAME: Duration = Duration::from_millis(250);

/// The machine's screen. Shared by everything that has something to say.
#[derive(Clone)]
pub struct Screen(Arc<Shared>);

struct Shared {
    view: Mutex<View>,
    serial: Mutex<Option<File>>,
    begin: Instant,
    over: AtomicBool,
    /// Whether something is to be seen at once.
    typed: Mutex<bool>,
    woken: Condvar,
    /// Whether the serial line shows the wizard, drawn, instead of lines.
    on_serial: AtomicBool,
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
        Screen(Arc::new(Shared {
            view,
            serial: Mutex::new(None),
            begin: Instant::now(),
            over: AtomicBool::new(false),
            typed: Mutex::new(false),
            woken: Condvar::new(),
            on_serial: AtomicBool::new(false),
        }))
    }

    fn show(&self) {
        let mut console = terminal::open();
        let mut serial = None;
        while !self.0.over.load(Ordering::Relaxed) {
            let mut view = self.view().clone();
            view.elapsed = self.0.begin.elapsed();
            let on_serial = self.0.on_serial.load(Ordering::Relaxed);
            if on_serial && serial.is_none() {
                serial = terminal::on_serial();
            } else if !on_serial && let Some(mut terminal) = serial.take() {
                terminal::leave(&mut terminal);
            }
            for terminal in [&mut console, &mut serial].into_iter().flatten() {
                let _ = terminal.draw(|frame| draw(frame, &view));
            }
            self.pause();
        }
    }

    fn pause(&self) {
        let typed = self.0.typed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.woken.wait_timeout_while(typed, FRAME, |typed| !*typed);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }

    /// Shows the wizard as it stands, or no wizard any more; `serial`: on the serial line too.
    pub fn wizard(&self, wizard: Option<&Wizard>, serial: bool) {
        self.view().wizard = wizard.cloned().map(Box::new);
        self.0.on_serial.store(serial, Ordering::Relaxed);
        *self.0.typed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.woken.notify_all();
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
        if !self.0.on_serial.load(Ordering::Relaxed)
            && let Ok(mut serial) = self.0.serial.lock()
            && let Some(serial) = serial.as_mut()
        {
            let mark = if bad { "!" } else { " " };
            let _ = write!(serial, "socle {:>7.1}s {mark} {text}\r\n", at.as_secs_f64());
        }
    }
}
