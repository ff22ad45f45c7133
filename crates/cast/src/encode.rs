//! A block as packets: encrypted, cut into symbols, repair symbols beside them, seals over all.
use crate::{
    Keys, Plan,
    keys::TAG_BYTES,
    packet::{
        DIGEST_BYTES, HEADER_BYTES, Header, Kind, PACKET_BYTES, SEAL_SYMBOLS, SYMBOL_BYTES, close_seal, digest,
        seal_words,
    },
    plan::MAX_BLOCK_BYTES,
};
use reed_solomon_simd::ReedSolomonEncoder;
use socle_domain::sign::Signer;
use socle_image::Source;
use socle_texts::{Fault, Result};

/// Source symbols of the longest block.
pub const MAX_SOURCE: usize = (MAX_BLOCK_BYTES + TAG_BYTES).div_ceil(SYMBOL_BYTES);
/// Repair symbols of a block at most.
pub const MAX_REPAIR: usize = MAX_SOURCE / 4;

/// Source symbols of a block that holds so many bytes of frames.
pub fn source_symbols(frame_bytes: usize) -> usize {
    (frame_bytes + TAG_BYTES).div_ceil(SYMBOL_BYTES)
}

/// Repair symbols for so many source symbols, at a share in thousandths; never none.
pub fn repair_symbols(source: usize, permille: u16) -> usize {
    (source * usize::from(permille)).div_ceil(1000).clamp(2, MAX_REPAIR)
}

/// A block, ready to be sent.
#[derive(Default)]
pub struct Block {
    /// Packets that carry its seals, one after the other.
    pub seals: Vec<u8>,
    /// Packets that carry its symbols, source before repair.
    pub symbols: Vec<u8>,
}

/// Makes blocks of a plan.
pub struct Encoder<'a> {
    plan: &'a Plan,
    keys: &'a Keys,
    signer: &'a dyn Signer,
    repair: Option<ReedSolomonEncoder>,
    bytes: Vec<u8>,
}

fn broken(why: &dyn std::fmt::Display) -> Fault {
    Fault::new("cast-block-unmade").because(why)
}

impl<'a> Encoder<'a> {
    /// An encoder.
    pub fn new(plan: &'a Plan, keys: &'a Keys, signer: &'a dyn Signer) -> Encoder<'a> {
        Encoder { plan, keys, signer, repair: None, bytes: Vec::new() }
    }

    /// A block with so many thousandths of repair.
    ///
    /// # Errors
    /// The source's own; `cast-block-unmade`.
    pub fn block(&mut self, source: &dyn Source, number: u32, pass: u8, permille: u16) -> Result<Block> {
        self.gather(source, number)?;
        let block_bytes = self.bytes.len();
        if !self.keys.close(number, &mut self.bytes) {
            return Err(broken(&"it can't be encrypted"));
        }
        let count = source_symbols(block_bytes);
        self.bytes.resize(count * SYMBOL_BYTES, 0);
        let extra = repair_symbols(count, permille);
        let header = |index: usize, kind| Header {
            session: self.plan.session(),
            block: number,
            index: index as u16,
            kind,
            pass,
        };
        let mut block = Block::default();
        block.symbols.reserve((count + extra) * PACKET_BYTES);
        let mut digests: Vec<[u8; DIGEST_BYTES]> = Vec::with_capacity(count + extra);
        let mut add = |symbol: &[u8]| {
            let index = digests.len();
            digests.push(digest(number, index as u16, symbol));
            block.symbols.extend(header(index, Kind::Symbol).to_bytes());
            block.symbols.extend(symbol);
        };
        let failed = |e: reed_solomon_simd::Error| broken(&e);
        let coder = match &mut self.repair {
            Some(coder) => {
                coder.reset(count, extra, SYMBOL_BYTES).map_err(failed)?;
                coder
            }
            empty => empty.insert(ReedSolomonEncoder::new(count, extra, SYMBOL_BYTES).map_err(failed)?),
        };
        for symbol in self.bytes.chunks_exact(SYMBOL_BYTES) {
            coder.add_original_shard(symbol).map_err(failed)?;
            add(symbol);
        }
        coder.encode().map_err(failed)?.recovery_iter().for_each(&mut add);
        for (part, digests) in digests.chunks(SEAL_SYMBOLS).enumerate() {
            let words = seal_words((block_bytes + TAG_BYTES) as u32, extra as u16, digests);
            self.seal(&mut block.seals, header(part, Kind::Seal), words);
        }
        Ok(block)
    }

    /// The packet that says that the session is over.
    pub fn end(&self) -> Vec<u8> {
        let mut packet = Vec::with_capacity(PACKET_BYTES);
        let header = Header { session: self.plan.session(), block: u32::MAX, index: 0, kind: Kind::End, pass: 0 };
        self.seal(&mut packet, header, seal_words(0, 0, &[]));
        packet
    }

    fn seal(&self, out: &mut Vec<u8>, header: Header, mut payload: [u8; SYMBOL_BYTES]) {
        let signature = Keys::sign(self.signer, &header, crate::packet::Seal::new(&payload).words());
        close_seal(&mut payload, &signature, |coded| self.keys.code(&header, coded));
        out.reserve(HEADER_BYTES + SYMBOL_BYTES);
        out.extend(header.to_bytes());
        out.extend(payload);
    }

    /// The frames of a block, one after the other. Those that stand side by side are read together.
    fn gather(&mut self, source: &dyn Source, number: u32) -> Result<()> {
        self.bytes.clear();
        let mut frames = self.plan.frames_of(number).iter().peekable();
        while let Some(first) = frames.next() {
            let mut end = first.offset_bytes + first.stored_bytes;
            while let Some(next) = frames.next_if(|f| f.pack == first.pack && f.offset_bytes == end) {
                end += next.stored_bytes;
            }
            let range = u64::from(first.offset_bytes)..u64::from(end);
            let wanted = (range.end - range.start) as usize;
            let bytes = source.read(&first.pack, range)?;
            if bytes.len() != wanted {
                return Err(broken(&"the repository gave fewer bytes"));
            }
            self.bytes.extend(bytes);
        }
        Ok(())
    }
}
