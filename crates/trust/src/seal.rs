//! Lists of names, sealed: what a person may need to read of a proof, and nobody else may.
//!
//! A proof holds no name. Names stand beside it in a file that only the key's holder opens, and that may be deleted
//! without the proof losing anything. The file is written as it grows: pieces of at most 64 KiB, each sealed with
//! AES-256-GCM under a key of this file alone; the piece's number and whether it is the last are part of its nonce, so that
//! no piece can be moved, repeated or cut off.
use crate::{KeyPair, chance};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use socle_texts::{Fault, Result};
use std::io::Write;

const HEAD: &[u8] = b"socle-names-1\n";
const SALT_BYTES: usize = 32;
const PIECE_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;

/// Writes a sealed file.
pub struct Sealer<W: Write> {
    sink: W,
    key: LessSafeKey,
    piece: Vec<u8>,
    number: u64,
}

fn key_of(secret: &KeyPair, salt: &[u8]) -> Result<LessSafeKey> {
    let material = [secret.seed().as_slice(), salt].concat();
    let key = blake3::derive_key("socle 2026 sealed lists of names", &material);
    let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Fault::new("trust-seal-broken"))?;
    Ok(LessSafeKey::new(key))
}

fn nonce(number: u64, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8] = u8::from(last);
    Nonce::assume_unique_for_key(bytes)
}

impl<W: Write> Sealer<W> {
    /// Begins a file that the holder of `secret` opens.
    pub fn new(mut sink: W, secret: &KeyPair) -> Result<Self> {
        let salt: [u8; SALT_BYTES] = chance::bytes()?;
        sink.write_all(HEAD).and_then(|()| sink.write_all(&salt)).map_err(unwritable)?;
        Ok(Sealer { sink, key: key_of(secret, &salt)?, piece: Vec::new(), number: 0 })
    }
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.piece.extend_from_slice(bytes);
        while self.piece.len() > PIECE_BYTES {
            let rest = self.piece.split_off(PIECE_BYTES);
            self.seal(false)?;
            self.piece = rest;
        }
        Ok(())
    }
    /// Ends the file; its sink is given back.
    pub fn finish(mut self) -> Result<W> {
        self.seal(true)?;
        self.sink.flush().map_err(unwritable)?;
        Ok(self.sink)
    }
    fn seal(&mut self, last: bool) -> Result<()> {
        let mut piece = std::mem::take(&mut self.piece);
        self.key
            .seal_in_place_append_tag(nonce(self.number, last), Aad::empty(), &mut piece)
            .map_err(|_| Fault::new("trust-seal-broken"))?;
        self.number += 1;
        self.sink.write_all(&piece).map_err(unwritable)
    }
}

/// The content of a sealed file.
///
/// # Errors
/// `trust-seal-broken` where it is not whole, not ours, or the key is another.
pub fn open(bytes: &[u8], secret: &KeyPair) -> Result<Vec<u8>> {
    let broken = || Fault::new("trust-seal-broken");
    let rest = bytes.strip_prefix(HEAD).ok_or_else(broken)?;
    let (salt, rest) = rest.split_at_checked(SALT_BYTES).ok_or_else(broken)?;
    let key = key_of(secret, salt)?;
    let pieces: Vec<&[u8]> = rest.chunks(PIECE_BYTES + TAG_BYTES).collect();
    let mut content = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        let last = number + 1 == pieces.len();
        let mut piece = piece.to_vec();
        let plain = key.open_in_place(nonce(number as u64, last), Aad::empty(), &mut piece).map_err(|_| broken())?;
        content.extend_from_slice(plain);
    }
    if pieces.is_empty() { Err(broken()) } else { Ok(content) }
}

fn unwritable(e: std::io::Error) -> Fault {
    Fault::new("texts-file-unwritable").with("path", "").because(e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_file_and_the_right_key_open_it() {
        let [ours, theirs] = [KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32])];
        for size in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 7] {
            let text: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut sealer = Sealer::new(Vec::new(), &ours).unwrap();
            text.chunks(1000).for_each(|part| sealer.add(part).unwrap());
            let sealed = sealer.finish().unwrap();
            assert_eq!(open(&sealed, &ours).unwrap(), text);
            assert!(open(&sealed, &theirs).is_err());
            assert!(open(&sealed[..sealed.len() - 1], &ours).is_err());
            if size > 2 * PIECE_BYTES {
                assert!(open(&sealed[..HEAD.len() + SALT_BYTES + PIECE_BYTES + TAG_BYTES], &ours).is_err(), "cut off");
            }
            let mut changed = sealed.clone();
            changed[HEAD.len() + 3] ^= 1;
            assert!(open(&changed, &ours).is_err());
        }
    }
}
