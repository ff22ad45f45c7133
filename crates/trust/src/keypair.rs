//! An Ed25519 key pair (RFC 8032), at rest a file of 0600 with one line: `socle-secret:` and the seed in hexadecimal.
use crate::{chance, write::write_new};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer as _, SigningKey};
use socle_domain::sign::{PublicKey, Signature, Signer, statement};
use socle_texts::{Fault, Result};
use std::{fmt, fs, path::Path};

const SECRET_PREFIX: &str = "socle-secret:";

/// A private key and its public half. Its bytes are wiped from memory when it is dropped.
#[derive(Clone)]
pub struct KeyPair(SigningKey);

impl KeyPair {
    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self> {
        Ok(Self::from_seed(&chance::bytes()?))
    }
    /// The key of a seed that was kept elsewhere (a UEFI variable, the Socle partition).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        KeyPair(SigningKey::from_bytes(seed))
    }
    /// The seed, to be kept where only this machine can read it. Never printed, sent or logged.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
    /// Reads a key file.
    ///
    /// # Errors
    /// `texts-file-unreadable`; `trust-key-unreadable` where it is no secret key; `trust-key-exposed` where others than
    /// its owner may read it: such a key is not a secret any more.
    pub fn load(path: &Path) -> Result<Self> {
        let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", path).because(e);
        let text = fs::read_to_string(path).map_err(unreadable)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
                return Err(Fault::new("trust-key-exposed").with("path", path));
            }
        }
        let wrong = || Fault::new("trust-key-unreadable").with("path", path);
        let hex = text.trim().strip_prefix(SECRET_PREFIX).ok_or_else(wrong)?;
        let seed = HEXLOWER.decode(hex.as_bytes()).map_err(|_| wrong())?;
        Ok(Self::from_seed(&seed.try_into().map_err(|_| wrong())?))
    }
    /// Makes a key and its file, and beside it the public key with the ending `.pub`. An existing file is never replaced.
    pub fn create(path: &Path) -> Result<Self> {
        let pair = Self::generate()?;
        write_new(path, format!("{SECRET_PREFIX}{}\n", HEXLOWER.encode(&pair.seed())).as_bytes(), 0o600)?;
        write_public(&path.with_extension("pub"), &pair.public())?;
        Ok(pair)
    }
    /// Reads the key file, or makes it where there is none. A public half that a power cut left out is written then.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Self::create(path);
        }
        let pair = Self::load(path)?;
        write_public(&path.with_extension("pub"), &pair.public())?;
        Ok(pair)
    }
}

impl Signer for KeyPair {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "private half of {:?}", self.public())
    }
}

/// Writes a public key file: one line. An existing file of the same content is left as it is.
pub fn write_public(path: &Path, key: &PublicKey) -> Result<()> {
    let line = format!("{key}\n");
    if fs::read_to_string(path).is_ok_and(|there| there == line) {
        return Ok(());
    }
    write_new(path, line.as_bytes(), 0o644)
}

/// Reads a public key file.
pub fn read_public(path: &Path) -> Result<PublicKey> {
    let text =
        fs::read_to_string(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
    text.parse()
}
