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
mod key;
mod reader;
mod writer;

pub use key::{ArchiveKey, ArchivePublic};
pub use reader::ArchiveReader;
pub use writer::ArchiveWriter;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

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
