//! Lists that have pages.
use crate::{model::model, speak::Speak};
use minijinja::Value;

/// The links to the page before and after, and where one is; nothing where there is one page only.
pub(crate) fn pager(speak: &Speak, path: &str, filters: &[(&str, &str)], page: u32, pages: u32) -> Option<Value> {
    let url = |page: u32| {
        let mut url = format!("{path}?page={page}");
        for (name, value) in filters {
            url.push_str(&format!("&{name}={}", escaped(value)));
        }
        url
    };
    (pages > 1).then(|| {
        model! {
            before => (page > 1).then(|| url(page - 1)),
            after => (page < pages).then(|| url(page + 1)),
            text => speak.say("console-page-of", &[
                ("page", speak.number(page.into()).into()),
                ("pages", speak.number(pages.into()).into()),
            ]),
        }
    })
}

/// A value in a query (RFC 3986 section 2.1).
pub(crate) fn escaped(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(byte.into()),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
