//! Secrets at rest: sealed in the database, opened with a key that is never in it.
//!
//! A value is sealed with AES-256-GCM under the newest key of a small file (`DATA/vault.key`, mode 600), which stays with
//! the server also where the database is a PostgreSQL elsewhere. Whoever holds the database alone, or a dump of it,
//! holds no secret. The *place* of a value (which kind of thing, which one, which field) is bound to it: a sealed value
//! that is moved to another place does not open there, so that nobody who writes to the database can swap two.
//!
//! Sealed text: `sealed:1:KEY:BASE64URL(nonce ‖ ciphertext ‖ tag)`, KEY being eight hexadecimal digits that name the key.
//! The plain text is padded to 32 bytes, so that its length tells next to nothing. Nonces are random, 96 bits: a key
//! may seal four thousand million values (NIST SP 800-38D section 8.3).
use crate::chance;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use socle_texts::{Fault, Result};
use std::{fmt, fs, io::Write, path::Path};
use zeroize::Zeroizing;

const LINE: &str = "socle-vault:";
const FORM: &str = "sealed:1:";
const BLOCK_BYTES: usize = 32;
/// The longest secret: a PEM file with its chain.
pub const MAX_SECRET_BYTES: usize = 64 << 10;

/// Where a sealed value stands. `("account", id, "totp")`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Which kind of thing it belongs to, kebab-case.
    pub kind: &'a str,
    /// Which one.
    pub owner: &'a str,
    /// Which of its fields.
    pub field: &'a str,
}

impl Place<'_> {
    /// The bytes that are bound to the value; lengths first, so that no two places read alike.
    fn bound(&self, key: &str) -> Vec<u8> {
        let mut bytes = b"socle 2026 sealed value".to_vec();
        for part in [key, self.kind, self.owner, self.field] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

/// A secret in memory: wiped when it is dropped, and shown by no debug line.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A secret that stands in a file of its own; the line's end is no part of it.
    ///
    /// # Errors
    /// `texts-file-unreadable`; `trust-key-exposed` where others than its owner may read it; `trust-secret-long`.
    pub fn read(path: &Path) -> Result<Secret> {
        let text = private(path)?;
        if text.len() > MAX_SECRET_BYTES {
            return Err(Fault::new("trust-secret-long").with("limit", MAX_SECRET_BYTES));
        }
        Ok(Secret(Zeroizing::new(text.trim_end_matches(['\r', '\n']).as_bytes().to_vec())))
    }
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
    /// Its text, where it is one.
    ///
    /// # Errors
    /// `trust-vault-broken`.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.0).map_err(|_| Fault::new("trust-vault-broken"))
    }
}
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}

struct Key {
    name: String,
    bytes: Zeroizing<[u8; 32]>,
}

impl Key {
    fn of(bytes: Zeroizing<[u8; 32]>) -> Key {
        let name = HEXLOWER.encode(&blake3::derive_key("socle 2026 name of a vault key", &*bytes)[..4]);
        Key { name, bytes }
    }
    fn cipher(&self) -> Result<RandomizedNonceKey> {
        RandomizedNonceKey::new(&AES_256_GCM, &*self.bytes).map_err(|_| Fault::new("trust-vault-broken"))
    }
    fn line(&self) -> String {
        format!("{LINE}{}\n", HEXLOWER.encode(&*self.bytes))
    }
}

/// A file that only its owner may read.
fn private(path: &Path) -> Result<Zeroizing<String>> {
    let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", path).because(e);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
            return Err(Fault::new("trust-key-exposed").with("path", path));
        }
    }
    Ok(Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?))
}

/// The keys of sealed values. The last one seals, all of them open.
pub struct Vault(Vec<Key>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a vault of {} keys", self.0.len())
    }
}

