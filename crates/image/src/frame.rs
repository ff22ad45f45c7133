//! A frame: chunks compressed together, the unit that travels.
use crate::MAX_FRAME_BYTES;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use zstd::bulk::{Compressor, Decompressor};

/// How the bytes of a frame are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// As they are: compression gained nothing.
    Plain,
    /// One zstd frame (RFC 8878).
    Zstd,
}

impl Method {
    pub(crate) fn code(self) -> u8 {
        match self {
            Method::Plain => 0,
            Method::Zstd => 1,
        }
    }
    pub(crate) fn from_code(code: u8) -> Option<Method> {
        match code {
            0 => Some(Method::Plain),
            1 => Some(Method::Zstd),
            _ => None,
        }
    }
}

/// Makes frames; one for each thread, since its working memory is kept between frames.
pub struct Packer {
    zstd: Compressor<'static>,
}

impl Packer {
    /// At zstd level `level` (1 to 19).
    pub fn new(level: i32) -> Result<Packer> {
        let zstd = Compressor::new(level.clamp(1, 19)).map_err(|e| Fault::new("image-compression").because(e))?;
        Ok(Packer { zstd })
    }

    /// The bytes of a frame of these plain bytes.
    pub fn pack(&mut self, plain: &[u8]) -> Result<(Method, Vec<u8>)> {
        debug_assert!(!plain.is_empty() && plain.len() <= MAX_FRAME_BYTES);
        let packed = self.zstd.compress(plain).map_err(|e| Fault::new("image-compression").because(e))?;
        // A gain below 1/64 doesn't pay for its decompression on every machine.
        if packed.len() + plain.len() / 64 < plain.len() {
            Ok((Method::Zstd, packed))
        } else {
            Ok((Method::Plain, plain.to_vec()))
        }
    }
}

/// Opens frames; one for each thread.
pub struct Opener {
    zstd: Decompressor<'static>,
    plain: Vec<u8>,
}

impl Opener {
    /// Ready to open frames.
    pub fn new() -> Result<Opener> {
        let zstd = Decompressor::new().map_err(|e| Fault::new("image-compression").because(e))?;
        Ok(Opener { zstd, plain: Vec::new() })
    }

    /// The plain bytes of a frame, or none when these bytes are not a frame of exactly `plain_bytes`.
    ///
    /// Never makes more than `plain_bytes`, itself at most [`MAX_FRAME_BYTES`], whatever the bytes say. The answer is
    /// not vouched for: each chunk's digest does that.
    pub fn open<'a>(&'a mut self, method: Method, stored: &'a [u8], plain_bytes: u32) -> Option<&'a [u8]> {
        let wanted = usize::try_from(plain_bytes).ok().filter(|&n| n <= MAX_FRAME_BYTES)?;
        match method {
            Method::Plain => (stored.len() == wanted).then_some(stored),
            Method::Zstd => {
                self.plain.resize(MAX_FRAME_BYTES, 0);
                let made = self.zstd.decompress_to_buffer(stored, &mut self.plain[..wanted]).ok()?;
                (made == wanted).then(|| &self.plain[..wanted])
            }
        }
    }
}
