//! What is known of a target: a tree of named values, seen by conditions and templates as `facts`.
//!
//! The names that the agent fills for a machine: `facts.memory_bytes`, `facts.cpu.model`, `facts.cpu.cores`,
//! `facts.key_sealed` (bool: by a TPM), `facts.tpm_ek` (its endorsement key's digest), `facts.tpm_pcr` (registers 4, 7 and 11
//! as the TPM quoted them), `facts.tpm_certified` (`verified`, `unknown` or `none`: whether a maker that the centre has chosen
//! vouches for the TPM), `facts.tpm_issuer` (who has signed its certificate; a claim unless it is verified),
//! `facts.boot_proof` (see [`crate::start`]; all these said by the server, from what was proved),
//! `facts.firmware` (`uefi` or `bios`), `facts.secure_boot` (bool), `facts.tpm` (bool), `facts.power`
//! (`mains`, `battery`, `unknown`), `facts.vendor`, `facts.product`, `facts.serial`, `facts.uuid`, `facts.macs` (list),
//! `facts.chassis` (`laptop`, `desktop`, `server` or `other`), `facts.asset_tag`, `facts.gateway` (its router's address),
//! `facts.disks` (list of `{path, size_bytes, model, serial, sector_bytes, rotational, removable, transport}`),
//! `facts.key_kept` (where a power cut can't take the machine's key: `firmware`, `disk`, or `memory`, which is nowhere),
//! `facts.boot` (`{chain, via, enrolled, trusted}`: see [`crate::start`]), `facts.boot_trust` (the same in a word),
//! `facts.nics` (list of `{name, mac, driver, speed_mbps}`), `facts.firmware_vendor`, `facts.firmware_version` and
//! `facts.firmware_date` (`YYYY-MM-DD`): to find the machines whose firmware has a known flaw.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tree of facts: always a JSON object at its root.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Facts(pub serde_json::Map<String, Value>);

impl Facts {
    /// Sets a fact.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_string(), value.into());
    }
    /// A fact, or nothing where it is unknown.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}
