//! One page of a list, cut by a key and not by a number: what comes in or goes while somebody reads on moves nothing.
//!
//! `?limit=` says how many (100 unless said, at most 1,000), `?after=` is the `next` of the page before, as it was given.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many things a page holds unless somebody says otherwise.
pub const USUAL_LIMIT: u32 = 100;
/// How many at most.
pub const MAX_LIMIT: u32 = 1_000;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to say as `after` for the next page; none on the last one. It means nothing but that.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page that holds everything.
    pub fn whole(items: Vec<T>) -> Self {
        Page { items, next: None }
    }
}
