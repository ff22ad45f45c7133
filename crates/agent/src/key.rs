//! The machine's own key, made at first contact.
//!
//! It is kept at once in a firmware variable, so that it survives a power cut before there is any partition, and on
//! the Socle partition once that exists. The firmware's word comes first: a disk that is moved brings another machine's
//! key with it, and must make neither two machines one nor this one forget itself.
use socle_disk::efi::Variables;
use socle_domain::sign::{PublicKey, Signature, Signer};
use socle_texts::Result;
use socle_trust::{KeyPair, chance};

/// The private half. Its seed is what is kept.
pub struct MachineKey {
    pair: KeyPair,
}

impl MachineKey {
    /// The key of a seed.
    pub fn of(seed: [u8; 32]) -> Self {
        MachineKey { pair: KeyPair::from_seed(&seed) }
    }
    /// The seed, to be kept where it is safe.
    pub fn seed(&self) -> [u8; 32] {
        self.pair.seed()
    }
    /// Sixteen bytes of this machine for a purpose: always the same for the same, so that a step done twice gives
    /// the same identifiers, and not to be guessed by others.
    pub fn derive(&self, purpose: &str) -> [u8; 16] {
        let mut out = [0; 16];
        let mut hasher = blake3::Hasher::new_derive_key("socle 2026 identifiers of a machine");
        hasher.update(&self.pair.seed()).update(purpose.as_bytes());
        hasher.finalize_xof().fill(&mut out);
        out
    }
}

impl Signer for MachineKey {
    fn public(&self) -> PublicKey {
        self.pair.public()
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        self.pair.sign(context, bytes)
    }
}

/// Where a key was found, or that it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// On the Socle partition.
    Partition,
    /// In the firmware.
    Firmware,
    /// Nowhere: it was made now.
    Made,
}

/// The machine's key: the firmware's, else the partition's, else a new one; in each case kept in the firmware too.
/// A machine without firmware variables goes by its partition, and before it has one by the key in memory.
///
/// # Errors
/// Those of the firmware's variables: a damaged or unwritable one is never passed over in silence.
pub fn find_or_make(on_partition: Option<[u8; 32]>, firmware: Option<&Variables>) -> Result<(MachineKey, Found)> {
    let in_firmware = match firmware.map(Variables::machine_seed).transpose() {
        Ok(found) => found.flatten(),
        // The partition's copy heals the firmware's.
        Err(_) if on_partition.is_some() => None,
        Err(fault) => return Err(fault),
    };
    let (seed, found) = match (in_firmware, on_partition) {
        (Some(seed), _) => (seed, Found::Firmware),
        (None, Some(seed)) => (seed, Found::Partition),
        (None, None) => (chance::bytes()?, Found::Made),
    };
    if let Some(firmware) = firmware
        && in_firmware != Some(seed)
    {
        firmware.keep_machine_seed(&seed)?;
    }
    Ok((MachineKey::of(seed), found))
}
