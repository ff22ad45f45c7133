//! What was built, to be signed with the content key.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of this file.
pub const FORMAT: &str = "socle-boot-environment/1";

/// Size and digest of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// Its size.
    pub bytes: u64,
    /// BLAKE3, in hexadecimal.
    pub blake3: String,
}

impl FileDigest {
    pub(super) fn of(bytes: &[u8]) -> FileDigest {
        FileDigest { bytes: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }
}

/// All that a boot environment is made of: nothing of when, where or by whom it was built, so that the same parts
/// give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The kernel's version.
    pub kernel_version: String,
    /// `vmlinuz`, `initrd.img`, and where there are some: network loaders, the signed image, what its certificate is enrolled by.
    pub files: BTreeMap<String, FileDigest>,
    /// The agent.
    pub agent: FileDigest,
    /// Tools, loaders and libraries by path in the initrd, and their BLAKE3.
    pub programs: BTreeMap<String, String>,
    /// Modules loaded at every start, in this order.
    pub modules_always: Vec<String>,
    /// Modules loaded when the hardware asks.
    pub modules_on_demand: Vec<String>,
    /// Modules wished for that this kernel has not.
    pub modules_absent: Vec<String>,
    /// Public files by path in the initrd, and their BLAKE3.
    pub public: BTreeMap<String, String>,
    /// Size of the initrd unpacked.
    pub initrd_unpacked_bytes: u64,
}

impl Manifest {
    /// The bytes of `manifest.json`: what is signed. Fields in their order, keys sorted, a line end at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts, numbers and maps with text keys: serialising them can't fail.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
