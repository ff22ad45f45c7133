//! What the agent is told before it knows anybody: who its server is, and whom it believes.
//!
//! In the boot environment it stands in a file of the initrd; in an installed system in `/etc/socle/agent.json`. The
//! kernel's command line may choose the language and the card: nothing that anything is trusted by.
use serde::{Deserialize, Serialize};
use socle_domain::{Digest, keys::Generations, sign::PublicKey};
use socle_texts::{Fault, Lang, Result};
use std::{fs, path::Path};

/// Where it stands in the boot environment.
pub const IN_BOOT: &str = "/etc/socle/agent.json";
/// Where it stands in an installed system.
pub const INSTALLED: &str = "/etc/socle/agent.json";

/// The agent's configuration. No secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://IP:PORT` of the server.
    pub server: String,
    /// The pin of the server's TLS key: BLAKE3 of its SubjectPublicKeyInfo.
    pub pin: Digest,
    /// The public key that signs all content.
    pub content_key: PublicKey,
    /// The language of the machine's screen.
    #[serde(default)]
    pub lang: Lang,
    /// The lowest generation of each master that this agent carries out. It came with the environment, whose files the
    /// content key signed: a server that was taken over can't lower it.
    #[serde(default, skip_serializing_if = "Generations::is_empty")]
    pub lowest: Generations,
    /// The certificate by which firmware believes the signed image: BLAKE3 of its DER. The agent looks for it in the
    /// firmware's lists, to say whether it is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_certificate: Option<Digest>,
}

impl Config {
    /// Reads it.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::new("agent-config-wrong").with("path", path).because(e))
    }
    /// Its bytes, as it is written for the installed system.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

/// The value of an argument of the kernel's command line: the last where it stands twice.
pub fn kernel_arg(cmdline: &str, name: &str) -> Option<String> {
    cmdline.split_whitespace().filter_map(|w| w.strip_prefix(name)?.strip_prefix('=')).next_back().map(str::to_string)
}
