//! One line of the table of firmware × chain × result: what a boot story shows, in a form that others gather.
use crate::talk::say;
use std::fmt;

/// What a boot came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootResult {
    /// The agent spoke; in words what it said or was given: `trusted`, `recognised without secrets`.
    Spoke(String),
    /// The firmware or a loader refused; in words who and what: `the firmware: Access Denied`.
    Refused(String),
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct BootLine {
    /// The firmware and its keys: `OVMF 4M, Secure Boot on, our key in db`.
    pub firmware: String,
    /// What was started, in its order: `PXE/TFTP → UKI`.
    pub chain: String,
    /// What it came to.
    pub result: BootResult,
    /// From power-on to the agent's first word, in seconds on the wall; to the refusal where it was refused.
    pub seconds_to_agent: f64,
}

/// What each printed line begins with, so that a program that gathers lines finds them in a story's output.
pub const MARK: &str = "boot-line";

impl BootLine {
    /// Shows it among what a story says.
    pub fn show(&self) {
        say("=", &self.to_string());
    }

    /// Reads a line that was printed, wherever in it the mark stands.
    pub fn read(line: &str) -> Option<BootLine> {
        let (_, rest) = line.split_once(MARK)?;
        let mut fields = rest.trim_start_matches(" | ").split(" | ").map(str::trim);
        let (firmware, chain, result, seconds) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let result = match result.split_once(": ")? {
            ("spoke", words) => BootResult::Spoke(words.into()),
            ("refused", words) => BootResult::Refused(words.into()),
            _ => return None,
        };
        let seconds_to_agent = seconds.strip_suffix(" s")?.parse().ok()?;
        Some(BootLine { firmware: firmware.into(), chain: chain.into(), result, seconds_to_agent })
    }
}

impl fmt::Display for BootLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = match &self.result {
            BootResult::Spoke(words) => format!("spoke: {words}"),
            BootResult::Refused(words) => format!("refused: {words}"),
        };
        write!(f, "{MARK} | {} | {} | {result} | {:.1} s", self.firmware, self.chain, self.seconds_to_agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for result in [BootResult::Spoke("trusted".into()), BootResult::Refused("the firmware: Access Denied".into())] {
            let line = BootLine {
                firmware: "OVMF 4M, Secure Boot on, our key in db".into(),
                chain: "HTTP → UKI".into(),
                result,
                seconds_to_agent: 31.4,
            };
            assert_eq!(BootLine::read(&format!("[ 12.3] = {line}")), Some(line));
        }
        assert_eq!(BootLine::read("boot-line | a | b | perhaps: c | 1.0 s"), None);
        assert_eq!(BootLine::read("nothing of the kind"), None);
    }
}
