//! What a machine shows of its security chip (TPM 2.0), so that it is more than the holder of a key.
//!
//! ```text
//! POST /agent/v1/tpm/credential   CredentialWish -> Credential      (once, when the two are brought together)
//! ```
//! 1. With each [`Hello`](crate::agent::Hello) the attestation key signs the challenge and the machine's own key:
//!    [`Evidence`] without an [`Opened`]. A machine that is bound to that key is let in by it, and no other way.
//! 2. A server that does not know the key yet answers [`Welcome::Attest`](crate::agent::Welcome::Attest). The machine shows
//!    both public areas and gets something that only a TPM with both keys opens (`TPM2_MakeCredential`: part 1, section
//!    24); it says hello again, with what was inside.
//!
//! All bytes are as the TPM marshals them; `socle_tpm` reads them.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use socle_domain::{Digest, sign::PublicKey};
use std::{collections::BTreeMap, fmt};

/// What the attestation key signs, before it is hashed: this, the challenge's nonce, the machine's public key.
const CONTEXT: &[u8] = b"socle-tpm-v1\0";
/// The longest marshalled structure of this conversation.
pub const MAX_BLOB_BYTES: usize = 1024;
/// The longest certificate of an endorsement key: TPMs have little room for it.
pub const MAX_CERTIFICATE_BYTES: usize = 4096;
/// The longest log of measurements, of registers 4 and 7 alone.
pub const MAX_LOG_BYTES: usize = 128 << 10;

/// Bytes that a TPM has marshalled, in text hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

/// Longer bytes, in text base64: at most so many.
#[derive(Clone, PartialEq, Eq)]
pub struct Long<const MAX_BYTES: usize>(pub Vec<u8>);

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
impl<const MAX_BYTES: usize> fmt::Debug for Long<MAX_BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}
impl<const MAX_BYTES: usize> Serialize for Long<MAX_BYTES> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&data_encoding::BASE64.encode(&self.0))
    }
}
impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text.len() > 2 * MAX_BLOB_BYTES {
            return Err(D::Error::custom("longer than what a TPM marshals"));
        }
        data_encoding::HEXLOWER.decode(text.as_bytes()).map(Blob).map_err(D::Error::custom)
    }
}
impl<'de, const MAX_BYTES: usize> Deserialize<'de> for Long<MAX_BYTES> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let long = || D::Error::custom("longer than what is taken");
        if text.len() > MAX_BYTES.div_ceil(3) * 4 {
            return Err(long());
        }
        let bytes = data_encoding::BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?;
        if bytes.len() > MAX_BYTES { Err(long()) } else { Ok(Long(bytes)) }
    }
}

/// A machine whose attestation key the server does not know shows both its keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialWish {
    /// The public area of the endorsement key.
    pub ek: Blob,
    /// The public area of the attestation key.
    pub ak: Blob,
}

/// Something that only a TPM with both keys opens. Valid for one minute, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// The content of `TPM2B_ID_OBJECT`.
    pub blob: Blob,
    /// The content of `TPM2B_ENCRYPTED_SECRET`.
    pub secret: Blob,
}

/// What a machine shows of its TPM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The public area of the attestation key.
    pub ak: Blob,
    /// The quote, `TPMS_ATTEST`, over [`quoted_bytes`] and the registers.
    pub attest: Blob,
    /// Its signature, `TPMT_SIGNATURE`.
    pub signature: Blob,
    /// What the registers held, by number; the quote holds their digest.
    pub registers: BTreeMap<u8, Digest>,
    /// What the server's credential held: once, when the two are brought together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
    /// What the firmware says was measured into registers 4 and 7, in the boot environment: with the quote it proves how the
    /// machine was started. Not said again while the machine waits: the registers stay what they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Long<MAX_LOG_BYTES>>,
}

/// The proof that the attestation key lives in the same TPM as the endorsement key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The public area of the endorsement key.
    pub ek: Blob,
    /// The 32 bytes that the credential held.
    pub secret: Digest,
    /// What the TPM's maker says of that key, where the TPM holds it: an X.509 certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Long<MAX_CERTIFICATE_BYTES>>,
}

/// What the attestation key signs is the SHA-256 of these bytes: the challenge, and whose key is shown with it.
pub fn quoted_bytes(nonce: &Digest, key: &PublicKey) -> Vec<u8> {
    [CONTEXT, &nonce.0, &key.0].concat()
}
