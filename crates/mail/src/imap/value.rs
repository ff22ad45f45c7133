//! What a server says, as data: the values of RFC 9051 section 9, read tolerantly.
//!
//! A mailbox that is being moved comes from servers of any age. A parser that refuses a response for one odd byte would
//! hide a folder or a message, which is the one thing that must not happen; so this one refuses nothing that has a
//! reading, and bytes stay bytes (names may be neither ASCII nor UTF-8).

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `NIL`.
    Nil,
    /// An unquoted word or number, flags with their backslash, `BODY[HEADER.FIELDS (SUBJECT)]` with its section.
    Word(Vec<u8>),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// A parenthesised list.
    List(Vec<Value>),
}

impl Value {
    /// The bytes of a word or text; nothing for a list or NIL.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Word(bytes) | Value::Text(bytes) => Some(bytes),
            _ => None,
        }
    }
    /// The values of a list; none for anything else.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }
    /// A number.
    pub fn number(&self) -> Option<u64> {
        std::str::from_utf8(self.bytes()?).ok()?.parse().ok()
    }
    /// As text, with what is not UTF-8 replaced: for comparison with known words and for people.
    pub fn text(&self) -> String {
        self.bytes().map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default()
    }
    /// Whether it is this word, whatever the case.
    pub fn is(&self, word: &str) -> bool {
        self.bytes().is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Lists deeper than this are cut: no server of good will nests them so.
const MAX_DEPTH: usize = 32;

/// Reads a line (without its end) in which each literal stands as `{n}` CR LF and its n bytes.
pub fn read(line: &[u8]) -> Vec<Value> {
    let mut reader = Reader { line, at: 0 };
    let mut values = Vec::new();
    while reader.at < line.len() {
        match reader.value(0) {
            Some(value) => values.push(value),
            // A stray closing parenthesis: skipped.
            None => reader.at += 1,
        }
    }
    values
}

struct Reader<'a> {
    line: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    /// The next value; nothing at a closing parenthesis or at the end.
    fn value(&mut self, depth: usize) -> Option<Value> {
        while self.peek().is_some_and(|b| b == b' ' || b == b'\r' || b == b'\n') {
            self.at += 1;
        }
        match self.peek()? {
            b')' => None,
            b'(' if depth < MAX_DEPTH => {
                self.at += 1;
                let mut items = Vec::new();
                while let Some(item) = self.value(depth + 1) {
                    items.push(item);
                }
                self.at += 1;
                Some(Value::List(items))
            }
            b'"' => Some(Value::Text(self.quoted())),
            b'{' | b'~' => match self.literal() {
                Some(bytes) => Some(Value::Text(bytes)),
                None => Some(self.word()),
            },
            _ => Some(self.word()),
        }
    }

    fn quoted(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    if let Some(escaped) = self.peek() {
                        self.at += 1;
                        text.push(escaped);
                    }
                }
                other => text.push(other),
            }
        }
        text
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let rest = &self.line[self.at..];
        let end = rest.iter().position(|b| *b == b'\n')? + 1;
        let (_, length) = super::literal::at_end(trim_end(&rest[..end]))?;
        let start = self.at + end;
        let stop = start.checked_add(usize::try_from(length).ok()?)?.min(self.line.len());
        self.at = stop;
        Some(self.line[start.min(stop)..stop].to_vec())
    }

    fn word(&mut self) -> Value {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'(' | b')' | b'"' | b'\r' | b'\n' if self.at > start || byte != b'"' => break,
                b'[' if is_section(&self.line[start..self.at]) => {
                    // The section of an attribute goes to its closing bracket, spaces and parentheses included.
                    let close = self.line[self.at..].iter().position(|b| *b == b']');
                    self.at = close.map_or(self.line.len(), |n| self.at + n + 1);
                }
                _ => self.at += 1,
            }
        }
        if self.at == start {
            self.at += 1;
        }
        let word = &self.line[start..self.at.min(self.line.len())];
        if word.eq_ignore_ascii_case(b"NIL") { Value::Nil } else { Value::Word(word.to_vec()) }
    }
}

fn is_section(word: &[u8]) -> bool {
    [&b"BODY"[..], b"BODY.PEEK", b"BINARY", b"BINARY.SIZE"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn trim_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line)
}
