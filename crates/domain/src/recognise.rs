//! Recognising a machine that nobody knows yet: from the list of those announced, or by a rule.
//!
//! What a machine says of itself (MAC, serial, UUID) is a *hint*: it may open the door of the queue when somebody
//! announced it, and it never proves anything afterwards: from then on the machine is its key.
use crate::UnitId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a machine says of itself at first contact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Hints {
    /// Its network cards' addresses, lower case with colons; the one it booted from first.
    #[serde(default)]
    pub macs: Vec<String>,
    /// Serial number of the system (SMBIOS type 1).
    #[serde(default)]
    pub serial: Option<String>,
    /// UUID of the system (SMBIOS type 1), lower case.
    #[serde(default)]
    pub uuid: Option<String>,
    /// Manufacturer.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Model.
    #[serde(default)]
    pub product: Option<String>,
}

/// A machine announced before it came (a line of the CSV). Each given hint must agree; at least one is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Announced {
    /// The name it shall have.
    pub name: String,
    /// Its unit.
    pub unit: UnitId,
    /// Its MAC address, if announced.
    pub mac: Option<String>,
    /// Its serial number, if announced.
    pub serial: Option<String>,
    /// Its UUID, if announced.
    pub uuid: Option<String>,
}

impl Announced {
    /// Whether a machine with these hints is the announced one.
    pub fn matches(&self, hints: &Hints) -> bool {
        let agree = |wanted: &Option<String>, said: Vec<&String>| {
            wanted.as_ref().map(|w| said.iter().any(|s| s.trim().eq_ignore_ascii_case(w.trim())))
        };
        let verdicts = [
            agree(&self.mac, hints.macs.iter().collect()),
            agree(&self.serial, hints.serial.iter().collect()),
            agree(&self.uuid, hints.uuid.iter().collect()),
        ];
        verdicts.iter().flatten().count() > 0 && verdicts.iter().flatten().all(|v| *v)
    }
}

/// A rule that accepts machines: a condition over `facts` (CEL) and a pattern for their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptRule {
    /// The rule's name, shown as the reason.
    pub name: String,
    /// The unit of the machines it accepts.
    pub unit: UnitId,
    /// A CEL condition over `facts`; `true` accepts every machine.
    pub when: String,
    /// Names: `{n}` or `{nn}`, `{nnn}` stand for the first free number, padded; `{serial}` and `{mac}` for the hints.
    pub name_pattern: String,
}

/// The name that `pattern` gives to a machine, the first that `taken` refuses not. Nothing where the pattern has no
/// number and its one name is taken, or where what it yields is no host name.
pub fn name_from(pattern: &str, hints: &Hints, taken: &dyn Fn(&str) -> bool) -> Option<String> {
    let clean = |s: &str| -> String {
        let kept: String = s.to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        kept.trim_matches('-').to_string()
    };
    let base = pattern
        .replace("{serial}", &clean(hints.serial.as_deref().unwrap_or("")))
        .replace("{mac}", &clean(hints.macs.first().map_or("", String::as_str)));
    let open = base.find("{n");
    let Some(open) = open else {
        return (crate::target::is_host_name(&base) && !taken(&base)).then_some(base);
    };
    let close = open + base[open..].find('}')?;
    let letters = &base[open + 1..close];
    if !letters.bytes().all(|b| b == b'n') {
        return None;
    }
    // 80,000 workstations is our floor; a pattern that finds no free number in a million has lost its way.
    (1..1_000_000u32)
        .map(|n| format!("{}{n:0width$}{}", &base[..open], &base[close + 1..], width = letters.len()))
        .find(|name| crate::target::is_host_name(name) && !taken(name))
}
