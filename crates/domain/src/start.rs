//! How a machine was started, and what that is worth.
//!
//! The agent says it: whether the firmware enforces Secure Boot, where the firmware knows our boot certificate, and by which
//! chain the kernel came. It is a *statement*, never a proof: whoever runs programs of his own on the machine makes it say
//! anything (docs/decisions/0013 says what it is good for all the same). Where the machine has a TPM, the server believes the
//! TPM alone and says in the fact [`PROOF`] what it found (docs/decisions/0019).
use crate::facts::Facts;
use serde_json::{Value, json};

/// The fact with all of it: `{chain, via, enrolled, trusted}`.
pub const BOOT: &str = "boot";
/// The fact with its [`Standing`] in a word, to filter a fleet by.
pub const BOOT_TRUST: &str = "boot_trust";
/// The fact that the server says of a machine in the boot environment that calls its start trusted: [`BY_KEY`] or [`BY_IMAGE`]
/// where its TPM proves it, [`BY_WORD`] where no TPM speaks for it, any other word: its TPM does not prove it, and why.
pub const PROOF: &str = "boot_proof";
/// Proved: only our key let in what was started.
pub const BY_KEY: &str = "key";
/// Proved: only our image was started.
pub const BY_IMAGE: &str = "image";
/// The machine's own word, and no more.
pub const BY_WORD: &str = "word";
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
    /// It says that everything was checked; its TPM does not.
    Unproved,
    /// Everything was checked, from the firmware on.
    Trusted,
}

impl Standing {
    /// All of them.
    pub const ALL: [Standing; 6] = [
        Standing::Unsaid,
        Standing::Off,
        Standing::Unenrolled,
        Standing::Enrolled,
        Standing::Unproved,
        Standing::Trusted,
    ];

    /// Read out of what a machine says of itself.
    pub fn of(facts: &Facts) -> Standing {
        let boot = |name: &str| facts.get(BOOT).and_then(|boot| boot.get(name));
        match (facts.get(SECURE_BOOT).and_then(Value::as_bool), boot("enrolled").and_then(Value::as_str)) {
            (None, _) => Standing::Unsaid,
            (Some(false), _) => Standing::Off,
            (Some(true), Some("db" | "mok")) if boot("trusted") == Some(&Value::Bool(true)) => match proof(facts) {
                None | Some(BY_KEY | BY_IMAGE | BY_WORD) => Standing::Trusted,
                Some(_) => Standing::Unproved,
            },
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
            Standing::Unproved => "unproved",
            Standing::Trusted => "trusted",
        }
    }
}

/// What the server found of a start that was called trusted; nothing where it was not asked.
pub fn proof(facts: &Facts) -> Option<&str> {
    // Anything but a text is nobody's finding, and proves nothing.
    facts.get(PROOF).map(|found| found.as_str().unwrap_or("unreadable"))
}

/// What a centre demands of a start, beyond what Secure Boot demands of those that have it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// A trusted start, of every machine.
    pub trusted: bool,
    /// And one that the machine's TPM proves.
    pub proved: bool,
}

/// Whether a machine in the boot environment is given no secret, no content and no order. With Secure Boot on, one that was
/// not started by our own signed image never is; where the centre demands a trusted start, neither is one with it off.
pub fn is_withheld(facts: &Facts, demand: Demand) -> bool {
    let requires = demand.trusted || demand.proved;
    match Standing::of(facts) {
        Standing::Trusted => demand.proved && !matches!(proof(facts), Some(BY_KEY | BY_IMAGE)),
        Standing::Unenrolled | Standing::Enrolled | Standing::Unproved => true,
        Standing::Unsaid => requires || facts.get(SECURE_BOOT) == Some(&Value::Bool(true)),
        Standing::Off => requires,
    }
}

/// What the server makes of a machine's statement: only the boot environment is started by us, and the word for it all is the
/// server's.
pub fn settle(facts: &mut Facts, in_boot: bool) {
    if !in_boot && let Some(Value::Object(boot)) = facts.0.get_mut(BOOT) {
        boot.insert("trusted".into(), false.into());
    }
    match facts.0.contains_key(BOOT) {
        true => facts.set(BOOT_TRUST, Standing::of(facts).word()),
        false => drop(facts.0.remove(BOOT_TRUST)),
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
        assert_eq!([false, true].map(|trusted| is_withheld(&facts, demand(trusted))), withheld, "{expect:?}");
    }

    fn demand(trusted: bool) -> Demand {
        Demand { trusted, proved: false }
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
        assert!(!is_withheld(&facts, demand(false)) && is_withheld(&facts, demand(true)));
        facts.set(SECURE_BOOT, true);
        assert!(is_withheld(&facts, demand(false)), "an agent that does not know our chains, with Secure Boot on");
        facts.set(SECURE_BOOT, "yes");
        assert_eq!(Standing::of(&facts), Standing::Unsaid);
    }

    #[test]
    fn a_chip_that_does_not_prove_it_is_believed_before_the_machine() {
        let of = |proof: Option<Value>| {
            let mut facts = Facts::default();
            let start = Start { secure_boot: true, chain: "uki", via: "pxe", enrolled: "db", trusted: true };
            start.tell(&mut facts);
            proof.into_iter().for_each(|proof| facts.set(PROOF, proof));
            settle(&mut facts, true);
            let demands = [Demand::default(), Demand { trusted: false, proved: true }];
            (Standing::of(&facts), facts.get(BOOT_TRUST).cloned(), demands.map(|d| is_withheld(&facts, d)))
        };
        let word = |text: &str| Some(Value::from(text));
        assert_eq!(of(word(BY_KEY)), (Standing::Trusted, word("trusted"), [false, false]));
        assert_eq!(of(word(BY_IMAGE)), (Standing::Trusted, word("trusted"), [false, false]));
        // Without a chip it is the machine's word: enough, unless the centre wants more.
        assert_eq!(of(word(BY_WORD)), (Standing::Trusted, word("trusted"), [false, true]));
        assert_eq!(of(word("other-image")), (Standing::Unproved, word("unproved"), [true, true]));
        assert_eq!(of(Some(json!({ "key": 1 }))), (Standing::Unproved, word("unproved"), [true, true]));
        assert_eq!(of(None), (Standing::Trusted, word("trusted"), [false, true]), "an agent's own view");
    }

    #[test]
    fn an_installed_system_is_never_what_we_started() {
        let mut facts = Facts::default();
        Start { secure_boot: true, chain: "uki", via: "pxe", enrolled: "db", trusted: true }.tell(&mut facts);
        settle(&mut facts, false);
        assert_eq!((Standing::of(&facts), facts.get(BOOT_TRUST)), (Standing::Enrolled, Some(&"enrolled".into())));
        let mut silent = Facts::default();
        silent.set(BOOT_TRUST, "trusted");
        settle(&mut silent, true);
        assert_eq!(silent, Facts::default(), "a word about nothing");
    }
}
