//! What APPEND needs and answers (RFC 3502, RFC 4315).
use super::{set::uids, status::Status};

/// Where the appended messages are, in the order they were given: `[APPENDUID validity set]`.
pub fn appended_uids(status: &Status, count: usize) -> Option<(u32, Vec<u32>)> {
    if !status.has("APPENDUID") {
        return None;
    }
    let validity = u32::try_from(status.code.get(1)?.number()?).ok()?;
    let uids = uids(&status.code.get(2)?.text(), count + 1);
    (uids.len() == count).then_some((validity, uids))
}

/// Flags between parentheses. A flag that can't be written as a word is left out (the verification names it).
pub fn flag_list(flags: &[String]) -> String {
    let writable = |flag: &&String| {
        let word = flag.strip_prefix('\\').unwrap_or(flag);
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b))
    };
    let flags: Vec<&str> = flags.iter().filter(writable).map(String::as_str).collect();
    format!("({})", flags.join(" "))
}
