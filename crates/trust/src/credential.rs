//! What a server needs of cryptography to believe a TPM: something that only the TPM with two given keys opens
//! (`TPM2_MakeCredential`: "Trusted Platform Module Library" part 1, section 24 and annex B.10.3; part 3, section 12.6), and
//! the signatures of its attestation key.
use crate::chance;
use aws_lc_rs::{
    cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey},
    hmac,
    rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents},
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use socle_texts::{Fault, Result};
use zeroize::Zeroizing;

/// The label of the seed (part 1, section 24.4), its zero byte included.
const IDENTITY: &[u8] = b"IDENTITY\0";
const EXPONENT: [u8; 3] = [1, 0, 1];
const AES_KEY_BYTES: usize = 16;

/// What travels: the contents of `TPM2B_ID_OBJECT` and of `TPM2B_ENCRYPTED_SECRET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The sealed secret, with its integrity before it.
    pub blob: Vec<u8>,
    /// The seed of its keys, for the endorsement key alone.
    pub secret: Vec<u8>,
}

fn failed() -> Fault {
    Fault::new("trust-credential-failed")
}

/// Seals a secret so that only the TPM that holds the endorsement key opens it, and only if a key of this name is in it.
/// `modulus` is the endorsement key's, of 2048 bits, its exponent 65537.
///
/// # Errors
/// `trust-credential-failed` where the modulus is none.
pub fn make(modulus: &[u8], name: &[u8], secret: &[u8; 32]) -> Result<Credential> {
    let seed = Zeroizing::new(chance::bytes::<32>()?);
    make_with(modulus, name, secret, &seed)
}

fn make_with(modulus: &[u8], name: &[u8], secret: &[u8; 32], seed: &[u8; 32]) -> Result<Credential> {
    let key: PublicEncryptingKey =
        PublicKeyComponents { n: modulus, e: &EXPONENT[..] }.try_into().map_err(|_| failed())?;
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| failed())?;
    let mut encrypted = vec![0; key.ciphertext_size()];
    let used = key.encrypt(&OAEP_SHA256_MGF1SHA256, seed, &mut encrypted, Some(IDENTITY)).map_err(|_| failed())?;
    let encrypted = used.to_vec();
    // Section 24.4: the secret with its length, under a key of the seed and of the name; no vector.
    let mut sealed = [&(secret.len() as u16).to_be_bytes()[..], secret].concat();
    let storage = kdfa(seed, b"STORAGE", name, AES_KEY_BYTES * 8);
    let cipher = UnboundCipherKey::new(&AES_128, &storage).and_then(EncryptingKey::cfb128).map_err(|_| failed())?;
    cipher.less_safe_encrypt(&mut sealed, EncryptionContext::Iv128([0; 16].into())).map_err(|_| failed())?;
    // Section 24.5: what holds it together, and to the name.
    let integrity = kdfa(seed, b"INTEGRITY", &[], 256);
    let outer = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &integrity), &[&sealed[..], name].concat());
    let outer = outer.as_ref();
    let blob = [&(outer.len() as u16).to_be_bytes()[..], outer, &sealed].concat();
    Ok(Credential { blob, secret: encrypted })
}

/// Key derivation with HMAC of SHA-256 in counter mode (part 1, section 11.4.10.2). At most 256 bits: one round.
fn kdfa(key: &[u8], label: &[u8], context: &[u8], bits: usize) -> Zeroizing<Vec<u8>> {
    let counter = 1_u32.to_be_bytes();
    let message = [&counter[..], label, &[0], context, &(bits as u32).to_be_bytes()].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message);
    Zeroizing::new(tag.as_ref()[..bits.min(256) / 8].to_vec())
}

/// Whether an attestation key has signed these bytes: its point uncompressed, the two numbers of the signature one after
/// the other.
pub fn has_signed(point: &[u8; 65], bytes: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(bytes, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(bytes)
    }

    #[test]
    fn keys_are_derived_as_openssl_derives_them() {
        // `openssl kdf -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt hexkey:… -kdfopt salt:LABEL -kdfopt hexinfo:… KBKDF`
        let key: Vec<u8> = (0..32).collect();
        let name = [&[0, 0x0b][..], &key].concat();
        assert_eq!(hex(&kdfa(&key, b"STORAGE", &name, 128)), "8b9746d9cde648e20ad34f7c5099ae8f");
        let integrity = "bacf689f634ece301e1f1b15b072d9c87db6a69585db42b1a0cb8f73ebe2692e";
        assert_eq!(hex(&kdfa(&key, b"INTEGRITY", &[], 256)), integrity);
    }

    #[test]
    fn a_real_chip_s_signature_is_believed_and_no_other() {
        // The key and the quote of crates/tpm/tests/kit, made by swtpm.
        let read = |text: &str| data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap_or_default();
        let key = read(include_str!("../../tpm/tests/kit/ak.hex"));
        let answer = read(include_str!("../../tpm/tests/kit/quote.hex"));
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&key[42..74]);
        point[33..].copy_from_slice(&key[76..108]);
        let quote = &answer[16..16 + 0x73];
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&answer[137..169]);
        signature[32..].copy_from_slice(&answer[171..203]);
        assert!(has_signed(&point, quote, &signature));
        assert!(!has_signed(&point, &quote[1..], &signature));
        signature[40] ^= 1;
        assert!(!has_signed(&point, quote, &signature));
        assert!(!has_signed(&[4; 65], quote, &signature), "no point of the curve");
    }

    #[test]
    fn a_modulus_that_is_none_is_refused() {
        assert!(make(&[0; 256], b"name", &[7; 32]).unwrap_err().is("trust-credential-failed"));
        assert!(make(&[], b"name", &[7; 32]).is_err());
    }
}
