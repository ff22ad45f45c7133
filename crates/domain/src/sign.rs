//! Signatures: Ed25519 (RFC 8032) over a context and the exact bytes of a body.
//!
//! A signed thing travels as a [`Signed`] envelope whose body is kept as the very text that was signed: nothing is
//! ever serialised again before it is checked. The context (what kind of statement this is) is part of what is
//! signed, so that a signature made for one purpose is worth nothing for another.
use crate::Digest;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error};
use socle_texts::{Fault, Result};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A public key. Text form: `socle-key:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// A signature: 64 bytes, in text 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

const KEY_PREFIX: &str = "socle-key:";

impl PublicKey {
    /// Checks a signature over `context` and `bytes`. Strict: a malleable or small-order signature is refused.
    pub fn verify(&self, context: &str, bytes: &[u8], signature: &Signature) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&statement(context, bytes), &signature).is_ok()
    }
    /// A short form for screens: two keys that differ look different.
    pub fn short(&self) -> String {
        Digest::of(&self.0).short()
    }
}

/// The bytes that are signed: the context, a zero byte, the body. A context never holds a zero byte.
pub fn statement(context: &str, bytes: &[u8]) -> Vec<u8> {
    debug_assert!(!context.contains('\0'));
    [context.as_bytes(), &[0], bytes].concat()
}

/// Something that can sign. Implemented where private keys live (`trust`).
pub trait Signer {
    /// The public half.
    fn public(&self) -> PublicKey;
    /// A signature over [`statement`]`(context, bytes)`.
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature;
}

/// What can be signed: it names its context, with a version.
pub trait Statement: Serialize + DeserializeOwned {
    /// For instance `socle-order-v1`.
    const CONTEXT: &'static str;
}

/// A statement, the key that made it, and the signature over its exact text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
    /// The statement, as the JSON text that was signed.
    pub body: String,
    /// Who says so. Never trusted by itself: [`Signed::open`] compares it with the key that was expected.
    pub by: PublicKey,
    /// The signature over the context and the body.
    pub signature: Signature,
    #[serde(skip)]
    kind: PhantomData<T>,
}

impl<T: Statement> Signed<T> {
    /// Signs a statement.
    pub fn new(statement: &T, signer: &dyn Signer) -> Self {
        // Our statements are plain structures with text keys: they always have a JSON form.
        let body = serde_json::to_string(statement).expect("a statement has a JSON form");
        let signature = signer.sign(T::CONTEXT, body.as_bytes());
        Signed { body, by: signer.public(), signature, kind: PhantomData }
    }
    /// The statement, if `trusted` signed it.
    ///
    /// # Errors
    /// `domain-signature-wrong` where the key or the signature is another; `domain-statement-unreadable` where the
    /// signed text is not such a statement (a version of Socle newer than this one may have made it).
    pub fn open(&self, trusted: &PublicKey) -> Result<T> {
        if self.by != *trusted || !self.by.verify(T::CONTEXT, self.body.as_bytes(), &self.signature) {
            return Err(Fault::new("domain-signature-wrong").with("what", T::CONTEXT).with("key", self.by.short()));
        }
        serde_json::from_str(&self.body)
            .map_err(|e| Fault::new("domain-statement-unreadable").with("what", T::CONTEXT).because(e))
    }
    /// The digest of the signed text: how other statements refer to this one.
    pub fn digest(&self) -> Digest {
        Digest::of(self.body.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KEY_PREFIX}{}", data_encoding::HEXLOWER.encode(&self.0))
    }
}
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}…", self.short())
    }
}
impl FromStr for PublicKey {
    type Err = Fault;
    fn from_str(s: &str) -> Result<Self> {
        let wrong = |why: &str| Fault::new("domain-key-unreadable").because(why);
        let hex = s.trim().strip_prefix(KEY_PREFIX).ok_or_else(|| wrong("it does not begin with socle-key:"))?;
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map_err(|e| wrong(&e.to_string()))?;
        Ok(PublicKey(bytes.try_into().map_err(|_| wrong("it does not have 64 hexadecimal digits"))?))
    }
}
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..6]))
    }
}
impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text.trim() != text {
            return Err(D::Error::custom("a key has no space around it"));
        }
        text.parse().map_err(D::Error::custom)
    }
}
impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}
impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let bytes = data_encoding::HEXLOWER.decode(String::deserialize(d)?.as_bytes()).map_err(D::Error::custom)?;
        Ok(Signature(bytes.try_into().map_err(|_| D::Error::custom("a signature has 64 bytes"))?))
    }
}
