//! Sizes, counts, durations and dates as each language writes them.
use crate::samples::{ago, now};
use socle_console::format::{ago as said, bytes, date_time, duration, number};
use socle_texts::Lang::{self, En, Fr};

fn plain(text: String) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

#[test]
fn sizes() {
    let check = |n: u64, fr: &str, en: &str| {
        assert_eq!((plain(bytes(Fr, n)).as_str(), plain(bytes(En, n)).as_str()), (fr, en));
    };
    check(0, "0 o", "0 B");
    check(999, "999 o", "999 B");
    check(1_000, "1 ko", "1 kB");
    check(1_449, "1,4 ko", "1.4 kB");
    check(999_499, "999 ko", "999 kB");
    check(999_500, "1 Mo", "1 MB");
    check(99_960_000, "100 Mo", "100 MB");
    check(4_812_767_232, "4,8 Go", "4.8 GB");
    check(256_060_514_304, "256 Go", "256 GB");
    check(u64::MAX, "18,4 Eo", "18.4 EB");
}

#[test]
fn counts() {
    let check = |n: u64, fr: &str, en: &str| {
        assert_eq!((plain(number(Fr, n)).as_str(), number(En, n).as_str()), (fr, en));
    };
    check(7, "7", "7");
    check(999, "999", "999");
    check(1_000, "1 000", "1,000");
    check(1_234_567, "1 234 567", "1,234,567");
}

#[test]
fn durations() {
    let check = |s: u64, fr: &str, en: &str| {
        assert_eq!((plain(duration(Fr, s)).as_str(), plain(duration(En, s)).as_str()), (fr, en));
    };
    check(0, "0 s", "0 s");
    check(59, "59 s", "59 s");
    check(60, "1 min", "1 min");
    check(200, "3 min 20 s", "3 min 20 s");
    check(3_900, "1 h 05 min", "1 h 05 min");
    check(90_000, "1 j 1 h", "1 d 1 h");
    check(400 * 86_400, "400 j 0 h", "400 d 0 h");
}

#[test]
fn dates() {
    let paris = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    let tell = |lang: Lang, seconds: i64| plain(said(lang, ago(seconds), now(), &paris));
    assert_eq!(date_time(Fr, now(), &paris, true), "22 nov. 2026 à 09:41:07");
    assert_eq!(date_time(En, now(), &paris, false), "22 Nov 2026 at 09:41");
    assert_eq!((tell(Fr, 2), tell(En, 2)), ("à l'instant".into(), "just now".into()));
    assert_eq!((tell(Fr, -40), tell(Fr, 45)), ("à l'instant".into(), "il y a 45 s".into()));
    assert_eq!(tell(Fr, 3 * 60 + 20), "il y a 3 min");
    assert_eq!(tell(En, 2 * 3_600 + 300), "2 h 05 min ago");
    assert_eq!(tell(Fr, 2 * 86_400), "le 20 nov. 2026 à 09:41");
    // In July the same zone is two hours from UTC.
    let july = "2026-07-14T10:00:00Z".parse().unwrap();
    assert_eq!(date_time(Fr, july, &paris, false), "14 juil. 2026 à 12:00");
}
