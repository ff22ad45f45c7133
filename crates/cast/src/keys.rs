//! What the members of a session share: the key that the server gave each over its own line, and whose seals count.
use crate::packet::{CODE_BYTES, HEADER_BYTES, Header, SEAL_CONTEXT, SYMBOL_BYTES, Seal};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use socle_domain::sign::{PublicKey, Signature, Signer};

/// What sealing a block adds to it.
pub const TAG_BYTES: usize = 16;

/// The keys of a session.
///
/// The secret keeps outsiders out: they neither read the image nor cost a receiver a signature. It does not keep members
/// from lying to each other: that the seals do, which the server alone signs.
pub struct Keys {
    code: [u8; 32],
    cipher: LessSafeKey,
    seals: PublicKey,
}

impl Keys {
    /// Of the session's secret and the key that signs its seals.
    pub fn new(secret: &[u8; 32], seals: PublicKey) -> Option<Keys> {
        let code = blake3::derive_key("socle cast v1 code of seals", secret);
        let cipher = blake3::derive_key("socle cast v1 cipher of blocks", secret);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &cipher).ok()?);
        Some(Keys { code, cipher, seals })
    }

    /// The code of a seal: what outsiders can't make.
    pub fn code(&self, header: &Header, coded: &[u8]) -> [u8; CODE_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.code);
        hasher.update(&header.to_bytes()).update(coded);
        let mut code = [0; CODE_BYTES];
        code.copy_from_slice(&hasher.finalize().as_bytes()[..CODE_BYTES]);
        code
    }

    /// Whether a member made this seal. Cheap.
    pub fn is_members(&self, header: &Header, seal: &Seal) -> bool {
        // In constant time: nobody learns a code byte by byte.
        let code = self.code(header, seal.coded());
        code.iter().zip(seal.code()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }

    /// Whether the server made this seal. A signature's check: some 50 µs.
    pub fn is_servers(&self, header: &Header, seal: &Seal) -> bool {
        self.seals.verify(SEAL_CONTEXT, &signed(header, seal.words()), &Signature(seal.signature()))
    }

    /// The server's signature of a seal's words.
    pub fn sign(signer: &dyn Signer, header: &Header, words: &[u8]) -> [u8; 64] {
        signer.sign(SEAL_CONTEXT, &signed(header, words)).0
    }

    /// Encrypts a block where it stands, and adds its tag.
    pub fn close(&self, block: u32, bytes: &mut Vec<u8>) -> bool {
        self.cipher.seal_in_place_append_tag(nonce(block), Aad::empty(), bytes).is_ok()
    }

    /// Decrypts a block where it stands; none when it is not what was sent.
    pub fn open(&self, block: u32, bytes: &mut Vec<u8>) -> Option<()> {
        let length = self.cipher.open_in_place(nonce(block), Aad::empty(), bytes).ok()?.len();
        bytes.truncate(length);
        Some(())
    }
}

/// The pass is not signed: the same seal serves each.
fn signed(header: &Header, words: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + SYMBOL_BYTES);
    bytes.extend(Header { pass: 0, ..*header }.to_bytes());
    bytes.extend(words);
    bytes
}

/// A session's secret is used for one plan, whose blocks never change: the same number is the same text.
fn nonce(block: u32) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..4].copy_from_slice(&block.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}
