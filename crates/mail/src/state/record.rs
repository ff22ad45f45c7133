//! The lines of a folder's log.
use serde::{Deserialize, Serialize};
use socle_domain::Digest;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "r", rename_all = "kebab-case")]
pub(super) enum Record {
    /// Both folders' UIDVALIDITY. Whatever stood before is void.
    Begin { source: u32, target: u32 },
    /// This message is about to be sent.
    Sending { u: u32 },
    /// It is there, under this UID.
    Kept { u: u32, t: u32, d: Digest, f: Vec<String> },
    /// The target refused it, in its own words; the digest where it was read whole.
    Refused { u: u32, w: String, d: Option<Digest> },
    /// It can't be told whether it is there: a person decides.
    Parked { u: u32 },
    /// Its flags are these now, on both sides.
    Flags { u: u32, f: Vec<String> },
    /// The source has it no more, and what had to be done on the target is done.
    Gone { u: u32 },
    /// A message of the target that is not ours.
    Other { t: u32 },
}

/// The line of a record.
pub(super) fn line(record: &Record) -> String {
    let json = serde_json::to_string(record).unwrap_or_default();
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
}

/// The record of a line; nothing where the line was torn or changed.
pub(super) fn read(line: &str) -> Option<Record> {
    let (crc, json) = line.split_at_checked(9)?;
    if u32::from_str_radix(crc.trim_end(), 16).ok()? != crc32fast::hash(json.as_bytes()) {
        return None;
    }
    serde_json::from_str(json).ok()
}