impl Vault {
    /// Reads the key file, or makes it where there is none.
    ///
    /// # Errors
    /// `trust-vault-unreadable`; `trust-key-exposed` where others than its owner may read it; `texts-file-…`.
    pub fn load_or_create(path: &Path) -> Result<Vault> {
        if path.exists() {
            return Self::load(path);
        }
        let key = Key::of(Zeroizing::new(chance::bytes()?));
        crate::write::write_new(path, key.line().as_bytes(), 0o600)?;
        Ok(Vault(vec![key]))
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// As [`Vault::load_or_create`].
    pub fn load(path: &Path) -> Result<Vault> {
        let text = private(path)?;
        let wrong = || Fault::new("trust-vault-unreadable").with("path", path);
        let key = |line: &str| {
            let hex = line.trim().strip_prefix(LINE).ok_or_else(wrong)?;
            let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).map_err(|_| wrong())?);
            let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| wrong())?;
            Ok(Key::of(Zeroizing::new(bytes)))
        };
        let keys = text.lines().filter(|l| !l.trim().is_empty()).map(key).collect::<Result<Vec<_>>>()?;
        if keys.is_empty() { Err(wrong()) } else { Ok(Vault(keys)) }
    }

    /// Adds a new key, which seals from now on; the older ones still open. Seal everything again with [`Vault::again`],
    /// make that durable, and only then [`Vault::forget_old`].
    pub fn rotate(&mut self, path: &Path) -> Result<()> {
        self.0.push(Key::of(Zeroizing::new(chance::bytes()?)));
        self.write(path)
    }

    /// Keeps the newest key alone: what is not sealed with it never opens again.
    pub fn forget_old(&mut self, path: &Path) -> Result<()> {
        self.0.drain(..self.0.len().saturating_sub(1));
        self.write(path)
    }

    /// How many keys there are: more than one while a rotation is under way.
    pub fn keys(&self) -> usize {
        self.0.len()
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// `trust-secret-long`; `trust-vault-broken`.
    pub fn seal(&self, place: Place, secret: &[u8]) -> Result<String> {
        if secret.len() > MAX_SECRET_BYTES {
            return Err(Fault::new("trust-secret-long").with("limit", MAX_SECRET_BYTES));
        }
        let key = self.0.last().ok_or_else(|| Fault::new("trust-vault-broken"))?;
        let mut bytes = Vec::with_capacity(secret.len() + 2 * BLOCK_BYTES);
        bytes.extend_from_slice(secret);
        bytes.push(0x80);
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        let nonce = key
            .cipher()?
            .seal_in_place_append_tag(Aad::from(place.bound(&key.name)), &mut bytes)
            .map_err(|_| Fault::new("trust-vault-broken"))?;
        let whole = [nonce.as_ref().as_slice(), &bytes].concat();
        Ok(format!("{FORM}{}:{}", key.name, BASE64URL_NOPAD.encode(&whole)))
    }

    /// Opens a value at its place.
    ///
    /// # Errors
    /// `trust-vault-key-unknown` where it was sealed with a key that is not here; `trust-vault-broken` where it is
    /// damaged or was sealed for another place.
    pub fn open(&self, place: Place, sealed: &str) -> Result<Secret> {
        let broken = || Fault::new("trust-vault-broken");
        let (name, text) = sealed.strip_prefix(FORM).and_then(|rest| rest.split_once(':')).ok_or_else(broken)?;
        let key = self.0.iter().find(|k| k.name == name);
        let key = key.ok_or_else(|| Fault::new("trust-vault-key-unknown").with("key", name))?;
        let whole = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| broken())?;
        let (nonce, rest) = whole.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut bytes = Zeroizing::new(rest.to_vec());
        let plain =
            key.cipher()?.open_in_place(nonce, Aad::from(place.bound(&key.name)), &mut bytes).map_err(|_| broken())?;
        let end = plain.iter().rposition(|b| *b == 0x80).ok_or_else(broken)?;
        let secret = plain.get(..end).ok_or_else(broken)?.to_vec();
        Ok(Secret(Zeroizing::new(secret)))
    }

    /// The same value sealed with the newest key; none where it is already.
    pub fn again(&self, place: Place, sealed: &str) -> Result<Option<String>> {
        let newest = self.0.last().is_some_and(|k| sealed.starts_with(&format!("{FORM}{}:", k.name)));
        if newest {
            return Ok(None);
        }
        self.seal(place, self.open(place, sealed)?.bytes()).map(Some)
    }

    /// Replaces the key file whole or not at all.
    fn write(&self, path: &Path) -> Result<()> {
        let text = Zeroizing::new(self.0.iter().map(Key::line).collect::<String>());
        let beside = path.with_extension("new");
        let work = || {
            let _ = fs::remove_file(&beside);
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt;
                options.mode(0o600);
            }
            let mut file = options.open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, path)?;
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::File::open(folder)?.sync_all()
        };
        work().map_err(|e: std::io::Error| Fault::new("texts-file-unwritable").with("path", path).because(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = Place { kind: "account", owner: "7", field: "totp" };

    #[test]
    fn a_sealed_value_opens_at_its_place_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::load_or_create(&folder.path().join("vault.key")).unwrap();
        for size in [0, 1, 31, 32, 33, 1000] {
            let secret: Vec<u8> = (0..size).map(|n| (n % 4) as u8 * 0x40).collect();
            let sealed = vault.seal(HERE, &secret).unwrap();
            assert_eq!(vault.open(HERE, &sealed).unwrap().bytes(), secret);
            for there in [
                Place { owner: "8", ..HERE },
                Place { field: "password", ..HERE },
                Place { kind: "option", ..HERE },
                Place { kind: "account7", owner: "", field: "totp" },
            ] {
                assert!(vault.open(there, &sealed).unwrap_err().is("trust-vault-broken"));
            }
        }
        assert_ne!(vault.seal(HERE, b"x").unwrap(), vault.seal(HERE, b"x").unwrap(), "two seals of one value differ");
        assert_eq!(vault.seal(HERE, b"x").unwrap().len(), vault.seal(HERE, b"0123456789").unwrap().len());
        let long = vec![0; MAX_SECRET_BYTES + 1];
        assert!(vault.seal(HERE, &long).unwrap_err().is("trust-secret-long"));
    }

    #[test]
    fn a_changed_text_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::load_or_create(&folder.path().join("vault.key")).unwrap();
        let sealed = vault.seal(HERE, b"le secret").unwrap();
        for at in FORM.len() + 9..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(vault.open(HERE, &String::from_utf8(changed).unwrap()).is_err(), "byte {at}");
        }
        for cut in 0..sealed.len() {
            assert!(vault.open(HERE, &sealed[..cut]).is_err());
        }
        let other = Vault::load_or_create(&folder.path().join("other.key")).unwrap();
        assert!(other.open(HERE, &sealed).unwrap_err().is("trust-vault-key-unknown"));
    }

    #[test]
    fn keys_are_rotated_without_losing_a_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.key");
        let mut vault = Vault::load_or_create(&path).unwrap();
        let old = vault.seal(HERE, b"le secret").unwrap();
        assert_eq!(vault.again(HERE, &old).unwrap(), None);
        vault.rotate(&path).unwrap();
        let new = vault.again(HERE, &old).unwrap().unwrap();
        // Between the two halves of a rotation both open, also after a restart.
        let between = Vault::load(&path).unwrap();
        for sealed in [&old, &new] {
            assert_eq!(between.open(HERE, sealed).unwrap().text().unwrap(), "le secret");
        }
        vault.forget_old(&path).unwrap();
        let after = Vault::load(&path).unwrap();
        assert_eq!((between.keys(), after.keys()), (2, 1));
        assert_eq!(after.open(HERE, &new).unwrap().text().unwrap(), "le secret");
        assert!(after.open(HERE, &old).unwrap_err().is("trust-vault-key-unknown"));
    }

    #[test]
    fn the_key_file_is_nobody_elses_and_says_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.key");
        let mut vault = Vault::load_or_create(&path).unwrap();
        vault.rotate(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let opened = vault.open(HERE, &vault.seal(HERE, b"le secret").unwrap()).unwrap();
        assert!(!format!("{vault:?} {opened:?}").contains("secret "), "a debug line says too much");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Vault::load(&path).unwrap_err().is("trust-key-exposed"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "socle-vault:00\n").unwrap();
        assert!(Vault::load_or_create(&path).unwrap_err().is("trust-vault-unreadable"), "a broken key was replaced");
    }
}
