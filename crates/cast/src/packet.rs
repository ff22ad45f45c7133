//! What goes over the network, byte by byte: `docs/cast.md`, "Packet". No I/O, no allocation.
//!
//! Every packet has the same length, so that one system call hands the kernel a burst of them (UDP segmentation).

/// First bytes of a packet.
pub const MAGIC: &[u8; 4] = b"SCA1";
/// Before the payload: magic (4), session (8), block (4), index (2), kind (1), pass (1). Little-endian.
pub const HEADER_BYTES: usize = 20;
/// Payload of a packet: 22 × 64, what the repair code likes best, and within an Ethernet frame with everything around it.
pub const SYMBOL_BYTES: usize = 1408;
/// A whole packet.
pub const PACKET_BYTES: usize = HEADER_BYTES + SYMBOL_BYTES;
/// What a receiver keeps of the digest of a symbol: enough that nobody finds another one within a session.
pub const DIGEST_BYTES: usize = 8;
/// So many symbols does one seal speak for.
pub const SEAL_SYMBOLS: usize = 160;
/// What the server signs a seal under.
pub const SEAL_CONTEXT: &str = "socle-cast-seal-v1";
/// Length of a seal's code for the room: first thing in its payload.
pub const CODE_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 64;
/// Where in the payload of a seal the signed words begin.
const WORDS: usize = CODE_BYTES + SIGNATURE_BYTES;
/// Block's length (u32), number of repair symbols (u16), zero (u16); then digests.
const DIGESTS: usize = WORDS + 8;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A piece of a block; from its number of source symbols on: repair.
    Symbol,
    /// What the server signed about symbols of a block: their digests.
    Seal,
    /// The session is over. A seal without digests.
    End,
}

/// The beginning of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which session.
    pub session: u64,
    /// Which block of its plan.
    pub block: u32,
    /// Which symbol of the block; of a seal: for which [`SEAL_SYMBOLS`] it speaks.
    pub index: u16,
    /// What follows.
    pub kind: Kind,
    /// How often the stream has gone through the plan before.
    pub pass: u8,
}

impl Header {
    /// Its bytes.
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4..12].copy_from_slice(&self.session.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.block.to_le_bytes());
        bytes[16..18].copy_from_slice(&self.index.to_le_bytes());
        bytes[18] = self.kind as u8;
        bytes[19] = self.pass;
        bytes
    }
}

/// Takes a packet apart; none when it is not one of ours.
pub fn parse(packet: &[u8]) -> Option<(Header, &[u8; SYMBOL_BYTES])> {
    let packet: &[u8; PACKET_BYTES] = packet.try_into().ok()?;
    let (header, payload) = packet.split_first_chunk::<HEADER_BYTES>()?;
    if &header[..4] != MAGIC {
        return None;
    }
    let kind = match header[18] {
        0 => Kind::Symbol,
        1 => Kind::Seal,
        2 => Kind::End,
        _ => return None,
    };
    let header = Header {
        session: u64::from_le_bytes(header[4..12].try_into().ok()?),
        block: u32::from_le_bytes(header[12..16].try_into().ok()?),
        index: u16::from_le_bytes(header[16..18].try_into().ok()?),
        kind,
        pass: header[19],
    };
    Some((header, payload.try_into().ok()?))
}

/// The digest of a symbol as a seal names it: of its place and its bytes.
pub fn digest(block: u32, index: u16, symbol: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(symbol).update(&block.to_le_bytes()).update(&index.to_le_bytes());
    let mut short = [0; DIGEST_BYTES];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..DIGEST_BYTES]);
    short
}

/// A seal, as its payload holds it. Whether it is true is not known before code and signature were checked.
#[derive(Debug, Clone, Copy)]
pub struct Seal<'a>(&'a [u8; SYMBOL_BYTES]);

impl<'a> Seal<'a> {
    /// Of a payload.
    pub fn new(payload: &'a [u8; SYMBOL_BYTES]) -> Seal<'a> {
        Seal(payload)
    }
    /// The code that only the session's members can make.
    pub fn code(&self) -> &'a [u8] {
        &self.0[..CODE_BYTES]
    }
    /// The server's signature.
    pub fn signature(&self) -> [u8; SIGNATURE_BYTES] {
        let mut bytes = [0; SIGNATURE_BYTES];
        bytes.copy_from_slice(&self.0[CODE_BYTES..WORDS]);
        bytes
    }
    /// What the code is made over, beside the header: everything behind it.
    pub fn coded(&self) -> &'a [u8] {
        &self.0[CODE_BYTES..]
    }
    /// What is signed, beside the header.
    pub fn words(&self) -> &'a [u8] {
        &self.0[WORDS..]
    }
    /// Bytes of the block.
    pub fn block_bytes(&self) -> u32 {
        u32::from_le_bytes([self.0[WORDS], self.0[WORDS + 1], self.0[WORDS + 2], self.0[WORDS + 3]])
    }
    /// How many repair symbols the block has.
    pub fn repair(&self) -> u16 {
        u16::from_le_bytes([self.0[WORDS + 4], self.0[WORDS + 5]])
    }
    /// The digest of one of its symbols, counted from its first.
    pub fn digest(&self, nth: usize) -> Option<&'a [u8]> {
        let from = DIGESTS + nth.checked_mul(DIGEST_BYTES)?;
        (nth < SEAL_SYMBOLS).then(|| &self.0[from..from + DIGEST_BYTES])
    }
}

/// The words of a seal: what is signed beside its header. Code and signature are put in front of it.
pub fn seal_words(block_bytes: u32, repair: u16, digests: &[[u8; DIGEST_BYTES]]) -> [u8; SYMBOL_BYTES] {
    let mut payload = [0; SYMBOL_BYTES];
    payload[WORDS..WORDS + 4].copy_from_slice(&block_bytes.to_le_bytes());
    payload[WORDS + 4..WORDS + 6].copy_from_slice(&repair.to_le_bytes());
    for (place, digest) in payload[DIGESTS..].chunks_exact_mut(DIGEST_BYTES).zip(digests.iter().take(SEAL_SYMBOLS)) {
        place.copy_from_slice(digest);
    }
    payload
}

/// Puts the signature, and then the code, into the payload of a seal.
pub fn close_seal(
    payload: &mut [u8; SYMBOL_BYTES],
    signature: &[u8; SIGNATURE_BYTES],
    code: impl FnOnce(&[u8]) -> [u8; CODE_BYTES],
) {
    payload[CODE_BYTES..WORDS].copy_from_slice(signature);
    let code = code(&payload[CODE_BYTES..]);
    payload[..CODE_BYTES].copy_from_slice(&code);
}
