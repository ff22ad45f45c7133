//! From bytes to text. Shares hold files of every age: UTF-16 from the Workbench, UTF-8 from editors, Windows-1252 from
//! Notepad.
use serde::Serialize;

/// How a file's text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, with or without its mark.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// UTF-16, as its mark says.
    #[serde(rename = "UTF-16")]
    Utf16,
    /// Windows-1252: what is no UTF-8 and has no mark.
    #[serde(rename = "Windows-1252")]
    Windows1252,
}

/// Windows-1252's own characters, 0x80 to 0x9F; the five that it leaves open stand for themselves.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file, with `\n` or `\r\n` at its lines' ends.
pub fn decode(bytes: &[u8]) -> (String, Encoding) {
    match bytes {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), Encoding::Utf16),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), Encoding::Utf16),
        // The Workbench's XML without a mark: `<` and a zero.
        [b'<', 0, ..] => (utf16(bytes, u16::from_le_bytes), Encoding::Utf16),
        _ => {
            let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) => (text.to_string(), Encoding::Utf8),
                Err(_) => (bytes.iter().map(|b| windows(*b)).collect(), Encoding::Windows1252),
            }
        }
    }
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    // A last odd byte is no character: shown as such rather than lost.
    let odd = (!bytes.len().is_multiple_of(2)).then_some(0xfffd);
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).chain(odd);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_age_of_file_is_read() {
        let check = |bytes: &[u8], expect: &str, encoding| assert_eq!(decode(bytes), (expect.to_string(), encoding));
        check("été".as_bytes(), "été", Encoding::Utf8);
        check(b"\xef\xbb\xbf[a]", "[a]", Encoding::Utf8);
        check(b"\xff\xfe\xe9\x00", "é", Encoding::Utf16);
        check(b"\xfe\xff\x00\xe9", "é", Encoding::Utf16);
        check(b"<\0a\0", "<a", Encoding::Utf16);
        check(b"\xe9t\xe9 \x80 \x9c", "été € œ", Encoding::Windows1252);
        check(b"\xff\xfea\x00b", "a\u{fffd}", Encoding::Utf16);
        check(b"", "", Encoding::Utf8);
    }
}
