//! The machine's own key, made at first contact.
//!
//! It is kept at once in a firmware variable, so that it survives a power cut before there is any partition, and on
//! the Socle partition once that exists. The firmware's word comes first: a disk that is moved brings another machine's
//! key with it, and must make neither two machines one nor this one forget itself.
//!
//! Where the machine has a TPM, what is kept is sealed by it: a stolen disk holds no secret, and a copied one opens in no
//! other machine.
use crate::tpm::Tpm;
use socle_disk::efi::Variables;
use socle_domain::sign::{PublicKey, Signature, Signer};
use socle_texts::{Fault, Result};
use socle_trust::{KeyPair, chance};
use std::fmt;

/// A sealed key begins so; an open one is its seed, 32 bytes long.
const SEALED: &[u8; 4] = b"SoT1";

/// The key as it is kept where others might read it.
#[derive(Clone, PartialEq, Eq)]
pub enum AtRest {
    /// Its seed: of a machine without a TPM.
    Plain([u8; 32]),
    /// What a TPM has made of its seed, and whose key it is.
    Sealed {
        /// The public half: to know it without the TPM.
        public: PublicKey,
        /// What the TPM opens.
        sealed: Vec<u8>,
    },
}

impl AtRest {
    /// Reads what was kept; nothing where that is no key.
    pub fn read(bytes: &[u8]) -> Option<AtRest> {
        if let Ok(seed) = bytes.try_into() {
            return Some(AtRest::Plain(seed));
        }
        let (public, sealed) = bytes.strip_prefix(SEALED)?.split_first_chunk::<32>()?;
        (!sealed.is_empty()).then(|| AtRest::Sealed { public: PublicKey(*public), sealed: sealed.to_vec() })
    }
    /// The bytes to keep.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            AtRest::Plain(seed) => seed.to_vec(),
            AtRest::Sealed { public, sealed } => [&SEALED[..], &public.0, sealed].concat(),
        }
    }
    /// Whose key it is.
    pub fn public(&self) -> PublicKey {
        match self {
            AtRest::Plain(seed) => KeyPair::from_seed(seed).public(),
            AtRest::Sealed { public, .. } => *public,
        }
    }
    /// Whether it lies open.
    pub fn is_open(&self) -> bool {
        matches!(self, AtRest::Plain(_))
    }
}

impl fmt::Debug for AtRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} key of {:?}", if self.is_open() { "open" } else { "sealed" }, self.public())
    }
}

/// The private half, and what is kept of it.
#[derive(Debug)]
pub struct MachineKey {
    pair: KeyPair,
    at_rest: AtRest,
}

impl MachineKey {
    /// The key of a seed, kept as it is.
    pub fn of(seed: [u8; 32]) -> Self {
        MachineKey { pair: KeyPair::from_seed(&seed), at_rest: AtRest::Plain(seed) }
    }
    /// What is kept of it where others might read it.
    pub fn at_rest(&self) -> &AtRest {
        &self.at_rest
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

    /// Opens what was kept.
    ///
    /// # Errors
    /// `agent-tpm-absent` where it is sealed and there is no TPM; `tpm-not-ours` where another TPM has sealed it, or this
    /// one before it was cleared; those of the TPM.
    pub fn open(kept: AtRest, tpm: Option<&Tpm>) -> Result<MachineKey> {
        let AtRest::Sealed { public, sealed } = &kept else {
            let AtRest::Plain(seed) = kept else { return Err(Fault::new("tpm-not-ours")) };
            return Ok(MachineKey::of(seed));
        };
        let tpm = tpm.ok_or_else(|| Fault::new("agent-tpm-absent"))?;
        let seed: Option<[u8; 32]> = tpm.unseal(sealed)?.as_slice().try_into().ok();
        let pair = seed.map(|seed| KeyPair::from_seed(&seed)).filter(|pair| pair.public() == *public);
        let pair = pair.ok_or_else(|| Fault::new("tpm-not-ours").because("another key was inside"))?;
        Ok(MachineKey { pair, at_rest: kept })
    }

    /// The same key, sealed where that is possible. It is opened again before it is believed.
    fn sealed(self, tpm: &Tpm) -> Result<MachineKey> {
        let sealed = AtRest::Sealed { public: self.public(), sealed: tpm.seal(&self.pair.seed())? };
        MachineKey::open(sealed, Some(tpm))
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

/// The machine's key, and what is worth saying of it.
#[derive(Debug)]
pub struct Identity {
    /// The key.
    pub key: MachineKey,
    /// Where it was.
    pub found: Found,
    /// Another key was kept and opens no more: the TPM that had sealed it is another one now, or was cleared.
    pub lost: bool,
    /// Why the key lies open although there is a TPM.
    pub unsealed: Option<Fault>,
}

/// The machine's key: the firmware's, else the partition's, else a new one; in each case kept in the firmware too.
/// A machine without firmware variables goes by its partition, and before it has one by the key in memory.
///
/// # Errors
/// Those of the firmware's variables: a damaged or unwritable one is never passed over in silence. `agent-tpm-absent`
/// where this machine's own key waits for a TPM that is switched off; those of a TPM that fails.
pub fn find_or_make(on_partition: Option<AtRest>, firmware: Option<&Variables>, tpm: Option<&Tpm>) -> Result<Identity> {
    let in_firmware = match firmware.map(Variables::machine_key).transpose() {
        Ok(found) => found.flatten().and_then(|bytes| AtRest::read(&bytes)),
        // The partition's copy heals the firmware's.
        Err(_) if on_partition.is_some() => None,
        Err(fault) => return Err(fault),
    };
    let mut lost = false;
    let mut opened = None;
    if let Some(kept) = in_firmware.clone() {
        match MachineKey::open(kept, tpm) {
            Ok(key) => opened = Some((key, Found::Firmware)),
            Err(fault) if fault.is("tpm-not-ours") => lost = true,
            Err(fault) => return Err(fault),
        }
    }
    if let (None, Some(kept)) = (&opened, on_partition) {
        match MachineKey::open(kept, tpm) {
            Ok(key) => opened = Some((key, Found::Partition)),
            // A disk of another machine, or of this one before its board was replaced.
            Err(fault) if fault.is("tpm-not-ours") || fault.is("agent-tpm-absent") => lost = true,
            Err(fault) => return Err(fault),
        }
    }
    let (key, found) = match opened {
        Some(opened) => opened,
        None => (MachineKey::of(chance::bytes()?), Found::Made),
    };
    let (key, unsealed) = match tpm {
        Some(tpm) if key.at_rest().is_open() => {
            let open = MachineKey { pair: key.pair.clone(), at_rest: key.at_rest.clone() };
            match key.sealed(tpm) {
                Ok(sealed) => (sealed, None),
                Err(fault) => (open, Some(fault)),
            }
        }
        _ => (key, None),
    };
    if let Some(firmware) = firmware
        && in_firmware.as_ref() != Some(key.at_rest())
    {
        firmware.keep_machine_key(&key.at_rest().to_bytes())?;
    }
    Ok(Identity { key, found, lost: lost && found == Found::Made, unsealed })
}
