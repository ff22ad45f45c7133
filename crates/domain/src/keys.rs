//! The two roots of trust, and how one public key comes to verify everything.
//!
//! The *content key* says what may exist (masters, images, the boot environment); the *server's key* says what should
//! happen (orders) and who is who (enrolments). The content key delegates to the server's key, so the content public
//! key alone checks a whole proof. What the content key signs, the server's key can't: other contexts, other key.
use crate::{Digest, TargetId, Timestamp, UnitId, sign::PublicKey, sign::Signed, sign::Statement};
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// The content key says: this server may give orders and enrol machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// The server's signing key.
    pub server: PublicKey,
    /// When it was said, by the clock of the computer that held the content key.
    pub at: Timestamp,
}
impl Statement for Delegation {
    const CONTEXT: &'static str = "socle-delegation-v1";
}

/// The server says: the holder of this key is this target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The target that was recognised.
    pub target: TargetId,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The key that the machine made at first contact and proved.
    pub machine: PublicKey,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who or what recognised it: `person`, `rule:NAME`, `list`. Never a person's name.
    pub by: String,
}
impl Statement for Enrolment {
    const CONTEXT: &'static str = "socle-enrolment-v1";
}

/// The content key says: this image may be installed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRelease {
    /// Its name in the repository.
    pub name: String,
    /// The root of its manifest.
    pub image: Digest,
    /// When it was signed.
    pub at: Timestamp,
    /// Which generation of its name it is: who has seen a generation refuses an older one.
    #[serde(default, skip_serializing_if = "crate::master::is_zero")]
    pub generation: u64,
}
impl Statement for ImageRelease {
    const CONTEXT: &'static str = "socle-image-v1";
}

/// The content key says: this boot environment may start machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRelease {
    /// Digest of the boot environment's own manifest, which names every file by digest.
    pub manifest: Digest,
    /// When it was signed.
    pub at: Timestamp,
    /// The lowest generation of each master that its agents accept. They read the same in a file of their own, which the
    /// manifest names: nobody who holds the server alone changes it.
    #[serde(default, skip_serializing_if = "Generations::is_empty")]
    pub lowest: Generations,
}
impl Statement for EnvironmentRelease {
    const CONTEXT: &'static str = "socle-environment-v1";
}

/// The server says what time it is to a machine that asked with a nonce, whatever the machine's own clock says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAnswer {
    /// The nonce of the machine's question, so that an old answer can't be played again.
    pub nonce: Digest,
    /// The server's present.
    pub now: Timestamp,
}
impl Statement for TimeAnswer {
    const CONTEXT: &'static str = "socle-time-v1";
}

/// The server's key, if the holder of `content` delegated to it.
pub fn server_key(content: &PublicKey, delegation: &Signed<Delegation>) -> Result<PublicKey> {
    Ok(delegation.open(content)?.server)
}

/// The lowest generation that is accepted, by the master's name. What has no name here may be of any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generations(pub BTreeMap<String, u64>);

impl Generations {
    /// Whether nothing is refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Refuses a generation that is too old.
    ///
    /// # Errors
    /// `domain-generation-old` (with `name`, `generation`, `lowest`).
    pub fn check(&self, name: &str, generation: u64) -> Result<()> {
        match self.0.get(name) {
            Some(lowest) if generation < *lowest => Err(Fault::new("domain-generation-old")
                .with("name", name)
                .with("generation", generation)
                .with("lowest", *lowest)),
            _ => Ok(()),
        }
    }
}
