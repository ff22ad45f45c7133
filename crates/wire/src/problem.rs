//! Errors on the wire: RFC 9457 problem details with a stable code.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Lang, next_step, tell};

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem, as the API answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `urn:socle:CODE` (RFC 9457 section 3.1.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in the reader's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do next, in the reader's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fault as data, so that another program can tell it in its own language.
    pub fault: Fault,
}

impl Problem {
    /// The problem of a fault.
    pub fn new(status: u16, fault: Fault, lang: Lang) -> Self {
        Problem {
            kind: format!("urn:socle:{}", fault.code),
            title: tell(lang, &fault),
            status,
            detail: next_step(lang, &fault),
            fault,
        }
    }
}
