//! Private keys and what protects people's access. Nothing outside this room ever holds a private key's bytes.
//!
//! Verifying needs no secret and is therefore in `domain`; here are the keys that sign ([`KeyPair`]), the server's TLS
//! identity and the client that is pinned to it ([`tls`]), one-time secrets ([`secret`]) and passwords ([`password`]).
pub mod chance;
mod keypair;
#[cfg(feature = "people")]
pub mod password;
#[cfg(feature = "people")]
pub mod seal;
pub mod secret;
pub mod tls;
mod write;

pub use keypair::{KeyPair, read_public, write_public};
