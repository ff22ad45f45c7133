//! The key pair that archives are made for: the public half closes, the private half opens.
use super::broken;
use crate::chance;
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use data_encoding::HEXLOWER;
use socle_texts::{Fault, Result};
use std::{fmt, path::Path, str::FromStr};
use zeroize::Zeroizing;

/// The public half of an archive key: archives are made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivePublic(pub(super) [u8; 32]);
const PUBLIC: &str = "socle-archive-key:";
const SECRET: &str = "socle-archive-secret:";

impl fmt::Display for ArchivePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", HEXLOWER.encode(&self.0))
    }
}
impl FromStr for ArchivePublic {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let bytes = text.trim().strip_prefix(PUBLIC).and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
        let bytes = bytes.and_then(|b| b.try_into().ok());
        bytes.map(ArchivePublic).ok_or_else(|| format!("{PUBLIC}… and 64 hexadecimal digits"))
    }
}

/// An archive key: opens archives made for its public half. Keep it away from the server.
pub struct ArchiveKey(pub(super) Zeroizing<[u8; 32]>);

impl ArchiveKey {
    /// Makes one and writes it to a new file, which only its owner may read.
    pub fn create(path: &Path) -> Result<ArchiveKey> {
        let key = ArchiveKey(Zeroizing::new(chance::bytes()?));
        let text = Zeroizing::new(format!("{SECRET}{}\n", HEXLOWER.encode(&*key.0)));
        crate::write::write_new(path, text.as_bytes(), 0o600)?;
        Ok(key)
    }
    /// Reads its file.
    ///
    /// # Errors
    /// `texts-file-unreadable`, `trust-key-unreadable`.
    pub fn load(path: &Path) -> Result<ArchiveKey> {
        let text = std::fs::read_to_string(path);
        let text = Zeroizing::new(text.map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?);
        let bytes = text.trim().strip_prefix(SECRET).and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
        let bytes = bytes.and_then(|b| <[u8; 32]>::try_from(b).ok());
        let wrong = || Fault::new("trust-key-unreadable").with("path", path).because("no archive key");
        bytes.map(|b| ArchiveKey(Zeroizing::new(b))).ok_or_else(wrong)
    }
    /// Its public half.
    pub fn public(&self) -> Result<ArchivePublic> {
        let public = self.private()?.compute_public_key().map_err(|_| broken())?;
        <[u8; 32]>::try_from(public.as_ref()).map(ArchivePublic).map_err(|_| broken())
    }
    fn private(&self) -> Result<PrivateKey> {
        PrivateKey::from_private_key(&X25519, &*self.0).map_err(|_| broken())
    }
    pub(super) fn agreed(&self, with: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
        let theirs = UnparsedPublicKey::new(&X25519, with);
        agree(&self.private()?, theirs, broken(), |shared| Ok(Zeroizing::new(shared.to_vec())))
    }
}
