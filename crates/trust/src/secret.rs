//! Secrets that are shown once and kept as a digest only: session cookies, bearer tokens, one-time links.
use crate::chance;
use data_encoding::HEXLOWER;
use socle_domain::Digest;
use socle_texts::Result;

/// A new secret: 32 random bytes in hexadecimal. Give it to its owner, keep [`digest`] of it.
pub fn new_token() -> Result<String> {
    Ok(HEXLOWER.encode(&chance::bytes::<32>()?))
}

/// What is kept of a token. A plain digest is enough: a token has 256 bits of chance and can't be guessed.
pub fn digest(token: &str) -> Digest {
    Digest::of(token.as_bytes())
}

/// Compares two byte strings in a time that depends on their lengths only.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

/// The six digits that a machine shows and that the console's queue shows beside it: from its key, so that both sides
/// find them alone, and that a person can tell two waiting machines apart.
pub fn code(key: &socle_domain::sign::PublicKey) -> String {
    let digest = Digest::of(&key.0);
    let number = u32::from_be_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]) % 1_000_000;
    format!("{number:06}")
}
