//! Commands, with names and texts written so that every server takes them.
use super::Name;

/// A command without its tag.
#[derive(Debug, Clone, Default)]
pub struct Command {
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Plain(Vec<u8>),
    Literal(Vec<u8>),
}

impl Command {
    /// A command that begins with these words, written as they are.
    pub fn new(words: impl Into<String>) -> Self {
        Command { parts: vec![Part::Plain(words.into().into_bytes())] }
    }
    /// Adds a space and words as they are.
    pub fn words(mut self, words: impl AsRef<str>) -> Self {
        self.plain(b" ");
        self.plain(words.as_ref().as_bytes());
        self
    }
    /// Adds a space and a text: quoted where it can be, else as a literal.
    pub fn text(mut self, bytes: &[u8]) -> Self {
        self.plain(b" ");
        if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
            let mut quoted = vec![b'"'];
            for byte in bytes {
                if matches!(byte, b'"' | b'\\') {
                    quoted.push(b'\\');
                }
                quoted.push(*byte);
            }
            quoted.push(b'"');
            self.plain(&quoted);
        } else {
            self.parts.push(Part::Literal(bytes.to_vec()));
        }
        self
    }
    /// Adds a space and a folder's name.
    pub fn name(self, name: &Name) -> Self {
        self.text(&name.0)
    }
    fn plain(&mut self, bytes: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Plain(last)) => last.extend_from_slice(bytes),
            _ => self.parts.push(Part::Plain(bytes.to_vec())),
        }
    }
}
