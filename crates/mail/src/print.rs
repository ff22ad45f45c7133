//! What identifies a message: its exact bytes, and what remains when a target changes them in a way that is known.
use serde::{Deserialize, Serialize};
use socle_domain::Digest;

/// Some header bytes are kept for the subject.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// What a message is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Print {
    /// BLAKE3 of the bytes as served.
    pub exact: Digest,
    /// The same with every byte of the header that is zero or above 127 written as `X`: Cyrus stores such headers so.
    pub masked: Digest,
    /// How many bytes.
    pub size_bytes: u64,
}

/// Computes a [`Print`] from bytes that pass by.
pub struct Printer {
    exact: blake3::Hasher,
    /// Only where the header holds such a byte; until then both digests are the same.
    masked: Option<Box<blake3::Hasher>>,
    size_bytes: u64,
    in_header: bool,
    /// Line ends seen in a row, a carriage return not counting.
    line_ends: u8,
    header: Option<Vec<u8>>,
}

impl Printer {
    /// Begins a message.
    pub fn new() -> Self {
        Printer {
            exact: blake3::Hasher::new(),
            masked: None,
            size_bytes: 0,
            in_header: true,
            line_ends: 0,
            header: None,
        }
    }
    /// Begins a message whose subject will be asked for.
    pub fn with_subject() -> Self {
        Printer { header: Some(Vec::new()), ..Printer::new() }
    }
    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        let header = if self.in_header { self.header_part(bytes) } else { 0 };
        if header > 0 {
            let part = &bytes[..header];
            if self.masked.is_none() && part.iter().any(is_masked) {
                self.masked = Some(Box::new(self.exact.clone()));
            }
            if let Some(masked) = &mut self.masked {
                let part: Vec<u8> = part.iter().map(|b| if is_masked(b) { b'X' } else { *b }).collect();
                masked.update(&part);
            }
            if let Some(kept) = &mut self.header {
                let room = MAX_HEADER_BYTES.saturating_sub(kept.len()).min(part.len());
                kept.extend_from_slice(&part[..room]);
            }
        }
        if let Some(masked) = &mut self.masked {
            masked.update(&bytes[header..]);
        }
        self.exact.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }
    /// How many of `bytes` still belong to the header, the empty line included.
    fn header_part(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => self.line_ends += 1,
                b'\r' => {}
                _ => self.line_ends = 0,
            }
            if self.line_ends == 2 {
                self.in_header = false;
                return at + 1;
            }
        }
        bytes.len()
    }
    /// The subject as it stands in the header, its lines joined; empty where there is none or it was not asked for.
    pub fn subject(&self) -> String {
        let text = String::from_utf8_lossy(self.header.as_deref().unwrap_or_default()).into_owned();
        let mut lines = text.lines().skip_while(|l| !l.get(..8).is_some_and(|s| s.eq_ignore_ascii_case("subject:")));
        let Some(first) = lines.next() else { return String::new() };
        let mut subject = first[8..].trim().to_string();
        for more in lines.take_while(|l| l.starts_with([' ', '\t'])) {
            subject.push(' ');
            subject.push_str(more.trim());
        }
        subject
    }
    /// The print.
    pub fn finish(&self) -> Print {
        let exact = Digest(*self.exact.finalize().as_bytes());
        let masked = self.masked.as_ref().map_or(exact, |m| Digest(*m.finalize().as_bytes()));
        Print { exact, masked, size_bytes: self.size_bytes }
    }
}

impl Default for Printer {
    fn default() -> Self {
        Printer::new()
    }
}

fn is_masked(byte: &u8) -> bool {
    *byte == 0 || *byte > 127
}
