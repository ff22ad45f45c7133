//! Sealed archives: a stream of bytes that only a passphrase or a private key opens. Backups hold every key of a server,
//! so they leave it in no other form.
//!
//! ```text
//! socle-archive-1\n
//! HEAD\n                    one line of JSON: how the key is found
//! (piece ‖ tag)*            64 KiB each, the last one shorter or empty
//! ```
//!
//! Each piece is sealed with AES-256-GCM under a key of this archive alone; its number and whether it is the last stand in
//! its nonce, the head's digest is bound to it: no piece can be changed, moved, repeated or cut off.
//!
//! The key comes from a passphrase by Argon2id (RFC 9106, its parameters in the head), or from an X25519 agreement
//! (RFC 7748) between a key pair made for this archive and the public key that it is for.
use crate::chance;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{PrivateKey, UnparsedPublicKey, X25519, agree},
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use std::{
    fmt,
    io::{self, Read, Write},
    path::Path,
    str::FromStr,
};
use zeroize::Zeroizing;

const MAGIC: &[u8] = b"socle-archive-1\n";
const MAX_HEAD_BYTES: usize = 1_024;
const PIECE_BYTES: usize = 64 << 10;
const TAG_BYTES: usize = 16;
/// Shortest passphrase: an archive is tried at leisure by whoever finds it.
pub const MIN_PASSPHRASE_CHARS: usize = 12;
/// What opening an archive may cost: more is refused, so that a foreign file can't exhaust the computer.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;

/// The public half of an archive key: archives are made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivePublic([u8; 32]);
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
pub struct ArchiveKey(Zeroizing<[u8; 32]>);

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
    fn agreed(&self, with: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
        let theirs = UnparsedPublicKey::new(&X25519, with);
        agree(&self.private()?, theirs, broken(), |shared| Ok(Zeroizing::new(shared.to_vec())))
    }
}

/// What closes an archive.
pub enum Lock<'a> {
    /// A passphrase.
    Passphrase(&'a str),
    /// A public key.
    Key(&'a ArchivePublic),
}

/// What opens one.
pub enum Opener<'a> {
    /// A passphrase.
    Passphrase(&'a str),
    /// The private key.
    Key(&'a ArchiveKey),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "lock", rename_all = "kebab-case", deny_unknown_fields)]
enum Head {
    Passphrase { salt: String, memory_kib: u32, passes: u32 },
    Key { for_key: String, ephemeral: String },
}

fn broken() -> Fault {
    Fault::new("trust-archive-broken")
}

fn stretched(passphrase: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<Zeroizing<Vec<u8>>> {
    if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES {
        return Err(broken());
    }
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| broken())?;
    let mut out = Zeroizing::new(vec![0; 32]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut out).map_err(|_| broken())?;
    Ok(out)
}

/// The cipher, and what is bound to every piece.
struct Cipher {
    key: LessSafeKey,
    bound: [u8; 32],
    number: u64,
}

impl Cipher {
    fn new(material: &[u8], head: &[u8]) -> Result<Cipher> {
        let bound = blake3::hash(head);
        let material = Zeroizing::new([material, bound.as_bytes()].concat());
        let key = Zeroizing::new(blake3::derive_key("socle 2026 sealed archive", &material));
        let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| broken())?;
        Ok(Cipher { key: LessSafeKey::new(key), bound: *bound.as_bytes(), number: 0 })
    }
    fn nonce(&mut self, last: bool) -> Nonce {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8] = u8::from(last);
        self.number += 1;
        Nonce::assume_unique_for_key(bytes)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(lock: &Lock, content: &[u8]) -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Vec::new(), lock).unwrap();
        content.chunks(1000).for_each(|part| writer.write_all(part).unwrap());
        writer.finish().unwrap()
    }
    fn opened(bytes: &[u8], opener: &Opener) -> std::result::Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let mut reader = ArchiveReader::new(bytes, opener).map_err(|f| f.code.to_string())?;
        reader.read_to_end(&mut content).map_err(|e| e.to_string())?;
        Ok(content)
    }

    #[test]
    fn only_the_right_key_opens_and_only_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let key = ArchiveKey::create(&folder.path().join("a.key")).unwrap();
        let other = ArchiveKey::create(&folder.path().join("b.key")).unwrap();
        let public = key.public().unwrap();
        assert_eq!(public.to_string().parse::<ArchivePublic>().unwrap(), public);
        assert_eq!(ArchiveKey::load(&folder.path().join("a.key")).unwrap().public().unwrap(), public);
        for size in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let content: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let bytes = sealed(&Lock::Key(&public), &content);
            assert_eq!(opened(&bytes, &Opener::Key(&key)).unwrap(), content, "{size} bytes");
            assert_eq!(opened(&bytes, &Opener::Key(&other)).unwrap_err(), "trust-archive-locked");
            assert!(opened(&bytes, &Opener::Passphrase("a long passphrase")).is_err());
            for cut in [1, TAG_BYTES, TAG_BYTES + 1, PIECE_BYTES, PIECE_BYTES + TAG_BYTES] {
                if cut < bytes.len() {
                    assert!(opened(&bytes[..bytes.len() - cut], &Opener::Key(&key)).is_err(), "{size} cut by {cut}");
                }
            }
            for at in [0, 20, MAGIC.len() + 3, bytes.len() - 1, bytes.len() / 2] {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(opened(&changed, &Opener::Key(&key)).is_err(), "{size} changed at {at}");
            }
            assert!(opened(&[&bytes[..], b"x"].concat(), &Opener::Key(&key)).is_err(), "something added");
        }
    }

    #[test]
    fn a_passphrase_opens() {
        let bytes = sealed(&Lock::Passphrase("une phrase assez longue"), b"contenu");
        assert_eq!(opened(&bytes, &Opener::Passphrase("une phrase assez longue")).unwrap(), b"contenu");
        assert_eq!(
            opened(&bytes, &Opener::Passphrase("une phrase assez longues")).unwrap_err(),
            "trust-archive-locked"
        );
        let short = ArchiveWriter::new(Vec::new(), &Lock::Passphrase("court")).err().unwrap();
        assert!(short.is("trust-passphrase-short"));
        let at = bytes.windows(5).position(|w| w == b"65536").unwrap();
        let costly = [&bytes[..at], b"9999999", &bytes[at + 5..]].concat();
        assert!(ArchiveReader::new(&costly[..], &Opener::Passphrase("une phrase assez longue")).is_err());
    }

    #[test]
    fn a_foreign_file_is_said_to_be_one() {
        for foreign in [&b""[..], b"PK\x03\x04 something", b"socle-archive-1\n", b"socle-archive-1\n{}\n"] {
            let refused = ArchiveReader::new(foreign, &Opener::Passphrase("x")).err().unwrap();
            assert!(refused.is("trust-archive-other"), "{refused}");
        }
    }
}
