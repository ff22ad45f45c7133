//! What a response code says (part 2, section 6.6).

/// Of codes in "format one" the part that names the error; the rest says which parameter, handle or session.
const FORMAT_ONE: u32 = 0x080;

/// A refusal, as far as we act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The TPM is busy with itself: the same command again, a little later.
    Later,
    /// A hierarchy or an object has a password that we do not have.
    Locked,
    /// What was given to be opened was not made by this TPM, or was altered.
    NotOurs,
    /// There is nothing at that handle.
    Absent,
    /// Anything else.
    Other,
}

/// The error of a code without what it is about.
fn error(code: u32) -> u32 {
    // TPM_RC_FMT1: bit 7; errors there are six bits, everything above says where.
    if code & FORMAT_ONE != 0 { code & 0x0bf } else { code }
}

/// What a code means to us.
pub fn meaning(code: u32) -> Meaning {
    match error(code) {
        // RC_WARN + YIELDED, TESTING, RETRY, NV_RATE, NV_UNAVAILABLE
        0x908 | 0x90a | 0x920 | 0x922 | 0x923 => Meaning::Later,
        // RC_FMT1 + AUTH_FAIL, BAD_AUTH; RC_WARN + LOCKOUT; RC_VER1 + AUTH_UNAVAILABLE; FMT1 + HIERARCHY (switched off)
        0x08e | 0x0a2 | 0x921 | 0x12f | 0x085 => Meaning::Locked,
        // RC_FMT1 + INTEGRITY, BINDING
        0x09f | 0x0a5 => Meaning::NotOurs,
        // RC_FMT1 + HANDLE
        0x08b => Meaning::Absent,
        _ => Meaning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_whatever_they_are_about() {
        for (code, expect) in [
            (0x922, Meaning::Later),
            (0x9a2, Meaning::Locked),  // BAD_AUTH of the first session
            (0x98e, Meaning::Locked),  // AUTH_FAIL of the first session
            (0x1df, Meaning::NotOurs), // INTEGRITY of the first parameter
            (0x18b, Meaning::Absent),  // HANDLE of the first handle
            (0x921, Meaning::Locked),
            (0x101, Meaning::Other), // FAILURE
            (0x2c4, Meaning::Other), // VALUE of the second parameter
        ] {
            assert_eq!(meaning(code), expect, "{code:#x}");
        }
    }
}
