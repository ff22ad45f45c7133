//! Sizes, counts, durations and dates as each language writes them.
use jiff::{Timestamp, tz::TimeZone};
use socle_texts::{Arg, Lang, say};

/// U+202F, which French puts between thousands and before a unit.
const NARROW: char = '\u{202f}';
/// U+00A0.
const NBSP: char = '\u{a0}';

/// `1 234 567` in French, `1,234,567` in English.
pub fn number(lang: Lang, number: u64) -> String {
    let digits = number.to_string();
    let separator = match lang {
        Lang::Fr => NARROW,
        Lang::En => ',',
    };
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A size in decimal units, as disks are sold: `1,5 Go`, `1.5 GB`. Three significant digits at most.
pub fn bytes(lang: Lang, bytes: u64) -> String {
    let units = match lang {
        Lang::Fr => ["o", "ko", "Mo", "Go", "To", "Po", "Eo"],
        Lang::En => ["B", "kB", "MB", "GB", "TB", "PB", "EB"],
    };
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 99.95 { 0 } else { 1 };
    let text = format!("{value:.decimals$}");
    let text = text.strip_suffix(".0").unwrap_or(&text).to_string();
    let text = if lang == Lang::Fr { text.replace('.', ",") } else { text };
    format!("{text}{NBSP}{}", units[unit])
}

/// A duration: `42 s`, `3 min 20 s`, `2 h 05 min`, `3 j 4 h` (`3 d 4 h`).
pub fn duration(lang: Lang, seconds: u64) -> String {
    let day = if lang == Lang::Fr { 'j' } else { 'd' };
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}{NBSP}s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{minutes}{NBSP}min"),
        60..3600 => format!("{minutes}{NBSP}min {:02}{NBSP}s", seconds % 60),
        3600..86_400 => format!("{hours}{NBSP}h {:02}{NBSP}min", minutes % 60),
        _ => format!("{}{NBSP}{day} {}{NBSP}h", number(lang, days), hours % 24),
    }
}

/// A day and an hour in the given zone: `22 nov. 2026 à 08:03`; with seconds where asked.
pub fn date_time(lang: Lang, at: Timestamp, zone: &TimeZone, seconds: bool) -> String {
    let local = at.to_zoned(zone.clone());
    let clock = local.strftime(if seconds { "%H:%M:%S" } else { "%H:%M" }).to_string();
    let month = say(lang, &format!("console-month-{}", local.month()), &[]);
    let args: [(&str, Arg); 4] = [
        ("day", local.day().to_string().into()),
        ("month", month.into()),
        ("year", local.year().to_string().into()),
        ("clock", clock.into()),
    ];
    say(lang, "console-date-time", &args)
}

/// How one says when it was: `il y a 5 min` within a day, the date beyond. The future (clocks disagree) is now.
pub fn ago(lang: Lang, at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    match now.as_second() - at.as_second() {
        ..5 => say(lang, "console-ago-now", &[]),
        seconds @ 5..86_400 => {
            // Beyond a minute nobody needs the seconds, beyond an hour the odd minute still helps.
            let seconds = u64::try_from(seconds).unwrap_or(0);
            let rounded = if seconds < 60 { seconds } else { seconds / 60 * 60 };
            say(lang, "console-ago", &[("duration", duration(lang, rounded).into())])
        }
        _ => say(lang, "console-on", &[("date", date_time(lang, at, zone, false).into())]),
    }
}
