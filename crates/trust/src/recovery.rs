//! Recovery codes: for the day on which the telephone is lost. Ten of them, each serves once, kept as digests only.
use crate::{chance, secret};
use socle_domain::Digest;
use socle_texts::Result;

/// How many are made at once.
pub const COUNT: usize = 10;
/// Without letters and digits that one takes for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// New codes: sixteen letters of 32, 80 bits of chance, so that a plain digest keeps them.
///
/// # Errors
/// `trust-no-chance`.
pub fn new_codes() -> Result<Vec<String>> {
    let code = |_| {
        let bytes = chance::bytes::<{ GROUPS * GROUP }>()?;
        let letters: Vec<char> = bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
        Ok(letters.chunks(GROUP).map(|g| g.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
    };
    (0..COUNT).map(code).collect()
}

/// What is kept of a code, however it was typed: spaces, hyphens and capitals don't matter. None where it can't be one.
pub fn digest(typed: &str) -> Option<Digest> {
    let plain: String = typed.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    let well = plain.len() == GROUPS * GROUP && plain.bytes().all(|b| LETTERS.contains(&b));
    well.then(|| secret::digest(&format!("recovery {plain}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_differ_and_are_recognised_as_typed() {
        let codes = new_codes().unwrap();
        let kept: BTreeSet<String> = codes.iter().filter_map(|c| digest(c)).map(|d| d.to_string()).collect();
        assert_eq!(kept.len(), COUNT);
        let one = &codes[0];
        assert_eq!(digest(&one.to_uppercase().replace('-', " ")), digest(one));
        assert_eq!(LETTERS.iter().collect::<BTreeSet<_>>().len(), 32);
        for wrong in ["", "123456", &one[1..], &format!("{one}a")] {
            assert_eq!(digest(wrong), None, "{wrong}");
        }
    }
}
