//! Keyboard layouts. The kernel knows the American one only, and the boot environment carries no program that loads
//! another: the tables stand here, and are given to the kernel entry by entry (`KDSKBENT`, ioctl_console(2)).
use rustix::fd::AsFd;
use socle_texts::{Fault, Lang, Result};
use std::os::fd::AsRawFd;

/// A layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// French, `azerty`.
    Fr,
    /// American, `qwerty`.
    Us,
}

impl Layout {
    /// The one that people of this language usually have.
    pub fn of(lang: Lang) -> Layout {
        match lang {
            Lang::Fr => Layout::Fr,
            Lang::En => Layout::Us,
        }
    }
    /// The next one, by the key that changes it.
    pub fn next(self) -> Layout {
        match self {
            Layout::Fr => Layout::Us,
            Layout::Us => Layout::Fr,
        }
    }
    /// What stands on the keyboard's first row of letters.
    pub fn word(self) -> &'static str {
        match self {
            Layout::Fr => "azerty",
            Layout::Us => "qwerty",
        }
    }
    /// The digit of a key of the digits' row that was pressed without shift, where a field takes digits alone.
    pub fn digit(self, typed: char) -> char {
        let row = match self {
            Layout::Fr => "à&é\"'(-è_ç",
            Layout::Us => "0123456789",
        };
        row.chars().zip('0'..='9').find(|(c, _)| *c == typed).map_or(typed, |(_, digit)| digit)
    }
}

/// First key code of a row, and what its keys give: plain, with shift, with the right Alt key. A space: nothing. Key codes
/// are the kernel's (`linux/input-event-codes.h`), which are places on the board and not letters.
type Row = (u8, &'static str, &'static str, &'static str);

const FR: &[Row] = &[
    (2, "&é\"'(-è_çà)=", "1234567890°+", " ~#{[|`\\^@]}"),
    (16, "azertyuiop", "AZERTYUIOP", "  €       "),
    // 26 is the dead circumflex, see `dead`.
    (27, "$", "£", "¤"),
    (30, "qsdfghjklmù²", "QSDFGHJKLM% ", "            "),
    (43, "*wxcvbn,;:!", "µWXCVBN?./§", "           "),
    (86, "<", ">", " "),
];
const US: &[Row] = &[
    (2, "1234567890-=", "!@#$%^&*()_+", "            "),
    (16, "qwertyuiop[]", "QWERTYUIOP{}", "            "),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~", "            "),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?", "           "),
    (86, "<", ">", "|"),
];

// linux/keyboard.h: K(type, value) = type << 8 | value.
const KT_LATIN: u16 = 0;
const KT_DEAD: u16 = 4;
const KT_LETTER: u16 = 11;
/// `K_HOLE`: a key that gives nothing.
const HOLE: u16 = 0x0200;
/// A character beyond Latin-1 stands as itself with these bits turned round.
const UNICODE: u16 = 0xf000;

/// One entry of the kernel's tables: which table (0 plain, 1 shift, 2 right Alt), which key, what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The table.
    pub table: u8,
    /// The key code.
    pub code: u8,
    /// What it gives.
    pub value: u16,
}

/// Every entry of a layout.
pub fn entries(layout: Layout) -> Vec<Entry> {
    let rows = match layout {
        Layout::Fr => FR,
        Layout::Us => US,
    };
    let mut all = Vec::new();
    for (first, plain, shift, alt) in rows {
        for (table, row) in [plain, shift, alt].into_iter().enumerate() {
            for (code, c) in (*first..).zip(row.chars()) {
                // On French boards the capitals' key also locks the digits.
                let locks = c.is_alphabetic() || (layout == Layout::Fr && *first == 2 && table < 2);
                all.push(Entry { table: table as u8, code, value: value(c, locks) });
            }
        }
    }
    if layout == Layout::Fr {
        all.extend(dead());
    }
    all
}

/// The dead keys right of the French P: circumflex, and with shift diaeresis (`K_DCIRCM`, `K_DDIERE`).
fn dead() -> [Entry; 3] {
    let key = |table, value| Entry { table, code: 26, value };
    [key(0, KT_DEAD << 8 | 2), key(1, KT_DEAD << 8 | 4), key(2, HOLE)]
}

fn value(c: char, locks: bool) -> u16 {
    match u16::try_from(u32::from(c)).unwrap_or(u16::from(b' ')) {
        0x20 => HOLE,
        code @ 0..=0xff => (if locks { KT_LETTER } else { KT_LATIN }) << 8 | code,
        code => code ^ UNICODE,
    }
}

/// `struct kbentry` of linux/kd.h.
#[repr(C)]
struct KbEntry {
    table: u8,
    index: u8,
    value: u16,
}

// linux/kd.h.
const KDSKBENT: libc::c_ulong = 0x4b47;
const KDSKBMODE: libc::c_ulong = 0x4b45;
const K_UNICODE: libc::c_ulong = 3;
const KDSKBLED: libc::c_ulong = 0x4b65;
const K_NUMLOCK: libc::c_ulong = 2;

/// Gives a layout to the kernel, for every console; the digits' pad gives digits.
///
/// # Errors
/// `agent-layout-refused` where the terminal has no keyboard of its own.
pub fn load(terminal: impl AsFd, layout: Layout) -> Result<()> {
    let fd = terminal.as_fd().as_raw_fd();
    let refused = || Fault::new("agent-layout-refused").because(std::io::Error::last_os_error());
    // SAFETY: both take a number, not an address; the descriptor is open.
    if unsafe { libc::ioctl(fd, KDSKBMODE as _, K_UNICODE) } != 0 {
        return Err(refused());
    }
    // SAFETY: as above. A keyboard without lights is no reason to stop.
    let _ = unsafe { libc::ioctl(fd, KDSKBLED as _, K_NUMLOCK) };
    for entry in entries(layout) {
        let wish = KbEntry { table: entry.table, index: entry.code, value: entry.value };
        // SAFETY: the kernel reads one `kbentry`, alive for the call.
        if unsafe { libc::ioctl(fd, KDSKBENT as _, &wish) } != 0 {
            return Err(refused());
        }
    }
    Ok(())
}
