//! The hardware address of a network card.
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A 48-bit Ethernet address. A hint of who a machine is, never a proof: anybody may send any.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether it can be one machine's own: neither all zeros nor a group address (IEEE 802, bit 0 of the first byte).
    pub fn is_one_machine(self) -> bool {
        self.0 != [0; 6] && self.0[0] & 1 == 0
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What was read is no hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMac;

impl fmt::Display for NotAMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("six pairs of hexadecimal digits expected")
    }
}

impl std::error::Error for NotAMac {}

impl FromStr for Mac {
    type Err = NotAMac;

    /// Reads `52:54:00:00:00:01`, `52-54-00-00-00-01` (iPXE's `hexhyp`) or `525400000001` (its `hexraw`).
    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let digits: Vec<u8> = match text.len() {
            12 => text.bytes().collect(),
            17 if [":", "-"].iter().any(|s| text.split(*s).count() == 6 && text.split(*s).all(|p| p.len() == 2)) => {
                text.bytes().filter(|b| *b != b':' && *b != b'-').collect()
            }
            _ => return Err(NotAMac),
        };
        let mut mac = [0; 6];
        for (byte, pair) in mac.iter_mut().zip(digits.chunks(2)) {
            let [high, low] = pair else { return Err(NotAMac) };
            let digit = |c: &u8| (*c as char).to_digit(16).ok_or(NotAMac);
            *byte = (digit(high)? * 16 + digit(low)?) as u8;
        }
        Ok(Mac(mac))
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> String {
        mac.to_string()
    }
}

impl TryFrom<String> for Mac {
    type Error = NotAMac;
    fn try_from(text: String) -> Result<Self, NotAMac> {
        text.parse()
    }
}
