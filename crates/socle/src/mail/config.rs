//! The configuration of a move: two servers, rules, limits.
use super::rows::Row;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer, pki_types::pem::PemObject};
use serde::Deserialize;
use socle_domain::Digest;
use socle_mail::{Auth, Endpoint, Side, endpoint::Tls, mapping::Rules};
use socle_texts::{Fault, Result};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the mailboxes are.
    pub source: Server,
    /// Where they go.
    pub target: Server,
    /// What is decided about folders.
    #[serde(default)]
    pub rules: Rules,
    /// Mailboxes worked on at once.
    #[serde(default = "four")]
    pub at_once: usize,
    /// A mailbox whose servers ask to wait longer than this in all is parked, and its place is free for another.
    #[serde(default = "two_minutes")]
    pub patience_seconds: u64,
}

/// A server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name in proofs; never a person's.
    pub name: String,
    host: String,
    port: u16,
    tls: Protection,
    /// BLAKE3 of its certificate's public key; then no authority is asked.
    pin: Option<Digest>,
    /// A file of authorities (PEM); by default the system's.
    roots: Option<PathBuf>,
    #[serde(default)]
    auth: Way,
    /// The administrator who opens the mailboxes (PLAIN with proxy authentication).
    admin: Option<String>,
    /// His password's file.
    admin_secret: Option<PathBuf>,
    #[serde(default = "five_minutes")]
    silence_seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Protection {
    None,
    Direct,
    Start,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    #[default]
    Login,
    Plain,
    Xoauth2,
}

fn four() -> usize {
    4
}
fn two_minutes() -> u64 {
    120
}
fn five_minutes() -> u64 {
    300
}

const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

impl Config {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
        let config: Config = toml::from_str(&text)
            .map_err(|e| Fault::new("mail-config-wrong").with("path", path).because(e.message()))?;
        for server in [&config.source, &config.target] {
            let local = ["127.0.0.1", "::1", "localhost"].contains(&server.host.as_str());
            if server.tls == Protection::None && !local {
                return Err(Fault::new("mail-config-wrong")
                    .with("path", path)
                    .because(format!("tls = \"none\" is for this computer alone, not for {}", server.host)));
            }
        }
        Ok(config)
    }
    /// How long a mailbox waits for servers that ask for patience.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }
    /// Both ways into one mailbox.
    pub fn endpoints(&self, row: &Row) -> Result<(Endpoint, Endpoint)> {
        Ok((
            self.source.endpoint(Side::Source, &row.source_user, &row.source_secret)?,
            self.target.endpoint(Side::Target, &row.target_user, &row.target_secret)?,
        ))
    }
}

impl Server {
    fn endpoint(&self, side: Side, user: &str, secret: &str) -> Result<Endpoint> {
        let tls = match self.tls {
            Protection::None => Tls::None,
            Protection::Direct => Tls::Direct(Arc::new(self.client()?)),
            Protection::Start => Tls::Start(Arc::new(self.client()?)),
        };
        let auth = match (self.auth, &self.admin) {
            (Way::Login, _) => Auth::Login { user: user.into(), password: secret.into() },
            (Way::Xoauth2, _) => Auth::Xoauth2 { user: user.into(), token: secret.into() },
            (Way::Plain, None) => Auth::Plain { acting_for: String::new(), user: user.into(), password: secret.into() },
            (Way::Plain, Some(admin)) => {
                Auth::Plain { acting_for: user.into(), user: admin.clone(), password: self.admin_password(secret)? }
            }
        };
        let (host, port) = (self.host.clone(), self.port);
        Ok(Endpoint { side, host, port, tls, auth, patience: Duration::from_secs(self.silence_seconds) })
    }

    fn admin_password(&self, secret: &str) -> Result<String> {
        let Some(path) = &self.admin_secret else { return Ok(secret.to_string()) };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
        Ok(text.trim_end_matches(['\r', '\n']).to_string())
    }

    fn client(&self) -> Result<ClientConfig> {
        if let Some(pin) = self.pin {
            return socle_trust::tls::pinned_client(pin);
        }
        let path = self.roots.as_deref().unwrap_or(Path::new(SYSTEM_ROOTS));
        let unreadable = |e: String| Fault::new("texts-file-unreadable").with("path", path).because(e);
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unreadable(e.to_string()))? {
            // One authority that can't be read does not make the others wrong.
            let _ = roots.add(certificate.map_err(|e| unreadable(e.to_string()))?);
        }
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| unreadable(e.to_string()))
            .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
    }
}
