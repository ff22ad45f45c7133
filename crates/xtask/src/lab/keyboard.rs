//! A keyboard: from what a person means to type to the keys that he presses.
//!
//! QEMU presses *places* of a keyboard, which it calls by the letters of an American one (its `QKeyCode`). What a place
//! gives is the affair of whoever listens: so the layout of the machine must be said to type on it.
use crate::trouble::Done;
use std::time::Duration;

/// How long a key is held down, and the pause after it. The emulated controller forgets keys that come faster than the
/// machine takes them.
pub const HOLD: Duration = Duration::from_millis(40);
/// The pause between two keys.
pub const PAUSE: Duration = Duration::from_millis(110);

/// Keys pressed together.
pub type Chord = Vec<&'static str>;

/// The places of a row, from its first.
const PLACES: &[&[&str]] = &[
    &["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus", "equal"],
    &["q", "w", "e", "r", "t", "y", "u", "i", "o", "p", "bracket_left", "bracket_right"],
    &["a", "s", "d", "f", "g", "h", "j", "k", "l", "semicolon", "apostrophe", "grave_accent"],
    &["backslash", "z", "x", "c", "v", "b", "n", "m", "comma", "dot", "slash"],
    &["less"],
];
/// What they give: plain, with shift, with the right Alt key. A space: nothing that can be typed.
type Rows = [[&'static str; 3]; 5];
const US: Rows = [
    ["1234567890-=", "!@#$%^&*()_+", ""],
    ["qwertyuiop[]", "QWERTYUIOP{}", ""],
    ["asdfghjkl;'`", "ASDFGHJKL:\"~", ""],
    ["\\zxcvbnm,./", "|ZXCVBNM<>?", ""],
    ["<", ">", "|"],
];
const FR: Rows = [
    ["&é\"'(-è_çà)=", "1234567890°+", " ~#{[|`\\^@]}"],
    ["azertyuiop $", "AZERTYUIOP £", "  €"],
    ["qsdfghjklmù²", "QSDFGHJKLM%", ""],
    ["*wxcvbn,;:!", "µWXCVBN?./§", ""],
    ["<", ">", ""],
];

/// The key or keys that give a character on a layout (`us`, `fr`).
pub fn chord(layout: &str, c: char) -> Done<Chord> {
    if c == ' ' {
        return Ok(vec!["spc"]);
    }
    let rows = match layout {
        "us" => &US,
        "fr" => &FR,
        other => return Err(format!("there is no keyboard {other}; there are us and fr").into()),
    };
    for (places, rows) in PLACES.iter().zip(rows) {
        for (row, with) in rows.iter().zip([None, Some("shift"), Some("alt_r")]) {
            if let Some(at) = row.chars().position(|found| found == c) {
                return Ok(with.into_iter().chain(places.get(at).copied()).collect());
            }
        }
    }
    Err(format!("no key of the {layout} keyboard gives {c:?}").into())
}

/// A key by its name: `enter`, `f2`, `shift-tab`.
pub fn named(name: &str) -> Done<Chord> {
    const NAMES: &[(&str, &str)] = &[
        ("enter", "ret"),
        ("tab", "tab"),
        ("esc", "esc"),
        ("space", "spc"),
        ("up", "up"),
        ("down", "down"),
        ("left", "left"),
        ("right", "right"),
        ("home", "home"),
        ("end", "end"),
        ("backspace", "backspace"),
        ("delete", "delete"),
        ("f1", "f1"),
        ("f2", "f2"),
        ("f3", "f3"),
        ("f4", "f4"),
        ("f10", "f10"),
    ];
    let (shift, plain) = name.strip_prefix("shift-").map_or((None, name), |rest| (Some("shift"), rest));
    match NAMES.iter().find(|(known, _)| *known == plain) {
        Some((_, code)) => Ok(shift.into_iter().chain([*code]).collect()),
        None => {
            let known: Vec<&str> = NAMES.iter().map(|(known, _)| *known).collect();
            Err(format!("there is no key {name}; there are: {}", known.join(", ")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(layout: &str, text: &str, expect: &[&str]) {
        let keys: Vec<String> = text.chars().map(|c| chord(layout, c).expect("a key").join("+")).collect();
        assert_eq!(keys, expect, "{layout} {text}");
    }

    #[test]
    fn characters_are_found_on_both_boards() {
        check("us", "aA1-/ _", &["a", "shift+a", "1", "minus", "slash", "spc", "shift+minus"]);
        check("fr", "aA1-/mé@", &["q", "shift+q", "shift+1", "6", "shift+dot", "semicolon", "2", "alt_r+0"]);
        check("fr", "zw,;!", &["w", "z", "m", "comma", "slash"]);
        assert!(chord("us", 'é').is_err() && chord("dvorak", 'a').is_err());
    }

    #[test]
    fn keys_have_names() {
        assert_eq!(named("enter").expect("a key"), ["ret"]);
        assert_eq!(named("shift-tab").expect("a key"), ["shift", "tab"]);
        assert!(named("any").is_err());
    }
}
