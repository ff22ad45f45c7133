//! What is told on standard output and standard error.
//!
//! Who reads only the beginning of it (`socle machine list | head`) has what he wanted: the rest is not written, and the
//! command ends as it would have ended. Where it can't be written for another reason (a full disk), that is a fault.
use socle_texts::{Fault, Result};
use std::{
    fmt::{Arguments, Display},
    io::{self, ErrorKind, Write},
    sync::{Mutex, PoisonError},
};

/// Why nothing is written any more.
static ENDED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes a line; whether somebody still reads.
pub fn line(text: impl Display) -> bool {
    put(format_args!("{text}\n"))
}

/// Writes a text as it is; whether somebody still reads.
pub fn text(text: impl Display) -> bool {
    put(format_args!("{text}"))
}

/// Writes a line on standard error. Nobody can be told that this failed.
pub fn complaint(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn put(text: Arguments<'_>) -> bool {
    let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if ended.is_some() {
        return false;
    }
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Ok(()) => true,
        Err(error) => {
            *ended = Some(error);
            false
        }
    }
}

/// Whether what was told could be written, as far as somebody read it.
///
/// # Errors
/// `socle-output-unwritable`.
pub fn written() -> Result<()> {
    match ENDED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Fault::new("socle-output-unwritable").because(error))
        }
        _ => Ok(()),
    }
}
