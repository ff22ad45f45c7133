//! The keyboards of a machine: its own, and a terminal on its serial line.
use super::{
    keys::{Decoder, Key},
    layout::{self, Layout},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use socle_texts::Result;
use std::{
    fs::{File, OpenOptions},
    io::Read,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

/// An escape that nothing follows within this time is the key itself; serial lines of 9,600 baud send a byte a millisecond.
const ESCAPE: Timespec = Timespec { tv_sec: 0, tv_nsec: 60_000_000 };
/// A keyboard that goes away is looked for again after this.
const AGAIN: Duration = Duration::from_secs(2);

/// Where a key was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// On the machine's own keyboard.
    Console,
    /// On a terminal on the serial line.
    Serial,
}

/// Everybody who may press keys.
pub struct Hands {
    pressed: Mutex<Receiver<(At, Key)>>,
    console: Option<File>,
    layout: Mutex<Layout>,
}

impl Hands {
    /// Listens to the first virtual terminal and to the serial line, where there are such.
    pub fn open(layout: Layout) -> Hands {
        let (tell, pressed) = channel();
        let tty = || OpenOptions::new().read(true).write(true).open("/dev/tty1").ok();
        listen(At::Console, tty, tell.clone());
        listen(At::Serial, crate::init::serial_console, tell);
        let hands = Hands { pressed: Mutex::new(pressed), console: tty(), layout: Mutex::new(layout) };
        let _ = hands.set_layout(layout);
        hands
    }

    /// Hands whose keys come from elsewhere: for tests.
    pub fn of(keys: Receiver<(At, Key)>, layout: Layout) -> Hands {
        Hands { pressed: Mutex::new(keys), console: None, layout: Mutex::new(layout) }
    }

    /// The next key, or nothing within that time.
    pub fn next(&self, within: Duration) -> Option<(At, Key)> {
        let pressed = self.pressed.lock().unwrap_or_else(PoisonError::into_inner);
        match pressed.recv_timeout(within) {
            Ok(pressed) => Some(pressed),
            Err(RecvTimeoutError::Timeout) => None,
            // There is no keyboard at all.
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(within);
                None
            }
        }
    }

    /// Forgets what was pressed while nobody asked.
    pub fn forget(&self) {
        let pressed = self.pressed.lock().unwrap_or_else(PoisonError::into_inner);
        while pressed.try_recv().is_ok() {}
    }

    /// The layout of the machine's own keyboard.
    pub fn layout(&self) -> Layout {
        *self.layout.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives that keyboard another layout. A terminal on a serial line has its own.
    pub fn set_layout(&self, layout: Layout) -> Result<()> {
        *self.layout.lock().unwrap_or_else(PoisonError::into_inner) = layout;
        self.console.as_ref().map_or(Ok(()), |console| layout::load(console, layout))
    }
}

fn listen(at: At, open: impl Fn() -> Option<File> + Send + 'static, tell: Sender<(At, Key)>) {
    let _ = std::thread::Builder::new().name("keys".into()).spawn(move || {
        // A terminal that hangs up is opened again; a machine without one has no more than this thread asleep.
        while let Some(file) = open() {
            if hear(at, file, &tell).is_none() {
                return;
            }
            std::thread::sleep(AGAIN);
        }
    });
}

/// Reads until the terminal is gone; nothing once nobody listens any more.
fn hear(at: At, mut file: File, tell: &Sender<(At, Key)>) -> Option<()> {
    if let Ok(mut how) = tcgetattr(&file) {
        // Key by key, unseen: what is typed is drawn by us.
        how.make_raw();
        let _ = tcsetattr(&file, OptionalActions::Now, &how);
    }
    let mut decoder = Decoder::default();
    let mut byte = [0];
    loop {
        if decoder.waits() {
            let mut waits = [PollFd::new(&file, PollFlags::IN)];
            if poll(&mut waits, Some(&ESCAPE)) == Ok(0)
                && let Some(key) = decoder.pause()
            {
                tell.send((at, key)).ok()?;
                continue;
            }
        }
        match file.read(&mut byte) {
            Ok(1) => {}
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            _ => return Some(()),
        }
        if let Some(key) = decoder.feed(byte[0]) {
            tell.send((at, key)).ok()?;
        }
    }
}
