//! Opening an archive.
use super::{Cipher, Head, MAGIC, MAX_HEAD_BYTES, Opener, PIECE_BYTES, TAG_BYTES, broken, stretched};
use aws_lc_rs::aead::Aad;
use data_encoding::HEXLOWER;
use socle_texts::{Fault, Result};
use std::io::{self, Read};

/// Reads an archive: every byte that it gives was sealed by whoever closed it.
pub struct ArchiveReader<R: Read> {
    source: R,
    cipher: Cipher,
    /// The next piece, still sealed.
    ahead: Vec<u8>,
    open: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> ArchiveReader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// `trust-archive-other` where it is none of ours; `trust-archive-locked` where this does not open it.
    pub fn new(mut source: R, opener: &Opener) -> Result<Self> {
        let other = || Fault::new("trust-archive-other");
        let mut magic = [0; MAGIC.len()];
        source.read_exact(&mut magic).map_err(|_| other())?;
        if magic != MAGIC {
            return Err(other());
        }
        let mut head = Vec::new();
        loop {
            let mut byte = [0];
            source.read_exact(&mut byte).map_err(|_| other())?;
            if byte[0] == b'\n' {
                break;
            }
            head.push(byte[0]);
            if head.len() > MAX_HEAD_BYTES {
                return Err(other());
            }
        }
        let locked = || Fault::new("trust-archive-locked");
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| other());
        let parsed: Head = serde_json::from_slice(&head).map_err(|_| other())?;
        let material = match (parsed, opener) {
            (Head::Passphrase { salt, memory_kib, passes }, Opener::Passphrase(passphrase)) => {
                stretched(passphrase, &hex(&salt)?, memory_kib, passes)?
            }
            (Head::Key { for_key, ephemeral }, Opener::Key(key)) => {
                if key.public()?.to_string() != for_key {
                    return Err(locked());
                }
                key.agreed(&hex(&ephemeral)?.try_into().map_err(|_| other())?)?
            }
            _ => return Err(locked()),
        };
        let cipher = Cipher::new(&material, &head)?;
        let mut reader = ArchiveReader { source, cipher, ahead: Vec::new(), open: Vec::new(), at: 0, ended: false };
        reader.ahead = reader.fetch().map_err(|_| broken())?;
        // The first piece tells a wrong passphrase from a damaged archive as well as anything can.
        reader.next().map_err(|_| locked())?;
        Ok(reader)
    }
    fn fetch(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE_BYTES + TAG_BYTES);
        (&mut self.source).take((PIECE_BYTES + TAG_BYTES) as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }
    /// Opens the next piece.
    fn next(&mut self) -> io::Result<()> {
        let after = if self.ahead.len() == PIECE_BYTES + TAG_BYTES { self.fetch()? } else { Vec::new() };
        let mut piece = std::mem::replace(&mut self.ahead, after);
        self.ended = self.ahead.is_empty();
        let nonce = self.cipher.nonce(self.ended);
        let opened = self.cipher.key.open_in_place(nonce, Aad::from(self.cipher.bound), &mut piece);
        let length = opened.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "damaged or cut off"))?.len();
        piece.truncate(length);
        (self.open, self.at) = (piece, 0);
        Ok(())
    }
}

impl<R: Read> Read for ArchiveReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.open.len() {
            if self.ended {
                return Ok(0);
            }
            self.next()?;
        }
        let taken = into.len().min(self.open.len() - self.at);
        into[..taken].copy_from_slice(&self.open[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
