//! The data folder, and the keys in it.
//!
//! ```text
//! DATA/
//! ├── content-key/content.key   the content key: made at first start, to be taken away to a safe place
//! ├── content.pub               its public half: what this server, its agents and everybody else believe
//! ├── server.key, server.pub    the server's signing key
//! ├── delegation.json           the content key's word for it
//! ├── tls.key, tls.pem          the server's TLS identity
//! ├── server.lock              held by the server that works here
//! ├── vault.key                 opens the secrets that the database holds sealed
//! ├── socle.db                  the database
//! ├── repository/               images
//! ├── boot-environment/         kernel, initrd, loader; manifest.json and release.json sign them
//! ├── boot-environment.newest.json  when the newest that was served was signed: none older is
//! ├── heard.json                what machines asked of others or again and again: for the doctor
//! └── leases.json               addresses given, where we give some
//! ```
use socle_domain::{
    Timestamp,
    keys::{Delegation, server_key},
    sign::{PublicKey, Signed, Signer},
};
use socle_texts::{Fault, Result};
use socle_trust::{KeyPair, read_public, tls, write_public};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// The data folder.
#[derive(Debug, Clone)]
pub struct Data(PathBuf);

impl Data {
    /// A folder, made where it is not there. Nobody but its owner may look into it.
    pub fn new(path: &Path) -> Result<Data> {
        use std::os::unix::fs::DirBuilderExt;
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|e| Fault::new("texts-file-unwritable").with("path", path).because(e))?;
        Ok(Data(path.to_path_buf()))
    }
    /// A folder as it is, whether it is there or not: nothing is made.
    pub fn at(path: &Path) -> Data {
        Data(path.to_path_buf())
    }
    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }
    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.0.join("socle.db")
    }
    /// The key of the secrets in the database.
    pub fn vault(&self) -> PathBuf {
        self.0.join("vault.key")
    }
    /// What a server holds that works here.
    pub fn lock(&self) -> PathBuf {
        self.0.join("server.lock")
    }
    /// The repository.
    pub fn repository(&self) -> PathBuf {
        self.0.join("repository")
    }
    /// The boot environment.
    pub fn environment(&self) -> PathBuf {
        self.0.join("boot-environment")
    }
    /// The content key's secret half, if it is still here.
    pub fn content_key(&self) -> PathBuf {
        self.0.join("content-key").join("content.key")
    }
    /// The content key's public half.
    pub fn content_public(&self) -> PathBuf {
        self.0.join("content.pub")
    }
    /// The server's public key.
    pub fn server_public(&self) -> PathBuf {
        self.0.join("server.pub")
    }
    /// The content key's word for the server's.
    pub fn delegation(&self) -> PathBuf {
        self.0.join("delegation.json")
    }
    /// What was heard of machines and is no news: for the doctor.
    pub fn heard(&self) -> PathBuf {
        self.0.join("heard.json")
    }
    /// Addresses given.
    pub fn leases(&self) -> PathBuf {
        self.0.join("leases.json")
    }
}

/// The keys of a server.
pub struct Keys {
    /// The public content key.
    pub content: PublicKey,
    /// The server's signing key.
    pub server: KeyPair,
    /// The content key's word for it.
    pub delegation: Signed<Delegation>,
    /// The TLS identity.
    pub tls: tls::Identity,
}

impl Keys {
    /// Reads the keys, or makes them at first start.
    ///
    /// # Errors
    /// `server-delegation-missing` where the content key is not here and has not signed the server's key;
    /// `server-delegation-wrong` where it signed another; those of `trust`.
    pub fn load_or_create(data: &Data, now: Timestamp) -> Result<Keys> {
        if !data.content_public().exists() {
            let pair = KeyPair::load_or_create(&data.content_key())?;
            write_public(&data.content_public(), &pair.public())?;
        }
        let content = read_public(&data.content_public())?;
        let server = KeyPair::load_or_create(&data.0.join("server.key"))?;
        if !data.delegation().exists() {
            if !data.content_key().exists() {
                return Err(Fault::new("server-delegation-missing")
                    .with("server", &data.server_public())
                    .with("out", &data.delegation()));
            }
            let pair = KeyPair::load(&data.content_key())?;
            let signed = Signed::new(&Delegation { server: server.public(), at: now }, &pair);
            write(&data.delegation(), &to_json(&signed)?)?;
        }
        let delegation: Signed<Delegation> = read_json(&data.delegation())?;
        if server_key(&content, &delegation)? != server.public() {
            return Err(Fault::new("server-delegation-wrong").with("path", &data.delegation()));
        }
        let tls = tls::Identity::load_or_create(&data.0)?;
        Ok(Keys { content, server, delegation, tls })
    }
}

/// Reads a small JSON file.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let unreadable = |e: &dyn std::fmt::Display| Fault::new("texts-file-unreadable").with("path", path).because(e);
    let bytes = fs::read(path).map_err(|e| unreadable(&e))?;
    serde_json::from_slice(&bytes).map_err(|e| unreadable(&e))
}

/// The bytes of a small JSON file.
pub fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| Fault::new("server-broken").because(e))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes a file whole or not at all, and durably.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("new");
    let work = || {
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder)?.sync_all()
    };
    work().map_err(|e| Fault::new("texts-file-unwritable").with("path", path).because(e))
}
