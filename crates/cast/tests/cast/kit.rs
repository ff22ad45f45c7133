//! A repository in memory, a signer, and a session of them.
use ed25519_dalek::{Signer as _, SigningKey};
use socle_cast::{Frame, Keys, Plan, encode::Encoder, packet::PACKET_BYTES};
use socle_domain::sign::{PublicKey, Signature, Signer, statement};
use socle_image::{ChunkId, FrameLocation, ImageId, PackName, PageDigest, Source};
use socle_texts::{Fault, Result};
use std::{collections::HashMap, ops::Range, sync::Arc};

pub const SECRET: [u8; 32] = [7; 32];
pub const SESSION: u64 = 0x0050_c1e0;

/// Signs.
pub struct Hand(pub SigningKey);
impl Hand {
    pub fn new(seed: u8) -> Hand {
        Hand(SigningKey::from_bytes(&[seed; 32]))
    }
}
impl Signer for Hand {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

/// Packs of noise.
pub struct Noise(pub HashMap<PackName, Vec<u8>>);
impl Source for Noise {
    fn manifest(&self, _: &ImageId) -> Result<Vec<u8>> {
        Err(Fault::new("cast-block-unmade"))
    }
    fn page(&self, _: &PageDigest) -> Result<Vec<u8>> {
        Err(Fault::new("cast-block-unmade"))
    }
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        Ok(vec![None; chunks.len()])
    }
    fn read(&self, pack: &PackName, range: Range<u64>) -> Result<Vec<u8>> {
        Ok(self.0[pack][range.start as usize..range.end as usize].to_vec())
    }
    fn check_packs(&self, _: &[PackName]) -> Result<()> {
        Ok(())
    }
}

pub fn noise(mut seed: u64, bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes + 8);
    while out.len() < bytes {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.extend((seed ^ (seed >> 29)).to_le_bytes());
    }
    out.truncate(bytes);
    out
}

/// Frames of uneven lengths in two packs, some 40 KB to 900 KB each.
pub fn session(megabytes: usize) -> (Arc<Plan>, Noise) {
    let mut packs = HashMap::new();
    let mut frames = Vec::new();
    for number in 0..2_u64 {
        let bytes = noise(number + 1, megabytes << 19);
        let pack = PackName::of(&bytes);
        let mut at = 8;
        for step in (0..).map(|n: usize| 40_000 + (n * 7919) % 860_000) {
            let end = (at + step).min(bytes.len());
            frames.push(Frame { pack, offset_bytes: at as u32, stored_bytes: (end - at) as u32 });
            at = end;
            if at == bytes.len() {
                break;
            }
        }
        packs.insert(pack, bytes);
    }
    (Arc::new(Plan::new(SESSION, frames).expect("a plan")), Noise(packs))
}

pub fn keys(signer: &Hand) -> Keys {
    Keys::new(&SECRET, signer.public()).expect("keys")
}

/// The packets of a whole pass, in the order of the stream.
pub fn stream(plan: &Plan, source: &Noise, signer: &Hand, permille: u16) -> Vec<Vec<u8>> {
    let keys = keys(signer);
    let mut encoder = Encoder::new(plan, &keys, signer);
    let mut packets = Vec::new();
    let mut cut = |bytes: &[u8]| packets.extend(bytes.chunks_exact(PACKET_BYTES).map(<[u8]>::to_vec));
    for number in 0..plan.blocks() {
        let block = encoder.block(source, number, 0, permille).expect("a block");
        cut(&block.seals);
        cut(&block.seals);
        cut(&block.symbols);
    }
    cut(&encoder.end());
    packets
}

/// What a block must be.
pub fn truth(plan: &Plan, source: &Noise, block: u32) -> Vec<u8> {
    let of = |f: &Frame| &source.0[&f.pack][f.offset_bytes as usize..][..f.stored_bytes as usize];
    plan.frames_of(block).iter().flat_map(of).copied().collect()
}
