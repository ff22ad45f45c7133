//! What a server says about a command: OK, NO, BAD, BYE (RFC 9051 section 7.1), word for word.
use super::value::{Value, read};
use socle_texts::Fault;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Done.
    Ok,
    /// Not done.
    No,
    /// Not understood.
    Bad,
    /// The server closes the connection.
    Bye,
    /// Greeting of a connection that needs no login.
    Preauth,
}

/// A status response.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The command's tag; none where the server speaks by itself.
    pub tag: Option<String>,
    /// How it ended.
    pub kind: Kind,
    /// The code between brackets, as values.
    pub code: Vec<Value>,
    /// All that follows the tag, word for word: `NO [OVERQUOTA] Quota exceeded`.
    pub verbatim: String,
}

impl Status {
    /// Reads what follows the tag, if it is a status.
    pub(super) fn read(tag: Option<&[u8]>, rest: &[u8]) -> Option<Status> {
        let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
        let kind = match rest[..end].to_ascii_uppercase().as_slice() {
            b"OK" => Kind::Ok,
            b"NO" => Kind::No,
            b"BAD" => Kind::Bad,
            b"BYE" => Kind::Bye,
            b"PREAUTH" => Kind::Preauth,
            _ => return None,
        };
        let text = rest[end..].trim_ascii_start();
        let code = text.strip_prefix(b"[").and_then(|t| Some(&t[..t.iter().position(|b| *b == b']')?]));
        Some(Status {
            tag: tag.map(|t| String::from_utf8_lossy(t).into_owned()),
            kind,
            code: code.map(read).unwrap_or_default(),
            verbatim: String::from_utf8_lossy(rest).trim().to_string(),
        })
    }
    /// Whether the code's first word is this.
    pub fn has(&self, code: &str) -> bool {
        self.code.first().is_some_and(|word| word.is(code))
    }
    /// How long the server asks to wait, where it does: Exchange's `Suggested Backoff Time: N milliseconds`, and
    /// `Retry-After: N` seconds of gateways. At most one day is believed.
    pub fn asks_to_wait_seconds(&self) -> Option<u64> {
        let text = self.verbatim.to_ascii_lowercase();
        let number = |after: &str| -> Option<u64> {
            let rest = text.split_once(after)?.1.trim_start_matches([':', ' ', '=']);
            let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
            digits.replace(',', "").parse().ok()
        };
        let seconds = number("suggested backoff time").map(|ms| ms.div_ceil(1000)).or_else(|| number("retry-after"));
        let throttled = text.contains("throttled") || self.has("THROTTLED");
        seconds.or(throttled.then_some(60)).map(|s| s.clamp(1, 86_400))
    }
    /// The fault of a command that did not succeed: throttled, or refused with the server's own words.
    pub fn fault(&self, what: &str) -> Fault {
        if let Some(seconds) = self.asks_to_wait_seconds() {
            return Fault::new("mail-throttled").with("seconds", seconds).because(&self.verbatim).may_retry();
        }
        if self.has("OVERQUOTA") {
            return Fault::new("mail-target-full").because(&self.verbatim);
        }
        let fault = Fault::new("mail-refused").with("what", what).because(&self.verbatim);
        let passing = ["UNAVAILABLE", "INUSE", "SERVERBUG"].iter().any(|code| self.has(code));
        if passing || self.kind == Kind::Bye { fault.may_retry() } else { fault }
    }
}
