//! The public area of a key, `TPMT_PUBLIC` (part 2, section 12.2.4), and its name (part 1, section 16).
use crate::{
    NULL, SHA256,
    codec::{Reader, Writer},
};
use sha2::{Digest as _, Sha256};
use socle_texts::{Fault, Result};

const RSA: u16 = 0x0001;
const AES: u16 = 0x0006;
const KEYEDHASH: u16 = 0x0008;
const ECDSA: u16 = 0x0018;
const ECC: u16 = 0x0023;
const CFB: u16 = 0x0043;
const P256: u16 = 0x0003;

/// `TPMA_OBJECT` (part 2, section 8.3).
mod attribute {
    pub const FIXED_TPM: u32 = 1 << 1;
    pub const FIXED_PARENT: u32 = 1 << 4;
    pub const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
    pub const USER_WITH_AUTH: u32 = 1 << 6;
    pub const ADMIN_WITH_POLICY: u32 = 1 << 7;
    pub const NO_DA: u32 = 1 << 10;
    pub const RESTRICTED: u32 = 1 << 16;
    pub const DECRYPT: u32 = 1 << 17;
    pub const SIGN: u32 = 1 << 18;
}
use attribute::*;

const EK: u32 = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | ADMIN_WITH_POLICY | RESTRICTED | DECRYPT;
const AK: u32 = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | USER_WITH_AUTH | NO_DA | RESTRICTED | SIGN;
const STORAGE: u32 = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | USER_WITH_AUTH | NO_DA | RESTRICTED | DECRYPT;
const SEALED: u32 = FIXED_TPM | FIXED_PARENT | USER_WITH_AUTH | NO_DA;

/// The policy of the profile's endorsement keys: `PolicySecret` of the endorsement hierarchy ("TCG EK Credential Profile",
/// revision 2.5, section B.3.3).
const EK_POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7,
    0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];
/// The bytes of an RSA key of 2048 bits.
pub const RSA_BYTES: usize = 256;

/// The template of the endorsement key: L-1 of the profile (section B.3.3), so that it is the key that the maker certified.
pub fn ek_template() -> Vec<u8> {
    ek(&[0; RSA_BYTES])
}

fn ek(modulus: &[u8]) -> Vec<u8> {
    let head = Writer::new().u16(RSA).u16(SHA256).u32(EK).sized(&EK_POLICY);
    let parameters = head.u16(AES).u16(128).u16(CFB).u16(NULL).u16(2048).u32(0);
    parameters.sized(modulus).done()
}

/// The template of our attestation key. What stands in its place of the point makes it ours: the same in every TPM's
/// template, another key in each.
pub fn ak_template() -> Vec<u8> {
    ak(&sha256(&[b"socle 2026 attestation key"]), &[])
}

fn ak(x: &[u8], y: &[u8]) -> Vec<u8> {
    let head = Writer::new().u16(ECC).u16(SHA256).u32(AK).sized(&[]);
    let parameters = head.u16(NULL).u16(ECDSA).u16(SHA256).u16(P256).u16(NULL);
    parameters.sized(x).sized(y).done()
}

/// The template of the storage key that wraps what is sealed.
pub fn storage_template() -> Vec<u8> {
    let head = Writer::new().u16(ECC).u16(SHA256).u32(STORAGE).sized(&[]);
    let parameters = head.u16(AES).u16(128).u16(CFB).u16(NULL).u16(P256).u16(NULL);
    parameters.sized(&[]).sized(&[]).done()
}

/// The template of sealed data: it opens in this TPM, for whoever can reach it, and nowhere else.
pub fn sealed_template() -> Vec<u8> {
    Writer::new().u16(KEYEDHASH).u16(SHA256).u32(SEALED).sized(&[]).u16(NULL).sized(&[]).done()
}

fn wrong(why: &str) -> Fault {
    Fault::new("tpm-key-wrong").because(why)
}

/// SHA-256 of some parts, one after another.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

/// The name of a public area: its hash algorithm and its digest.
pub fn name(public: &[u8]) -> Vec<u8> {
    Writer::new().u16(SHA256).bytes(&sha256(&[public])).done()
}

/// An endorsement key: exactly the profile's form, whatever its modulus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndorsementKey {
    modulus: Vec<u8>,
}

impl EndorsementKey {
    /// Reads a public area.
    ///
    /// # Errors
    /// `tpm-key-wrong` where it is anything but the profile's key: of another form a person at the machine could make one
    /// that leaves the TPM.
    pub fn read(public: &[u8]) -> Result<Self> {
        let modulus = public.len().checked_sub(RSA_BYTES).and_then(|at| public.get(at..));
        let modulus = modulus.ok_or_else(|| wrong("the endorsement key is too short"))?;
        if modulus[0] & 0x80 == 0 || modulus[RSA_BYTES - 1] & 1 == 0 || ek(modulus) != public {
            return Err(wrong("it is no endorsement key of the profile's form L-1"));
        }
        Ok(EndorsementKey { modulus: modulus.to_vec() })
    }
    /// Its modulus, the first byte first. Its exponent is 65537.
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }
    /// What it is known by: the digest in its name, as other tools show it (`000b` before it).
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&ek(&self.modulus)])
    }
}

/// An attestation key: a P-256 key that never leaves its TPM and signs nothing but what that TPM says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestationKey {
    point: [u8; 65],
    name: Vec<u8>,
}

impl AttestationKey {
    /// Reads a public area.
    ///
    /// # Errors
    /// `tpm-key-wrong` where it is no restricted signing key of our form.
    pub fn read(public: &[u8]) -> Result<Self> {
        let (x, y) = point(public).map_err(|_| wrong("it is no attestation key of our form"))?;
        if x.len() != 32 || y.len() != 32 || ak(x, y) != public {
            return Err(wrong("it is no attestation key of our form"));
        }
        let mut point = [4; 65];
        point[1..33].copy_from_slice(x);
        point[33..].copy_from_slice(y);
        Ok(AttestationKey { point, name: name(public) })
    }
    /// Its point, uncompressed (SEC 1, section 2.3.3).
    pub fn point(&self) -> &[u8; 65] {
        &self.point
    }
    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }
}

/// The point at the end of an attestation key's public area.
fn point(public: &[u8]) -> Result<(&[u8], &[u8])> {
    let head = ak(&[], &[]).len() - 4;
    let mut rest = Reader::new(public.get(head..).unwrap_or_default(), "attestation key");
    let (x, y) = (rest.sized()?, rest.sized()?);
    rest.end()?;
    Ok((x, y))
}
