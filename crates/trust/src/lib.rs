//! Private keys and what protects people's access. Nothing outside this room ever holds a private key's bytes.
//!
//! Verifying needs no secret and is therefore in `domain`; here are the keys that sign ([`KeyPair`]), the server's TLS
//! identity and the client that is pinned to it ([`tls`]), one-time secrets ([`secret`]) and passwords ([`password`]);
//! second factors ([`totp`], [`passkey`], [`recovery`]); the centre's own sign-in service ([`oidc`]) and directory ([`ldap`]);
//! what makes a server believe a TPM ([`credential`]), and who vouches for it ([`maker`]);
//! the [`vault`], which seals every secret that has to be read again; and the [`BootKey`], whose certificate firmware believes.
#[cfg(feature = "people")]
pub mod archive;
#[cfg(feature = "people")]
mod boot_key;
pub mod chance;
#[cfg(feature = "people")]
pub mod credential;
mod der;
#[cfg(feature = "people")]
pub mod directory;
mod keypair;
#[cfg(feature = "people")]
pub mod ldap;
#[cfg(feature = "people")]
pub mod maker;
#[cfg(feature = "people")]
pub mod oidc;
#[cfg(feature = "people")]
pub mod passkey;
#[cfg(feature = "people")]
pub mod password;
#[cfg(feature = "people")]
pub mod recovery;
#[cfg(feature = "people")]
pub mod seal;
pub mod secret;
pub mod tls;
#[cfg(feature = "people")]
pub mod totp;
#[cfg(feature = "people")]
pub mod vault;
#[cfg(feature = "people")]
mod web;
#[cfg(feature = "people")]
pub mod webhook;
mod write;

#[cfg(feature = "people")]
pub use boot_key::{BootKey, verify_image};
pub use keypair::{KeyPair, read_public, write_public};
