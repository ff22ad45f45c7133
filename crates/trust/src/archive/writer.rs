//! Closing an archive.
use super::{ArchiveKey, Cipher, Head, Lock, MAGIC, MIN_PASSPHRASE_CHARS, PIECE_BYTES, TAG_BYTES, broken, stretched};
use crate::chance;
use aws_lc_rs::aead::Aad;
use data_encoding::HEXLOWER;
use socle_texts::{Fault, Result};
use std::io::{self, Write};
use zeroize::Zeroizing;

/// Writes an archive. Nothing of it opens before [`ArchiveWriter::finish`].
pub struct ArchiveWriter<W: Write> {
    sink: W,
    cipher: Cipher,
    piece: Vec<u8>,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins an archive.
    ///
    /// # Errors
    /// `trust-passphrase-short` (with `least`).
    pub fn new(mut sink: W, lock: &Lock) -> Result<Self> {
        let (head, material) = match lock {
            Lock::Passphrase(passphrase) => {
                if passphrase.chars().count() < MIN_PASSPHRASE_CHARS {
                    return Err(Fault::new("trust-passphrase-short").with("least", MIN_PASSPHRASE_CHARS));
                }
                let salt: [u8; 32] = chance::bytes()?;
                let (memory_kib, passes) = (64 << 10, 3);
                let material = stretched(passphrase, &salt, memory_kib, passes)?;
                (Head::Passphrase { salt: HEXLOWER.encode(&salt), memory_kib, passes }, material)
            }
            Lock::Key(public) => {
                let ephemeral = ArchiveKey(Zeroizing::new(chance::bytes()?));
                let material = ephemeral.agreed(&public.0)?;
                let head =
                    Head::Key { for_key: public.to_string(), ephemeral: HEXLOWER.encode(&ephemeral.public()?.0) };
                (head, material)
            }
        };
        let head = serde_json::to_vec(&head).map_err(|_| broken())?;
        let cipher = Cipher::new(&material, &head)?;
        let begin = [MAGIC, &head, b"\n"].concat();
        sink.write_all(&begin).map_err(|e| Fault::new("texts-file-unwritable").with("path", "").because(e))?;
        Ok(ArchiveWriter { sink, cipher, piece: Vec::with_capacity(PIECE_BYTES + TAG_BYTES) })
    }
    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.cipher.nonce(last);
        let (key, bound) = (&self.cipher.key, Aad::from(self.cipher.bound));
        key.seal_in_place_append_tag(nonce, bound, &mut self.piece).map_err(|_| io::Error::other("not sealed"))?;
        self.sink.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }
    /// Ends it; its sink is given back.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}

impl<W: Write> Write for ArchiveWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece is sealed when more comes: whether it is the last is known then.
        if self.piece.len() == PIECE_BYTES && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
