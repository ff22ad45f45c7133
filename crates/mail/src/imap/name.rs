//! Names of folders as they travel: modified UTF-7 (RFC 3501 section 5.1.3), decoded where it can be.

/// A folder's name exactly as the server wrote it. Two names that a person can't tell apart may differ here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub Vec<u8>);

impl Name {
    /// The name of a text.
    pub fn of(text: &str) -> Self {
        Name(encode(text))
    }
    /// As a person reads it; bytes that are no valid name are shown with replacement marks.
    pub fn shown(&self) -> String {
        decode(&self.0).unwrap_or_else(|| String::from_utf8_lossy(&self.0).into_owned())
    }
    /// Whether it is the inbox, which has one name in any case (RFC 9051 section 5.1).
    pub fn is_inbox(&self) -> bool {
        self.0.eq_ignore_ascii_case(b"INBOX")
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

/// Modified UTF-7 of a text.
pub fn encode(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut wide: Vec<u8> = Vec::new();
    let flush = |wide: &mut Vec<u8>, out: &mut Vec<u8>| {
        if !wide.is_empty() {
            let base64 = data_encoding::BASE64_NOPAD.encode(wide).replace('/', ",");
            out.push(b'&');
            out.extend_from_slice(base64.as_bytes());
            out.push(b'-');
            wide.clear();
        }
    };
    for c in text.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut wide, &mut out);
            out.push(c as u8);
            if c == '&' {
                out.push(b'-');
            }
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| wide.extend(unit.to_be_bytes()));
        }
    }
    flush(&mut wide, &mut out);
    out
}

/// The text of a name in modified UTF-7; nothing where it is not that (then only its bytes can be used).
pub fn decode(name: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'&' {
            if !(0x20..0x7f).contains(&byte) {
                return None;
            }
            text.push(char::from(byte));
            continue;
        }
        let end = rest.iter().position(|b| *b == b'-')?;
        if end == 0 {
            text.push('&');
        } else {
            let base64: Vec<u8> = rest[..end].iter().map(|b| if *b == b',' { b'/' } else { *b }).collect();
            let wide = data_encoding::BASE64_NOPAD.decode(&base64).ok()?;
            if !wide.len().is_multiple_of(2) {
                return None;
            }
            let units = wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let decoded: Result<String, _> = char::decode_utf16(units).collect();
            text.push_str(&decoded.ok()?);
        }
        rest = &rest[end + 1..];
    }
    // One text has one name: what would not be written the same way is kept as bytes only.
    (encode(&text) == name).then_some(text)
}
