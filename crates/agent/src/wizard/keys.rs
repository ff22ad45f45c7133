//! From the bytes of a console or of a serial line to keys as a person means them.
//!
//! Sequences: those of the Linux console (console_codes(4), `showkey -a`), of xterm and of the VT220, which is what
//! terminals on a serial line send.

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Return.
    Enter,
    /// Tabulator.
    Tab,
    /// Tabulator with shift.
    BackTab,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Removes what is before the cursor.
    Backspace,
    /// Removes what is at the cursor.
    Delete,
    /// Escape.
    Escape,
    /// A function key, by its number.
    F(u8),
}

/// No key of any terminal is longer.
const LONGEST: usize = 8;

/// Puts bytes together. One for each line that keys come from.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
}

impl Decoder {
    /// Takes a byte: a key, where one is complete with it. What is no key of ours is dropped.
    pub fn feed(&mut self, byte: u8) -> Option<Key> {
        self.held.push(byte);
        let key = match read(&self.held) {
            Read::More if self.held.len() < LONGEST => return None,
            Read::More | Read::Nothing => None,
            Read::Key(key) => Some(key),
        };
        self.held.clear();
        key
    }

    /// Nothing came for a moment: an escape that nothing followed is the key itself.
    pub fn pause(&mut self) -> Option<Key> {
        let alone = self.held == [ESCAPE];
        self.held.clear();
        alone.then_some(Key::Escape)
    }

    /// Whether a pause would mean something.
    pub fn waits(&self) -> bool {
        !self.held.is_empty()
    }
}

enum Read {
    Key(Key),
    More,
    Nothing,
}

const ESCAPE: u8 = 0x1b;

fn read(bytes: &[u8]) -> Read {
    match bytes {
        [ESCAPE] => Read::More,
        [ESCAPE, rest @ ..] => sequence(rest),
        [b'\r' | b'\n'] => Read::Key(Key::Enter),
        [b'\t'] => Read::Key(Key::Tab),
        [0x08 | 0x7f] => Read::Key(Key::Backspace),
        [byte, ..] if byte.is_ascii_control() => Read::Nothing,
        bytes => character(bytes),
    }
}

fn character(bytes: &[u8]) -> Read {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().next().map_or(Read::Nothing, |c| Read::Key(Key::Char(c))),
        // The beginning of a character of several bytes (RFC 3629), or nothing at all.
        Err(e) if e.error_len().is_none() => Read::More,
        Err(_) => Read::Nothing,
    }
}

/// What follows an escape.
fn sequence(rest: &[u8]) -> Read {
    match rest {
        [b'\t'] => Read::Key(Key::BackTab),
        // Somebody who presses Escape twice means it.
        [ESCAPE] => Read::Key(Key::Escape),
        [b'[' | b'O'] | [b'[', b'['] => Read::More,
        // The Linux console's F1 to F5.
        [b'[', b'[', n @ b'A'..=b'E'] => Read::Key(Key::F(n - b'A' + 1)),
        [b'O', n @ b'P'..=b'S'] => Read::Key(Key::F(n - b'P' + 1)),
        [b'[' | b'O', letter @ (b'A'..=b'D' | b'F' | b'H' | b'Z')] => Read::Key(match letter {
            b'A' => Key::Up,
            b'B' => Key::Down,
            b'C' => Key::Right,
            b'D' => Key::Left,
            b'F' => Key::End,
            b'H' => Key::Home,
            _ => Key::BackTab,
        }),
        [b'[', digits @ .., b'~'] => numbered(digits),
        [b'[', digits @ ..] if digits.iter().all(|b| b.is_ascii_digit() || *b == b';') => Read::More,
        _ => Read::Nothing,
    }
}

/// `ESC [ NUMBER ~`.
fn numbered(digits: &[u8]) -> Read {
    let number = std::str::from_utf8(digits).ok().and_then(|d| d.parse::<u8>().ok());
    Read::Key(match number {
        Some(1 | 7) => Key::Home,
        Some(4 | 8) => Key::End,
        Some(3) => Key::Delete,
        Some(5) => Key::PageUp,
        Some(6) => Key::PageDown,
        Some(n @ 11..=15) => Key::F(n - 10),
        Some(n @ 17..=21) => Key::F(n - 11),
        Some(n @ 23..=24) => Key::F(n - 12),
        _ => return Read::Nothing,
    })
}
