//! How a machine was started, and what that is worth.
//!
//! The agent says it: whether the firmware enforces Secure Boot, where the firmware knows our boot certificate, and by which
//! chain the kernel came. It is a *statement*, never a proof: whoever runs programs of his own on the machine makes it say
//! anything (docs/decisions/0013 says what it is good for all the same, and a TPM turns it into a proof).
use crate::facts::Facts;
use serde_json::{Value, json};

/// The fact with all of it: `{chain, via, enrolled, trusted}`.
pub const BOOT: &str = "boot";
/// The fact with its [`Standing`] in a word, to filter a fleet by.
pub const BOOT_TRUST: &str = "boot_trust";
/// The fact whether the firmware enforces Secure Boot.
pub const SECURE_BOOT: &str = "secure_boot";

/// What the agent finds out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Whether the firmware enforces Secure Boot.
    pub secure_boot: bool,
    /// By what the kernel came: `ipxe`, `uki`, `shim` (then the signed image), `debian` (shim, GRUB, kernel), `disk`.
    pub chain: &'static str,
    /// How the firmware got the first of it: `http`, `pxe`, `disk`, or `unknown`.
    pub via: &'static str,
    /// Where the firmware knows our certificate: `db`, `mok` or `none`.
    pub enrolled: &'static str,
    /// Whether everything that runs was checked, from the firmware on: kernel, initrd and command line.
    pub trusted: bool,
}

impl Start {
    /// Sets the facts.
    pub fn tell(&self, facts: &mut Facts) {
        facts.set(SECURE_BOOT, self.secure_boot);
        facts.set(
            BOOT,
            json!({ "chain": self.chain, "via": self.via, "enrolled": self.enrolled, "trusted": self.trusted }),
        );
        facts.set(BOOT_TRUST, Standing::of(facts).word());
    }
}

/// What a machine's start is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It did not say: an agent of before.
    Unsaid,
    /// Secure Boot is off.
    Off,
    /// Secure Boot is on, and the firmware does not know our certificate.
    Unenrolled,
    /// It knows it, but this start came by another chain.
    Enrolled,
    /// Everything was checked, from the firmware on.
    Trusted,
}

impl Standing {
    /// All of them.
    pub const ALL: [Standing; 5] =
        [Standing::Unsaid, Standing::Off, Standing::Unenrolled, Standing::Enrolled, Standing::Trusted];

    /// Read out of what a machine says of itself.
    pub fn of(facts: &Facts) -> Standing {
        let boot = |name: &str| facts.get(BOOT).and_then(|boot| boot.get(name));
        match (facts.get(SECURE_BOOT).and_then(Value::as_bool), boot("enrolled").and_then(Value::as_str)) {
            (None, _) => Standing::Unsaid,
            (Some(false), _) => Standing::Off,
            (Some(true), Some("db" | "mok")) if boot("trusted") == Some(&Value::Bool(true)) => Standing::Trusted,
            (Some(true), Some("db" | "mok")) => Standing::Enrolled,
            (Some(true), Some(_)) => Standing::Unenrolled,
            (Some(true), None) => Standing::Unsaid,
        }
    }

    /// By its word.
    pub fn read(word: &str) -> Option<Standing> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Its word, in facts and filters.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Unsaid => "unsaid",
            Standing::Off => "off",
            Standing::Unenrolled => "unenrolled",
            Standing::Enrolled => "enrolled",
            Standing::Trusted => "trusted",
        }
    }
}

/// Whether a machine in the boot environment is given no secret, no content and no order. With Secure Boot on, one that was
/// not started by our own signed image never is; where the centre `requires` a trusted start, neither is one with it off.
pub fn is_withheld(facts: &Facts, requires: bool) -> bool {
    match Standing::of(facts) {
        Standing::Trusted => false,
        Standing::Unenrolled | Standing::Enrolled => true,
        Standing::Unsaid => requires || facts.get(SECURE_BOOT) == Some(&Value::Bool(true)),
        Standing::Off => requires,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secure_boot: bool, enrolled: &'static str, trusted: bool, expect: Standing, withheld: [bool; 2]) {
        let mut facts = Facts::default();
        Start { secure_boot, chain: "uki", via: "http", enrolled, trusted }.tell(&mut facts);
        assert_eq!(Standing::of(&facts), expect);
        assert_eq!(facts.get(BOOT_TRUST), Some(&Value::from(expect.word())));
        assert_eq!([false, true].map(|requires| is_withheld(&facts, requires)), withheld, "{expect:?}");
    }

    #[test]
    fn what_a_start_is_worth() {
        check(true, "db", true, Standing::Trusted, [false, false]);
        check(true, "mok", true, Standing::Trusted, [false, false]);
        check(true, "db", false, Standing::Enrolled, [true, true]);
        check(true, "none", false, Standing::Unenrolled, [true, true]);
        // Nobody's certificate checked it: whatever it says.
        check(true, "none", true, Standing::Unenrolled, [true, true]);
        check(false, "db", true, Standing::Off, [false, true]);
    }

    #[test]
    fn who_says_nothing_is_not_trusted() {
        let mut facts = Facts::default();
        assert_eq!(Standing::of(&facts), Standing::Unsaid);
        assert!(!is_withheld(&facts, false) && is_withheld(&facts, true));
        facts.set(SECURE_BOOT, true);
        assert!(is_withheld(&facts, false), "an agent that does not know our chains, with Secure Boot on");
        facts.set(SECURE_BOOT, "yes");
        assert_eq!(Standing::of(&facts), Standing::Unsaid);
    }
}
