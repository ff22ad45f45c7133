//! Passwords: Argon2id with the parameters that OWASP's cheat sheet gives (19 MiB, two passes, one lane).
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use socle_texts::{Fault, Result};

/// Least length of a password, in characters (ANSSI-PG-078 asks for at least twelve where nothing else protects).
pub const MIN_CHARS: usize = 12;
const MAX_BYTES: usize = 1024;

/// What is kept of a password: a PHC string with its own salt.
///
/// # Errors
/// `trust-password-short`, `trust-password-long`.
pub fn hash(password: &str) -> Result<String> {
    if password.chars().count() < MIN_CHARS {
        return Err(Fault::new("trust-password-short").with("least", MIN_CHARS));
    }
    if password.len() > MAX_BYTES {
        return Err(Fault::new("trust-password-long"));
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|e| Fault::new("trust-no-chance").because(e))?.to_string())
}

/// Whether `password` is the one that `kept` was made from. Takes its time on purpose: call it off the async threads.
pub fn matches(password: &str, kept: &str) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    PasswordHash::new(kept).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
