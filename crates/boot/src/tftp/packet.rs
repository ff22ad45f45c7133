//! TFTP's messages and their bytes: RFC 1350 §5, RFC 2347.
use crate::dhcp::printable;

/// Longest request read (RFC 2347 §3: "the maximum size of a request packet is 512 octets").
pub const MAX_REQUEST_BYTES: usize = 512;

/// What went wrong, in TFTP's numbers (RFC 1350 §5, RFC 2347 §2 for 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the RFC's
pub enum ErrorCode {
    NotDefined = 0,
    FileNotFound = 1,
    AccessViolation = 2,
    DiskFull = 3,
    IllegalOperation = 4,
    UnknownTransferId = 5,
    FileExists = 6,
    NoSuchUser = 7,
    OptionRefused = 8,
}

/// A wish to read, as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The file's name, without the leading slashes that some firmware adds.
    pub file: String,
    /// Whether the mode is `octet`, the only one served.
    pub octet: bool,
    /// Bytes of a block, where asked (RFC 2348).
    pub block_bytes: Option<u32>,
    /// Whether the file's size is asked (RFC 2349).
    pub size: bool,
    /// Seconds before sending again, where asked (RFC 2349).
    pub timeout_seconds: Option<u32>,
    /// Blocks of a window, where asked (RFC 7440).
    pub window_blocks: Option<u32>,
}

/// A message that a client may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// RRQ.
    Read(Request),
    /// WRQ: never served.
    Write,
    /// ACK of a block.
    Ack(u16),
    /// ERROR, with its words made printable.
    Error(u16, String),
}

impl Message {
    /// Reads what a client sent. Never panics; what makes no sense, or only a server sends, is nothing.
    pub fn decode(bytes: &[u8]) -> Option<Message> {
        if bytes.len() > MAX_REQUEST_BYTES {
            return None;
        }
        let ([0, op], rest) = bytes.split_at_checked(2)? else { return None };
        match op {
            1 => read_request(rest).map(Message::Read),
            2 => Some(Message::Write),
            4 => Some(Message::Ack(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?))),
            5 => {
                let code = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
                let words = String::from_utf8_lossy(rest.get(2..)?);
                Some(Message::Error(code, printable(&words, 120)))
            }
            _ => None,
        }
    }
}

fn read_request(field: &[u8]) -> Option<Request> {
    // Every text ends with a zero (RFC 1350 §5): what stands after the last zero is no text.
    let mut texts: Vec<&[u8]> = field.split(|b| *b == 0).collect();
    texts.pop();
    let mut texts = texts.into_iter().map(|t| std::str::from_utf8(t).ok());
    let file = texts.next()??.trim_start_matches('/').to_string();
    let octet = texts.next()??.eq_ignore_ascii_case("octet");
    let mut request = Request { file, octet, ..Request::default() };
    // Options come in pairs, in any case of letters; an unknown or senseless one is left out of the answer (RFC 2347 §2).
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        let (Some(name), Some(value)) = (name, value) else { continue };
        let number = value.parse::<u32>().ok();
        match name.to_ascii_lowercase().as_str() {
            "blksize" => request.block_bytes = number.filter(|n| (8..=65_464).contains(n)),
            "tsize" => request.size = true,
            "timeout" => request.timeout_seconds = number.filter(|n| (1..=255).contains(n)),
            "windowsize" => request.window_blocks = number.filter(|n| (1..=65_535).contains(n)),
            _ => {}
        }
    }
    Some(request)
}

/// DATA (RFC 1350 §5).
pub(super) fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + bytes.len());
    out.extend([0, 3]);
    out.extend(block.to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

/// OACK (RFC 2347 §2).
pub(super) fn option_ack(options: &[(&str, u64)]) -> Vec<u8> {
    let mut out = vec![0, 6];
    for (name, value) in options {
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        out.extend_from_slice(value.to_string().as_bytes());
        out.push(0);
    }
    out
}

/// ERROR. Its words go to firmware screens, in English by the RFC's own example; a person reads the event instead.
pub(super) fn error(code: ErrorCode, words: &str) -> Vec<u8> {
    let mut out = vec![0, 5];
    out.extend((code as u16).to_be_bytes());
    out.extend_from_slice(words.as_bytes());
    out.push(0);
    out
}
