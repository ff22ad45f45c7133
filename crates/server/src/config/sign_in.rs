//! `[sign_in]`: how people prove who they are.
use serde::{Deserialize, Serialize};
use socle_domain::{UnitId, role::Role};
use socle_texts::{Fault, Result};
use socle_trust::{ldap, oidc, vault::Secret};
use std::path::{Path, PathBuf};

/// Whether a second factor is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Of who has one.
    #[default]
    Offered,
    /// Of everybody: who has none makes one before he comes in.
    Required,
}

/// How people prove who they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// How long a session lasts: a working day and its evening.
    pub session_hours: u32,
    /// Whether a second factor is asked.
    pub second_factor: SecondFactor,
    /// The centre's own sign-in service (OpenID Connect).
    pub service: Option<Service>,
    /// The centre's directory (LDAP).
    pub directory: Option<Directory>,
}
impl Default for SignIn {
    fn default() -> Self {
        SignIn { session_hours: 12, second_factor: SecondFactor::Offered, service: None, directory: None }
    }
}

/// A role for those of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    /// The group, as the service or the directory names it; `*` is everybody.
    pub group: String,
    /// Which role.
    pub role: Role,
    /// Where; by default at the root.
    #[serde(default = "root")]
    pub unit: UnitId,
}

fn root() -> UnitId {
    UnitId::ROOT
}

/// The centre's own sign-in service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What its button says.
    pub name: String,
    /// Its issuer.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// A file of mode 600 with what we prove ourselves with.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// PKCE (RFC 7636); off only for a service that does not know it.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// The claim that holds a person's name here.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// The claim that lists his groups.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// A PEM file of the authorities to believe instead of the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
    /// Whether somebody who comes with the name of an account that is here already is that account. Only for a service
    /// in which nobody chooses his own name.
    #[serde(default)]
    pub link_existing: bool,
    /// Whether the service has asked for a second factor itself, so that ours is not asked.
    #[serde(default)]
    pub asks_second_factor: bool,
    /// Roles by group.
    #[serde(default, rename = "grant")]
    pub grants: Vec<Mapped>,
}

/// The centre's directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// `ldaps://…`, `ldap://…` (TLS is started), `ldapi://%2F…`.
    pub url: String,
    /// Below what people are sought.
    pub base: String,
    /// What they are sought by; `{name}` is what was typed.
    #[serde(default = "filter")]
    pub filter: String,
    /// The server's own account there.
    #[serde(default)]
    pub bind_dn: Option<String>,
    /// A file of mode 600 with its password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The attribute that says for ever who it is.
    #[serde(default = "identity")]
    pub identity: String,
    /// The attribute that names a person's groups, where there is one.
    #[serde(default)]
    pub member_of: Option<String>,
    /// Where groups are sought otherwise.
    #[serde(default)]
    pub groups_base: Option<String>,
    /// What they are sought by; `{dn}` is the person's place.
    #[serde(default = "groups_filter")]
    pub groups_filter: String,
    /// A PEM file of the authorities to believe instead of the system's.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
    /// As in [`Service::link_existing`].
    #[serde(default)]
    pub link_existing: bool,
    /// Roles by group: its place (`cn=…,ou=groups,…`).
    #[serde(default, rename = "grant")]
    pub grants: Vec<Mapped>,
}

fn yes() -> bool {
    true
}
fn scopes() -> Vec<String> {
    ["profile", "email"].map(String::from).to_vec()
}
fn name_claim() -> String {
    "preferred_username".into()
}
fn groups_claim() -> String {
    "groups".into()
}
fn filter() -> String {
    "(&(objectClass=person)(uid={name}))".into()
}
fn identity() -> String {
    "entryUUID".into()
}
fn groups_filter() -> String {
    "(|(member={dn})(uniqueMember={dn}))".into()
}

impl SignIn {
    /// Refuses what reads well but can't be meant.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |key: &str, why: &str| Err(Fault::new("server-config-wrong").with("key", key).because(why));
        if !(1..=24 * 7).contains(&self.session_hours) {
            return wrong("sign_in.session_hours", "between 1 and 168");
        }
        if let Some(service) = &self.service {
            if !oidc::is_safe(&service.issuer) {
                return wrong("sign_in.service.issuer", "https://…");
            }
            if service.name.trim().is_empty() || service.client_id.is_empty() {
                return wrong("sign_in.service.name", "what the button says, and client_id, are needed");
            }
        }
        if let Some(directory) = &self.directory {
            if !ldap::is_address(&directory.url) {
                return wrong("sign_in.directory.url", "ldaps://…, ldap://… or ldapi://…");
            }
            if !directory.filter.contains("{name}") {
                return wrong("sign_in.directory.filter", "{name} stands where the name comes");
            }
            if directory.bind_dn.is_some() != directory.password_file.is_some() {
                return wrong("sign_in.directory.password_file", "it is given exactly where bind_dn is");
            }
        }
        Ok(())
    }
}

impl Service {
    /// What the trust room is told. `console`: our own address.
    ///
    /// # Errors
    /// As [`secret`].
    pub fn settings(&self, console: &str) -> Result<oidc::Settings> {
        Ok(oidc::Settings {
            issuer: self.issuer.clone(),
            client: self.client_id.clone(),
            secret: self.secret_file.as_deref().map(secret).transpose()?,
            back: format!("{console}/sign-in/service/back"),
            scopes: self.scopes.clone(),
            pkce: self.pkce,
            authorities: self.authorities.clone(),
        })
    }
}

impl Directory {
    /// What the trust room is told.
    ///
    /// # Errors
    /// As [`secret`].
    pub fn settings(&self) -> Result<ldap::Settings> {
        let bind = match (&self.bind_dn, &self.password_file) {
            (Some(dn), Some(file)) => Some((dn.clone(), secret(file)?)),
            _ => None,
        };
        Ok(ldap::Settings {
            url: self.url.clone(),
            base: self.base.clone(),
            filter: self.filter.clone(),
            bind,
            identity: self.identity.clone(),
            member_of: self.member_of.clone(),
            groups: self.groups_base.clone().map(|base| (base, self.groups_filter.clone())),
            authorities: self.authorities.clone(),
            // The centre itself has named it.
            only: None,
        })
    }
}

/// A secret in a file of its own: the configuration file holds none.
///
/// # Errors
/// `texts-file-unreadable`; `trust-key-exposed` where others than its owner may read it.
fn secret(path: &Path) -> Result<Secret> {
    Secret::read(path)
}
